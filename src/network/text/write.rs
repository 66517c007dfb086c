//! Writing a graph: as TOML text, and through serde as part of another document.

use std::collections::{HashMap, HashSet};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::network::block::{Block, BlockId};
use crate::network::graph::{Graph, LayerId, Node};
use crate::network::value::{Value, for_file};

impl Graph {
    /// The graph as TOML text, which [`Graph::parse`] reads back.
    pub fn to_text(&self) -> String {
        text(&Form::of(self), 0)
    }

    /// The text of all layers but the input, which they call "input".
    pub(in crate::network) fn text_without_input(&self) -> String {
        text(&Form::of(self), 1)
    }
}

/// One layer's table: its keys in order.
type Table<'a> = Vec<(&'a str, Written<'a>)>;

/// A value in a file.
enum Written<'a> {
    Text(String),
    Names(Vec<String>),
    Value(&'a Value),
    Number(u32),
    Flag(bool),
    Settings(Vec<(String, Vec<String>)>),
}

/// A graph as the tables of a file.
struct Form<'a> {
    layers: Vec<Table<'a>>,
    blocks: Vec<Table<'a>>,
}

impl<'a> Form<'a> {
    fn of(graph: &'a Graph) -> Self {
        let names: HashMap<LayerId, String> = graph
            .nodes()
            .iter()
            .map(|node| node.id)
            .zip(graph.names())
            .collect();
        let mut before = None;
        let mut named: HashSet<LayerId> = HashSet::new();
        for node in graph.nodes() {
            if !chained(node, before) {
                named.extend(&node.inputs);
            }
            before = Some(node.id);
        }
        let targets = graph.blocks().iter().flat_map(|block| &block.settings);
        named.extend(targets.flat_map(|it| it.targets.iter().map(|target| target.layer)));
        let keys: HashMap<BlockId, String> = graph
            .blocks()
            .iter()
            .enumerate()
            .map(|(place, block)| (block.id, format!("block_{}", place + 1)))
            .collect();
        let mut before = None;
        let mut layers = Vec::with_capacity(graph.nodes().len());
        for (place, node) in graph.nodes().iter().enumerate() {
            let mut table = vec![(
                "kind",
                Written::Text(node.layer.kind().entry().name.to_owned()),
            )];
            if place > 0 && named.contains(&node.id) {
                table.push(("name", Written::Text(name(&names, node.id))));
            }
            if !chained(node, before) {
                let inputs = node.inputs.iter().map(|id| name(&names, *id));
                table.push(("inputs", Written::Names(inputs.collect())));
            }
            let settings = node.layer.settings();
            table.extend(settings.map(|(setting, value)| (setting.name, Written::Value(value))));
            if node.disabled {
                table.push(("disabled", Written::Flag(true)));
            }
            if !node.comment.is_empty() {
                table.push(("comment", Written::Text(node.comment.clone())));
            }
            let key = node.block.and_then(|block| keys.get(&block));
            table.extend(key.map(|key| ("block", Written::Text(key.clone()))));
            layers.push(table);
            before = Some(node.id);
        }
        let blocks = graph.blocks().iter().zip(1..);
        Self {
            layers,
            blocks: blocks
                .map(|(block, number)| described(block, number, &names))
                .collect(),
        }
    }
}

/// Whether a layer takes the one before it and nothing else, which needs not be said. The input takes none.
fn chained(node: &Node, before: Option<LayerId>) -> bool {
    node.inputs.iter().copied().eq(before)
}

fn name(names: &HashMap<LayerId, String>, id: LayerId) -> String {
    names.get(&id).cloned().unwrap_or_default()
}

fn described<'a>(block: &Block, number: usize, names: &HashMap<LayerId, String>) -> Table<'a> {
    let mut table = vec![
        ("name", Written::Text(format!("block_{number}"))),
        ("title", Written::Text(block.name.clone())),
        ("repeat", Written::Number(block.repeat)),
        ("folded", Written::Flag(block.folded)),
    ];
    let settings = block.settings.iter().map(|setting| {
        let targets = setting.targets.iter().map(|target| {
            let path = format!("{}.{}", name(names, target.layer), target.setting);
            match target.times {
                0 | 1 => path,
                times => format!("{path}*{times}"),
            }
        });
        (setting.name.clone(), targets.collect())
    });
    let settings: Vec<_> = settings.collect();
    if !settings.is_empty() {
        table.push(("settings", Written::Settings(settings)));
    }
    table
}

fn text(form: &Form<'_>, skip: usize) -> String {
    let layers = form.layers.iter().skip(skip);
    let layers = layers.map(|table| ("[[layers]]", table));
    let blocks = form.blocks.iter().map(|table| ("[[blocks]]", table));
    let tables = layers.chain(blocks).map(|(head, table)| {
        let lines = table
            .iter()
            .map(|(name, value)| format!("{name} = {}\n", value.text()));
        format!("{head}\n{}", lines.collect::<String>())
    });
    tables.collect::<Vec<_>>().join("\n")
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}

impl Written<'_> {
    /// As TOML writes it.
    fn text(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Names(names) => list(names),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Settings(settings) => {
                let settings = settings.iter().map(|(name, targets)| {
                    format!("{{ name = {}, targets = {} }}", quoted(name), list(targets))
                });
                format!("[{}]", settings.collect::<Vec<_>>().join(", "))
            }
            Self::Value(value) => match value {
                Value::Int(number) => for_file(*number).to_string(),
                Value::Pair([height, width]) => {
                    format!("[{}, {}]", for_file(*height), for_file(*width))
                }
                Value::Real(number) => toml::Value::Float(*number).to_string(),
                Value::Choice(name) => quoted(name),
                Value::Flag(flag) => flag.to_string(),
            },
        }
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Setting<'a> {
            name: &'a str,
            targets: &'a [String],
        }
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Names(names) => names.serialize(serializer),
            Self::Value(value) => value.serialize(serializer),
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Settings(settings) => serializer.collect_seq(
                settings
                    .iter()
                    .map(|(name, targets)| Setting { name, targets }),
            ),
        }
    }
}

struct Entries<'a>(&'a Table<'a>);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Form::of(self);
        let mut map = serializer.serialize_map(None)?;
        let layers: Vec<_> = form.layers.iter().map(Entries).collect();
        map.serialize_entry("layers", &layers)?;
        if !form.blocks.is_empty() {
            let blocks: Vec<_> = form.blocks.iter().map(Entries).collect();
            map.serialize_entry("blocks", &blocks)?;
        }
        map.end()
    }
}
