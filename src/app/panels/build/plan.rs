//! Where every card lies, before any is drawn: heights follow from what a card holds, so that only
//! the visible ones of a long network cost anything.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Galley, Rect, RichText, Ui};

use super::text;
use crate::app::maps;
use crate::app::theme::{NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::network::{LayerId, LayerReport, Node, Problem, Severity, Shape};
use crate::training::LayerMaps;

/// Title, summary, shape and parameters.
pub const HEADER: f32 = 38.0;
/// Between a card's edge and what is in it.
pub const PADDING: f32 = SPACE[2];
/// Between two cards.
pub const GAP: f32 = 16.0;
/// Side of a map.
pub const CELL: f32 = 36.0;
/// Of the bars of the classes, with their names.
pub const BARS: f32 = 66.0;
/// The pinned image on the input's card, and what to do where there is none.
pub const PINNED: f32 = 44.0;
pub const HINT: f32 = 18.0;
/// The button of a remedy.
pub const REMEDY: f32 = 28.0;

/// A problem with its text laid out.
pub struct Told<'a> {
    pub problem: &'a Problem,
    pub text: Arc<Galley>,
}

impl Told<'_> {
    pub fn height(&self) -> f32 {
        let remedy = if self.problem.remedy.is_some() {
            REMEDY + SPACE[0]
        } else {
            0.0
        };
        self.text.size().y + remedy + SPACE[1]
    }
}

/// One card: what it holds and where it lies.
pub struct Card<'a> {
    pub node: &'a Node,
    pub report: Option<&'a LayerReport>,
    /// From the column's top.
    pub top: f32,
    pub height: f32,
    pub maps: Option<&'a LayerMaps>,
    pub strip: f32,
    /// Probability of each class, on the last card.
    pub probabilities: Option<&'a [f32]>,
    pub problems: Vec<Told<'a>>,
}

impl Card<'_> {
    /// On the screen, with the column's top left corner at `origin`.
    pub fn rect(&self, origin: egui::Pos2, width: f32) -> Rect {
        let corner = origin + egui::vec2(0.0, self.top);
        Rect::from_min_size(corner, egui::vec2(width, self.height))
    }

    /// The worst of its problems.
    pub fn severity(&self) -> Option<Severity> {
        self.problems.iter().map(|told| told.problem.severity).max()
    }
}

/// All cards, top to bottom.
pub struct Plan<'a> {
    pub cards: Vec<Card<'a>>,
    pub height: f32,
}

impl<'a> Plan<'a> {
    pub fn of(ui: &Ui, view: &View<'a>, width: f32) -> Self {
        let nodes = view.editor.graph().nodes();
        let mut problems: HashMap<LayerId, Vec<&'a Problem>> = HashMap::new();
        for problem in &view.report.problems {
            if let Some(id) = problem.layer {
                problems.entry(id).or_default().push(problem);
            }
        }
        let maps: HashMap<&str, &LayerMaps> = view
            .drawn
            .maps
            .iter()
            .flat_map(|maps| &maps.layers)
            .map(|maps| (maps.name.as_str(), maps))
            .collect();
        let mut top = 0.0;
        let mut cards = Vec::with_capacity(nodes.len());
        for (position, node) in nodes.iter().enumerate() {
            let report = view.report.layers.get(position);
            let report = report.filter(|report| report.id == node.id);
            let maps = report.and_then(|report| {
                let maps = maps.get(report.last_name().as_str()).copied();
                maps.filter(|maps| shows(maps, report.output))
            });
            let mut card = Card {
                node,
                report,
                top,
                height: HEADER,
                maps,
                strip: maps.map_or(0.0, |maps| {
                    maps::strip_height(maps, width - 2.0 * PADDING, CELL, 1)
                }),
                probabilities: None,
                problems: told(ui, problems.remove(&node.id).unwrap_or_default(), width),
            };
            if position + 1 == nodes.len() && position > 0 {
                card.probabilities = probabilities(view, report);
            }
            card.height = height(&card);
            if position == 0 {
                card.height += PADDING + if view.pinned.is_some() { PINNED } else { HINT };
            }
            top += card.height + GAP;
            cards.push(card);
        }
        Self {
            height: (top - GAP).max(0.0),
            cards,
        }
    }

    /// The cards that lie between two heights, with their positions in the network.
    pub fn between(&self, top: f32, bottom: f32) -> impl Iterator<Item = (usize, &Card<'a>)> {
        let first = self
            .cards
            .partition_point(|card| card.top + card.height + GAP < top);
        self.cards
            .iter()
            .enumerate()
            .skip(first)
            .take_while(move |(_, card)| card.top <= bottom)
    }

    /// The place in the network that a height means: before the first card whose middle is below it.
    pub fn place_at(&self, height: f32) -> usize {
        self.cards
            .partition_point(|card| card.top + card.height / 2.0 < height)
            .max(1)
    }

    /// The height of the gap before the card at `place`.
    pub fn gap(&self, place: usize) -> f32 {
        match self.cards.get(place) {
            Some(card) => card.top - GAP / 2.0,
            None => self.height + GAP / 2.0,
        }
    }
}

fn height(card: &Card<'_>) -> f32 {
    let mut height = HEADER;
    if card.strip > 0.0 {
        height += card.strip + PADDING;
    }
    if card.probabilities.is_some() {
        height += BARS + PADDING;
    }
    height + card.problems.iter().map(Told::height).sum::<f32>()
}

fn told<'a>(ui: &Ui, problems: Vec<&'a Problem>, width: f32) -> Vec<Told<'a>> {
    let colour = Tokens::of(ui).text;
    let told = problems.into_iter().map(|problem| {
        let words = RichText::new(text::sentence(&problem.message))
            .size(NOTE_SIZE)
            .color(colour);
        Told {
            problem,
            text: text::wrapped(ui, words, width - 2.0 * PADDING - SPACE[3]),
        }
    });
    told.collect()
}

/// Whether maps are of the layer as it is drawn now: they lag behind an edit.
pub(super) fn shows(maps: &LayerMaps, output: Option<Shape>) -> bool {
    match output {
        Some(Shape::Maps {
            height,
            width,
            channels,
        }) => maps.shape == [channels, height, width],
        Some(Shape::Vector { units }) => maps.shape == [units, 1, 1],
        Some(Shape::Sequence { length, features }) => maps.shape == [1, length, features],
        None => false,
    }
}

/// The probabilities, where they are of this network's last layer: one unit a class, or one for two.
fn probabilities<'a>(view: &View<'a>, last: Option<&LayerReport>) -> Option<&'a [f32]> {
    let probabilities = view.drawn.maps?.probabilities.as_slice();
    let count = probabilities.len();
    let fits = match last?.output? {
        Shape::Vector { units } => units == count || (units == 1 && count == 2),
        Shape::Maps { .. } | Shape::Sequence { .. } => false,
    };
    (fits && count > 0).then_some(probabilities)
}
