//! The four signs of the rail, drawn with lines: a grid of images, a stack of layers, a curve and a
//! lens.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use crate::app::view::Workspace;

const HALF: f32 = 9.0;

/// The sign of `place` around `middle`.
pub(super) fn workspace(painter: &Painter, place: Workspace, middle: Pos2, colour: Color32) {
    let line = Stroke::new(1.6, colour);
    match place {
        Workspace::Data => grid(painter, middle, line),
        Workspace::Build => stack(painter, middle, line),
        Workspace::Train => curve(painter, middle, line),
        Workspace::Inspect => lens(painter, middle, line),
    }
}

fn grid(painter: &Painter, middle: Pos2, line: Stroke) {
    let side = 7.0;
    let step = HALF - side / 2.0;
    for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        let centre = middle + vec2(x, y) * step;
        let cell = Rect::from_center_size(centre, vec2(side, side));
        painter.rect_stroke(cell, 1.5, line, StrokeKind::Inside);
    }
}

fn stack(painter: &Painter, middle: Pos2, line: Stroke) {
    let (height, gap) = (5.0, 1.75);
    for (row, half) in [(-1.0, HALF), (0.0, 6.5), (1.0, HALF - 5.0)] {
        let centre = middle + vec2(0.0, row * (height + gap));
        let bar = Rect::from_center_size(centre, vec2(2.0 * half, height));
        painter.rect_stroke(bar, 1.5, line, StrokeKind::Inside);
    }
}

fn curve(painter: &Painter, middle: Pos2, line: Stroke) {
    let corner = pos2(middle.x - HALF, middle.y + HALF);
    let axes = [
        corner - vec2(0.0, 2.0 * HALF),
        corner,
        corner + vec2(2.0 * HALF, 0.0),
    ];
    painter.add(Shape::line(axes.to_vec(), line));
    // A loss that falls fast and then slowly.
    let points = (0..=12).map(|step| {
        let along = step as f32 / 12.0;
        let fall = (-3.2 * along).exp();
        let bend = vec2(3.5 + along * (2.0 * HALF - 4.5), -4.0 - fall * 12.0);
        corner + bend
    });
    painter.add(Shape::line(points.collect(), line));
}

fn lens(painter: &Painter, middle: Pos2, line: Stroke) {
    let centre = middle - vec2(2.0, 2.0);
    let radius = 6.5;
    painter.circle_stroke(centre, radius, line);
    let toward = vec2(1.0, 1.0).normalized();
    let handle = [centre + toward * radius, middle + vec2(HALF, HALF)];
    painter.line_segment(handle, Stroke::new(2.0, line.color));
}
