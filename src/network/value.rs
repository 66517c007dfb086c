//! The value of one setting, as it stands in a layer and in a file.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::entry::{Kind, Range};
use super::function::{Activation, Initialiser};
use super::shape::grouped;

/// A value that a setting may hold. Which of them it takes is told by its [`Range`].
#[derive(Clone, Debug)]
pub enum Value {
    /// A whole number, such as filters or units.
    Int(u64),
    /// Two whole numbers: height first, then width.
    Pair([u64; 2]),
    /// Any number, such as a dropout rate.
    Real(f64),
    /// One of a list of names, such as an activation.
    Choice(String),
    /// Yes or no, such as whether there is a bias.
    Flag(bool),
}

/// Up to here every whole number is a 64-bit float.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

impl Value {
    /// This value as the type that `range` wants, or `None` where it has another type.
    ///
    /// As people write it: `rate = 0` is a number, `kernel = 3` means 3×3, `units = 10.0` is a whole one. Whether the value is within the
    /// range is another question, see [`Range::contains`].
    pub(super) fn coerced(self, range: &Range) -> Option<Self> {
        match (range, self) {
            (Range::Real { .. }, Self::Int(number)) => Some(Self::Real(number as f64)),
            (Range::Pair { .. }, Self::Int(number)) => Some(Self::Pair([number; 2])),
            (Range::Int { .. } | Range::OneOf(_), Self::Real(number))
                if number.fract() == 0.0 && (0.0..=MOST_EXACT).contains(&number) =>
            {
                Some(Self::Int(number as u64))
            }
            (Range::Int { .. } | Range::OneOf(_), value @ Self::Int(_))
            | (Range::Pair { .. }, value @ Self::Pair(_))
            | (Range::Real { .. }, value @ Self::Real(_))
            | (Range::Choice(_), value @ Self::Choice(_))
            | (Range::Flag, value @ Self::Flag(_)) => Some(value),
            _ => None,
        }
    }
}

/// Not-a-number equals itself here: a file that holds it is not changed for that.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(one), Self::Int(two)) => one == two,
            (Self::Pair(one), Self::Pair(two)) => one == two,
            (Self::Real(one), Self::Real(two)) => one == two || (one.is_nan() && two.is_nan()),
            (Self::Choice(one), Self::Choice(two)) => one == two,
            (Self::Flag(one), Self::Flag(two)) => one == two,
            _ => false,
        }
    }
}

/// For people: "32", "3×3", "0.2", "relu", "on".
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => out.write_str(&grouped(*number)),
            Self::Pair([height, width]) => write!(out, "{height}×{width}"),
            Self::Real(number) if *number != 0.0 && number.abs() < 1e-3 => {
                write!(out, "{number:e}")
            }
            Self::Real(number) => write!(out, "{number}"),
            Self::Choice(name) => out.write_str(name),
            Self::Flag(true) => out.write_str("on"),
            Self::Flag(false) => out.write_str("off"),
        }
    }
}

/// Why a setting was not changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingError {
    /// The kind of layer has no setting of this name.
    #[error("{} has no setting “{name}”: {}", kind.entry().name, known_settings(*kind))]
    Unknown {
        /// The layer's kind.
        kind: Kind,
        /// The name that was asked for.
        name: String,
    },
    /// The setting holds another type of value.
    #[error("{name} of {} takes {}, not “{value}”", kind.entry().name, range.describe())]
    WrongType {
        /// The layer's kind.
        kind: Kind,
        /// The setting's name.
        name: &'static str,
        /// What it takes.
        range: Range,
        /// What was given.
        value: Value,
    },
}

fn known_settings(kind: Kind) -> String {
    let names: Vec<&str> = kind
        .entry()
        .settings
        .iter()
        .map(|setting| setting.name)
        .collect();
    if names.is_empty() {
        "it has none, delete the line".into()
    } else {
        format!("it has {}", names.join(", "))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(number) => serializer.serialize_i64(for_file(*number)),
            Self::Pair(pair) => pair.map(for_file).serialize(serializer),
            Self::Real(number) => serializer.serialize_f64(*number),
            Self::Choice(name) => serializer.serialize_str(name),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

/// TOML's whole numbers are signed; a number beyond them is far out of any range anyway.
pub(super) fn for_file(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number, two whole numbers, a name, or true or false")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Real(number))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Value, E> {
        Ok(Value::Choice(name.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let wrong =
            |length| A::Error::invalid_length(length, &"two whole numbers, height and width");
        let height = list.next_element()?.ok_or_else(|| wrong(0))?;
        let width = list.next_element()?.ok_or_else(|| wrong(1))?;
        match list.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(Value::Pair([height, width])),
            Some(_) => Err(wrong(3)),
        }
    }
}

/// A negative number is kept as a real one, which no whole-number setting takes, so that it is told as such.
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or(Self::Real(number as f64), Self::Int)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::from(i64::from(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Int(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<[u64; 2]> for Value {
    fn from(pair: [u64; 2]) -> Self {
        Self::Pair(pair)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(name: &str) -> Self {
        Self::Choice(name.into())
    }
}

impl From<String> for Value {
    fn from(name: String) -> Self {
        Self::Choice(name)
    }
}

impl From<Activation> for Value {
    fn from(activation: Activation) -> Self {
        Self::from(activation.name())
    }
}

impl From<Initialiser> for Value {
    fn from(initialiser: Initialiser) -> Self {
        Self::from(initialiser.name())
    }
}
