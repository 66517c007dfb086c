//! The rules of each kind of layer: its output's shape, its cost, its window, its settings in short.
//! The catalogue names them; `check` calls them.

use super::entry::{Cost, ShapeError};
use super::layer::Layer;
use super::shape::{Shape, window_positions};

type ShapeResult = Result<Shape, ShapeError>;

pub(super) fn input_shape(layer: &Layer) -> Option<Shape> {
    Some(Shape::Maps {
        height: layer.int("height"),
        width: layer.int("width"),
        channels: layer.int("channels"),
    })
}

pub(super) fn takes_no_input(_: &Layer, _: Shape) -> ShapeResult {
    Err(ShapeError::TakesNoInput)
}

pub(super) fn conv_shape(layer: &Layer, input: Shape) -> ShapeResult {
    slide(layer, input, conv_window(layer), Some(layer.int("filters")))
}

pub(super) fn pool_shape(layer: &Layer, input: Shape) -> ShapeResult {
    slide(layer, input, pool_window(layer), None)
}

/// The maps that a window makes on its way over the input; as many as the input's where `maps` is `None`.
fn slide(
    layer: &Layer,
    input: Shape,
    window: ([usize; 2], [usize; 2]),
    maps: Option<usize>,
) -> ShapeResult {
    let Shape::Maps {
        height,
        width,
        channels,
    } = input
    else {
        return Err(ShapeError::NeedsMaps);
    };
    let ([kernel_height, kernel_width], [stride_height, stride_width]) = window;
    let same = layer.choice("padding") == "same";
    let rows = window_positions(height, kernel_height, stride_height, same);
    let columns = window_positions(width, kernel_width, stride_width, same);
    match (rows, columns) {
        (Some(height), Some(width)) => in_bounds(Shape::Maps {
            height,
            width,
            channels: maps.unwrap_or(channels),
        }),
        _ => Err(ShapeError::WindowTooLarge),
    }
}

/// Refuses shapes whose elements cannot be counted.
fn in_bounds(shape: Shape) -> ShapeResult {
    let fits = shape
        .dims()
        .into_iter()
        .try_fold(1_usize, usize::checked_mul)
        .is_some();
    if fits {
        Ok(shape)
    } else {
        Err(ShapeError::Overflow)
    }
}

pub(super) fn global_pool_shape(_: &Layer, input: Shape) -> ShapeResult {
    match input {
        Shape::Maps { channels, .. } => Ok(Shape::Vector { units: channels }),
        Shape::Vector { .. } => Err(ShapeError::NeedsMaps),
    }
}

pub(super) fn flatten_shape(_: &Layer, input: Shape) -> ShapeResult {
    Ok(Shape::Vector {
        units: in_bounds(input)?.elements(),
    })
}

pub(super) fn dense_shape(layer: &Layer, input: Shape) -> ShapeResult {
    match input {
        Shape::Vector { .. } => Ok(Shape::Vector {
            units: layer.int("units"),
        }),
        Shape::Maps { .. } => Err(ShapeError::NeedsVector),
    }
}

pub(super) fn dense_known(layer: &Layer) -> Option<Shape> {
    Some(Shape::Vector {
        units: layer.int("units"),
    })
}

pub(super) fn unknown(_: &Layer) -> Option<Shape> {
    None
}

pub(super) fn same_shape(_: &Layer, input: Shape) -> ShapeResult {
    Ok(input)
}

pub(super) fn free(_: &Layer, _: Shape, _: Shape) -> Option<Cost> {
    Some(Cost::default())
}

/// Weights: filters × input channels × kernel, and a bias a filter.
pub(super) fn conv_cost(layer: &Layer, input: Shape, output: Shape) -> Option<Cost> {
    let ([kernel_height, kernel_width], _) = conv_window(layer);
    let window = product(&[kernel_height, kernel_width, input.features()])?;
    let filters = count(output.features())?;
    Some(Cost {
        parameters: window.checked_add(1)?.checked_mul(filters)?,
        multiply_adds: window.checked_mul(product(&output.dims())?)?,
    })
}

/// Weights: units × inputs, and a bias a unit.
pub(super) fn dense_cost(_: &Layer, input: Shape, output: Shape) -> Option<Cost> {
    let (inputs, units) = (product(&input.dims())?, count(output.features())?);
    Some(Cost {
        parameters: inputs.checked_add(1)?.checked_mul(units)?,
        multiply_adds: inputs.checked_mul(units)?,
    })
}

/// A scale and a shift a channel; the running mean and variance are measured, not learnt.
pub(super) fn batch_norm_cost(_: &Layer, input: Shape, _: Shape) -> Option<Cost> {
    Some(Cost {
        parameters: count(input.features())?.checked_mul(2)?,
        multiply_adds: product(&input.dims())?,
    })
}

fn count(number: usize) -> Option<u64> {
    u64::try_from(number).ok()
}

fn product(numbers: &[usize]) -> Option<u64> {
    numbers
        .iter()
        .try_fold(1_u64, |total, number| total.checked_mul(count(*number)?))
}

pub(super) fn no_window(_: &Layer) -> ([usize; 2], [usize; 2]) {
    ([1, 1], [1, 1])
}

pub(super) fn conv_window(layer: &Layer) -> ([usize; 2], [usize; 2]) {
    (layer.pair("kernel"), layer.pair("stride"))
}

pub(super) fn pool_window(layer: &Layer) -> ([usize; 2], [usize; 2]) {
    (layer.pair("size"), layer.pair("stride"))
}

pub(super) fn input_summary(layer: &Layer) -> String {
    input_shape(layer)
        .map(|shape| shape.to_string())
        .unwrap_or_default()
}

pub(super) fn conv_summary(layer: &Layer) -> String {
    let ([height, width], stride) = conv_window(layer);
    let filters = layer.int("filters");
    let mut text = format!("{height}×{width}, {filters}, {}", layer.activation());
    say_stride(&mut text, stride, [1, 1]);
    say_padding(&mut text, layer);
    text
}

pub(super) fn pool_summary(layer: &Layer) -> String {
    let (size, stride) = pool_window(layer);
    let [height, width] = size;
    let mut text = format!("{height}×{width}");
    say_stride(&mut text, stride, size);
    say_padding(&mut text, layer);
    text
}

/// Only what is unusual is said, so that cards stay short.
fn say_stride(text: &mut String, stride: [usize; 2], usual: [usize; 2]) {
    let [height, width] = stride;
    if stride != usual && height == width {
        text.push_str(&format!(", stride {height}"));
    } else if stride != usual {
        text.push_str(&format!(", stride {height}×{width}"));
    }
}

fn say_padding(text: &mut String, layer: &Layer) {
    if layer.choice("padding") == "same" {
        text.push_str(", same");
    }
}

pub(super) fn dense_summary(layer: &Layer) -> String {
    format!("{}, {}", layer.int("units"), layer.activation())
}

pub(super) fn dropout_summary(layer: &Layer) -> String {
    format!("{}", layer.real("rate"))
}

pub(super) fn activation_summary(layer: &Layer) -> String {
    layer.activation().to_string()
}

pub(super) fn no_summary(_: &Layer) -> String {
    String::new()
}
