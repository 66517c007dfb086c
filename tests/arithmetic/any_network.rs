//! What `check` accepts, the engine computes: networks of any layers with any settings, branches, repeats, disabled
//! layers, on small images and in a batch of one.

use mapsto::network::{
    Builder, Context, Edit, Editor, Graph, Kind, Layer, Loss, Network, Range, Value, catalogue,
    check,
};
use mapsto::project::Recipe;
use mapsto::training::{Pending, Stepper, feature_maps, open};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// How many networks are drawn; [`MORE`] in the environment asks for other ones.
const NETWORKS: u64 = 300;
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

    /// Layers after one another; now and then a branch around some of them, or a block.
    fn network(&mut self) -> Graph {
        let input = Layer::new(Kind::Input)
            .with("height", self.number(1, 7))
            .with("width", self.number(1, 7))
            .with("channels", if self.one_in(2) { 1_u64 } else { 3 });
        let mut b = Builder::new(input);
        for _ in 0..self.number(1, 4) {
            match self.number(0, 5) {
                0 => self.branch(&mut b),
                1 => {
                    let repeat = self.number(1, 3) as u32;
                    b.block("Block", repeat, |b| {
                        b.then(self.any_layer());
                        b.then(self.any_layer());
                    });
                }
                _ => {
                    b.then(self.any_layer());
                }
            }
        }
        b.then(Layer::new(Kind::Flatten));
        b.then(Layer::new(Kind::Dense).with("units", 2_u64));
        self.with_one_disabled(b.graph())
    }

    fn with_one_disabled(&mut self, graph: Graph) -> Graph {
        let at = self.number(1, graph.nodes().len() as u64 - 1) as usize;
        let ids = vec![graph.nodes()[at].id];
        let mut editor = Editor::new(graph);
        if self.one_in(4) {
            let disabled = true;
            editor.apply(Edit::Disable { ids, disabled }).unwrap();
        }
        editor.graph().clone()
    }

    /// The same layer's output taken once or twice, and joined.
    fn branch(&mut self, b: &mut Builder) {
        let from = b.here();
        let one = b.then(self.any_layer());
        let two = if self.one_in(2) {
            from
        } else {
            b.after(from, self.any_layer())
        };
        let join = JOINS[self.number(0, 2) as usize];
        b.join(join, &[one, two]);
    }
}

const JOINS: [Kind; 3] = [Kind::Add, Kind::Multiply, Kind::Concatenate];

fn checked(graph: &Graph) -> Option<Network> {
    let context = Context {
        classes: Some(2),
        loss: Loss::CrossEntropy,
        batch: 1,
    };
    check(graph, &context).network
}

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
    let (mut computed, mut faults) = (0, Vec::new());
    while computed < NETWORKS {
        let graph = draw.network();
        let Some(network) = checked(&graph) else {
            continue;
        };
        if network.multiply_adds() + network.parameters() > MOST_WORK {
            continue;
        }
        computed += 1;
        match std::panic::catch_unwind(|| computes(&network)) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => faults.push(format!("{fault}:\n{}", graph.to_text())),
            Err(_) => faults.push(format!("broke off:\n{}", graph.to_text())),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
