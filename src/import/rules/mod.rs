//! Which layer each operator becomes. An operator that mapsto knows stands in this table.

mod activation;
mod convolution;
mod dense;
mod fold;
mod join;
mod normalise;
mod pooling;
mod reduce;
mod shape;
mod window;

use super::Reason;
use super::op::Op;
use super::walk::{Made, Walk};

/// Makes the layers of an operator.
pub(super) type Rule = for<'a> fn(&mut Walk<'a>, &Op<'a>) -> Result<Made, Reason>;

/// The rule of an operator; `None` where mapsto has nothing like it.
pub(super) fn rule(kind: &str) -> Option<Rule> {
    let rule: Rule = match kind {
        "Conv" => convolution::conv,
        "ConvTranspose" => convolution::transposed,
        "Gemm" => dense::gemm,
        "MatMul" => dense::matmul,
        "BatchNormalization" => normalise::batch,
        "InstanceNormalization" => normalise::instance,
        "GroupNormalization" => normalise::group,
        "LayerNormalization" => normalise::layer_norm,
        "MaxPool" => pooling::max,
        "AveragePool" => pooling::average,
        "GlobalAveragePool" => reduce::global_average,
        "GlobalMaxPool" => reduce::global_max,
        "ReduceMean" => reduce::mean,
        "Add" | "Sum" => join::add,
        "Mul" => join::multiply,
        "Concat" => join::concatenate,
        "Flatten" => shape::flatten,
        "Reshape" => shape::reshape,
        "Squeeze" => shape::squeeze,
        "Unsqueeze" => shape::unsqueeze,
        "Transpose" => shape::transpose,
        "Pad" => shape::pad,
        "Resize" | "Upsample" => shape::resize,
        "Identity" | "Cast" => fold::identity,
        "Dropout" => normalise::dropout,
        "Constant" => fold::constant,
        "Shape" => fold::shape,
        "Gather" => fold::gather,
        "Slice" => fold::slice,
        "Relu" | "LeakyRelu" | "Sigmoid" | "Tanh" | "Softmax" | "LogSoftmax" | "Gelu" | "Elu"
        | "Selu" | "PRelu" | "HardSwish" | "Softplus" | "Mish" | "Clip" | "Silu" | "Swish" => {
            activation::activation
        }
        _ => return None,
    };
    Some(rule)
}
