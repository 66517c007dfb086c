//! Convolutions with relu and pooling.

use super::{Draw, equal};
use crate::training::cpu::conv::{self, Conv, Finish, Geometry, Line, Passed};

/// A convolution that has room for its kernel.
fn convolution(draw: &mut Draw) -> Option<Conv> {
    let pair = |draw: &mut Draw, least, most| [draw.size(least, most), draw.size(least, most)];
    let geometry = Geometry {
        channels: draw.size(1, 9),
        size: pair(draw, 1, 14),
        filters: draw.size(1, 20),
        kernel: pair(draw, 1, 5),
        stride: pair(draw, 1, 3),
        padding: [
            (draw.size(0, 3), draw.size(0, 3)),
            (draw.size(0, 3), draw.size(0, 3)),
        ],
        dilation: pair(draw, 1, 2),
    };
    let (padded, reach) = (geometry.padded(), geometry.reach());
    if (0..2).any(|side| padded[side] < reach[side]) || !conv::covers(&geometry) {
        return None;
    }
    let pool = geometry.output().iter().all(|side| *side > 1) && draw.yes();
    let relu = draw.yes();
    let finish = Finish { relu, pool };
    Some(Conv { geometry, finish })
}

/// Each place out with its filter, and each that it meets: shows image, place out, weight, place in.
fn meetings(geometry: &Geometry, images: usize, mut each: impl FnMut(usize, usize, usize)) {
    let Geometry {
        channels,
        size: [height, width],
        filters,
        kernel: [down, across],
        ..
    } = *geometry;
    let [rows, columns] = geometry.output();
    let place = |side: usize, out: usize, tap: usize| {
        let padded = out * geometry.stride[side] + tap * geometry.dilation[side];
        let place = padded.checked_sub(geometry.padding[side].0)?;
        (place < geometry.size[side]).then_some(place)
    };
    for number in 0..images * filters * rows * columns {
        let (x, y) = (number % columns, number / columns % rows);
        let filter = number / columns / rows % filters;
        let image = number / columns / rows / filters;
        for tap in 0..channels * down * across {
            let (kx, ky, channel) = (tap % across, tap / across % down, tap / across / down);
            if let (Some(row), Some(column)) = (place(0, y, ky), place(1, x, kx)) {
                let met = ((image * channels + channel) * height + row) * width + column;
                each(number, filter * channels * down * across + tap, met);
            }
        }
    }
}

/// Of each number out after relu and pooling, the place of the sum that it is, if relu let it pass.
fn origins(conv: &Conv, sums: &[f64]) -> Vec<Option<usize>> {
    let [rows, columns] = conv.geometry.output();
    let [height, width] = conv.size();
    let passes = |place: &usize| !conv.finish.relu || sums[*place] > 0.0;
    if !conv.finish.pool {
        return (0..sums.len())
            .map(|place| Some(place).filter(passes))
            .collect();
    }
    let maps = sums.len() / (rows * columns);
    let outs = 0..maps * height * width;
    outs.map(|out| {
        let (x, y, map) = (out % width, out / width % height, out / width / height);
        let first = (map * rows + 2 * y) * columns + 2 * x;
        let four = [first, first + 1, first + columns, first + columns + 1];
        let greatest = four
            .into_iter()
            .max_by(|a, b| sums[*a].total_cmp(&sums[*b]));
        greatest.filter(passes)
    })
    .collect()
}

#[test]
fn convolutions_equal_plain_sums() {
    let mut drawn = 0;
    for seed in 0..1200 {
        let mut draw = Draw::new(seed);
        let Some(conv) = convolution(&mut draw) else {
            continue;
        };
        drawn += 1;
        check_convolution(&conv, &mut draw);
    }
    assert!(drawn > 250, "{drawn}");
}

/// Many maps and plain kernels of 3×3, which are computed in another way.
#[test]
fn convolutions_of_many_maps_equal_plain_sums() {
    let mut pooled = 0;
    for seed in 0..24 {
        let mut draw = Draw::new(seed);
        let mut side = |least, most| (draw.size(least, most), draw.size(least, most));
        let (height, width) = side(1, 13);
        let (channels, filters) = side(32, 70);
        let geometry = Geometry {
            channels,
            size: [height, width],
            filters,
            kernel: [3; 2],
            stride: [1; 2],
            padding: [side(1, 2), side(1, 2)],
            dilation: [1; 2],
        };
        let places: usize = geometry.output().iter().product();
        let pool = seed % 4 == 0 && geometry.output().iter().all(|side| *side > 1);
        pooled += usize::from(pool);
        let relu = seed % 3 == 0;
        let finish = Finish { relu, pool };
        // Enough of them, and some more.
        let images = 400_usize.div_ceil(places) + seed as usize % 3;
        check_images(&Conv { geometry, finish }, &mut draw, images);
    }
    assert!(pooled > 3, "{pooled}");
}

/// Small maps whose kernels reach over the edges, in as many images as vectors have numbers.
#[test]
fn convolutions_of_small_maps_equal_plain_sums() {
    let (mut covered, mut pooled) = (0, 0);
    for seed in 0..40 {
        let mut draw = Draw::new(seed);
        let mut side = |least, most| (draw.size(least, most), draw.size(least, most));
        let (height, width) = side(1, 4);
        let (channels, filters) = side(32, 50);
        let (down, across) = side(1, 2);
        let geometry = Geometry {
            channels,
            size: [height, width],
            filters,
            kernel: [3; 2],
            stride: [down, across],
            padding: [side(1, 2), side(1, 2)],
            dilation: [1; 2],
        };
        let images = [16, 29, 32, 64, 70][seed as usize % 5];
        let covers = conv::small::covers(&geometry, images);
        let pool = seed % 3 == 0 && geometry.output().iter().all(|side| *side > 1);
        covered += usize::from(covers);
        pooled += usize::from(covers && pool);
        let relu = seed % 2 == 0;
        let finish = Finish { relu, pool };
        check_images(&Conv { geometry, finish }, &mut draw, images);
    }
    assert!(covered > 15 && pooled > 1, "{covered} {pooled}");
}

fn check_convolution(conv: &Conv, draw: &mut Draw) {
    let images = draw.size(1, 7);
    check_images(conv, draw, images);
}

fn check_images(conv: &Conv, draw: &mut Draw, images: usize) {
    let geometry = &conv.geometry;
    let input = draw.numbers(images * geometry.image());
    let weights = draw.numbers(geometry.filters * geometry.taps());
    let bias = draw.numbers(geometry.filters);
    let gradient = draw.numbers(images * conv.out());

    let area: usize = geometry.output().iter().product();
    let mut sums: Vec<f64> = (0..images * geometry.maps())
        .map(|place| f64::from(bias[place / area % geometry.filters]))
        .collect();
    meetings(geometry, images, |out, weight, met| {
        sums[out] += f64::from(weights[weight]) * f64::from(input[met]);
    });
    let origins = origins(conv, &sums);
    let expected: Vec<f64> = origins
        .iter()
        .map(|it| it.map_or(0.0, |at| sums[at]))
        .collect();
    let mut by_sums = vec![0.0; sums.len()];
    for (origin, gradient) in origins.iter().zip(&gradient) {
        if let Some(at) = origin {
            by_sums[*at] = f64::from(*gradient);
        }
    }
    let mut by_weights = vec![0.0; weights.len()];
    let mut by_input = vec![0.0; input.len()];
    meetings(geometry, images, |out, weight, met| {
        by_weights[weight] += by_sums[out] * f64::from(input[met]);
        by_input[met] += by_sums[out] * f64::from(weights[weight]);
    });
    let mut by_bias = vec![0.0; bias.len()];
    for (place, value) in by_sums.iter().enumerate() {
        by_bias[place / area % geometry.filters] += value;
    }

    let mut output = vec![0.0; images * conv.out()];
    let mut chosen = vec![0; if conv.finish.pool { output.len() } else { 0 }];
    conv::forward(
        conv,
        &input,
        &weights,
        Line::bias(&bias),
        &mut output,
        &mut chosen,
    );
    equal(&format!("{conv:?}"), &output, &expected);
    let passed = Passed {
        input: &input,
        weights: &weights,
        output: &output,
        chosen: &chosen,
    };
    let found = conv::backward(conv, passed, &gradient, true);
    equal(&format!("weights of {conv:?}"), &found.weights, &by_weights);
    equal(&format!("bias of {conv:?}"), &found.bias, &by_bias);
    let by_this = found.input.unwrap_or_default();
    equal(&format!("input of {conv:?}"), &by_this, &by_input);
}
