//! The receptive field against a count by hand: which pixels of a row of the image a value of a row depends on,
//! worked out cell by cell from what each layer computes.

use mapsto::network::{
    Activation, Builder, Context, Graph, Kind, Layer, Loss, Report, Shape, check, same_padding,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::{conv, dense, input};

/// Of each cell of a row: the pixels that it depends on, one a bit.
type Row = Vec<u128>;

const SIDE: usize = 61;

fn image(side: usize) -> Row {
    (0..side).map(|place| 1 << place).collect()
}

/// Cell by cell the union of what the places see that `takes` names; places outside are padding.
fn gathered(before: &Row, cells: usize, takes: impl Fn(usize) -> Vec<i64>) -> Row {
    let seen = |place: &i64| usize::try_from(*place).ok().and_then(|at| before.get(at));
    let of = |cell| {
        takes(cell)
            .iter()
            .filter_map(seen)
            .fold(0, |all, it| all | it)
    };
    (0..cells).map(of).collect()
}

fn int(number: usize) -> i64 {
    number as i64
}

/// What a layer's row sees, that has `cells` cells, after one that sees `before`.
fn through(layer: &Layer, before: &Row, cells: usize) -> Row {
    let (size, stride) = match layer.kind() {
        Kind::MaxPool | Kind::AveragePool => (layer.pair("size")[0], layer.pair("stride")[0]),
        _ => (layer.pair("kernel")[0], layer.pair("stride")[0]),
    };
    let input = before.len();
    match layer.kind() {
        Kind::Conv2d | Kind::MaxPool | Kind::AveragePool => {
            let apart = layer.pair("dilation")[0];
            let pad = match layer.choice("padding") {
                "same" => same_padding(input, (size - 1) * apart + 1, stride).0,
                "explicit" => layer.pair("pad")[0],
                _ => 0,
            };
            let place = |cell: usize, tap: usize| int(cell * stride + tap * apart) - int(pad);
            gathered(before, cells, |cell| {
                (0..size).map(|tap| place(cell, tap)).collect()
            })
        }
        Kind::TransposedConv2d => {
            let pad = layer.pair("pad")[0];
            let meets = |cell: usize, from: usize| {
                (from * stride..from * stride + size).contains(&(cell + pad))
            };
            gathered(before, cells, |cell| {
                (0..input)
                    .filter(|from| meets(cell, *from))
                    .map(int)
                    .collect()
            })
        }
        Kind::AdaptiveAveragePool => gathered(before, cells, |cell| {
            (cell * input / cells..((cell + 1) * input).div_ceil(cells))
                .map(int)
                .collect()
        }),
        Kind::Upsample => {
            let factor = layer.pair("factor")[0];
            let last = input as f64 - 1.0;
            gathered(before, cells, |cell| match layer.choice("method") {
                "bilinear" => {
                    let at = (cell as f64 + 0.5) / factor as f64 - 0.5;
                    let at = at.clamp(0.0, last);
                    // A neighbour that weighs nothing is not seen.
                    vec![(at + 1e-9).floor() as i64, (at - 1e-9).ceil() as i64]
                }
                _ => vec![int(cell / factor)],
            })
        }
        Kind::ZeroPadding => {
            let top = int(layer.pair("rows")[0]);
            gathered(before, cells, |cell| vec![int(cell) - top])
        }
        _ => before.clone(),
    }
}

/// From the first pixel to the last one that any cell sees, of the cell where that is most.
fn most(row: &Row) -> usize {
    let extent = |seen: &u128| (128 - seen.leading_zeros()).saturating_sub(seen.trailing_zeros());
    row.iter().map(extent).max().unwrap_or(0) as usize
}

fn checked(graph: &Graph) -> Report {
    let context = Context {
        classes: Some(10),
        loss: Loss::CrossEntropy,
        batch: 1,
    };
    check(graph, &context)
}

/// The rows of all layers of a chain, and what check says of each; up to the first that does not fit.
fn both(layers: Vec<Layer>) -> Vec<(usize, usize)> {
    let graph = Graph::chain(input(SIDE, SIDE, 1), layers);
    let report = checked(&graph);
    let mut row = image(SIDE);
    let mut both = Vec::new();
    for (node, told) in graph.nodes().iter().zip(&report.layers).skip(1) {
        let Some(Shape::Maps { height, .. }) = told.output else {
            break;
        };
        row = through(&node.layer, &row, height);
        both.push((told.receptive_field.expect("maps have one"), most(&row)));
    }
    both
}

/// A sliding window, with gaps only where they are wanted.
fn window(rng: &mut ChaCha8Rng, gaps: u64) -> Layer {
    let [size, stride] = [rng.random_range(1..5_u64), rng.random_range(1..3)];
    let padding = ["valid", "same", "explicit"][rng.random_range(0..3)];
    let layer = match rng.random_range(0..3) {
        0 => Layer::new(Kind::MaxPool).with("size", [size, size]),
        1 => conv(2).with("kernel", [size, size]),
        _ => {
            let apart = rng.random_range(1..=gaps);
            conv(2)
                .with("kernel", [size, size])
                .with("dilation", [apart, apart])
        }
    };
    layer
        .with("stride", [stride, stride])
        .with("padding", padding)
        .with("pad", [size / 2, size / 2])
}

fn growing(rng: &mut ChaCha8Rng) -> Layer {
    let [size, stride] = [rng.random_range(1..5_u64), rng.random_range(1..4)];
    match rng.random_range(0..4) {
        0 => Layer::new(Kind::Upsample).with("factor", [stride, stride]),
        1 => Layer::new(Kind::Upsample)
            .with("factor", [stride, stride])
            .with("method", "bilinear"),
        2 => Layer::new(Kind::TransposedConv2d)
            .with("filters", 2)
            .with("kernel", [size, size])
            .with("stride", [stride, stride]),
        _ => {
            let cells = rng.random_range(1..20_u64);
            Layer::new(Kind::AdaptiveAveragePool).with("size", [cells, cells])
        }
    }
}

#[test]
fn windows_see_exactly_what_is_counted_pixel_by_pixel() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut compared = 0;
    for _ in 0..400 {
        let layers: Vec<Layer> = (0..5).map(|_| window(&mut rng, 1)).collect();
        for (told, counted) in both(layers.clone()) {
            assert_eq!(told, counted, "{layers:?}");
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn growing_maps_see_no_more_than_is_told_and_mostly_just_that() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let (mut compared, mut exact) = (0, 0);
    for _ in 0..400 {
        let any = |rng: &mut ChaCha8Rng| match rng.random_range(0..2) {
            0 => window(rng, 3),
            _ => growing(rng),
        };
        let layers: Vec<Layer> = (0..4).map(|_| any(&mut rng)).collect();
        for (told, counted) in both(layers.clone()) {
            assert!(told >= counted, "{told} for {counted}: {layers:?}");
            compared += 1;
            exact += usize::from(told == counted);
        }
    }
    assert!(
        compared > 1000 && exact * 10 > compared * 9,
        "{exact} of {compared}"
    );
}

/// The receptive field of the last layer.
fn last(graph: &Graph) -> Option<usize> {
    checked(graph)
        .layers
        .last()
        .and_then(|layer| layer.receptive_field)
}

#[test]
fn each_growing_layer_and_each_grid_is_told_by_itself() {
    let after = |layers: Vec<Layer>| last(&Graph::chain(input(12, 12, 1), layers));
    let up = |factor: u64| Layer::new(Kind::Upsample).with("factor", [factor, factor]);
    assert_eq!(after(vec![up(2)]), Some(1));
    assert_eq!(after(vec![up(2), conv(1)]), Some(2));
    assert_eq!(after(vec![up(3), conv(1)]), Some(2));
    assert_eq!(after(vec![up(2).with("method", "bilinear")]), Some(2));
    let transposed = Layer::new(Kind::TransposedConv2d);
    assert_eq!(after(vec![transposed.clone()]), Some(1));
    let wide = transposed.with("kernel", [4, 4]);
    assert_eq!(after(vec![wide.clone()]), Some(2));
    assert_eq!(after(vec![conv(1), wide]), Some(4));
    let grid = |cells: u64| Layer::new(Kind::AdaptiveAveragePool).with("size", [cells, cells]);
    assert_eq!(after(vec![grid(1)]), Some(12));
    assert_eq!(after(vec![grid(4)]), Some(3));
    assert_eq!(after(vec![grid(5)]), Some(4));
    assert_eq!(after(vec![grid(4), conv(1)]), Some(9));
    // Never more than the image has.
    assert_eq!(
        after(vec![
            conv(1).with("dilation", [9, 9]).with("padding", "same")
        ]),
        Some(12)
    );
    // A border moves what is seen, and makes no more of it.
    assert_eq!(after(vec![Layer::new(Kind::ZeroPadding), conv(1)]), Some(3));
    let turned = Layer::new(Kind::Permute);
    let tall = conv(1).with("kernel", [5, 1]);
    assert_eq!(
        after(vec![tall.clone(), turned.clone(), tall.clone()]),
        Some(5)
    );
    let mixed = turned.with("order", "channels_height_width");
    assert_eq!(after(vec![mixed]), Some(12));
    assert_eq!(after(vec![Layer::new(Kind::GlobalAveragePool)]), None);
    assert_eq!(
        after(vec![Layer::new(Kind::Flatten), dense(4, Activation::Relu)]),
        None
    );
}

#[test]
fn joins_see_what_any_branch_sees_and_a_gate_all() {
    let mut b = Builder::new(input(32, 32, 1));
    let start = b.then(conv(4).with("padding", "same"));
    let wide = b.then(conv(4).with("kernel", [7, 7]).with("padding", "same"));
    b.join(Kind::Add, &[start, wide]);
    assert_eq!(last(&b.clone().graph()), Some(9));
    // Windows to the left of the place and to its right: together they see both sides.
    let mut sided = Builder::new(input(32, 32, 1));
    let source = sided.here();
    let pool = || Layer::new(Kind::MaxPool).with("stride", [1, 1]);
    let border = |rows: [u64; 2]| {
        Layer::new(Kind::ZeroPadding)
            .with("rows", rows)
            .with("columns", rows)
    };
    sided.then(border([1, 0]));
    let left = sided.then(pool());
    sided.after(source, border([0, 1]));
    let right = sided.then(pool());
    sided.join(Kind::Add, &[left, right]);
    assert_eq!(last(&sided.graph()), Some(3));
    // A gate of 1×1 maps, and one of a vector.
    let source = b.here();
    for pool in [
        Layer::new(Kind::AdaptiveAveragePool),
        Layer::new(Kind::GlobalAveragePool),
    ] {
        let mut gated = b.clone();
        let gate = gated.then(pool);
        gated.join(Kind::Multiply, &[source, gate]);
        gated.then(conv(2));
        assert_eq!(last(&gated.graph()), Some(32));
    }
}
