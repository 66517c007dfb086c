//! What the values between the steps of a forward pass are called.

use std::collections::HashMap;

/// One step of a forward pass while it is planned.
pub struct Item {
    pub unit: Option<usize>,
    pub from: usize,
    pub to: usize,
    pub sources: Vec<usize>,
}

impl Item {
    pub fn new(unit: Option<usize>, from: usize, to: usize, sources: Vec<usize>) -> Self {
        Self {
            unit,
            from,
            to,
            sources,
        }
    }
}

/// What the values of a forward pass are called: `x` where only the next step needs one, else as the step that
/// makes it. Values are numbered as [`CheckedLayer::sources`](crate::network::CheckedLayer::sources) does.
pub struct Values {
    pub first: String,
    names: HashMap<usize, String>,
    outputs: Vec<String>,
    last_use: HashMap<usize, usize>,
}

impl Values {
    pub fn new(source: usize, items: &[Item], names: &[String], first: &str) -> Self {
        let mut last_use = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            for source in &item.sources {
                last_use.insert(*source, place);
            }
        }
        let name = |value: usize, made: usize, own: &str| match last_use.get(&value) {
            Some(last) if *last > made => own.to_owned(),
            _ => "x".to_owned(),
        };
        let first = name(source, 0, first);
        let mut values = HashMap::from([(source, first.clone())]);
        let mut outputs = Vec::with_capacity(items.len());
        for (place, (item, own)) in items.iter().zip(names).enumerate() {
            let output = name(item.to, place + 1, own);
            values.insert(item.to, output.clone());
            outputs.push(output);
        }
        Self {
            first,
            names: values,
            outputs,
            last_use,
        }
    }

    pub fn inputs(&self, place: usize, item: &Item, keep: &str) -> Vec<String> {
        let inputs = item.sources.iter().enumerate().map(|(at, source)| {
            let name = self.names.get(source).map_or("x", String::as_str);
            let again = self.last_use.get(source).is_some_and(|last| *last > place)
                || item.sources[at + 1..].contains(source);
            if again {
                format!("{name}{keep}")
            } else {
                name.to_owned()
            }
        });
        inputs.collect()
    }

    pub fn output(&self, place: usize) -> String {
        self.outputs.get(place).cloned().unwrap_or_default()
    }
}
