//! What happens to images on their way into the network: resizing, normalising, augmentation.

use egui::{CollapsingHeader, ComboBox, DragValue, Ui};

use super::controls;
use crate::app::command::Command;
use crate::app::panels::parts::row::column_scroll;
use crate::app::theme::{SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets::{caption, heading, note, setting_row};
use crate::dataset::{
    Amount, Augment, AugmentGroup, AugmentSetting, Normalise, Preprocess, Resize, Span,
};

pub fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let mut recipe = view.recipe.clone();
    column_scroll("prepare").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE[0] + 2.0;
        heading(ui, "Preprocessing");
        note(ui, "Of every image, wherever it is used");
        resizing(ui, &mut recipe.preprocess);
        normalising(ui, view, &mut recipe.preprocess);
        let help = "JPEG files far larger than the input are decoded at a half, a quarter or an eighth: faster, with slightly different figures";
        ui.checkbox(&mut recipe.preprocess.reduced_decoding, "Decode large JPEGs at reduced size")
            .on_hover_text(help);
        ui.add_space(SPACE[2]);
        heading(ui, "Augmentation");
        note(ui, "Of training images alone, drawn anew in every epoch; validation and test images stay as they are");
        augmenting(ui, &mut recipe.augment);
        let faults = recipe.preprocess.faults();
        for fault in faults.into_iter().chain(recipe.augment.faults()) {
            ui.colored_label(Tokens::of(ui).error, fault);
        }
    });
    if recipe != *view.recipe {
        commands.push(Command::SetRecipe(Box::new(recipe)));
    }
}

fn resizing(ui: &mut Ui, preprocess: &mut Preprocess) {
    let now = preprocess.resize;
    setting_row(ui, "Resize", now.help(), |ui| {
        let list = ComboBox::from_id_salt("resize").selected_text(now.title());
        let shown = list.show_ui(ui, |ui| {
            for known in Resize::ALL {
                ui.selectable_value(&mut preprocess.resize, known, known.title())
                    .on_hover_text(known.help());
            }
        });
        shown
            .response
            .accessible_name("Resize")
            .on_hover_text(now.help());
    });
}

/// What photographs of all the world have: the figures that most published networks were trained with.
const IMAGENET: Normalise = Normalise::Given {
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
};

fn normalising(ui: &mut Ui, view: &View<'_>, preprocess: &mut Preprocess) {
    let name = |normalise: Normalise| match normalise {
        Normalise::Unit => "0 to 1",
        Normalise::Statistics => "by these images",
        Normalise::Given { .. } => "by given figures",
    };
    let now = preprocess.normalise;
    let help = "How a byte becomes a number: divided by 255; then, with figures, less the mean and divided by the deviation";
    setting_row(ui, "Normalise", help, |ui| {
        let list = ComboBox::from_id_salt("normalise").selected_text(name(now));
        let shown = list.show_ui(ui, |ui| {
            for known in [Normalise::Unit, Normalise::Statistics, IMAGENET] {
                let same = name(known) == name(now);
                if ui.selectable_label(same, name(known)).clicked() && !same {
                    preprocess.normalise = known;
                }
            }
        });
        shown.response.accessible_name("Normalise");
    });
    if let Normalise::Given { mean, deviation } = &mut preprocess.normalise {
        let channels = view
            .desk
            .preview
            .as_ref()
            .map_or(3, |preview| preview.size.channels);
        for (what, figures) in [("Mean", mean), ("Deviation", deviation)] {
            setting_row(
                ui,
                what,
                "Of red, green and blue, from 0 to 1; a grey network takes the first",
                |ui| {
                    let colours = ["red", "green", "blue"];
                    // The row is filled from the right.
                    for (channel, value) in
                        figures.iter_mut().enumerate().take(channels.max(1)).rev()
                    {
                        let field = DragValue::new(value)
                            .range(0.0..=1.0)
                            .speed(0.002)
                            .max_decimals(3);
                        let colour = colours.get(channel).unwrap_or(&"");
                        ui.add(field).accessible_name(format!("{what} of {colour}"));
                    }
                },
            );
        }
    } else if now == Normalise::Statistics
        && let Some(Normalise::Given { mean, deviation }) =
            view.desk.preview.as_ref().map(|preview| preview.normalise)
    {
        let three = |figures: [f32; 3]| figures.map(|figure| format!("{figure:.3}")).join(", ");
        note(
            ui,
            &format!(
                "Mean {} and deviation {} over the training images",
                three(mean),
                three(deviation)
            ),
        );
    }
}

fn augmenting(ui: &mut Ui, augment: &mut Augment) {
    let on = !augment.is_off();
    ui.horizontal_wrapped(|ui| {
        let words = if on {
            format!("On: {}", augment.describe())
        } else {
            "All off".to_owned()
        };
        note(ui, &words);
        if on && ui.button("Switch all off").clicked() {
            *augment = Augment::default();
        }
    });
    for group in AugmentGroup::ALL {
        CollapsingHeader::new(group.title())
            .default_open(matches!(group, AugmentGroup::Place | AugmentGroup::Policy))
            .show_unindented(ui, |ui| {
                for setting in group.settings() {
                    if setting.applies(augment) {
                        one(ui, setting, augment);
                    }
                }
            });
    }
    ui.add_space(SPACE[0]);
    caption(ui, "Double-click a figure to type it");
}

fn one(ui: &mut Ui, setting: &AugmentSetting, augment: &mut Augment) {
    let (title, help) = (setting.title, setting.help);
    let now = setting.get(augment);
    let wanted = match (setting.span, now) {
        (Span::Flag, Amount::Flag(mut value)) => {
            ui.checkbox(&mut value, title).on_hover_text(help);
            Amount::Flag(value)
        }
        (Span::Real { max, .. }, Amount::Real(value)) => {
            let mut shown = value * setting.factor;
            let words = (title, help, setting.unit);
            if controls::slider(ui, words, &mut shown, max * setting.factor, true) {
                Amount::Real((shown / setting.factor).clamp(0.0, max))
            } else {
                now
            }
        }
        (Span::Int { min, max }, Amount::Int(mut value)) => {
            setting_row(ui, title, help, |ui| {
                let field = DragValue::new(&mut value).range(min..=max).speed(0.1);
                ui.add_sized(controls::SIZE, field).accessible_name(title);
            });
            Amount::Int(value)
        }
        (Span::Choice(names), Amount::Choice(value)) => {
            let mut chosen = value;
            let text = names
                .iter()
                .find(|(name, _)| *name == value)
                .map_or(value, |(_, text)| text);
            setting_row(ui, title, help, |ui| {
                let list = ComboBox::from_id_salt(title).selected_text(text);
                let shown = list.show_ui(ui, |ui| {
                    for (name, text) in names {
                        ui.selectable_value(&mut chosen, name, *text);
                    }
                });
                shown.response.accessible_name(title);
            });
            Amount::Choice(chosen)
        }
        _ => now,
    };
    if wanted != now
        && let Err(reason) = setting.set(augment, wanted)
    {
        ui.colored_label(Tokens::of(ui).error, reason);
    }
}
