//! Curves as egui_plot wants them: borrowed points, broken where a value is missing, read at any x.

use egui::Color32;
use egui_plot::{Line, PlotPoint, PlotPoints, PlotUi};

/// Points kept from frame to frame, so that drawing allocates nothing.
#[derive(Default)]
pub struct Points(Vec<PlotPoint>);

impl Points {
    /// Takes a curve over; on a logarithmic scale y becomes log10(y), and what has none breaks the curve.
    pub fn fill(&mut self, curve: &[[f64; 2]], log: bool) {
        let scale = |y: f64| {
            if log {
                if y > 0.0 { y.log10() } else { f64::NAN }
            } else {
                y
            }
        };
        self.0.clear();
        self.0
            .extend(curve.iter().map(|&[x, y]| PlotPoint::new(x, scale(y))));
    }

    /// Draws the curve, a line for each unbroken stretch; a single point becomes a dot.
    pub fn draw<'a>(&'a self, plot: &mut PlotUi<'a>, name: &'a str, colour: Color32, width: f32) {
        for stretch in self.0.split(|point| !point.y.is_finite()) {
            match stretch {
                [] => {}
                [_] => plot.points(
                    egui_plot::Points::new(name, PlotPoints::Borrowed(stretch))
                        .color(colour)
                        .radius(width + 1.0),
                ),
                _ => plot.line(
                    Line::new(name, PlotPoints::Borrowed(stretch))
                        .color(colour)
                        .width(width)
                        .allow_hover(false),
                ),
            }
        }
    }

    /// The last value that is a number.
    pub fn last(&self) -> Option<f64> {
        self.0
            .iter()
            .rev()
            .map(|point| point.y)
            .find(|y| y.is_finite())
    }

    /// The value of the point nearest to `x`, unless the curve has none near: `reach` away or closer.
    pub fn near(&self, x: f64, reach: f64) -> Option<f64> {
        let after = self.0.partition_point(|point| point.x < x);
        let around = self
            .0
            .get(after.saturating_sub(2)..(after + 2).min(self.0.len()))?;
        let distance = |point: &&PlotPoint| (point.x - x).abs();
        around
            .iter()
            .filter(|point| point.y.is_finite() && distance(point) <= reach)
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .map(|point| point.y)
    }
}
