//! Reading a graph from text, with every problem and its line.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::assemble::{Parts, ReadBlock, ReadLayer};
use super::{FileProblem, NetworkFileError};
use crate::network::catalogue::catalogue;
use crate::network::entry::Kind;
use crate::network::graph::Graph;
use crate::network::layer::Layer;
use crate::network::value::Value;

/// The tables of a network, or of a file that holds one.
#[derive(Default)]
struct Section {
    layers: Option<Vec<RawTable>>,
    blocks: Option<Vec<RawTable>>,
    network: Option<Box<Section>>,
    /// All other keys, each with its place in bytes.
    unknown: Vec<(usize, String)>,
}

impl Section {
    /// The one that holds the layers: the whole file, or the `[network]` of a project file, whose other keys are
    /// none of the network's.
    fn of_network(mut self) -> Self {
        match self.network.take() {
            Some(network) if self.layers.is_none() => *network,
            // Whatever that is, it is not used.
            Some(_) => {
                self.unknown.push((0, "network".into()));
                self
            }
            None => self,
        }
    }

    /// What is wrong with the keys that a network does not have.
    fn problems(&self) -> impl Iterator<Item = (usize, String)> {
        self.unknown.iter().map(|(place, key)| {
            let message = format!("a network has no “{key}”: it has [[layers]] and [[blocks]]");
            (*place, message)
        })
    }
}

impl<'de> Deserialize<'de> for Section {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Section;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a network: [[layers]] and [[blocks]]")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Section, A::Error> {
                let mut section = Section::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    match key.get_ref().as_str() {
                        "layers" => section.layers = Some(map.next_value()?),
                        "blocks" => section.blocks = Some(map.next_value()?),
                        "network" => section.network = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            section.unknown.push((key.span().start, key.into_inner()));
                        }
                    }
                }
                Ok(section)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

type RawTable = Spanned<BTreeMap<Spanned<String>, Spanned<toml::Value>>>;

impl Graph {
    /// Reads a graph: a `network.toml`, or a whole project file with a `[network]`. Values out of range are
    /// taken, and told by `check`.
    ///
    /// # Errors
    /// With the line and the words of all that cannot be read, and the graph that is left without it.
    pub fn parse(text: &str) -> Result<Self, NetworkFileError> {
        parse(text, false)
    }

    /// As [`Graph::parse`], of layers that may have no input before them: one is put there.
    pub(in crate::network) fn parse_part(text: &str) -> Result<Self, NetworkFileError> {
        parse(text, true)
    }
}

fn parse(text: &str, part: bool) -> Result<Graph, NetworkFileError> {
    // Found once, so that a long file with a problem in every line is told quickly as well.
    let ends: Vec<usize> = text.match_indices('\n').map(|(place, _)| place).collect();
    let line_of = |position: usize| 1 + ends.partition_point(|end| *end < position);
    let file: Section = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(span.start));
        NetworkFileError::fatal(line, error.message().into())
    })?;
    let section = file.of_network();
    let unknown: Vec<_> = section.problems().collect();
    let mut reader = Reader {
        problems: Vec::new(),
    };
    let tables = section.layers.unwrap_or_default();
    if !tables.is_empty() {
        reader.problems.extend(unknown);
    }
    let mut parts = Parts::default();
    for table in tables {
        parts.layers.extend(reader.layer(table));
    }
    for table in section.blocks.unwrap_or_default() {
        parts.blocks.push(reader.block(table));
    }
    if part && !parts.layers.is_empty() {
        parts.begin_with_input();
    }
    let any = !parts.layers.is_empty();
    let graph = parts.assemble(&mut reader.problems);
    reader.problems.sort_by_key(|(position, _)| *position);
    let told = reader.problems.into_iter();
    let problems: Vec<FileProblem> = told
        .map(|(position, message)| FileProblem {
            line: line_of(position),
            message,
        })
        .collect();
    match problems.first().cloned() {
        None if any => Ok(graph),
        None => {
            let message = "there are no [[layers]]: the first must be of kind \"input\"";
            Err(NetworkFileError::fatal(1, message.into()))
        }
        Some(FileProblem { line, message }) => Err(NetworkFileError {
            line,
            message,
            problems,
            kept: any.then_some(graph),
        }),
    }
}

/// Gathers problems, each with its place in bytes, while it reads layers.
struct Reader {
    problems: Vec<(usize, String)>,
}

impl Reader {
    /// The layer with what can be kept of it; none where its kind is unknown.
    fn layer(&mut self, raw: RawTable) -> Option<ReadLayer> {
        let place = raw.span().start;
        // By place, so that the order of the file is the order of the problems.
        let mut entries: Vec<(Spanned<String>, Spanned<toml::Value>)> =
            raw.into_inner().into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let kind = entries
            .iter()
            .find(|(name, _)| name.get_ref() == "kind")
            .map(|(_, value)| value);
        let outcome = match kind {
            Some(kind) => {
                kind_named(&shown(kind.get_ref())).map_err(|message| (kind.span().start, message))
            }
            None => Err((
                place,
                "this layer has no kind: add kind = \"conv2d\", say".into(),
            )),
        };
        let kind = outcome
            .map_err(|problem| self.problems.push(problem))
            .ok()?;
        let mut read = ReadLayer::new(Layer::new(kind), place);
        let rest = entries
            .into_iter()
            .filter(|(name, _)| name.get_ref() != "kind");
        for (name, value) in rest {
            let place = name.span().start;
            let value = value.into_inner();
            let outcome = match read.meta(name.get_ref(), &value) {
                Some(outcome) => outcome,
                None => set(&mut read.layer, name.get_ref(), value),
            };
            if let Err(message) = outcome {
                self.problems.push((place, message));
            }
        }
        Some(read)
    }

    fn block(&mut self, raw: RawTable) -> ReadBlock {
        let mut read = ReadBlock::new(raw.span().start);
        let mut entries: Vec<_> = raw.into_inner().into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            if let Err(message) = read.set(name.get_ref(), value.get_ref()) {
                self.problems.push((name.span().start, message));
            }
        }
        read
    }
}

pub(super) fn kind_named(name: &str) -> Result<Kind, String> {
    Kind::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = catalogue().iter().map(|entry| entry.name).collect();
        format!(
            "there is no kind of layer “{name}”: use one of {}",
            names.join(", ")
        )
    })
}

fn set(layer: &mut Layer, name: &str, value: toml::Value) -> Result<(), String> {
    let kind = layer.kind().entry();
    let text = value.to_string();
    match (Value::deserialize(value), kind.setting(name)) {
        (Err(_), Some(setting)) => Err(format!(
            "{name} of {} takes {}, not {text}",
            kind.name,
            setting.range.describe()
        )),
        // Of an unknown setting the value does not matter.
        (Err(_), None) => layer
            .set(name, Value::Int(0))
            .map_err(|error| error.to_string()),
        (Ok(value), _) => layer.set(name, value).map_err(|error| error.to_string()),
    }
}

fn shown(value: &toml::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
