//! A graph with its undo and redo. Every state is kept whole, which is safe and cheap: layers share their values.

use std::collections::{HashMap, VecDeque};

use super::block::BlockId;
use super::edit::{Changing, Edit, EditError};
use super::graph::{Graph, LayerId};

/// How many steps can be undone.
const LIMIT: usize = 200;

/// The graph that the user edits, and the way back.
#[derive(Clone, Debug)]
pub struct Editor {
    graph: Graph,
    undo: VecDeque<Step>,
    redo: Vec<Step>,
    /// What the last edit changed: the next change of it belongs to the same step.
    open: Option<Changing>,
    revision: u64,
}

/// A state to go back (or forward) to, and what lies between it and the present one.
#[derive(Clone, Debug)]
struct Step {
    label: String,
    graph: Graph,
}

impl Editor {
    /// Starts with this graph and nothing to undo.
    pub fn new(graph: Graph) -> Self {
        Self {
            graph,
            undo: VecDeque::new(),
            redo: Vec::new(),
            open: None,
            revision: 0,
        }
    }

    /// The graph as it is now.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Makes an edit that can be undone. Changes of the same setting that follow one another, as from a dragged
    /// slider, are one step. An edit that changes nothing is no step. Returns the layer that is new, if any.
    ///
    /// # Errors
    /// As [`Graph::apply`]; nothing has changed then.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "an edit is made once; who makes it has no further use for it"
    )]
    pub fn apply(&mut self, edit: Edit) -> Result<Option<LayerId>, EditError> {
        let label = edit.label(&self.graph);
        let mut graph = self.graph.clone();
        let new = graph.apply(&edit)?;
        if graph.is(&self.graph) {
            return Ok(new);
        }
        if edit.only_looks() {
            self.graph = graph;
            self.revision += 1;
            return Ok(new);
        }
        let changing = edit.goes_on();
        let goes_on = changing.is_some() && changing == self.open;
        self.step(label, graph, goes_on);
        self.open = changing;
        Ok(new)
    }

    /// Makes several edits as one step, such as those of a remedy: all of them or none.
    ///
    /// # Errors
    /// Of the first edit that fails; nothing has changed then.
    pub fn apply_all(&mut self, label: &str, edits: &[Edit]) -> Result<(), EditError> {
        let mut graph = self.graph.clone();
        for edit in edits {
            graph.apply(edit)?;
        }
        if !graph.is(&self.graph) {
            self.step(label.into(), graph, false);
            self.open = None;
        }
        Ok(())
    }

    /// Ends the present step, so that the next change of the same setting can be undone on its own: when a
    /// slider is let go or a field left.
    pub fn seal(&mut self) {
        self.open = None;
    }

    fn step(&mut self, label: String, graph: Graph, goes_on: bool) {
        let before = std::mem::replace(&mut self.graph, graph);
        if !goes_on {
            self.undo.push_back(Step {
                label,
                graph: before,
            });
            if self.undo.len() > LIMIT {
                self.undo.pop_front();
            }
        }
        self.redo.clear();
        self.revision += 1;
    }

    /// Takes the last step back. Returns what was undone, or `None` where there is nothing.
    pub fn undo(&mut self) -> Option<String> {
        let step = self.undo.pop_back()?;
        let label = step.label.clone();
        let back = self.swap(step);
        self.redo.push(back);
        Some(label)
    }

    /// Makes the last undone step again. Returns what it was, or `None` where there is nothing.
    pub fn redo(&mut self) -> Option<String> {
        let step = self.redo.pop()?;
        let label = step.label.clone();
        let back = self.swap(step);
        self.undo.push_back(back);
        Some(label)
    }

    fn swap(&mut self, step: Step) -> Step {
        self.open = None;
        self.revision += 1;
        // An id once given is never given again, not even after its layer was undone.
        let next = step.graph.next.max(self.graph.next);
        let graph = std::mem::replace(&mut self.graph, step.graph);
        self.graph.next = next;
        // What is folded is no step, and stays as it is.
        let folded: HashMap<BlockId, bool> = graph
            .blocks()
            .iter()
            .map(|block| (block.id, block.folded))
            .collect();
        for block in &mut self.graph.blocks {
            block.folded = folded.get(&block.id).copied().unwrap_or(block.folded);
        }
        Step {
            label: step.label,
            graph,
        }
    }

    /// What [`Editor::undo`] would take back: "delete dense_2".
    pub fn undo_label(&self) -> Option<&str> {
        self.undo.back().map(|step| step.label.as_str())
    }

    /// What [`Editor::redo`] would make again.
    pub fn redo_label(&self) -> Option<&str> {
        self.redo.last().map(|step| step.label.as_str())
    }

    /// Grows by every change, undo and redo included; the same number means the same graph.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}
