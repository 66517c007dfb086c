//! A GPU does not tell how much memory it has left. So before a training a step is tried on it with another model,
//! whose images are black; where that runs out of memory, it is tried again with half as many images at once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::Device;

use super::error::panic_message;
use super::figures::Pending;
use super::passes::even;
use super::probe::input_size;
use super::stepper::Stepper;

/// What drivers, wgpu and cubecl say of memory that there is none of.
const TOLD: [&str; 3] = ["memory", "allocate", "buffer"];

/// How many images of a batch go through at once without running out of memory: `most`, or fewer; nothing where it
/// fails for other reasons, or image by image. `make` makes a model, which is thrown away.
pub(super) fn fitting(
    device: &Device,
    batch: usize,
    most: usize,
    make: impl Fn() -> Stepper,
) -> Option<usize> {
    let mut pass = most;
    while let Err(reason) = step(batch, pass, &make) {
        let reason = reason.to_lowercase();
        let line = reason.lines().next().unwrap_or_default();
        log::info!("a step with {pass} images at once failed: {line}");
        if pass < 2 || !TOLD.iter().any(|word| reason.contains(word)) {
            return None;
        }
        pass = even(batch, pass / 2);
        // What the step that failed has taken is kept for the next one, in pieces of another size.
        device.memory_cleanup();
    }
    Some(pass)
}

/// One step, in two passes where the batch has several: the second adds to the gradients of the first.
fn step(batch: usize, pass: usize, make: &impl Fn() -> Stepper) -> Result<(), String> {
    let images = batch.min(pass.saturating_mul(2));
    let tried = catch_unwind(AssertUnwindSafe(|| {
        let mut stepper = make();
        stepper.limit_pass(pass);
        let numbers = images.saturating_mul(input_size(stepper.network()).elements());
        let pending = stepper.step(vec![0.0; numbers], &vec![0; images]);
        // Whatever failed on the device comes to light here.
        Pending::try_read(vec![pending]).map(drop)
    }));
    match tried {
        Ok(result) => result,
        Err(panic) => Err(panic_message(panic.as_ref())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::network::{Context, Graph, Loss, check};
    use crate::project::Recipe;
    use crate::training::device::adapter::{adapter, exceedable};
    use crate::training::flow;

    /// Quickly made and large: 4 MiB an image.
    const NETWORK: &str = "[[layers]]\nkind = \"input\"\nheight = 128\nwidth = 128\nchannels = 1\n\
                           [[layers]]\nkind = \"upsample\"\nfactor = 8\n\
                           [[layers]]\nkind = \"global_average_pool\"\n\
                           [[layers]]\nkind = \"dense\"\nunits = 2\nactivation = \"softmax\"\n";

    #[test]
    fn a_gpu_that_runs_out_of_memory_takes_half_as_many_images_and_lives_on() {
        let Some(alone) = adapter() else {
            return;
        };
        let opened = &alone.opened;
        let Some(limit) = exceedable(opened) else {
            return;
        };
        let context = Context {
            classes: Some(2),
            loss: Loss::CrossEntropy,
            batch: 1,
        };
        let graph = Graph::parse(NETWORK).unwrap();
        let network = check(&graph, &context).network.unwrap();
        let make = || Stepper::new(&network, &Recipe::default(), opened);
        // Half as many again as fit one buffer.
        let fit = usize::try_from(limit).unwrap() / flow::largest(&network);
        let batch = fit + fit / 2;
        assert_eq!(
            fitting(&opened.device, batch, batch, make),
            Some(batch.div_ceil(2))
        );
        assert_eq!(fitting(&opened.device, fit, fit, make), Some(fit));
    }
}
