//! The text form of a graph: `[[layers]]` tables in TOML, as in a run's `network.toml`, or as the `[network]`
//! of a project file. Settings that are left out have their defaults.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;

use super::catalogue::catalogue;
use super::entry::Kind;
use super::graph::Graph;
use super::layer::Layer;
use super::value::{Value, for_file};

/// A network in a file that cannot be read as it stands. All its problems are told at once.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", all_lines(problems))]
pub struct NetworkFileError {
    /// Line of the first problem, from 1.
    pub line: usize,
    /// The first problem in words, without its line.
    pub message: String,
    /// Every problem, by line; at least one.
    pub problems: Vec<FileProblem>,
    /// What can be kept: the layers and settings without a problem. None where the file is not TOML, or holds
    /// no network.
    pub kept: Option<Graph>,
}

/// One problem in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// From 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.message)
    }
}

fn all_lines(problems: &[FileProblem]) -> String {
    problems
        .iter()
        .map(FileProblem::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

impl NetworkFileError {
    /// A problem that leaves nothing to be kept.
    fn fatal(line: usize, message: String) -> Self {
        let problems = vec![FileProblem {
            line,
            message: message.clone(),
        }];
        Self {
            line,
            message,
            problems,
            kept: None,
        }
    }
}

#[derive(Deserialize)]
struct File {
    layers: Option<Vec<RawLayer>>,
    network: Option<Section>,
}

#[derive(Deserialize)]
struct Section {
    layers: Option<Vec<RawLayer>>,
}

type RawLayer = Spanned<BTreeMap<Spanned<String>, Spanned<toml::Value>>>;

impl Graph {
    /// The graph as TOML text, which [`Graph::parse`] reads back.
    pub fn to_text(&self) -> String {
        let tables = self.nodes().iter().map(|node| {
            let settings = node
                .layer
                .settings()
                .map(|(setting, value)| (setting.name, written(value)));
            let lines = settings.map(|(name, value)| format!("{name} = {value}\n"));
            format!(
                "[[layers]]\nkind = \"{}\"\n{}",
                node.layer.kind().entry().name,
                lines.collect::<String>()
            )
        });
        tables.collect::<Vec<_>>().join("\n")
    }

    /// Reads a graph: a `network.toml`, or a whole project file with a `[network]`. Values out of range are
    /// taken, and told by `check`.
    ///
    /// # Errors
    /// With the line and the words of all that cannot be read, and the graph that is left without it.
    pub fn parse(text: &str) -> Result<Self, NetworkFileError> {
        // Found once, so that a long file with a problem in every line is told quickly as well.
        let ends: Vec<usize> = text.match_indices('\n').map(|(place, _)| place).collect();
        let line_of = |position: usize| 1 + ends.partition_point(|end| *end < position);
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(span.start));
            NetworkFileError::fatal(line, error.message().into())
        })?;
        let tables = file
            .layers
            .or(file.network.and_then(|section| section.layers))
            .unwrap_or_default();
        let first = tables.first().map_or(0, |table| table.span().start);
        let mut reader = Reader {
            problems: Vec::new(),
        };
        let layers: Vec<Layer> = tables
            .into_iter()
            .filter_map(|table| reader.layer(table))
            .collect();
        let structure = structure_problem(layers.iter().map(Layer::kind));
        reader
            .problems
            .extend(structure.map(|message| (first, message)));
        reader.problems.sort_by_key(|(position, _)| *position);
        let told = reader.problems.into_iter();
        let problems: Vec<FileProblem> = told
            .map(|(position, message)| FileProblem {
                line: line_of(position),
                message,
            })
            .collect();
        let graph = (!layers.is_empty()).then(|| assemble(layers));
        match (problems.first().cloned(), graph) {
            (None, Some(graph)) => Ok(graph),
            (None, None) => {
                let message = "there are no [[layers]]: the first must be of kind \"input\"";
                Err(NetworkFileError::fatal(1, message.into()))
            }
            (Some(FileProblem { line, message }), kept) => Err(NetworkFileError {
                line,
                message,
                problems,
                kept,
            }),
        }
    }
}

/// A value as TOML writes it.
fn written(value: &Value) -> String {
    match value {
        Value::Int(number) => for_file(*number).to_string(),
        Value::Pair([height, width]) => format!("[{}, {}]", for_file(*height), for_file(*width)),
        Value::Real(number) => toml::Value::Float(*number).to_string(),
        Value::Choice(name) => toml::Value::String(name.clone()).to_string(),
    }
}

/// Gathers problems, each with its place in bytes, while it reads layers.
struct Reader {
    problems: Vec<(usize, String)>,
}

impl Reader {
    /// The layer with what can be kept of it; none where its kind is unknown.
    fn layer(&mut self, raw: RawLayer) -> Option<Layer> {
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
        let mut layer = Layer::new(
            outcome
                .map_err(|problem| self.problems.push(problem))
                .ok()?,
        );
        for (name, value) in entries
            .into_iter()
            .filter(|(name, _)| name.get_ref() != "kind")
        {
            let place = name.span().start;
            if let Err(message) = set(&mut layer, name.get_ref(), value.into_inner()) {
                self.problems.push((place, message));
            }
        }
        Some(layer)
    }
}

fn kind_named(name: &str) -> Result<Kind, String> {
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

fn assemble(layers: Vec<Layer>) -> Graph {
    let mut layers = layers.into_iter();
    let first = layers.next().unwrap_or_else(|| Layer::new(Kind::Input));
    Graph::chain(first, layers)
}

impl Serialize for Layer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind().entry().name)?;
        for (setting, value) in self.settings() {
            map.serialize_entry(setting.name, value)?;
        }
        map.end()
    }
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layers: Vec<&Layer> = self.nodes().iter().map(|node| &node.layer).collect();
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("layers", &layers)?;
        map.end()
    }
}

/// Stops at the first problem; the format tells its place. To have all of them, use [`Graph::parse`].
impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            layers: Vec<Layer>,
        }
        let layers = Raw::deserialize(deserializer)?.layers;
        let problem = structure_problem(layers.iter().map(Layer::kind));
        match problem {
            Some(message) => Err(D::Error::custom(message)),
            None if layers.is_empty() => Err(D::Error::custom(
                "the network has no layers: the first must be an input",
            )),
            None => Ok(assemble(layers)),
        }
    }
}

impl<'de> Deserialize<'de> for Layer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LayerVisitor)
    }
}

struct LayerVisitor;

impl<'de> Visitor<'de> for LayerVisitor {
    type Value = Layer;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a layer: its kind and its settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Layer, A::Error> {
        let mut layer: Option<Layer> = None;
        // Settings that stand before the kind wait for it.
        let mut early: Vec<(String, Value)> = Vec::new();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!(
                    "{name} stands twice in one layer: keep one"
                )));
            }
            match &mut layer {
                _ if name == "kind" => layer = Some(Layer::new(map.next_value_seed(KindSeed)?)),
                Some(layer) => map.next_value_seed(SettingSeed { layer, name: &name })?,
                None => early.push((name, map.next_value()?)),
            }
        }
        let mut layer = layer
            .ok_or_else(|| A::Error::custom("a layer has no kind: add kind = \"conv2d\", say"))?;
        for (name, value) in early {
            layer.set(&name, value).map_err(A::Error::custom)?;
        }
        Ok(layer)
    }
}

/// Reads within the value's own deserializer, so that an error has the value's place in the file.
struct KindSeed;

impl<'de> DeserializeSeed<'de> for KindSeed {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        kind_named(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

struct SettingSeed<'a> {
    layer: &'a mut Layer,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for SettingSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.layer
            .set(self.name, Value::deserialize(deserializer)?)
            .map_err(D::Error::custom)
    }
}
