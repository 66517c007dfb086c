//! The curves: loss and accuracy of training and validation, side by side.

use egui::{Color32, FontId, PointerButton, Role, TextStyle, Ui, WidgetInfo, vec2};
use egui_plot::{GridMark, HoverPosition, Plot, PlotUi};

use super::lines::Points;
use crate::app::panels::parts::row::ends;
use crate::app::theme::{CAPTION_SIZE, SPACE, Tokens, figure};
use crate::app::view::View;
use crate::app::widgets::{card, heading, percent};

/// What the plots keep from frame to frame.
#[derive(Default)]
pub struct Plots {
    /// The loss on a logarithmic scale.
    pub log: bool,
    raw_loss: Points,
    train_loss: Points,
    val_loss: Points,
    train_accuracy: Points,
    val_accuracy: Points,
}

/// One of the two charts.
struct Chart<'a> {
    title: &'static str,
    /// The single steps, drawn faintly behind the smooth curve.
    behind: Option<&'a Points>,
    training: &'a Points,
    validation: &'a Points,
    /// A value as it is plotted, in words.
    text: fn(f64) -> String,
    log: bool,
    /// Epochs of the whole run.
    epochs: f64,
    /// Tells the charts of two runs apart, so that a zoom does not stay.
    run: &'a str,
    height: f32,
}

impl Plots {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>) {
        let curves = view.curves;
        self.raw_loss.fill(&curves.train_loss, self.log);
        self.train_loss.fill(&curves.train_loss_smooth, self.log);
        self.val_loss.fill(&curves.val_loss, self.log);
        self.train_accuracy.fill(&curves.train_accuracy, false);
        self.val_accuracy.fill(&curves.val_accuracy, false);
        let height = (ui.ctx().content_rect().height() * 0.29).clamp(170.0, 420.0);
        let run = view.shown.map_or("", |shown| shown.name.as_str());
        let loss = Chart {
            title: "Loss",
            behind: Some(&self.raw_loss),
            training: &self.train_loss,
            validation: &self.val_loss,
            text: if self.log { log_text } else { loss_text },
            log: self.log,
            epochs: curves.epochs,
            run,
            height,
        };
        let accuracy = Chart {
            title: "Accuracy",
            behind: None,
            training: &self.train_accuracy,
            validation: &self.val_accuracy,
            text: percent,
            log: false,
            ..loss
        };
        ui.columns_const(|[left, right]| {
            loss.show(left);
            accuracy.show(right);
        });
    }
}

impl Chart<'_> {
    fn show(&self, ui: &mut Ui) {
        card(ui, |ui| {
            ui.set_width(ui.available_width());
            ends(
                ui,
                self.title,
                |ui| heading(ui, self.title),
                |ui| self.legend(ui),
            );
            self.plot(ui);
        });
    }

    /// The current values, each with the colour of its curve.
    fn legend(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let both = [
            ("training", self.training, tokens.training),
            ("validation", self.validation, tokens.validation),
        ];
        for (name, points, colour) in both {
            let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), egui::Sense::hover());
            ui.painter().circle_filled(rect.center(), 4.0, colour);
            ui.label(name);
            let value = points.last().map_or_else(|| "–".to_owned(), self.text);
            ui.label(figure(value).color(tokens.muted));
            if name == "training" {
                ui.add_space(SPACE[0]);
            }
        }
    }

    fn plot(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let epochs = self.epochs.max(1.0);
        let reach = epochs / 40.0;
        // Axes and tooltips are quieter than the text of the window.
        ui.style_mut()
            .text_styles
            .insert(TextStyle::Body, FontId::proportional(CAPTION_SIZE));
        ui.visuals_mut().override_text_color = Some(tokens.muted);
        // Without a point there is no range: from 0 to 1, not from -500 % to 500 %.
        let empty = [self.training, self.validation]
            .iter()
            .all(|points| points.last().is_none());
        let range: &[f64] = if empty { &[0.0, 1.0] } else { &[] };
        let plot = Plot::new((self.title, self.run, self.log));
        let plot = range.iter().fold(plot, |plot, end| plot.include_y(*end));
        let response = plot
            .height(self.height)
            .show_background(false)
            .show_grid([false, true])
            .grid_color(tokens.line)
            .cursor_color(tokens.muted)
            .show_crosshair(true)
            .show_y(false)
            .allow_zoom(false)
            .allow_scroll(false)
            .allow_drag(false)
            .allow_axis_zoom_drag(false)
            .boxed_zoom_pointer_button(PointerButton::Primary)
            .set_margin_fraction(vec2(0.01, 0.06))
            .include_x(0.0)
            .include_x(epochs)
            .x_grid_spacer(|input| marks(input.bounds, 10.0, 1.0))
            .y_grid_spacer(|input| self.y_marks(input.bounds))
            .x_axis_formatter(|mark, _| epoch_text(mark))
            .y_axis_formatter(|mark, _| self.axis_text(mark))
            .label_formatter(move |hover| self.readout(hover, reach))
            .show(ui, |plot| self.draw(plot, tokens));
        let name = format!("{} by epoch", self.title);
        let response = response.response;
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    }

    fn draw<'a>(&'a self, plot: &mut PlotUi<'a>, tokens: &Tokens) {
        if let Some(behind) = self.behind {
            let faint: Color32 = tokens.training.gamma_multiply(0.35);
            behind.draw(plot, "step", faint, 1.0);
        }
        self.training.draw(plot, "training", tokens.training, 1.8);
        self.validation
            .draw(plot, "validation", tokens.validation, 1.8);
    }

    fn y_marks(&self, bounds: (f64, f64)) -> Vec<GridMark> {
        if self.log {
            log_marks(bounds)
        } else {
            marks(bounds, 7.0, 0.0)
        }
    }

    fn axis_text(&self, mark: GridMark) -> String {
        if self.log {
            return log_text(mark.value);
        }
        if self.title == "Accuracy" {
            let decimals = usize::from(mark.step_size < 0.01);
            return format!("{:.decimals$} %", mark.value * 100.0);
        }
        let decimals = (-mark.step_size.log10()).ceil().clamp(0.0, 4.0) as usize;
        format!("{:.decimals$}", mark.value)
    }

    /// What the curves say where the pointer is.
    fn readout(&self, hover: &HoverPosition<'_>, reach: f64) -> Option<String> {
        let (HoverPosition::Elsewhere { position } | HoverPosition::NearDataPoint { position, .. }) =
            hover;
        let curves = [
            ("step", self.behind),
            ("training", Some(self.training)),
            ("validation", Some(self.validation)),
        ];
        let mut text = format!("epoch {:.2}", position.x);
        let mut any = false;
        for (name, points) in curves {
            // Validation has a point an epoch: the nearest one may be half an epoch away.
            let reach = if name == "step" {
                reach
            } else {
                reach.max(0.5)
            };
            if let Some(value) = points.and_then(|points| points.near(position.x, reach)) {
                text += &format!("\n{name} {}", (self.text)(value));
                any = true;
            }
        }
        any.then_some(text)
    }
}

/// About `count` marks at round values, `least` or more apart.
fn marks((from, to): (f64, f64), count: f64, least: f64) -> Vec<GridMark> {
    let rough = ((to - from) / count).max(1e-12);
    let power = 10f64.powf(rough.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let step_size = round
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough)
        .max(least);
    let first = (from / step_size).ceil() as i64;
    let last = (to / step_size).floor() as i64;
    // A range that is no range (NaN, infinite) has no marks; a wide one not endlessly many.
    (first..=last)
        .take(50)
        .map(|mark| GridMark {
            value: mark as f64 * step_size,
            step_size,
        })
        .collect()
}

/// Marks at 1, 2 and 5 times the powers of ten.
fn log_marks((from, to): (f64, f64)) -> Vec<GridMark> {
    let digits: &[f64] = if to - from > 3.0 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let powers = (from.floor() as i32..=to.ceil() as i32).take(50);
    powers
        .flat_map(|power| {
            digits
                .iter()
                .map(move |digit| f64::from(power) + digit.log10())
        })
        .filter(|value| (from..=to).contains(value))
        .map(|value| GridMark {
            value,
            step_size: 1.0,
        })
        .collect()
}

fn epoch_text(mark: GridMark) -> String {
    // Between whole epochs there is nothing to name.
    if mark.value.fract().abs() > 1e-6 {
        String::new()
    } else {
        format!("{:.0}", mark.value)
    }
}

fn loss_text(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

fn log_text(value: f64) -> String {
    let value = 10f64.powf(value);
    if value >= 0.01 {
        format!("{value:.3}")
    } else {
        format!("{value:.1e}")
    }
}
