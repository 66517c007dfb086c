//! How images are divided: shares, seed, what stays together, folds.

use std::sync::Arc;

use egui::{ComboBox, DragValue, TextEdit, Ui};

use super::listing::Open;
use super::{controls, findings};
use crate::app::command::Command;
use crate::app::panels::parts::row::column_scroll;
use crate::app::theme::{SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets::{caption, heading, note, setting_row};
use crate::dataset::{Dataset, Group, Kind, SplitRecipe};
use crate::project::Recipe;

/// What is being typed.
#[derive(Default)]
pub struct SetsSide {
    pattern: Option<String>,
    cards: findings::Cards,
    /// Whether the data gives sets of its own: looked for among all images once.
    given: Option<(Arc<Dataset>, bool)>,
}

const MOST_FOLDS: usize = 20;

impl SetsSide {
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        commands: &mut Vec<Command>,
    ) -> Option<Open> {
        let mut recipe = view.recipe.clone();
        let mut opened = None;
        column_scroll("sets").show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = SPACE[1];
            heading(ui, "Sets");
            if self.has_given_sets(view) {
                note(ui, "The folder gives sets of its own: they are kept, and the shares hold for what it does not give");
            }
            shares(ui, &mut recipe);
            ui.add_space(SPACE[1]);
            caption(ui, "What stays together");
            self.group(ui, &mut recipe.split);
            let help = "Pictures that look alike, and files of equal content, are never in two sets";
            ui.checkbox(&mut recipe.split.together, "Keep look-alikes together")
                .on_hover_text(help);
            ui.add_space(SPACE[1]);
            caption(ui, "Cross-validation");
            folds(ui, &mut recipe.split);
            if let Some(fault) = &view.desk.split_fault {
                ui.colored_label(Tokens::of(ui).error, fault);
            }
            ui.add_space(SPACE[1]);
            opened = self.leaks(ui, view, commands);
        });
        if recipe != *view.recipe {
            commands.push(Command::SetRecipe(Box::new(recipe)));
        }
        opened
    }

    fn has_given_sets(&mut self, view: &View<'_>) -> bool {
        let Some((data, _)) = view.data.ready() else {
            return false;
        };
        if let Some((known, given)) = &self.given
            && Arc::ptr_eq(known, data)
        {
            return *given;
        }
        let given = data.has_given_sets();
        self.given = Some((data.clone(), given));
        given
    }

    fn group(&mut self, ui: &mut Ui, split: &mut SplitRecipe) {
        let help =
            "Images of one group are all in the same set: shots of one patient, frames of one film";
        let name = |group: &Group| match group {
            Group::Single => "nothing",
            Group::Folder => "its folder",
            Group::Pattern(_) => "its name",
        };
        setting_row(ui, "Grouped by", help, |ui| {
            let list = ComboBox::from_id_salt("group").selected_text(name(&split.group));
            let shown = list.show_ui(ui, |ui| {
                let mut choose = |ui: &mut Ui, text: &str, group: Group| {
                    let same =
                        std::mem::discriminant(&split.group) == std::mem::discriminant(&group);
                    if ui.selectable_label(same, text).clicked() && !same {
                        split.group = group;
                    }
                };
                choose(ui, "nothing", Group::Single);
                choose(ui, "its folder", Group::Folder);
                // Up to the first digit run: "patient12_left.png" is of "patient12".
                let pattern = Group::Pattern("^([^\\d]*\\d+)".to_owned());
                choose(ui, "its name", pattern);
            });
            shown.response.accessible_name("Grouped by");
        });
        let Group::Pattern(pattern) = &mut split.group else {
            self.pattern = None;
            return;
        };
        let text = self.pattern.get_or_insert_with(|| pattern.clone());
        let field = TextEdit::singleline(text)
            .desired_width(f32::INFINITY)
            .font(egui::TextStyle::Monospace);
        let field = ui.add(field).accessible_name("Pattern of names");
        note(
            ui,
            "A regular expression: names in which its first group, or all of it, finds the same stay together",
        );
        if field.lost_focus() && *text != *pattern {
            pattern.clone_from(text);
        } else if !field.has_focus() && !field.lost_focus() {
            text.clone_from(pattern);
        }
    }

    /// Pictures that are in two sets.
    fn leaks(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) -> Option<Open> {
        caption(ui, "Pictures in two sets");
        let health = view.desk.health.as_ref()?;
        let leak = health
            .findings
            .iter()
            .find(|finding| finding.kind == Kind::Leak);
        match leak {
            Some(leak) => self.cards.one(ui, leak, commands),
            None if view.desk.alike.is_some() => {
                note(
                    ui,
                    "None: no picture, and none that looks like it, is in two sets",
                );
                None
            }
            None => {
                findings::looking(ui, view, commands);
                None
            }
        }
    }
}

fn shares(ui: &mut Ui, recipe: &mut Recipe) {
    let split = &mut recipe.split;
    let most = 0.95;
    let other = split.test;
    controls::share(
        ui,
        "Validation",
        "Images that choose the best epoch",
        &mut split.validation,
        most - other,
    );
    let other = split.validation;
    controls::share(
        ui,
        "Test",
        "Images that are looked at after training only",
        &mut split.test,
        most - other,
    );
    let help = "The same seed gives the same sets; it is also that of the training";
    setting_row(ui, "Seed", help, |ui| {
        let mut seed = recipe.seed;
        let field = DragValue::new(&mut seed).speed(0.2);
        let field = field.clamp_existing_to_range(false).range(0..=1u64 << 53);
        if ui
            .add_sized(controls::SIZE, field)
            .accessible_name("Seed of the sets")
            .changed()
        {
            recipe.set_seed(seed);
        }
    });
}

fn folds(ui: &mut Ui, split: &mut SplitRecipe) {
    let help = "The images but those for the test are dealt to folds of equal size; one is validation, the others are learned from";
    let mut on = split.folds > 0;
    if ui
        .checkbox(&mut on, "Deal the images to folds")
        .on_hover_text(help)
        .changed()
    {
        (split.folds, split.fold) = if on { (5, 1) } else { (0, 0) };
    }
    if !on {
        return;
    }
    setting_row(ui, "Folds", "", |ui| {
        let field = DragValue::new(&mut split.folds)
            .range(2..=MOST_FOLDS)
            .speed(0.05);
        ui.add_sized(controls::SIZE, field).accessible_name("Folds");
    });
    split.fold = split.fold.clamp(1, split.folds.max(1));
    setting_row(
        ui,
        "Fold for validation",
        "Train once with each for a figure of the whole",
        |ui| {
            let field = DragValue::new(&mut split.fold)
                .range(1..=split.folds)
                .speed(0.05);
            ui.add_sized(controls::SIZE, field)
                .accessible_name("Fold for validation");
        },
    );
}
