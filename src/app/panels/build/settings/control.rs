//! The control of one setting: its range in the catalogue decides which.

use std::cell::Cell;

use egui::{
    Align, Checkbox, ComboBox, DragValue, Layout, Response, RichText, Sense, Slider, Stroke, Ui,
    vec2,
};

use crate::app::theme::{NOTE_SIZE, SPACE, Tokens};
use crate::network::{Range, Setting, Value};

/// Width of a control.
const WIDTH: f32 = 116.0;
/// Stands where several layers have several values.
const MIXED: &str = "mixed";

/// How controls behave that have two parts.
pub struct Memory {
    /// Height and width change together while they are equal.
    square: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Self { square: true }
    }
}

impl Memory {
    /// Draws the control; returns the new value when the user has chosen one. `mixed`: several layers have
    /// several values, of which this is one; any choice is a new value then.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        setting: &Setting,
        title: &str,
        value: &Value,
        mixed: bool,
    ) -> Option<Value> {
        match (setting.range, value) {
            (Range::Int { min, max }, Value::Int(number)) => {
                let words = mixed.then_some(MIXED);
                let changed = whole(ui, *number, [min, max], WIDTH, title, words);
                changed.map(Value::Int)
            }
            (Range::Pair { min, max }, Value::Pair(pair)) => {
                self.pair(ui, *pair, [min, max], title, mixed)
            }
            (Range::OneOf(numbers), Value::Int(number)) => {
                let names: Vec<String> = numbers.iter().map(u64::to_string).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let number = number.to_string();
                let chosen = choice(ui, &names, (!mixed).then_some(number.as_str()), title)?;
                numbers.get(chosen).copied().map(Value::Int)
            }
            (Range::Choice(names), Value::Choice(name)) => {
                let chosen = choice(ui, names, (!mixed).then_some(name.as_str()), title)?;
                names.get(chosen).map(|name| Value::from(*name))
            }
            (Range::Real { min, max }, Value::Real(number)) => {
                real(ui, *number, [min, max], title, mixed).map(Value::Real)
            }
            (Range::Flag, Value::Flag(flag)) => {
                let mut on = *flag;
                let response = ui.add(Checkbox::new(&mut on, "").indeterminate(mixed));
                let response = response.accessible_name(title);
                response.changed().then_some(Value::Flag(on))
            }
            _ => None,
        }
    }

    /// Height and width, "3 × 3". While they are equal and linked, one follows the other.
    fn pair(
        &mut self,
        ui: &mut Ui,
        pair: [u64; 2],
        range: [u64; 2],
        title: &str,
        mixed: bool,
    ) -> Option<Value> {
        let [height, width] = pair;
        let equal = height == width || mixed;
        let words = mixed.then_some("–");
        let part = (WIDTH - 35.0) / 2.0;
        let (new_height, new_width) = row(ui, |ui| {
            ui.spacing_mut().item_spacing.x = SPACE[0];
            // Three digits and more fit too, so that the fields do not widen the side.
            ui.spacing_mut().button_padding.x = SPACE[0];
            self.link(ui, title);
            let new_height = whole(ui, height, range, part, &format!("{title} height"), words);
            ui.label("×");
            let new_width = whole(ui, width, range, part, &format!("{title} width"), words);
            (new_height, new_width)
        });
        match (new_height, new_width) {
            (Some(side), _) | (_, Some(side)) if self.square && equal => {
                Some(Value::Pair([side; 2]))
            }
            (Some(height), _) => Some(Value::Pair([height, width])),
            (_, Some(width)) => Some(Value::Pair([height, width])),
            (None, None) => None,
        }
    }

    /// A little chain: whether height and width change together.
    fn link(&mut self, ui: &mut Ui, title: &str) {
        let (rect, response) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::click());
        let tokens = Tokens::of(ui);
        let ink = match (self.square, response.hovered()) {
            (true, _) => tokens.accent,
            (false, true) => tokens.text,
            (false, false) => tokens.muted,
        };
        let stroke = Stroke::new(1.5, ink);
        let apart = if self.square { 2.5 } else { 4.0 };
        for side in [-apart, apart] {
            let centre = rect.center() + vec2(side, 0.0);
            let ring = egui::Rect::from_center_size(centre, vec2(6.5, 6.0));
            ui.painter()
                .rect_stroke(ring, 3, stroke, egui::StrokeKind::Middle);
        }
        let square = self.square;
        response.widget_info(|| {
            let name = format!("{title}: same height and width");
            egui::WidgetInfo::selected(egui::accesskit::Role::CheckBox, true, square, name)
        });
        if response.clicked() {
            self.square = !self.square;
        }
        response.on_hover_text("Change height and width together");
    }
}

/// From left to right, whatever the row around it does.
fn row<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let size = vec2(WIDTH, ui.spacing().interact_size.y);
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(size, layout, add).inner
}

/// A whole number, typed or dragged; `words` stand there where it is not the only value.
pub(super) fn whole(
    ui: &mut Ui,
    value: u64,
    [min, max]: [u64; 2],
    width: f32,
    name: &str,
    words: Option<&str>,
) -> Option<u64> {
    let mut number = value;
    let typed = Cell::new(None);
    let drag = DragValue::new(&mut number)
        .range(min..=max)
        .clamp_existing_to_range(false)
        .speed((value as f64 * 0.01).clamp(0.05, 10.0))
        .update_while_editing(false);
    sized(ui, width, spoken(drag, words, &typed), name);
    // What is typed is meant even where it is the value that one of the layers has.
    let typed = typed.get().map(|number| (number as u64).clamp(min, max));
    typed.or((number != value).then_some(number))
}

/// Says `words` in place of a number, and keeps what is typed.
fn spoken<'a>(
    drag: DragValue<'a>,
    words: Option<&'a str>,
    typed: &'a Cell<Option<f64>>,
) -> DragValue<'a> {
    let Some(words) = words else {
        return drag;
    };
    drag.custom_formatter(move |_, _| words.to_owned())
        .custom_parser(move |text| {
            let number = text.trim().parse().ok().filter(|it: &f64| it.is_finite());
            typed.set(number);
            number
        })
}

/// A real number: a slider where the whole range can be seen, a figure like 1e-5 where it spans many
/// powers of ten.
fn real(ui: &mut Ui, value: f64, [min, max]: [f64; 2], name: &str, mixed: bool) -> Option<f64> {
    let mut number = value;
    if mixed {
        let typed = Cell::new(None);
        let drag = DragValue::new(&mut number)
            .range(min..=max)
            .clamp_existing_to_range(false)
            .speed((value.abs() * 0.01).max((max - min).min(1.0) * 0.005))
            .update_while_editing(false);
        sized(ui, WIDTH, spoken(drag, Some(MIXED), &typed), name);
        number = typed.get().map_or(number, |number| number.clamp(min, max));
        let told = typed.get().is_some() || number != value;
        return (told && number.is_finite()).then_some(number);
    }
    if min > 0.0 && max / min > 1e3 {
        let drag = DragValue::new(&mut number)
            .range(min..=max)
            .clamp_existing_to_range(false)
            .speed(value.abs() * 0.01)
            .custom_formatter(|number, _| Value::Real(number).to_string())
            .update_while_editing(false);
        sized(ui, WIDTH, drag, name);
    } else {
        let slider = Slider::new(&mut number, min..=max)
            .clamping(egui::SliderClamping::Edits)
            .step_by(0.01)
            .max_decimals(4)
            .update_while_editing(false);
        row(ui, |ui| {
            let spacing = ui.spacing_mut();
            spacing.interact_size.x = 44.0;
            spacing.button_padding.x = SPACE[0];
            spacing.slider_width = WIDTH - 44.0 - spacing.item_spacing.x;
            ui.name_inputs(name, |ui| ui.add(slider))
        });
    }
    (number != value && number.is_finite()).then_some(number)
}

/// A value in the figures' type.
fn sized(ui: &mut Ui, width: f32, drag: DragValue<'_>, name: &str) -> Response {
    let height = ui.spacing().interact_size.y;
    ui.scope(|ui| {
        ui.style_mut().drag_value_text_style = egui::TextStyle::Monospace;
        ui.add_sized(vec2(width, height), drag.min_size(vec2(width, height)))
            .accessible_name(name)
    })
    .inner
}

/// One of several names; returns the position of a newly chosen one.
/// None is current where several are.
fn choice(ui: &mut Ui, names: &[&str], current: Option<&str>, title: &str) -> Option<usize> {
    let mut chosen = None;
    let combo = ComboBox::from_id_salt(title)
        .width(WIDTH)
        // High enough that no list of the catalogue needs scrolling.
        .height(400.0)
        .selected_text(RichText::new(current.map_or(MIXED.to_owned(), words)).size(NOTE_SIZE))
        .truncate();
    // The longest name of the catalogue just fits.
    ui.spacing_mut().button_padding.x = SPACE[1];
    ui.spacing_mut().icon_spacing = SPACE[0] / 2.0;
    ui.spacing_mut().icon_width = SPACE[2];
    let response = combo.show_ui(ui, |ui| {
        for (position, name) in names.iter().enumerate() {
            if ui
                .selectable_label(current == Some(*name), words(name))
                .clicked()
            {
                chosen = Some(position);
            }
        }
    });
    response.response.accessible_name(title);
    chosen.filter(|position| names.get(*position).copied() != current)
}

/// A name of the files for people: "he_normal" becomes "He normal".
pub(in crate::app::panels::build) fn words(name: &str) -> String {
    if name == "pytorch" {
        return "PyTorch".to_owned();
    }
    let text = name.replace('_', " ");
    // Initialisers are named after people.
    ["glorot", "he"]
        .into_iter()
        .find_map(|person| {
            text.strip_prefix(person)
                .filter(|rest| rest.starts_with(' '))
                .map(|rest| (person, rest))
        })
        .map_or(text.clone(), |(person, rest)| {
            let (first, tail) = person.split_at(1);
            format!("{}{tail}{rest}", first.to_uppercase())
        })
}
