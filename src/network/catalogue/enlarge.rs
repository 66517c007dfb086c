//! Layers that make maps larger without weights.

use super::common::*;
use super::sliding::{maps, maps_of};
use crate::network::entry::{
    Arity, DefaultValue as Default, Entry, Group, Kind, Range, Sees, Setting, ShapeError,
};
use crate::network::layer::Layer;
use crate::network::shape::Shape;

pub(super) static ENTRIES: [Entry; 2] = [
    Entry {
        kind: Kind::ZeroPadding,
        name: "zero_padding",
        title: "Zero padding",
        group: Group::Shape,
        help: "Puts rows and columns of zeros around the maps",
        arity: Arity::One,
        settings: &[
            border("rows", "Rows", "Rows of zeros above and below the maps"),
            border(
                "columns",
                "Columns",
                "Columns of zeros left and right of the maps",
            ),
        ],
        shape: zero_padding_shape,
        known_shape: unknown,
        cost: free,
        sees: behind_zeros,
        summary: zero_padding_summary,
    },
    Entry {
        kind: Kind::Upsample,
        name: "upsample",
        title: "Up-sample",
        group: Group::Shape,
        help: "Makes the maps larger by a whole factor, without weights",
        arity: Arity::One,
        settings: &[
            Setting {
                name: "factor",
                title: "Factor",
                help: "How many times as tall and as wide the maps become",
                unit: "times",
                range: Range::Pair { min: 1, max: 64 },
                default: Default::Pair([2, 2]),
                more: false,
            },
            Setting {
                name: "method",
                title: "Method",
                help: "nearest repeats each value; bilinear blends between neighbours, with the corners of pixels aligned",
                unit: "",
                range: Range::Choice(&["nearest", "bilinear"]),
                default: Default::Choice("nearest"),
                more: false,
            },
        ],
        shape: upsample_shape,
        known_shape: unknown,
        cost: free,
        sees: enlarged,
        summary: upsample_summary,
    },
];

/// Zeros before and after the maps, along one side.
const fn border(name: &'static str, title: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        title,
        help,
        unit: "pixels",
        range: Range::Pair { min: 0, max: 1024 },
        default: Default::Pair([1, 1]),
        more: false,
    }
}

fn zero_padding_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let ([height, width], channels) = maps(inputs)?;
    let wider = |size: usize, name| {
        let [before, after] = layer.pair(name);
        size.checked_add(before)?.checked_add(after)
    };
    let (height, width) = wider(height, "rows")
        .zip(wider(width, "columns"))
        .ok_or(ShapeError::Overflow)?;
    maps_of([height, width], channels)
}

fn behind_zeros(layer: &Layer) -> Sees {
    Sees::Behind([layer.pair("rows")[0], layer.pair("columns")[0]])
}

/// Top, bottom, left, right; one number where they are the same.
fn zero_padding_summary(layer: &Layer) -> String {
    let ([top, bottom], [left, right]) = (layer.pair("rows"), layer.pair("columns"));
    if [top, bottom, left] == [right; 3] {
        format!("{top}")
    } else {
        format!("rows {top}, {bottom}, columns {left}, {right}")
    }
}

fn upsample_shape(layer: &Layer, inputs: &[Shape]) -> ShapeResult {
    let ([height, width], channels) = maps(inputs)?;
    let [down, across] = layer.pair("factor");
    let (height, width) = height
        .checked_mul(down)
        .zip(width.checked_mul(across))
        .ok_or(ShapeError::Overflow)?;
    maps_of([height, width], channels)
}

fn enlarged(layer: &Layer) -> Sees {
    let factor = layer.pair("factor");
    if layer.choice("method") == "bilinear" {
        Sees::Blended(factor)
    } else {
        Sees::Repeated(factor)
    }
}

fn upsample_summary(layer: &Layer) -> String {
    let [down, across] = layer.pair("factor");
    let mut text = if down == across {
        format!("{down}×")
    } else {
        format!("{down}×{across}")
    };
    if layer.choice("method") == "bilinear" {
        text.push_str(", bilinear");
    }
    text
}
