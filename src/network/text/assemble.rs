//! From the tables of a file to a graph: names become wires and blocks.

use std::collections::{HashMap, HashSet};

use serde::Deserialize as _;

use crate::network::block::{Block, BlockId, BlockSetting, MAX_REPEAT, Target};
use crate::network::entry::{Arity, Kind};
use crate::network::graph::{Graph, LayerId, Node};
use crate::network::layer::Layer;
use crate::network::value::Value;

/// Problems, each with its place in bytes.
pub(super) type Problems = Vec<(usize, String)>;

/// A layer as a file has it.
pub(super) struct ReadLayer {
    pub layer: Layer,
    pub name: Option<String>,
    pub inputs: Option<Vec<String>>,
    pub disabled: bool,
    pub comment: String,
    pub block: Option<String>,
    /// Where it stands in the file.
    pub place: usize,
}

/// A block as a file has it.
pub(super) struct ReadBlock {
    pub name: String,
    pub title: String,
    pub repeat: u32,
    pub folded: bool,
    pub settings: Vec<ReadSetting>,
    pub place: usize,
}

pub(super) struct ReadSetting {
    pub name: String,
    /// "conv2d_3.filters", or "conv2d_3.filters*4".
    pub targets: Vec<String>,
}

/// All tables of a network.
#[derive(Default)]
pub(super) struct Parts {
    pub layers: Vec<ReadLayer>,
    pub blocks: Vec<ReadBlock>,
}

fn names(value: &toml::Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    list.iter()
        .map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn wrong<T>(name: &str, takes: &str, value: &toml::Value) -> Result<T, String> {
    Err(format!("{name} takes {takes}, not {value}"))
}

impl ReadLayer {
    pub fn new(layer: Layer, place: usize) -> Self {
        Self {
            layer,
            name: None,
            inputs: None,
            disabled: false,
            comment: String::new(),
            block: None,
            place,
        }
    }

    /// Takes what every layer may say of itself; none where it is a setting of its kind.
    pub fn meta(&mut self, name: &str, value: &toml::Value) -> Option<Result<(), String>> {
        let text = value.as_str().map(str::to_owned);
        let says_something = match name {
            "inputs" => names(value).is_none_or(|names| !names.is_empty()),
            "disabled" => value.as_bool() != Some(false),
            "block" => true,
            _ => false,
        };
        if says_something && self.layer.kind() == Kind::Input {
            let message = match name {
                "inputs" => "the input takes no inputs: delete the line",
                "disabled" => "the input cannot be disabled: delete the line",
                _ => "the input is in no block: delete the line",
            };
            return Some(Err(message.to_owned()));
        }
        let outcome = match name {
            "name" => text.map(|text| self.name = Some(text)).ok_or("a name"),
            "block" => text.map(|text| self.block = Some(text)).ok_or("a name"),
            "comment" => text.map(|text| self.comment = text).ok_or("a text"),
            "disabled" => value
                .as_bool()
                .map(|flag| self.disabled = flag)
                .ok_or("true or false"),
            "inputs" => names(value)
                .map(|names| self.inputs = Some(names))
                .ok_or("a list of names of layers"),
            _ => return None,
        };
        Some(outcome.or_else(|takes| wrong(name, takes, value)))
    }

    /// Takes one entry of the table, but the kind.
    pub fn take(&mut self, name: &str, value: toml::Value) -> Result<(), String> {
        if let Some(outcome) = self.meta(name, &value) {
            return outcome;
        }
        let value = Value::deserialize(value).map_err(|error| error.to_string())?;
        self.layer
            .set(name, value)
            .map_err(|error| error.to_string())
    }
}

impl ReadBlock {
    pub fn new(place: usize) -> Self {
        Self {
            name: String::new(),
            title: String::new(),
            repeat: 1,
            folded: false,
            settings: Vec::new(),
            place,
        }
    }

    /// Takes one entry of the table.
    pub fn set(&mut self, name: &str, value: &toml::Value) -> Result<(), String> {
        let text = value.as_str().map(str::to_owned);
        match name {
            "name" => text.map(|text| self.name = text).ok_or("a name"),
            "title" => text.map(|text| self.title = text).ok_or("a text"),
            "folded" => value
                .as_bool()
                .map(|flag| self.folded = flag)
                .ok_or("true or false"),
            "repeat" => value
                .as_integer()
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| (1..=MAX_REPEAT).contains(number))
                .map(|number| self.repeat = number)
                .ok_or("a whole number from 1 to 100"),
            "settings" => settings(value)
                .map(|settings| self.settings = settings)
                .ok_or("a list of { name, targets }"),
            _ => {
                return Err(format!(
                    "a block has no “{name}”: it has name, title, repeat, folded, settings"
                ));
            }
        }
        .or_else(|takes| wrong(name, takes, value))
    }
}

fn settings(value: &toml::Value) -> Option<Vec<ReadSetting>> {
    let list = value.as_array()?.iter().map(|setting| {
        let mut keys = setting.as_table()?.keys();
        if keys.any(|key| !["name", "targets"].contains(&key.as_str())) {
            return None;
        }
        Some(ReadSetting {
            name: setting.get("name")?.as_str()?.to_owned(),
            targets: names(setting.get("targets")?)?,
        })
    });
    list.collect()
}

impl Parts {
    /// Puts an input before layers that have none.
    pub fn begin_with_input(&mut self) {
        let kind = self.layers.first().map(|read| read.layer.kind());
        if kind != Some(Kind::Input) {
            let input = ReadLayer::new(Layer::new(Kind::Input), 0);
            self.layers.insert(0, input);
        }
    }

    /// The graph of all that can be used; tells the rest.
    pub fn assemble(self, problems: &mut Problems) -> Graph {
        let first = self.layers.first().map_or(0, |read| read.place);
        let kinds = self.layers.iter().map(|read| read.layer.kind());
        problems.extend(structure_problem(kinds).map(|message| (first, message)));
        let Self { mut layers, blocks } = self;
        let input = match layers.first() {
            Some(read) if read.layer.kind() == Kind::Input => layers.remove(0),
            _ => ReadLayer::new(Layer::new(Kind::Input), first),
        };
        layers.retain(|read| read.layer.kind() != Kind::Input);
        let mut graph = Graph::new(input.layer.clone());
        let mut assembly = Assembly::default();
        let own = graph.nodes.first().map_or(LayerId(0), |node| node.id);
        assembly.layers.insert("input".to_owned(), own);
        assembly
            .layers
            .extend(input.name.clone().map(|name| (name, own)));
        if let Some(node) = graph.nodes.first_mut() {
            node.comment = input.comment;
        }
        for read in &blocks {
            assembly.block(&mut graph, read, problems);
        }
        for read in &layers {
            assembly.layer(&mut graph, read, problems);
        }
        assembly.wire(&mut graph, &layers, problems);
        let used: HashSet<BlockId> = graph.nodes.iter().filter_map(|node| node.block).collect();
        for (read, place) in blocks.iter().zip(0..) {
            let id = graph.blocks.get(place).map(|block| block.id);
            if id.is_some_and(|id| !used.contains(&id)) {
                let message = format!(
                    "the block “{0}” has no layers: write block = \"{0}\" in those that are its, or delete it",
                    read.name
                );
                problems.push((read.place, message));
                continue;
            }
            assembly.settings(&mut graph, place, read, problems);
        }
        graph.sort();
        graph.forget_targets();
        graph
    }
}

#[derive(Default)]
struct Assembly {
    layers: HashMap<String, LayerId>,
    blocks: HashMap<String, BlockId>,
}

impl Assembly {
    fn block(&mut self, graph: &mut Graph, read: &ReadBlock, problems: &mut Problems) {
        let id = BlockId(graph.fresh_id().0);
        if self.blocks.insert(read.name.clone(), id).is_some() {
            let message = format!("two blocks are called “{}”: rename one", read.name);
            problems.push((read.place, message));
        }
        let title = if read.title.is_empty() {
            &read.name
        } else {
            &read.title
        };
        graph.blocks.push(Block {
            id,
            name: title.clone(),
            repeat: read.repeat,
            folded: read.folded,
            settings: Vec::new(),
        });
    }

    fn layer(&mut self, graph: &mut Graph, read: &ReadLayer, problems: &mut Problems) {
        let id = graph.fresh_id();
        let mut node = Node::new(id, read.layer.clone(), Vec::new());
        node.disabled = read.disabled;
        node.comment.clone_from(&read.comment);
        if let Some(name) = &read.block {
            node.block = self.blocks.get(name).copied();
            if node.block.is_none() {
                let message = format!("no block is called “{name}”: add it to [[blocks]]");
                problems.push((read.place, message));
            }
        }
        if let Some(name) = &read.name
            && self.layers.insert(name.clone(), id).is_some()
        {
            let message = format!("two layers are called “{name}”: rename one");
            problems.push((read.place, message));
        }
        graph.nodes.push(node);
    }

    /// Draws the wires, once all names are known.
    fn wire(&self, graph: &mut Graph, layers: &[ReadLayer], problems: &mut Problems) {
        let ids: Vec<LayerId> = graph.nodes.iter().map(|node| node.id).collect();
        let nodes = graph.nodes.iter_mut().skip(1);
        for ((node, read), before) in nodes.zip(layers).zip(&ids) {
            let Some(names) = &read.inputs else {
                node.inputs = vec![*before];
                continue;
            };
            // A join may take an output twice: x + x, x · x.
            let once = node.layer.kind().entry().arity != Arity::Many;
            for name in names {
                match self.layers.get(name) {
                    Some(id) if *id == node.id => problems.push((
                        read.place,
                        format!("“{name}” takes its own output: name another layer in its inputs"),
                    )),
                    Some(id) if once && node.inputs.contains(id) => problems.push((
                        read.place,
                        format!("inputs name “{name}” twice: name each layer once"),
                    )),
                    Some(id) => node.inputs.push(*id),
                    None => problems.push((
                        read.place,
                        format!(
                            "inputs name “{name}”, but no layer says name = \"{name}\": add it there, or name another layer"
                        ),
                    )),
                }
            }
            // What is left of broken inputs is wired as a chain.
            let one = node.layer.kind().entry().arity == Arity::One;
            if node.inputs.is_empty() && one && !names.is_empty() {
                node.inputs = vec![*before];
            }
        }
    }

    fn settings(&self, graph: &mut Graph, place: usize, read: &ReadBlock, problems: &mut Problems) {
        let block = graph.blocks.get(place).map(|block| block.id);
        let mut settings = Vec::new();
        for setting in &read.settings {
            let mut targets = Vec::new();
            for text in &setting.targets {
                match self.target(graph, text) {
                    Some(target) if graph.node(target.layer).is_some_and(|it| it.block == block) => {
                        targets.push(target);
                    }
                    Some(_) => problems.push((
                        read.place,
                        format!(
                            "“{text}” is a setting of a layer that is not in this block: give the layer block = \"{}\", or delete the target",
                            read.name
                        ),
                    )),
                    None => problems.push((
                        read.place,
                        format!(
                            "“{text}” is no setting of a layer: write \"conv2d_1.filters\", with the name that the layer has"
                        ),
                    )),
                }
            }
            settings.push(BlockSetting {
                name: setting.name.clone(),
                targets,
            });
        }
        if let Some(block) = graph.blocks.get_mut(place) {
            block.settings = settings;
        }
    }

    fn target(&self, graph: &Graph, text: &str) -> Option<Target> {
        let (path, times) = match text.split_once('*') {
            Some((path, times)) => (path, times.trim().parse().ok().filter(|times| *times > 0)?),
            None => (text, 1),
        };
        let (layer, setting) = path.trim().rsplit_once('.')?;
        let layer = *self.layers.get(layer)?;
        graph.node(layer)?.layer.get(setting)?;
        Some(Target {
            layer,
            setting: setting.to_owned(),
            times,
        })
    }
}

/// What is wrong with the order of the kinds of layer, if anything.
fn structure_problem(mut kinds: impl Iterator<Item = Kind>) -> Option<String> {
    match kinds.next() {
        None => None,
        Some(Kind::Input) if kinds.all(|kind| kind != Kind::Input) => None,
        Some(Kind::Input) => Some("there are two layers of kind \"input\": keep the first".into()),
        Some(_) => {
            Some("the first layer must be of kind \"input\": put one before the others".into())
        }
    }
}
