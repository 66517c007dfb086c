//! The network beside another one.

use std::path::PathBuf;
use std::sync::Arc;

use super::command::Command;
use super::state::State;
use super::view::PathPurpose;
use crate::network::{Context, Graph, Pair, Report, check, compare, template};
use crate::project::{load, open_run};

/// What the network is compared with.
#[derive(Clone, Debug)]
pub enum Other {
    Template(&'static str),
    /// The network of a run.
    Run(PathBuf),
    /// That of a project file, or a `network.toml`.
    File(PathBuf),
    /// One that is at hand, by its title.
    Graph(String, Arc<Graph>),
}

/// Two networks and what differs between them.
pub struct Comparison {
    /// What the other one is called.
    pub title: String,
    pub graph: Arc<Graph>,
    /// Of the other one.
    pub report: Report,
    /// Left the network that is drawn, right the other one.
    pub pairs: Vec<Pair>,
    /// Of the editor, when they were paired.
    pub revision: u64,
}

impl Comparison {
    /// Reads the other network and pairs the layers.
    ///
    /// # Errors
    /// In words, where there is no network to be read.
    pub fn make(
        mine: &Graph,
        other: Other,
        context: &Context,
        revision: u64,
    ) -> Result<Self, String> {
        let (title, graph) = read(other, context.classes)?;
        Ok(Self {
            report: check(&graph, context),
            pairs: compare(mine, &graph),
            title,
            graph,
            revision,
        })
    }
}

fn read(other: Other, classes: Option<usize>) -> Result<(String, Arc<Graph>), String> {
    match other {
        Other::Graph(title, graph) => Ok((title, graph)),
        Other::Template(name) => {
            let found = template(name).ok_or_else(|| format!("there is no template {name}"))?;
            Ok((found.title.to_owned(), Arc::new(found.graph(classes))))
        }
        Other::Run(path) => {
            let run = open_run(&path).map_err(|error| error.to_string())?;
            let missing = || format!("the network of {} cannot be read", run.info.name);
            let graph = run.graph.ok_or_else(missing)?;
            Ok((run.info.name, Arc::new(graph)))
        }
        Other::File(path) => {
            let name = path.file_name().map_or_else(
                || path.display().to_string(),
                |name| name.to_string_lossy().into_owned(),
            );
            if path.extension().is_some_and(|end| end == "mapsto") {
                let project = load(&path).map_err(|error| error.to_string())?;
                return Ok((name, Arc::new(project.graph)));
            }
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
            let graph = Graph::parse(&text);
            let graph = graph.map_err(|error| format!("{}: {error}", path.display()))?;
            Ok((name, Arc::new(graph)))
        }
    }
}

impl State {
    pub(super) fn carry_out_comparison(&mut self, command: Command) {
        match command {
            Command::Compare(Some(other)) => self.compare(other),
            Command::Compare(None) => self.comparison = None,
            _ => self.jobs.choose(PathPurpose::CompareNetwork, String::new()),
        }
    }

    pub(super) fn compared(&mut self, made: Result<Box<Comparison>, String>) {
        match made {
            Ok(made) => self.comparison = Some(made),
            Err(message) => self.tell(true, message),
        }
    }

    /// Pairs the layers anew after an edit.
    pub(super) fn compare_again(&mut self) {
        let stale = self.comparison.as_ref();
        let stale = stale.filter(|shown| shown.revision != self.editor.revision());
        if let Some(shown) = stale {
            self.compare(Other::Graph(shown.title.clone(), shown.graph.clone()));
        }
    }

    pub(super) fn compare(&self, other: Other) {
        let context = self.network_context();
        let (graph, revision) = (self.editor.graph().clone(), self.editor.revision());
        self.jobs.compare(graph, other, context, revision);
    }

    fn network_context(&self) -> Context {
        Context {
            classes: self.data.ready().map(|(data, _)| data.classes.len()),
            loss: self.project.recipe.loss,
            batch: self.project.recipe.batch,
        }
    }
}
