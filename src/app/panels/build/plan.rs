//! Where every card lies, before any is drawn: heights follow from what a card holds, so that only
//! the visible ones of a long network cost anything.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Galley, Rect, RichText, Ui};

use super::rows::{Row, Rows};
use super::text;
use crate::app::maps;
use crate::app::theme::{NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::network::{Block, LayerId, LayerReport, Node, Problem, Severity, Shape};
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
/// The head of an opened block above its first card, and what its frame takes below the last one.
pub const BLOCK_HEAD: f32 = 36.0;
pub const BLOCK_FOOT: f32 = 10.0;
/// The field that a comment is written in.
pub const FIELD: f32 = 54.0;

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
    pub row: &'a Row,
    /// Its layer; of a folded block the one whose output leaves it.
    pub node: &'a Node,
    /// The folded block that it is.
    pub block: Option<&'a Block>,
    pub report: Option<&'a LayerReport>,
    pub output: Option<Shape>,
    /// None where they cannot be known.
    pub parameters: Option<u64>,
    /// From the column's top.
    pub top: f32,
    pub height: f32,
    pub comment: Option<Arc<Galley>>,
    /// The comment is being written.
    pub writing: bool,
    /// Left out of the network: the layer, or all of the block's.
    pub disabled: bool,
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
    /// `writing`: the layer whose comment is being written.
    pub fn of(
        ui: &Ui,
        view: &View<'a>,
        rows: &'a Rows,
        width: f32,
        writing: Option<LayerId>,
    ) -> Self {
        let mut known = Known::of(view);
        let mut top = 0.0;
        let mut opened = rows.opened.iter().peekable();
        let mut cards = Vec::with_capacity(rows.rows.len());
        for (number, row) in rows.rows.iter().enumerate() {
            if opened.peek().is_some_and(|it| it.rows.start == number) {
                top += BLOCK_HEAD;
            }
            if let Some(mut card) = known.card(ui, view, row, width) {
                card.top = top;
                card.writing = writing == Some(card.node.id);
                if number + 1 == rows.rows.len() && number > 0 {
                    card.probabilities = probabilities(view, card.report);
                }
                card.height = height(&card);
                if number == 0 {
                    card.height += PADDING + if view.pinned.is_some() { PINNED } else { HINT };
                }
                top += card.height + GAP;
                cards.push(card);
            }
            if opened.next_if(|it| it.rows.end == number + 1).is_some() {
                top += BLOCK_FOOT;
            }
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
            .partition_point(|card| card.top + card.height + GAP + BLOCK_FOOT < top);
        self.cards
            .iter()
            .enumerate()
            .skip(first)
            .take_while(move |(_, card)| card.top - BLOCK_HEAD <= bottom)
    }

    /// The row at a height, if a card lies there.
    pub fn row_at(&self, height: f32) -> Option<usize> {
        let row = self
            .cards
            .partition_point(|card| card.top + card.height < height);
        self.cards.get(row).filter(|card| card.top <= height)?;
        Some(row)
    }

    /// The row before which a height means: before the first card whose middle is below it.
    pub fn place_at(&self, height: f32) -> usize {
        self.cards
            .partition_point(|card| card.top + card.height / 2.0 < height)
            .max(1)
    }

    /// The height of the gap before the card of a row.
    pub fn gap(&self, place: usize) -> f32 {
        match self.cards.get(place) {
            Some(card) => card.top - GAP / 2.0,
            None => self.height + GAP / 2.0,
        }
    }
}

/// What is known of the layers, to be found by layer.
struct Known<'a> {
    problems: HashMap<LayerId, Vec<&'a Problem>>,
    maps: HashMap<&'a str, &'a LayerMaps>,
}

impl<'a> Known<'a> {
    fn of(view: &View<'a>) -> Self {
        let mut problems: HashMap<LayerId, Vec<&'a Problem>> = HashMap::new();
        for problem in &view.report.problems {
            if let Some(id) = problem.layer {
                problems.entry(id).or_default().push(problem);
            }
        }
        let maps = view.drawn.maps.iter().flat_map(|maps| &maps.layers);
        let maps = maps.map(|maps| (maps.name.as_str(), maps)).collect();
        Self { problems, maps }
    }

    fn card(&mut self, ui: &Ui, view: &View<'a>, row: &'a Row, width: f32) -> Option<Card<'a>> {
        let graph = view.editor.graph();
        let node = graph.nodes().get(row.exit)?;
        let report = view.report.layers.get(row.exit);
        let report = report.filter(|report| report.id == node.id);
        let block = row.folded.and_then(|id| graph.block(id));
        let whole = block.and_then(|block| view.report.block(block.id));
        let output = match whole {
            Some(whole) => whole.output,
            None => report.and_then(|report| report.output),
        };
        let known = report.filter(|report| report.output.is_some() && report.input.is_some());
        let parameters = known.map(|report| report.parameters);
        let maps = report.and_then(|report| {
            let maps = match report.repeats {
                0 | 1 => self.maps.get(report.name.as_str()),
                _ => self.maps.get(report.last_name().as_str()),
            };
            maps.copied().filter(|maps| shows(maps, report.output))
        });
        let members = graph.nodes().get(row.nodes.clone()).unwrap_or_default();
        let problems = members
            .iter()
            .filter_map(|node| self.problems.remove(&node.id));
        Some(Card {
            row,
            node,
            block,
            report,
            output,
            parameters: whole.map_or(parameters, |whole| output.map(|_| whole.parameters)),
            top: 0.0,
            height: HEADER,
            comment: comment(ui, &node.comment, width),
            writing: false,
            disabled: members.iter().all(|node| node.disabled),
            maps,
            strip: maps.map_or(0.0, |maps| {
                maps::strip_height(maps, width - 2.0 * PADDING, CELL, 1)
            }),
            probabilities: None,
            problems: told(ui, problems.flatten().collect(), width),
        })
    }
}

fn comment(ui: &Ui, words: &str, width: f32) -> Option<Arc<Galley>> {
    if words.is_empty() {
        return None;
    }
    let muted = Tokens::of(ui).muted;
    let words = RichText::new(words).size(NOTE_SIZE).italics().color(muted);
    Some(text::wrapped(ui, words, width - 2.0 * PADDING - SPACE[3]))
}

fn height(card: &Card<'_>) -> f32 {
    let mut height = HEADER;
    if card.writing {
        height += FIELD + PADDING;
    } else if let Some(comment) = &card.comment {
        height += comment.size().y + SPACE[1];
    }
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
        let remedy = problem.remedy.as_ref().map(|remedy| remedy.label.as_str());
        let words = RichText::new(text::without(&problem.message, remedy))
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
