//! Text in which values are marked, so that what two texts have in common, and in what they differ, can be told:
//! two parts of a network that differ in numbers alone become one function with parameters.

use std::collections::{HashMap, HashSet};

const BEGIN: char = '\u{1}';
const MIDDLE: char = '\u{2}';
const END: char = '\u{3}';

/// A value that may become a parameter called `hint`.
pub fn mark(hint: &str, value: impl std::fmt::Display) -> String {
    format!("{BEGIN}{hint}{MIDDLE}{value}{END}")
}

/// Marked text, taken apart.
#[derive(Clone, Debug)]
pub struct Marked(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Value { hint: String, value: String },
}

impl Marked {
    pub fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        for piece in text.split_inclusive([BEGIN, END]) {
            if let Some(value) = piece.strip_suffix(END) {
                let (hint, value) = value.split_once(MIDDLE).unwrap_or(("value", value));
                parts.push(Part::Value {
                    hint: hint.to_owned(),
                    value: value.to_owned(),
                });
            } else {
                parts.push(Part::Text(piece.trim_end_matches(BEGIN).to_owned()));
            }
        }
        Self(parts)
    }

    /// The text with its values, unmarked.
    pub fn plain(&self) -> String {
        self.with(|_, value| value.to_owned())
    }

    /// The text without its values.
    pub fn skeleton(&self) -> String {
        self.with(|hint, _| format!("{BEGIN}{hint}{END}"))
    }

    fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value { hint, value } => Some((hint.as_str(), value.as_str())),
        })
    }

    fn with(&self, mut write: impl FnMut(&str, &str) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Value { hint, value } => write(hint, value),
        });
        parts.collect()
    }
}

/// Parameters, each with its value for every text, by position.
pub type Parameters = Vec<(String, Vec<String>)>;

/// From lists of texts that differ in values alone, those values that do as parameters, and the first list with
/// the parameters' names in their place. Values that always go together are one parameter.
pub fn generalise(lists: &[&[Marked]]) -> (Parameters, Vec<String>) {
    let all: Vec<Vec<(&str, &str)>> = lists
        .iter()
        .map(|list| list.iter().flat_map(Marked::values).collect())
        .collect();
    let count = all.first().map_or(0, Vec::len);
    let mut parameters: Parameters = Vec::new();
    let mut known: HashMap<Vec<&str>, String> = HashMap::new();
    let mut names: HashSet<String> = HashSet::new();
    let mut put: Vec<String> = Vec::with_capacity(count);
    for at in 0..count {
        let column: Vec<&str> = all.iter().map(|values| values[at].1).collect();
        let (hint, first) = all[0][at];
        if column.iter().all(|value| *value == first) {
            put.push(first.to_owned());
            continue;
        }
        if let Some(name) = known.get(&column) {
            put.push(name.clone());
            continue;
        }
        let numbered = (2..).map(|number| format!("{hint}_{number}"));
        let mut free = std::iter::once(hint.to_owned()).chain(numbered);
        let name = free.find(|name| !names.contains(name)).unwrap_or_default();
        names.insert(name.clone());
        let values = column.iter().map(|value| (*value).to_owned()).collect();
        parameters.push((name.clone(), values));
        known.insert(column, name.clone());
        put.push(name);
    }
    let mut put = put.into_iter();
    let first = lists.first().copied().unwrap_or_default();
    let texts = first
        .iter()
        .map(|text| text.with(|_, _| put.next().unwrap_or_default()))
        .collect();
    (parameters, texts)
}

/// "conv2d_3.2" as a name in a program: "conv2d_3_2"; "InvertedResidual" becomes "inverted_residual".
pub fn identifier(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            if !text.is_empty() {
                text.push('_');
            }
            text.push(letter.to_ascii_lowercase());
        } else {
            text.push(if letter == '.' { '_' } else { letter });
        }
    }
    text
}

/// What people call a block as a class: "inverted residual" becomes "InvertedResidualBlock".
pub fn camel(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut text = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        text.push_str(&first.to_ascii_uppercase());
        text.push_str(&rest.to_ascii_lowercase());
    }
    // No class of a library, or of these programs, is called so.
    let digit = text.starts_with(|letter: char| letter.is_ascii_digit());
    match (digit, text.ends_with("Block")) {
        (true, _) => format!("Block{text}"),
        (false, true) => text,
        (false, false) => format!("{text}Block"),
    }
}
