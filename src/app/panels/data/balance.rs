//! Classes of very different size: what is done about them, and what it does, on the histogram.

use std::sync::Arc;

use egui::{Align, Layout, ScrollArea, Ui, vec2};

use super::controls::{matching, search, slider};
use super::overview;
use crate::app::command::Command;
use crate::app::panels::parts::row::{column_scroll, elided, ends};
use crate::app::theme::{CAPTION_SIZE, NOTE_SIZE, SPACE, Tokens, figure};
use crate::app::view::{Data, View};
use crate::app::widgets::{bar, heading, note, segmented, thousands};
use crate::dataset::{Dataset, Splits};

const MOST_GAMMA: f32 = 5.0;
const ROW: f32 = 30.0;

pub fn side(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let mut recipe = view.recipe.clone();
    let balance = &mut recipe.balance;
    column_scroll("balance").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = SPACE[1];
        heading(ui, "Balance");
        note(ui, "Means against classes of very different size. One of them is enough as a rule");
        ui.checkbox(&mut balance.class_weights, "Class weights in the loss");
        note(ui, "The mistakes of small classes count more: all images / (classes · images of the class)");
        ui.checkbox(&mut balance.oversample, "Over-sampling");
        note(ui, "Images of small classes are shown several times an epoch, until every class is as large as the largest; an epoch takes longer");
        let mut gamma = balance.focal_gamma as f32;
        let words = ("Focal loss γ", "Images that are known count less: (1 − p)^γ times the loss; 2 is usual, 0 is off", "");
        if slider(ui, words, &mut gamma, MOST_GAMMA, true) {
            balance.focal_gamma = (f64::from(gamma) * 100.0).round() / 100.0;
        }
        note(ui, "The focal loss depends on what the network knows, so the histogram has no part of it");
        if let Data::Ready { counts, .. } = view.data {
            let train: Vec<usize> = counts.iter().map(|row| row[0]).collect();
            let shown: f64 = if balance.oversample {
                train.iter().max().map_or(0.0, |most| (*most * train.len()) as f64)
            } else {
                train.iter().sum::<usize>() as f64
            };
            let shown = thousands(shown as u64);
            note(ui, &format!("An epoch shows {shown} images"));
        }
        for fault in balance.faults() {
            ui.colored_label(Tokens::of(ui).error, fault);
        }
    });
    if recipe != *view.recipe {
        commands.push(Command::SetRecipe(Box::new(recipe)));
    }
}

/// In which order the classes stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    Name,
    Fewest,
    Most,
}

/// What is searched for, and in which order.
#[derive(Default)]
pub struct Histogram {
    search: String,
    order: Order,
    listed: Option<Listed>,
}

/// Made once for the sets, what is searched for and the order.
struct Listed {
    splits: Arc<Splits>,
    search: String,
    order: Order,
    /// Training images of each class.
    train: Vec<usize>,
    /// The classes as they stand.
    found: Vec<usize>,
    /// Training images of all classes, most first.
    sizes: Vec<usize>,
}

impl Listed {
    fn new(dataset: &Dataset, splits: &Arc<Splits>, train: Vec<usize>, of: &Histogram) -> Self {
        let mut found = matching(&dataset.classes, &of.search);
        let size = |class: &usize| train.get(*class).copied().unwrap_or(0);
        match of.order {
            Order::Name => {}
            Order::Fewest => found.sort_by_key(size),
            Order::Most => found.sort_by_key(|class| std::cmp::Reverse(size(class))),
        }
        let mut sizes = train.clone();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            splits: splits.clone(),
            search: of.search.clone(),
            order: of.order,
            train,
            found,
            sizes,
        }
    }

    fn is_of(&self, splits: &Arc<Splits>, of: &Histogram) -> bool {
        Arc::ptr_eq(&self.splits, splits) && self.search == of.search && self.order == of.order
    }
}

impl Histogram {
    /// A row a class: its training images, and what they count for in the loss of an epoch; over many of them, all at
    /// a glance.
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>) {
        let Data::Ready {
            dataset,
            splits,
            counts,
        } = view.data
        else {
            return;
        };
        self.controls(ui);
        let known = self.listed.take().filter(|known| known.is_of(splits, self));
        let listed = known.unwrap_or_else(|| {
            let train = counts.iter().map(|row| row[0]).collect();
            Listed::new(dataset, splits, train, self)
        });
        let balance = &view.recipe.balance;
        let (effect, weights) = (
            balance.effect(&listed.train),
            balance.weights(&listed.train),
        );
        let changes = balance.class_weights || balance.oversample;
        legends(ui, changes);
        let most = listed.train.iter().map(|count| *count as f64);
        let most = most.chain(effect.iter().copied()).fold(1.0, f64::max);
        if listed.found.len() as f32 * ROW > ui.available_height() {
            overview::show(ui, &listed.sizes);
        }
        let found = &listed.found;
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical()
            .id_salt("histogram")
            .auto_shrink(false)
            .show_rows(ui, ROW, found.len(), |ui, visible| {
                for &class in found.get(visible).unwrap_or(&[]) {
                    let name = dataset.classes.get(class).map_or("", String::as_str);
                    let count = listed.train.get(class).copied().unwrap_or(0);
                    let of = |list: &[f64]| list.get(class).copied().unwrap_or(0.0);
                    let counted = changes.then(|| (of(&effect), of(&weights)));
                    row(ui, name, count, counted, most);
                }
            });
        self.listed = Some(listed);
    }

    fn controls(&mut self, ui: &mut Ui) {
        let order = &mut self.order;
        let text = &mut self.search;
        ends(
            ui,
            "histogram",
            |ui| {
                heading(ui, "Training images of each class");
                search(ui, text);
            },
            |ui| {
                let options = [
                    (Order::Name, "by name"),
                    (Order::Fewest, "fewest first"),
                    (Order::Most, "most first"),
                ];
                segmented(ui, "Order of the classes", order, &options);
            },
        );
    }
}

fn legends(ui: &mut Ui, changes: bool) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        legend(ui, tokens.muted, "images");
        if changes {
            let words = "what they count for in the loss of an epoch";
            legend(ui, tokens.accent, words);
        }
    });
}

fn legend(ui: &mut Ui, colour: egui::Color32, text: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(10.0, 10.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 2, colour);
    let muted = Tokens::of(ui).muted;
    ui.label(egui::RichText::new(text).size(CAPTION_SIZE).color(muted));
}

fn row(ui: &mut Ui, name: &str, count: usize, counted: Option<(f64, f64)>, most: f64) {
    let tokens = Tokens::of(ui);
    let layout = Layout::left_to_right(Align::Center);
    let size = vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_size(size);
        ui.allocate_ui_with_layout(vec2(150.0, ROW), layout, |ui| {
            ui.set_width(150.0);
            elided(ui, name);
        });
        let words = if counted.is_some() { 190.0 } else { 70.0 };
        let width = (ui.available_width() - words).max(60.0);
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.spacing_mut().item_spacing.y = 3.0;
            ui.add_space(if counted.is_some() { 7.0 } else { 11.0 });
            bar(ui, (count as f64 / most) as f32, width, tokens.muted);
            if let Some((effect, _)) = counted {
                bar(ui, (effect / most) as f32, width, tokens.accent);
            }
        });
        let count = thousands(count as u64);
        let text = match counted {
            Some((effect, weight)) => {
                let effect = thousands(effect.round() as u64);
                format!("{count} → {effect} · ×{weight:.2}")
            }
            None => count,
        };
        ui.label(figure(text).size(NOTE_SIZE).color(tokens.muted));
    });
}
