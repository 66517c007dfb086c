//! One layer: its kind and the values of its settings, which may be out of range until `check` says so.

use std::sync::Arc;

use super::entry::{Kind, Setting};
use super::function::{Activation, Initialiser};
use super::value::{SettingError, Value};

/// A layer with every setting of its kind. Cheap to clone: copies share their values until one changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    kind: Kind,
    /// In the order of the catalogue's settings, and of the types they take.
    values: Arc<[Value]>,
}

impl Layer {
    /// A layer with the catalogue's defaults.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            values: kind
                .entry()
                .settings
                .iter()
                .map(|setting| setting.default.value())
                .collect(),
        }
    }

    /// With one setting changed, for layers written in code: a name or type that the kind does not have
    /// changes nothing (and stops a debug build).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let outcome = self.set(name, value.into());
        debug_assert!(outcome.is_ok(), "{outcome:?}");
        self
    }

    /// Which kind of layer this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Every setting with its value, in the catalogue's order.
    pub fn settings(&self) -> impl Iterator<Item = (&'static Setting, &Value)> {
        self.kind.entry().settings.iter().zip(self.values.iter())
    }

    /// The value of a setting; `None` where the kind has none of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.settings()
            .find(|(setting, _)| setting.name == name)
            .map(|(_, value)| value)
    }

    /// Changes a setting. A value out of range is taken, and told by `check`.
    ///
    /// # Errors
    /// Where the kind has no such setting, or it holds another type.
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), SettingError> {
        let kind = self.kind;
        let unknown = || SettingError::Unknown {
            kind,
            name: name.into(),
        };
        let settings = kind.entry().settings;
        let position = settings
            .iter()
            .position(|setting| setting.name == name)
            .ok_or_else(unknown)?;
        let (setting, slot) = settings
            .get(position)
            .zip(Arc::make_mut(&mut self.values).get_mut(position))
            .ok_or_else(unknown)?;
        let wrong = SettingError::WrongType {
            kind,
            name: setting.name,
            range: setting.range,
            value: value.clone(),
        };
        *slot = value.coerced(&setting.range).ok_or(wrong)?;
        Ok(())
    }

    /// The value, or the catalogue's default where `take` finds another type; `fallback` where there is no
    /// such setting at all.
    fn read<T>(&self, name: &str, fallback: T, take: impl Fn(&Value) -> Option<T>) -> T {
        self.get(name).and_then(take).unwrap_or(fallback)
    }

    /// A whole-number setting, such as "filters"; 0 where there is none of this name.
    pub fn int(&self, name: &str) -> usize {
        self.read(name, 0, |value| match value {
            Value::Int(number) => Some(to_usize(*number)),
            _ => None,
        })
    }

    /// A setting of height and width, such as "kernel"; [1, 1] where there is none of this name.
    pub fn pair(&self, name: &str) -> [usize; 2] {
        self.read(name, [1, 1], |value| match value {
            Value::Pair(pair) => Some(pair.map(to_usize)),
            _ => None,
        })
    }

    /// A real-number setting, such as "rate"; 0 where there is none of this name.
    pub fn real(&self, name: &str) -> f64 {
        self.read(name, 0.0, |value| match value {
            Value::Real(number) => Some(*number),
            _ => None,
        })
    }

    /// A named choice, such as "padding"; empty where there is none of this name.
    pub fn choice(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Choice(name)) => name,
            _ => "",
        }
    }

    /// A setting that is on or off, such as "bias"; off where there is none of this name.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Flag(true)))
    }

    /// Zeros that explicit padding adds on each side, [rows, columns]; none where the padding is another.
    pub fn pads(&self) -> [usize; 2] {
        if self.choice("padding") == "explicit" {
            self.pair("pad")
        } else {
            [0, 0]
        }
    }

    /// The function applied to the layer's result; linear where the kind has none.
    pub fn activation(&self) -> Activation {
        let name = if self.kind == Kind::Activation {
            "function"
        } else {
            "activation"
        };
        Activation::from_name(self.choice(name)).unwrap_or(Activation::Linear)
    }

    /// How the weights are drawn at first; Glorot uniform where the kind has none.
    pub fn initialiser(&self) -> Initialiser {
        Initialiser::from_name(self.choice("initialiser")).unwrap_or(Initialiser::GlorotUniform)
    }

    /// The layer as it is in one copy of a repeated block, counted from 0: a rate with a "last_rate" goes there
    /// in equal steps.
    #[must_use]
    pub fn in_repeat(&self, repeat: u32, of: u32) -> Self {
        let mut layer = self.clone();
        if self.get("last_rate").is_some() && of > 1 {
            let (first, last) = (self.real("rate"), self.real("last_rate"));
            let part = f64::from(repeat) / f64::from(of - 1);
            let rate = Value::Real(first + (last - first) * part);
            // Both settings are there and hold numbers.
            if layer.set("rate", rate).is_err() {
                return self.clone();
            }
        }
        layer
    }

    /// The settings in short, for a card: "3×3, 32, relu". Empty where there is nothing to say.
    pub fn summary(&self) -> String {
        (self.kind.entry().summary)(self)
    }
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
