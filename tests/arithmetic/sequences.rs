//! What a fixture cannot hold of the layers on sequences: chance, first weights, and joins.

use mapsto::network::Loss;
use mapsto::project::Recipe;
use mapsto::training::{NamedTensor, Stepper, Weights, open};

use super::{distance, network, tensor};

fn stepper(layers: &str, outputs: usize) -> Stepper {
    let head = "[[layers]]\nkind = \"input\"\nheight = 4\nwidth = 6\nchannels = 1\n";
    let network = network(&format!("{head}{layers}"), Loss::MeanSquaredError, outputs);
    Stepper::new(&network, &Recipe::default(), &open("cpu").unwrap())
}

fn pixels() -> Vec<f32> {
    (0..24_u8).map(|at| f32::from(at) / 24.0 - 0.3).collect()
}

fn inferred(stepper: &Stepper) -> Vec<f32> {
    stepper.inference(&[]).outputs(pixels(), 1)
}

fn of<'a>(tensors: &'a [NamedTensor], name: &str) -> &'a [f32] {
    let found = tensors.iter().find(|tensor| tensor.name == name);
    &found.unwrap_or_else(|| panic!("no tensor {name}")).values
}

const PATCHES: &str = "[[layers]]\nkind = \"patch_embedding\"\npatch = [2, 2]\ndimensions = 4\ninitialiser = \"pytorch\"\n";

#[test]
fn attention_drops_weights_by_the_runs_own_chance_and_keeps_their_mean() {
    let layers = |dropout: f64| {
        format!(
            "{PATCHES}[[layers]]\nkind = \"attention\"\nheads = 2\ndropout = {dropout:?}\n\
             [[layers]]\nkind = \"select_token\"\n\
             [[layers]]\nkind = \"dense\"\nunits = 3\nactivation = \"linear\"\n"
        )
    };
    let (mut dropping, whole) = (stepper(&layers(0.5), 3), stepper(&layers(0.0), 3));
    let expected = inferred(&whole);
    assert_eq!(
        inferred(&dropping),
        expected,
        "without training nothing is dropped"
    );
    let draw = |stepper: &mut Stepper| stepper.backward(pixels(), 1, vec![1.0; 3]).0;
    let first = draw(&mut dropping);
    assert_eq!(first, draw(&mut stepper(&layers(0.5), 3)), "the same seed");
    assert_ne!(first, draw(&mut dropping), "the next draw");
    let mut mean = [0.0; 3];
    for _ in 0..1000 {
        for (mean, value) in mean.iter_mut().zip(draw(&mut dropping)) {
            *mean += value / 1000.0;
        }
    }
    assert!(distance(&mean, &expected) < 0.05, "{mean:?} {expected:?}");
}

#[test]
fn first_weights_are_drawn_as_pytorch_does() {
    let layers = "[[layers]]\nkind = \"patch_embedding\"\npatch = [1, 1]\ndimensions = 48\n\
                  [[layers]]\nkind = \"class_token\"\n[[layers]]\nkind = \"position_embedding\"\n\
                  [[layers]]\nkind = \"attention\"\nheads = 3\n\
                  [[layers]]\nkind = \"lstm\"\nunits = 25\ndirection = \"both\"\noutput = \"sequence\"\n\
                  [[layers]]\nkind = \"gru\"\nunits = 16\n\
                  [[layers]]\nkind = \"dense\"\nunits = 3\nactivation = \"linear\"\n";
    let tensors = stepper(layers, 3).tensors();
    let within = |name: &str, bound: f32| {
        let most = of(&tensors, name)
            .iter()
            .fold(0.0, |most: f32, it| most.max(it.abs()));
        assert!(
            most <= bound && most > 0.85 * bound,
            "{name}: {most}, {bound}"
        );
    };
    within(
        "attention_1.in_proj_weight",
        (6.0 / (4.0 * 48.0_f32)).sqrt(),
    );
    within("attention_1.out_proj.weight", 1.0 / 48.0_f32.sqrt());
    for name in ["in_proj_bias", "out_proj.bias"] {
        let biases = of(&tensors, &format!("attention_1.{name}"));
        assert!(biases.iter().all(|bias| *bias == 0.0));
    }
    for part in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
        within(&format!("lstm_1.{part}"), 0.2);
        within(&format!("lstm_1.{part}_reverse"), 0.2);
        within(&format!("gru_1.{part}"), 0.25);
    }
    for name in ["class_token_1.token", "position_embedding_1.weight"] {
        let values = of(&tensors, name);
        let square: f32 = values.iter().map(|it| it * it).sum();
        let deviation = (square / values.len() as f32).sqrt();
        assert!((0.013..0.027).contains(&deviation), "{name}: {deviation}");
    }
}

#[test]
fn sequences_are_added_and_concatenated() {
    let flat =
        "[[layers]]\nkind = \"flatten\"\n[[layers]]\nkind = \"dense\"\nactivation = \"linear\"\n";
    // The dense layer gives each token as it is, and a half more.
    let join = |kind: &str| {
        format!(
            "{PATCHES}name = \"tokens\"\n\
             [[layers]]\nkind = \"dense\"\nname = \"more\"\nunits = 4\nactivation = \"linear\"\n\
             [[layers]]\nkind = \"{kind}\"\ninputs = [\"more\", \"tokens\"]\n"
        )
    };
    let diagonal = |name: &str, size: usize, bias: f32| {
        let mut values = vec![0.0; size * size];
        values.iter_mut().step_by(size + 1).for_each(|it| *it = 1.0);
        let weight = tensor(format!("{name}.weight"), vec![size, size], values);
        [
            weight,
            tensor(format!("{name}.bias"), vec![size], vec![bias; size]),
        ]
    };
    let run = |layers: &str, outputs: usize, last: &str, more: Vec<NamedTensor>| {
        let mut stepper = stepper(&format!("{layers}{flat}units = {outputs}\n"), outputs);
        let mut weights = diagonal(last, outputs, 0.0).to_vec();
        weights.extend(more);
        let kept = stepper.tensors().into_iter();
        weights.extend(kept.filter(|it| it.name.starts_with("patch")));
        stepper.load(&Weights::from_tensors(weights)).unwrap();
        inferred(&stepper)
    };
    let half = || diagonal("dense_1", 4, 0.5).to_vec();
    let tokens = run(PATCHES, 24, "dense_1", Vec::new());
    let added: Vec<f32> = tokens.iter().map(|it| 2.0 * it + 0.5).collect();
    assert!(distance(&run(&join("add"), 24, "dense_2", half()), &added) < 1e-6);
    let halves: Vec<f32> = tokens.iter().map(|it| it + 0.5).collect();
    let joined = [halves, tokens].concat();
    assert!(distance(&run(&join("concatenate"), 48, "dense_2", half()), &joined) < 1e-6);
}
