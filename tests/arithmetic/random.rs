//! Layers that draw while training: the same draws from the same seed, as many and as large as asked for, and
//! nothing of it once the network is used.

use mapsto::training::Stepper;

use crate::layer_stepper;

const IMAGES: usize = 200;
/// Height × width of the maps, and how many there are.
const PLACES: usize = 6;
const MAPS: usize = 3;

fn stepper(layer: &str) -> Stepper {
    let text = format!(
        "[[layers]]\nkind = \"input\"\nheight = 2\nwidth = 3\nchannels = 3\n[[layers]]\n{layer}\n"
    );
    layer_stepper(&text, PLACES * MAPS, Vec::new())
}

/// Values that differ, none of them near 0.
fn input() -> Vec<f32> {
    (0..IMAGES * MAPS * PLACES)
        .map(|at| 1.0 + (at % 7) as f32)
        .collect()
}

/// What comes out of the next training pass, and the gradient of its sum by the input.
fn pass(stepper: &mut Stepper) -> (Vec<f32>, Vec<f32>) {
    let upstream = vec![1.0; IMAGES * MAPS * PLACES];
    let (outputs, gradients) = stepper.backward(input(), IMAGES, upstream);
    let by_input = gradients.into_iter().find(|it| it.name == "input");
    (outputs, by_input.unwrap().values)
}

#[test]
fn draws_repeat_with_the_seed_and_are_gone_once_the_network_is_used() {
    for layer in [
        "kind = \"dropout\"\nrate = 0.3",
        "kind = \"spatial_dropout\"\nrate = 0.3",
        "kind = \"stochastic_depth\"\nrate = 0.3",
        "kind = \"gaussian_noise\"\ndeviation = 0.3",
    ] {
        let (mut one, mut two) = (stepper(layer), stepper(layer));
        let first = pass(&mut one).0;
        assert_eq!(first, pass(&mut two).0, "{layer}");
        let second = pass(&mut one).0;
        assert_ne!(first, second, "{layer}: each step draws anew");
        let used = one.inference(&[]).outputs(input(), IMAGES);
        assert_eq!(used, input(), "{layer}");
        assert_eq!(
            second.len(),
            pass(&mut two).0.len(),
            "{layer}: looking takes no draws"
        );
        assert_eq!(pass(&mut one).0, pass(&mut two).0, "{layer}");
    }
}

#[test]
fn what_is_dropped_together_is_dropped_whole_as_often_as_asked_and_the_rest_makes_up_for_it() {
    for (kind, together) in [
        ("dropout", 1),
        ("spatial_dropout", PLACES),
        ("stochastic_depth", PLACES * MAPS),
    ] {
        for rate in [0.25, 0.6_f32] {
            let (outputs, gradients) =
                pass(&mut stepper(&format!("kind = \"{kind}\"\nrate = {rate}")));
            let factors: Vec<f32> = outputs
                .iter()
                .zip(input())
                .map(|(out, x)| out / x)
                .collect();
            let mut dropped = 0;
            for part in factors.chunks_exact(together) {
                let kept = 1.0 / (1.0 - rate);
                let one = part.iter().all(|factor| (factor - part[0]).abs() < 1e-5);
                assert!(one, "{kind}: {part:?}");
                assert!(part[0] == 0.0 || (part[0] - kept).abs() < 1e-5, "{kind}");
                dropped += usize::from(part[0] == 0.0);
            }
            let draws = (factors.len() / together) as f32;
            let share = dropped as f32 / draws;
            // Four standard deviations of the share.
            let slack = 4.0 * (rate * (1.0 - rate) / draws).sqrt();
            assert!((share - rate).abs() < slack, "{kind} {rate}: {share}");
            let apart = crate::distance(&gradients, &factors);
            assert!(apart < 1e-5, "{kind}: the gradient is dropped alike");
        }
    }
}

#[test]
fn noise_has_mean_0_and_the_deviation_that_was_asked_for() {
    let (outputs, gradients) = pass(&mut stepper("kind = \"gaussian_noise\"\ndeviation = 0.5"));
    let noise: Vec<f64> = outputs
        .iter()
        .zip(input())
        .map(|(out, x)| f64::from(out - x))
        .collect();
    let count = noise.len() as f64;
    let mean = noise.iter().sum::<f64>() / count;
    let deviation = (noise.iter().map(|it| it * it).sum::<f64>() / count).sqrt();
    assert!(mean.abs() < 4.0 * 0.5 / count.sqrt(), "{mean}");
    assert!((deviation - 0.5).abs() < 0.03, "{deviation}");
    let beyond_two = noise.iter().filter(|it| it.abs() > 1.0).count() as f64 / count;
    assert!((beyond_two - 0.0455).abs() < 0.015, "{beyond_two}: normal");
    assert!(gradients.iter().all(|it| *it == 1.0));
}

#[test]
fn a_rate_of_0_changes_nothing() {
    for layer in [
        "kind = \"spatial_dropout\"\nrate = 0",
        "kind = \"stochastic_depth\"\nrate = 0\nlast_rate = 0",
        "kind = \"gaussian_noise\"\ndeviation = 0",
    ] {
        assert_eq!(pass(&mut stepper(layer)).0, input(), "{layer}");
    }
}
