//! The order of a program: which layers stand alone, which come from one class or function that is used several
//! times, and what every value is called. The same for all targets.

use std::collections::HashMap;

use super::marked::{Marked, camel, identifier};
use crate::network::{CheckedLayer, Network, Shape};

/// What a target's table says of one layer, as marked text.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// What makes its module; none where it is a mere function.
    pub module: Option<String>,
    /// The type of the module, where the target wants one.
    pub of_type: String,
    /// The expression of its output: `{0}` and `{1}` stand for inputs, `{*}` for all of them, `{m}` for the
    /// module, `{name}` for its name in the weights file.
    pub call: String,
    /// Whether the weights file holds something of it.
    pub learns: bool,
}

/// How a target writes names.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Before the name of a module: `self.`.
    pub module: &'static str,
    /// After the name of a value that is needed again: `.clone()`.
    pub keep: &'static str,
    /// The input of the whole network, where it is needed more than once.
    pub image: &'static str,
}

/// One line of a forward pass, with the module that it needs.
#[derive(Clone, Debug)]
pub struct Line {
    /// The module's name.
    pub name: String,
    pub module: Option<String>,
    pub of_type: String,
    pub call: String,
    /// What the output is called.
    pub output: String,
    /// The layer's name in the weights file, if that holds something of it.
    pub file: Option<String>,
}

/// A class or function that several parts of the network share.
#[derive(Clone, Debug)]
pub struct Definition {
    /// As a class: "Residual".
    pub class: String,
    /// What the user calls the block.
    pub title: String,
    /// Its parameters, with the values of the first use.
    pub parameters: Vec<(String, String)>,
    /// What it calls its input.
    pub input: String,
    pub lines: Vec<Line>,
    pub shapes: [Shape; 2],
}

/// One use of a definition.
#[derive(Clone, Debug)]
pub struct Use {
    pub definition: usize,
    /// The module's name.
    pub name: String,
    pub arguments: Vec<String>,
    /// The names in the weights file, in the order of the lines that learn.
    pub files: Vec<String>,
    pub input: String,
    pub output: String,
}

/// A part of the network.
#[derive(Clone, Debug)]
pub enum Step {
    Layer(Line),
    Block(Use),
}

/// The whole program.
#[derive(Clone, Debug)]
pub struct Plan {
    pub definitions: Vec<Definition>,
    /// What the image is called.
    pub input: String,
    pub steps: Vec<Step>,
}

/// A run of layers that could be one definition's use.
struct Unit {
    from: usize,
    to: usize,
    source: usize,
    lines: Vec<Line>,
    input: String,
    marked: Vec<Marked>,
    skeleton: String,
}

/// Orders a network, each of whose layers is written.
pub fn plan(network: &Network, written: &[Written], dialect: Dialect) -> Plan {
    let layers = network.layers();
    let mut units = units(layers, written, dialect);
    let mut count: HashMap<String, usize> = HashMap::new();
    for unit in &units {
        *count.entry(unit.skeleton.clone()).or_default() += 1;
    }
    units.retain(|unit| count.get(&unit.skeleton).is_some_and(|count| *count > 1));
    let (definitions, placed) = define(layers, &units);
    // The items of the network's own forward pass: single layers and whole units.
    let mut items = Vec::new();
    let mut at = 0;
    while at < layers.len() {
        match units.iter().position(|unit| unit.from == at) {
            Some(unit) => {
                let Unit { to, source, .. } = units[unit];
                items.push(Item::new(Some(unit), at, to, vec![source]));
                at = to;
            }
            None => {
                let sources = layers[at].sources().to_vec();
                items.push(Item::new(None, at, at + 1, sources));
                at += 1;
            }
        }
    }
    let mut used = HashMap::new();
    let names: Vec<String> = items
        .iter()
        .map(|item| match item.unit {
            Some(unit) => {
                let class: &str = &definitions[placed[unit].0].class;
                let number: &mut usize = used.entry(class.to_owned()).or_default();
                *number += 1;
                format!("{}_{number}", identifier(class))
            }
            None => identifier(layers[item.from].name()),
        })
        .collect();
    let values = Values::new(0, &items, &names, dialect.image);
    let steps = items.iter().enumerate().map(|(place, item)| {
        let inputs = values.inputs(place, item, dialect.keep);
        match item.unit {
            None => {
                let layer = &layers[item.from];
                let file = layer.name().to_owned();
                let line = line(&written[item.from], &names[place], &inputs, &file, dialect);
                Step::Layer(Line {
                    output: values.output(place),
                    ..line.plain()
                })
            }
            Some(unit) => {
                let (definition, arguments) = placed[unit].clone();
                let files = (item.from..item.to).filter(|at| written[*at].learns);
                Step::Block(Use {
                    definition,
                    name: names[place].clone(),
                    arguments,
                    files: files.map(|at| layers[at].name().to_owned()).collect(),
                    input: inputs[0].clone(),
                    output: values.output(place),
                })
            }
        }
    });
    Plan {
        steps: steps.collect(),
        input: values.first.clone(),
        definitions,
    }
}

/// One step of a forward pass while it is planned.
struct Item {
    unit: Option<usize>,
    from: usize,
    to: usize,
    sources: Vec<usize>,
}

impl Item {
    fn new(unit: Option<usize>, from: usize, to: usize, sources: Vec<usize>) -> Self {
        Self {
            unit,
            from,
            to,
            sources,
        }
    }
}

/// What the values of a forward pass are called: `x` where only the next step needs one, else as the step that
/// makes it. Values are numbered as [`CheckedLayer::sources`] does.
struct Values {
    first: String,
    names: HashMap<usize, String>,
    outputs: Vec<String>,
    last_use: HashMap<usize, usize>,
}

impl Values {
    fn new(source: usize, items: &[Item], names: &[String], first: &str) -> Self {
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

    fn inputs(&self, place: usize, item: &Item, keep: &str) -> Vec<String> {
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

    fn output(&self, place: usize) -> String {
        self.outputs.get(place).cloned().unwrap_or_default()
    }
}

/// A written layer with its names in place; the marks stay.
fn line(written: &Written, name: &str, inputs: &[String], file: &str, dialect: Dialect) -> Line {
    let mut call = written
        .call
        .replace("{m}", &format!("{}{name}", dialect.module))
        .replace("{name}", file)
        .replace("{*}", &inputs.join(", "));
    for (at, input) in inputs.iter().enumerate() {
        call = call.replace(&format!("{{{at}}}"), input);
    }
    Line {
        name: name.to_owned(),
        module: written.module.clone(),
        of_type: written.of_type.clone(),
        call,
        output: String::new(),
        file: written.learns.then(|| file.to_owned()),
    }
}

impl Line {
    fn plain(self) -> Self {
        Self {
            module: self.module.map(|text| Marked::new(&text).plain()),
            call: Marked::new(&self.call).plain(),
            ..self
        }
    }
}

/// The copies of blocks that have one way in and one way out.
fn units(layers: &[CheckedLayer], written: &[Written], dialect: Dialect) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut from = 0;
    while from < layers.len() {
        let copy = layers[from].block();
        let same = layers[from..].iter().take_while(|it| it.block() == copy);
        let to = from + same.count();
        if copy.is_some() && to - from > 1 {
            units.extend(unit(layers, written, dialect, from, to));
        }
        from = to;
    }
    units
}

fn unit(
    layers: &[CheckedLayer],
    written: &[Written],
    dialect: Dialect,
    from: usize,
    to: usize,
) -> Option<Unit> {
    let outside = |source: &&usize| **source <= from;
    let mut sources = layers[from..to].iter().flat_map(CheckedLayer::sources);
    let source = *sources.find(outside)?;
    let inner = from + 1..to;
    let leaves = layers[to..].iter().flat_map(CheckedLayer::sources);
    let leaves = leaves.filter(|it| inner.contains(it)).count() > 0;
    if leaves || !sources.filter(outside).all(|it| *it == source) {
        return None;
    }
    let mut seen = HashMap::new();
    let names: Vec<String> = layers[from..to]
        .iter()
        .map(|layer| {
            let kind = layer.layer().kind().entry().name;
            let number = seen.entry(kind).or_insert(0);
            *number += 1;
            format!("{kind}_{number}")
        })
        .collect();
    let items: Vec<Item> = (from..to)
        .map(|at| Item::new(None, at, at + 1, layers[at].sources().to_vec()))
        .collect();
    let values = Values::new(source, &items, &names, "inputs");
    let mut lines = Vec::new();
    let mut marked = Vec::new();
    // Tensors of another rank want other code.
    let rank = |shape: Shape| shape.dims().len();
    let shapes = (rank(layers[from].input()), rank(layers[to - 1].output()));
    let mut skeleton = format!("{shapes:?} {}", layers[from].block()?.name);
    for (place, item) in items.iter().enumerate() {
        let inputs = values.inputs(place, item, dialect.keep);
        let mut line = line(
            &written[item.from],
            &names[place],
            &inputs,
            "\u{4}",
            dialect,
        );
        line.output = values.output(place);
        for text in [line.module.as_deref().unwrap_or(""), &line.call] {
            let text = Marked::new(text);
            skeleton.push_str(&format!("\n{}={}", line.output, text.skeleton()));
            marked.push(text);
        }
        lines.push(line);
    }
    Some(Unit {
        from,
        to,
        source,
        lines,
        input: values.first,
        marked,
        skeleton,
    })
}

/// One definition for all units of a skeleton, and for each unit its definition and arguments.
fn define(layers: &[CheckedLayer], units: &[Unit]) -> (Vec<Definition>, Vec<(usize, Vec<String>)>) {
    let mut definitions: Vec<Definition> = Vec::new();
    let mut placed: Vec<Option<(usize, Vec<String>)>> = vec![None; units.len()];
    for first in 0..units.len() {
        if placed[first].is_some() {
            continue;
        }
        let alike: Vec<usize> = (first..units.len())
            .filter(|other| units[*other].skeleton == units[first].skeleton)
            .collect();
        let texts: Vec<&[Marked]> = alike.iter().map(|unit| &*units[*unit].marked).collect();
        let (parameters, filled) = super::marked::generalise(&texts);
        let unit = &units[first];
        let mut filled = filled.into_iter();
        let lines = unit.lines.iter().map(|line| Line {
            module: filled.next().filter(|_| line.module.is_some()),
            call: filled.next().unwrap_or_default(),
            ..line.clone()
        });
        let title = layers[unit.from].block().map_or("", |block| &block.name);
        definitions.push(Definition {
            class: fresh(camel(title), &definitions),
            title: title.to_owned(),
            parameters: parameters
                .iter()
                .map(|(name, values)| (name.clone(), values[0].clone()))
                .collect(),
            input: unit.input.clone(),
            lines: lines.collect(),
            shapes: [layers[unit.from].input(), layers[unit.to - 1].output()],
        });
        for (at, unit) in alike.into_iter().enumerate() {
            let arguments = parameters.iter().map(|(_, values)| values[at].clone());
            placed[unit] = Some((definitions.len() - 1, arguments.collect()));
        }
    }
    (definitions, placed.into_iter().flatten().collect())
}

fn fresh(class: String, taken: &[Definition]) -> String {
    let free = |name: &String| taken.iter().all(|it| it.class != *name);
    let numbered = (2..).map(|number| format!("{class}{number}"));
    std::iter::once(class.clone())
        .chain(numbered)
        .find(free)
        .unwrap_or(class)
}
