//! How an operation takes part in burn's backward pass.

use std::fmt::Debug;
use std::marker::PhantomData;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn_flex::FlexTensor;

/// What a backward pass needs of the forward pass of an operation with `N` inputs.
pub trait Kept<const N: usize>: Clone + Debug + Send + 'static {
    /// The gradients by the inputs from that by the output. `wanted`: which of them are needed; others may be left
    /// out.
    fn gradients(&self, upstream: &FlexTensor, wanted: [bool; N]) -> [Option<FlexTensor>; N];
}

#[derive(Debug)]
struct Through<K>(PhantomData<K>);

impl<K: Kept<N>, const N: usize> Backward<Flex, N> for Through<K> {
    type State = K;

    fn backward(self, ops: Ops<K, N>, gradients: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let upstream = gradients.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = ops.state.gradients(&upstream, wanted);
        for (node, found) in ops.parents.into_iter().zip(found) {
            if let (Some(node), Some(found)) = (node, found) {
                gradients.register::<Flex>(node.id, found);
            }
        }
    }
}

/// The output of an operation as one of burn's graph, if one of its inputs is: `keep` says what its backward pass
/// needs.
pub fn tracked<C: CheckpointStrategy, K: Kept<N>, const N: usize>(
    inputs: [NodeGuard; N],
    output: FlexTensor,
    keep: impl FnOnce(&FlexTensor) -> K,
) -> FloatTensor<Autodiff<Flex, C>> {
    let prepared = Through(PhantomData).prepare::<C>(inputs).compute_bound();
    match prepared.stateful() {
        OpsKind::UnTracked(prepared) => prepared.finish(output),
        OpsKind::Tracked(prepared) => prepared.finish(keep(&output), output),
    }
}
