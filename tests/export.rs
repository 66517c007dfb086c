//! Promise: a network leaves mapsto as a readable program for PyTorch, Keras or burn, with its recipe, and reads the
//! weights of a run. That the programs compute the same is checked by `tests/reference/export.py`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "export/pictures.rs"]
mod pictures;

use mapsto::export::{ExportError, Target, code};
use mapsto::network::{
    Builder, Context, Graph, Kind, Layer, Loss, Network, catalogue, check, template, templates,
};
use mapsto::project::{Optimizer, Recipe};

fn network(graph: &Graph, loss: Loss) -> Network {
    let context = Context {
        classes: None,
        loss,
        batch: 32,
    };
    let report = check(graph, &context);
    let errors: Vec<&str> = report.errors().map(|p| p.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    report.network.unwrap()
}

fn classes(network: &Network) -> Vec<String> {
    let count = network.outputs().max(2);
    (0..count).map(|number| format!("class {number}")).collect()
}

fn exported(target: Target, network: &Network, recipe: &Recipe) -> String {
    code(target, network, recipe, &classes(network)).unwrap()
}

fn of_template(target: Target, name: &str) -> String {
    let template = template(name).unwrap();
    let recipe = Recipe::for_template(template);
    let network = network(&template.graph(None), recipe.loss);
    exported(target, &network, &recipe)
}

fn input(height: u64, width: u64, channels: u64) -> Layer {
    Layer::new(Kind::Input)
        .with("height", height)
        .with("width", width)
        .with("channels", channels)
}

fn dense(units: u64, activation: &str) -> Layer {
    Layer::new(Kind::Dense)
        .with("units", units)
        .with("activation", activation)
}

/// Each of the lines is in the text, in this order.
fn assert_lines(text: &str, lines: &[&str]) {
    let mut rest = text;
    for line in lines {
        let Some((_, after)) = rest.split_once(line) else {
            panic!("“{line}” is missing, or not in its place, in\n{text}");
        };
        rest = after;
    }
}

#[test]
fn the_digits_network_reads_as_a_person_would_write_it_in_pytorch() {
    assert_lines(
        &of_template(Target::PyTorch, "digits-cnn"),
        &[
            "HEIGHT, WIDTH, CHANNELS = 28, 28, 1\n",
            "EPOCHS = 10\nBATCH = 128\nLEARNING_RATE = 0.001\nSEED = 42\n",
            "conv2d_1 conv2d_2 conv2d_3 dense_1 dense_2\n",
            "        self.conv2d_1 = nn.Conv2d(1, 32, 3)\n",
            "        self.conv2d_3 = nn.Conv2d(64, 64, 3)\n        self.dense_1 = nn.Linear(576, 64)\n",
            "        initialise(self, \"glorot_uniform\")\n",
            "    def forward(self, x):\n        x = F.relu(self.conv2d_1(x))\n        x = F.max_pool2d(x, 2, 2)\n",
            "        x = x.flatten(1)\n        x = F.relu(self.dense_1(x))\n        x = self.dense_2(x)\n        return x\n",
            "    return torch.softmax(outputs, dim=1)",
            "    return F.cross_entropy(outputs, labels)",
            "torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)",
        ],
    );
}

#[test]
fn the_photo_network_reads_as_a_person_would_write_it_in_keras() {
    assert_lines(
        &of_template(Target::Keras, "photo-binary"),
        &[
            // Keras flattens height, width, channels; the weights come in mapsto's order.
            "FLATTENED = {\n    \"dense_1\": (64, 14, 14),\n}\n",
            "    x = layers.Conv2D(32, 3, activation=\"relu\", name=\"conv2d_1\")(x)\n    x = layers.MaxPooling2D(2, 2)(x)\n",
            "    x = layers.Flatten()(x)\n    x = layers.Dense(128, activation=\"relu\", name=\"dense_1\")(x)\n",
            "    x = layers.Dense(1, name=\"dense_2\")(x)\n",
            "keras.losses.binary_crossentropy(targets, outputs, from_logits=True)",
            "keras.optimizers.Adam(learning_rate=LEARNING_RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-8)",
        ],
    );
}

#[test]
fn the_plain_mlp_reads_as_a_person_would_write_it_in_burn() {
    assert_lines(
        &of_template(Target::Burn, "plain-mlp"),
        &[
            "struct Model {\n    dense_1: Linear,\n    dense_2: Linear,\n}",
            // PyTorch's initial weights are burn's own.
            "dense_1: LinearConfig::new(784, 500).init(device),\n",
            "let x = x.flatten::<2>(1, 3);\n        let x = activation::relu(self.dense_1.forward(x));\n",
            "self.dense_1.take(\"dense_1\", &weights)?;",
            "SgdConfig::new().with_momentum(None)",
        ],
    );
}

#[test]
fn the_other_reference_systems_keep_their_dropout_and_their_size() {
    for target in Target::ALL {
        let mlp = of_template(target, "dropout-mlp");
        assert!(mlp.contains("ropout") && mlp.contains("0.2"), "{mlp}");
        let colour = of_template(target, "colour-cnn");
        assert!(colour.contains("32, 32, 3") || colour.contains("const HEIGHT: usize = 32"));
    }
}

#[test]
fn every_template_is_exported_to_every_target() {
    for template in templates() {
        let recipe = Recipe::for_template(template);
        let network = network(&template.graph(None), recipe.loss);
        for target in Target::ALL {
            let text = exported(target, &network, &recipe);
            let lines = text.lines().count();
            assert!(
                lines < 1_100,
                "{} in {target:?}: {lines} lines",
                template.name
            );
            // Marks of values that became parameters, and places for names, are filled.
            assert!(!text.contains(['\u{1}', '\u{2}', '\u{3}', '\u{4}']));
            for place in ["{m}", "{0}", "{*}"] {
                assert!(
                    !text.contains(place),
                    "{}: {place} in\n{text}",
                    template.name
                );
            }
        }
    }
}

/// Three residual blocks, each twice as wide as the one before in its second half, the last one twice.
fn residual() -> Graph {
    let mut build = Builder::new(input(16, 16, 3));
    for (filters, repeat) in [(8, 1), (8, 1), (16, 2)] {
        build.then(
            Layer::new(Kind::Conv2d)
                .with("filters", filters as u64)
                .with("padding", "same"),
        );
        build.block("Residual", repeat, |build| {
            let start = build.here();
            let conv = Layer::new(Kind::Conv2d)
                .with("filters", filters as u64)
                .with("padding", "same")
                .with("activation", "linear")
                .with("weight_decay", 0.5);
            build.then(conv);
            build.then(Layer::new(Kind::BatchNorm));
            let branch = build.then(Layer::new(Kind::StochasticDepth).with("last_rate", 0.3));
            build.join(Kind::Add, &[start, branch]);
        });
    }
    build.then(Layer::new(Kind::GlobalAveragePool));
    build.then(dense(3, "softmax"));
    build.graph()
}

#[test]
fn a_block_that_repeats_is_written_once() {
    let network = network(&residual(), Loss::CrossEntropy);
    let recipe = Recipe::default();
    assert_lines(
        &exported(Target::PyTorch, &network, &recipe),
        &[
            "class ResidualBlock(nn.Module):\n    \"\"\"The block Residual.\"\"\"\n\n    def __init__(self, channels, rate):\n",
            "        self.conv2d_1 = decayed(nn.Conv2d(channels, channels, 3, padding=1), 0.5)\n",
            "        self.batch_norm_1 = nn.BatchNorm2d(channels)\n",
            "    def forward(self, inputs):\n        x = self.conv2d_1(inputs)\n",
            "        x = inputs + x\n        return x\n",
            "BLOCKS = (ResidualBlock,)\n",
            "        self.residual_block_1 = ResidualBlock(8, 0.1)\n",
            "        self.residual_block_3 = ResidualBlock(16, 0.1)\n        self.residual_block_4 = ResidualBlock(16, 0.3)\n",
            "        x = self.residual_block_4(x)\n",
            "'weight_decay': 0.0 + own",
        ],
    );
    assert_lines(
        &exported(Target::Keras, &network, &recipe),
        &[
            "def residual_block(inputs, names, filters, rate):\n    \"\"\"The block Residual.\"\"\"\n    names = iter(names.split())\n",
            "    x = residual_block(x, \"conv2d_6_2 batch_norm_3_2\", 16, 0.3)\n",
            "OWN_DECAY = {\n    \"conv2d_2\": 0.5,\n",
        ],
    );
    assert_lines(
        &exported(Target::Burn, &network, &recipe),
        &[
            "    fn new(device: &Device, channels: usize, rate: f64) -> Self {\n",
            "            residual_block_4: ResidualBlock::new(device, 16, 0.3),\n",
            "self.residual_block_4.take([\"conv2d_6.2\", \"batch_norm_3.2\"], &weights)?;",
            "model.residual_block_4.conv2d_1.weight.id",
        ],
    );
}

#[test]
fn what_keras_cannot_do_is_told_with_the_layer_and_what_to_do() {
    let graph = Graph::chain(
        input(20, 20, 3),
        [
            Layer::new(Kind::Conv2d)
                .with("stride", [2, 2])
                .with("dilation", [2, 2]),
            Layer::new(Kind::GaussianNoise).with("deviation", 2.0),
            Layer::new(Kind::Flatten),
            dense(3, "softmax"),
        ],
    );
    let network = network(&graph, Loss::CrossEntropy);
    let recipe = Recipe::default();
    let error = code(Target::Keras, &network, &recipe, &classes(&network)).unwrap_err();
    let told = error.to_string();
    for part in [
        "Keras",
        "conv2d_1 has both a stride and a dilation",
        "gaussian_noise_1",
    ] {
        assert!(told.contains(part), "{told}");
    }
    for target in [Target::PyTorch, Target::Burn] {
        exported(target, &network, &recipe);
    }
}

#[test]
fn classes_of_other_data_are_refused() {
    let template = template("digits-cnn").unwrap();
    let network = network(&template.graph(None), Loss::CrossEntropy);
    let names = ["a".to_owned(), "b".to_owned()];
    let error = code(Target::PyTorch, &network, &Recipe::default(), &names).unwrap_err();
    let wanted = ExportError::Classes {
        outputs: 10,
        classes: 2,
    };
    assert_eq!(error, wanted);
}

#[test]
fn names_of_classes_cannot_break_out_of_the_program() {
    let template = template("photo-binary").unwrap();
    let network = network(&template.graph(None), Loss::BinaryCrossEntropy);
    let names = ["a\"]\nimport os".to_owned(), "\\ \u{7}ü".to_owned()];
    for target in Target::ALL {
        let text = code(target, &network, &Recipe::default(), &names).unwrap();
        assert!(text.contains(r#""a\"]\nimport os""#), "{text}");
        assert!(!text.contains("\nimport os\""));
    }
}

#[test]
fn every_optimiser_is_written_with_its_settings() {
    let template = template("digits-cnn").unwrap();
    let network = network(&template.graph(None), Loss::CrossEntropy);
    let mut recipe = Recipe::default();
    for (optimizer, pytorch, keras, burn) in [
        (
            Optimizer::Sgd {
                momentum: 0.9,
                nesterov: true,
                weight_decay: 0.01,
            },
            "SGD(model.parameters(), lr=LEARNING_RATE, momentum=0.9, nesterov=True, weight_decay=0.01)",
            "class Decaying(keras.optimizers.SGD)",
            "MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: true }",
        ),
        (
            Optimizer::from_name("adamw").unwrap(),
            "AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)",
            "keras.optimizers.AdamW(learning_rate=LEARNING_RATE, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.01)",
            "AdamWConfig::new()",
        ),
        (
            Optimizer::RmsProp {
                alpha: 0.95,
                epsilon: 1e-4,
                momentum: 0.5,
                weight_decay: 0.0,
                centered: true,
            },
            "RMSprop(model.parameters(), lr=LEARNING_RATE, alpha=0.95, eps=0.0001, momentum=0.5, centered=True",
            "keras.optimizers.RMSprop(learning_rate=LEARNING_RATE, rho=0.95, epsilon=1e-8, momentum=0.5, centered=True)",
            ".with_alpha(0.95).with_momentum(0.5)",
        ),
    ] {
        recipe.optimizer = optimizer;
        for (target, wanted) in Target::ALL.into_iter().zip([pytorch, keras, burn]) {
            let text = exported(target, &network, &recipe);
            assert!(text.contains(wanted), "{wanted} is missing in\n{text}");
        }
    }
}

/// burn makes no parameter of what an operation has made of one, and has a grey of its own.
#[test]
fn a_program_for_burn_takes_its_weights_and_images_as_they_are() {
    for name in ["vit-tiny", "row-lstm", "resnet-18"] {
        let text = of_template(Target::Burn, name);
        assert!(!text.contains(".val().transpose()") && !text.contains(".val().narrow"));
        assert_lines(
            &text,
            &[
                "let weight = weights.values(name, \"weight\", [units, inputs])?;",
                "self.weight = Param::from_tensor(weight.transpose());",
            ],
        );
        assert!(text.contains("red * 19_595") && !text.contains("to_luma8"));
    }
    // Glorot's initialisers need what burn does not tell them of transposed and grouped filters.
    let layers = [
        Layer::new(Kind::TransposedConv2d).with("filters", 4_u64),
        Layer::new(Kind::DepthwiseConv2d),
        Layer::new(Kind::Flatten),
        dense(3, "softmax"),
    ];
    let network = network(&Graph::chain(input(8, 8, 3), layers), Loss::CrossEntropy);
    let text = exported(Target::Burn, &network, &Recipe::default());
    assert_eq!(
        text.matches("Initializer::Uniform { min: -0.").count(),
        2,
        "{text}"
    );
    assert_eq!(text.matches("XavierUniform").count(), 1, "{text}");
}

/// The check of what is exported goes over the same networks: each kind stands in one of them.
#[test]
fn every_kind_of_layer_is_exported() {
    let folder = "tests/reference/export";
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let graph = Graph::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        seen.extend(graph.nodes().iter().map(|node| node.layer.kind()));
        let network = network(&graph, Loss::CrossEntropy);
        for target in Target::ALL {
            exported(target, &network, &Recipe::default());
        }
    }
    for entry in catalogue() {
        assert!(seen.contains(&entry.kind), "{} is in none", entry.name);
    }
}
