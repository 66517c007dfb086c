//! What `check` accepts, the engine computes: networks of any layers with any settings, branches, repeats, disabled
//! layers, on small images and in a batch of one.

use std::collections::HashSet;

use mapsto::network::{
    Activation, Builder, Context, Edit, Editor, Graph, Kind, Layer, LayerId, Loss, Network, Range,
    Value, catalogue, check,
};
use mapsto::project::Recipe;
use mapsto::training::{Pending, Stepper, feature_maps, open};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// How many networks are drawn; [`MORE`] in the environment asks for other ones.
const NETWORKS: u64 = 200;
const MORE: &str = "MAPSTO_ANY_NETWORKS";
/// Larger networks only take longer.
const MOST_WORK: u64 = 3_000_000;

struct Draw(ChaCha8Rng);

impl Draw {
    /// From `least` to `most`.
    fn number(&mut self, least: u64, most: u64) -> u64 {
        self.0.random_range(least..=most)
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.number(1, many) == 1
    }

    /// A value within the range, small numbers above all.
    fn value(&mut self, range: &Range) -> Value {
        let small = |draw: &mut Self, min: u64, max: u64| draw.number(min, max.min(min + 4));
        match range {
            Range::Int { min, max } => Value::Int(small(self, *min, *max)),
            Range::OneOf(list) => Value::Int(list[self.number(0, list.len() as u64 - 1) as usize]),
            Range::Pair { min, max } => {
                Value::Pair([small(self, *min, *max), small(self, *min, *max)])
            }
            Range::Real { min, max } => Value::Real(match self.number(0, 3) {
                0 => *min,
                1 => *max,
                _ => (min + max) / 2.0,
            }),
            Range::Choice(names) => {
                let name = names[self.number(0, names.len() as u64 - 1) as usize];
                Value::Choice(name.to_owned())
            }
            Range::Flag => Value::Flag(self.one_in(2)),
        }
    }

    fn layer(&mut self, kind: Kind) -> Layer {
        let mut layer = Layer::new(kind);
        for setting in kind.entry().settings {
            if self.one_in(2) {
                layer = layer.with(setting.name, self.value(&setting.range));
            }
        }
        layer
    }

    /// One of a kind that takes one input.
    fn any_layer(&mut self) -> Layer {
        loop {
            let kinds = catalogue();
            let kind = kinds[self.number(1, kinds.len() as u64 - 1) as usize].kind;
            if !JOINS.contains(&kind) {
                return self.layer(kind);
            }
        }
    }

    fn any_piece(&mut self) -> Piece {
        match self.number(0, 4) {
            0 => Piece::Branch {
                one: (!self.one_in(4)).then(|| self.any_layer()),
                // The same output goes to the join itself where there is no layer.
                two: self.one_in(2).then(|| self.any_layer()),
                join: JOINS[self.number(0, 2) as usize],
            },
            1 => Piece::Block {
                layers: [self.any_layer(), self.any_layer()],
                repeat: self.number(1, 3) as u32,
                disabled: self.one_in(2),
            },
            _ => Piece::Layer(self.any_layer()),
        }
    }

    /// Pieces after one another, each of which `check` has let through.
    fn network(&mut self) -> (Graph, Network) {
        let input = Layer::new(Kind::Input)
            .with("height", self.number(1, 7))
            .with("width", self.number(1, 7))
            .with("channels", if self.one_in(2) { 1_u64 } else { 3 });
        let mut pieces = Vec::new();
        let mut drawn = accepted(&input, &pieces).unwrap();
        let wanted = self.number(1, 4) as usize;
        for _ in 0..TRIES {
            pieces.push(self.any_piece());
            match accepted(&input, &pieces) {
                Some(network) => drawn = network,
                None => drop(pieces.pop()),
            }
            if pieces.len() == wanted {
                break;
            }
        }
        drawn
    }
}

/// So often another piece is tried; some networks, such as one that ends in a vector, take few.
const TRIES: usize = 60;

enum Piece {
    Layer(Layer),
    Branch {
        one: Option<Layer>,
        two: Option<Layer>,
        join: Kind,
    },
    Block {
        layers: [Layer; 2],
        repeat: u32,
        /// The second layer is.
        disabled: bool,
    },
}

impl Piece {
    /// Adds itself; says which layer it has disabled.
    fn put(&self, b: &mut Builder) -> Option<LayerId> {
        match self {
            Self::Layer(layer) => {
                b.then(layer.clone());
            }
            Self::Branch { one, two, join } => {
                let from = b.here();
                let [one, two] = [one, two].map(|layer| match layer {
                    Some(layer) => b.after(from, layer.clone()),
                    None => from,
                });
                b.join(*join, &[one, two]);
            }
            Self::Block {
                layers: [one, two],
                repeat,
                disabled,
            } => {
                let mut second = None;
                b.block("Block", *repeat, |b| {
                    b.then(one.clone());
                    second = Some(b.then(two.clone()));
                });
                return second.filter(|_| *disabled);
            }
        }
        None
    }
}

/// The pieces with a classifier after them, where `check` accepts it and it is not too much work.
fn accepted(input: &Layer, pieces: &[Piece]) -> Option<(Graph, Network)> {
    let mut b = Builder::new(input.clone());
    let ids: Vec<LayerId> = pieces
        .iter()
        .filter_map(|piece| piece.put(&mut b))
        .collect();
    b.then(Layer::new(Kind::Flatten));
    let output = Layer::new(Kind::Dense).with("units", 2_u64);
    b.then(output.with("activation", Activation::Linear));
    let mut editor = Editor::new(b.graph());
    if !ids.is_empty() {
        let disabled = true;
        editor.apply(Edit::Disable { ids, disabled }).unwrap();
    }
    let graph = editor.graph().clone();
    let context = Context {
        classes: Some(2),
        loss: Loss::CrossEntropy,
        batch: 1,
    };
    let network = check(&graph, &context).network?;
    let work = network.multiply_adds() + network.parameters();
    (work <= MOST_WORK).then_some((graph, network))
}

const JOINS: [Kind; 3] = [Kind::Add, Kind::Multiply, Kind::Concatenate];

/// A step and a look in batches of one and two.
fn computes(network: &Network) -> Result<(), String> {
    let recipe = Recipe::default();
    let mut stepper = Stepper::new(network, &recipe, &open("cpu").unwrap());
    let size = network.input().elements();
    let pixels: Vec<f32> = (0..2 * size).map(|at| (at % 5) as f32 / 5.0).collect();
    for labels in [&[0][..], &[0, 1]] {
        let pixels = pixels[..labels.len() * size].to_vec();
        let figures = Pending::read(vec![stepper.step(pixels, labels)]);
        if figures[0].images != labels.len() {
            return Err("images are lost".to_owned());
        }
    }
    let maps = feature_maps(&stepper.inference(&[]), pixels[..size].to_vec(), 1);
    for (shown, layer) in maps.layers.iter().zip(network.layers()) {
        let elements: usize = shown.shape.iter().product();
        if elements != layer.output().elements() {
            let (name, said) = (&shown.name, layer.output());
            return Err(format!("{name} is {:?}, not {said:?}", shown.shape));
        }
    }
    Ok(())
}

#[test]
fn any_network_that_is_accepted_computes_what_it_says() {
    let seed = std::env::var(MORE).map_or(0, |seed| seed.parse().unwrap());
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(seed));
    let mut faults = Vec::new();
    let mut kinds = HashSet::new();
    for _ in 0..NETWORKS {
        let (graph, network) = draw.network();
        kinds.extend(network.layers().iter().map(|it| it.layer().kind()));
        match std::panic::catch_unwind(|| computes(&network)) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => faults.push(format!("{fault}:\n{}", graph.to_text())),
            Err(_) => faults.push(format!("broke off:\n{}", graph.to_text())),
        }
    }
    assert!(kinds.len() > 25, "of few kinds: {kinds:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
