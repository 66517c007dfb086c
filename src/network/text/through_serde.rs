//! A graph as part of another document, such as a project file.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::assemble::{Parts, ReadBlock, ReadLayer};
use super::read::kind_named;
use crate::network::entry::Kind;
use crate::network::graph::Graph;
use crate::network::layer::Layer;

/// Stops at the first problem; the format tells its place. To have all of them, use [`Graph::parse`].
impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            layers: Vec<ReadLayer>,
            #[serde(default)]
            blocks: Vec<ReadBlock>,
        }
        let Raw { layers, blocks } = Raw::deserialize(deserializer)?;
        if layers.is_empty() {
            let message = "the network has no layers: the first must be an input";
            return Err(D::Error::custom(message));
        }
        let mut problems = Vec::new();
        let graph = Parts { layers, blocks }.assemble(&mut problems);
        match problems.into_iter().next() {
            Some((_, message)) => Err(D::Error::custom(message)),
            None => Ok(graph),
        }
    }
}

impl<'de> Deserialize<'de> for ReadLayer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LayerVisitor)
    }
}

struct LayerVisitor;

impl<'de> Visitor<'de> for LayerVisitor {
    type Value = ReadLayer;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a layer: its kind and its settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadLayer, A::Error> {
        let mut layer: Option<ReadLayer> = None;
        // Settings that stand before the kind wait for it.
        let mut early: Vec<(String, toml::Value)> = Vec::new();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!(
                    "{name} stands twice in one layer: keep one"
                )));
            }
            match &mut layer {
                _ if name == "kind" => {
                    let kind = map.next_value_seed(KindSeed)?;
                    layer = Some(ReadLayer::new(Layer::new(kind), 0));
                }
                Some(layer) => map.next_value_seed(SettingSeed { layer, name: &name })?,
                None => early.push((name, map.next_value()?)),
            }
        }
        let mut layer = layer
            .ok_or_else(|| A::Error::custom("a layer has no kind: add kind = \"conv2d\", say"))?;
        for (name, value) in early {
            layer.take(&name, value).map_err(A::Error::custom)?;
        }
        Ok(layer)
    }
}

impl<'de> Deserialize<'de> for ReadBlock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = toml::Table::deserialize(deserializer)?;
        let mut block = Self::new(0);
        for (name, value) in &table {
            block.set(name, value).map_err(D::Error::custom)?;
        }
        Ok(block)
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
    layer: &'a mut ReadLayer,
    name: &'a str,
}

impl<'de> DeserializeSeed<'de> for SettingSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.layer
            .take(self.name, toml::Value::deserialize(deserializer)?)
            .map_err(D::Error::custom)
    }
}
