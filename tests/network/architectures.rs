//! The known architectures are torchvision's layer by layer, and fit images of any size.

use std::collections::BTreeMap;

use mapsto::network::{
    Context, Family, Fitted, Graph, Kind, Network, Report, Shape, Template, check, template,
    templates,
};
use serde::Deserialize;

/// See `tests/reference/templates.py`.
#[derive(Deserialize)]
struct Reference {
    parameters: u64,
    multiply_adds: u64,
    layers: Vec<(String, Vec<usize>, u64)>,
}

fn references() -> BTreeMap<String, Reference> {
    serde_json::from_str(include_str!("../fixtures/templates.json")).expect("the fixture")
}

fn checked(fitted: &Fitted, classes: Option<usize>) -> Report {
    let context = Context {
        classes,
        loss: fitted.loss,
        batch: 1,
    };
    check(&fitted.graph, &context)
}

fn network(template: &Template, input: [usize; 3], classes: usize) -> (Network, Fitted) {
    let fitted = template.fitted(input, Some(classes));
    let fitted = fitted.unwrap_or_else(|error| panic!("{} at {input:?}: {error}", template.name));
    let report = checked(&fitted, Some(classes));
    let errors: Vec<_> = report.errors().collect();
    assert!(
        errors.is_empty(),
        "{} at {input:?}: {errors:?}",
        template.name
    );
    let network = report.network.expect("a network without errors");
    (network, fitted)
}

/// What torchvision has as a module of its own, as it names it.
fn compared(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Conv2d | Kind::DepthwiseConv2d | Kind::PatchEmbedding => Some("conv2d"),
        Kind::BatchNorm => Some("batch_norm"),
        Kind::LayerNorm => Some("layer_norm"),
        Kind::Dense => Some("dense"),
        Kind::MaxPool => Some("max_pool"),
        Kind::AveragePool => Some("average_pool"),
        Kind::Attention => Some("attention"),
        _ => None,
    }
}

#[test]
fn the_architectures_are_torchvisions_layer_by_layer() {
    for (name, reference) in references() {
        let template = template(&name).expect("a template");
        let (network, fitted) = network(template, [224, 224, 3], 1000);
        assert_eq!(fitted.changes, [""; 0], "{name}");
        let layers = network.layers().iter().filter_map(|layer| {
            let kind = compared(layer.layer().kind())?;
            Some((kind, layer.output(), layer.parameters()))
        });
        let layers: Vec<_> = layers.collect();
        for (place, (layer, expected)) in layers.iter().zip(&reference.layers).enumerate() {
            let (kind, output, parameters) = layer;
            let (expected_kind, expected_output, expected_parameters) = expected;
            // ConvNeXt's 1×1 convolutions are linear layers there; a sequence is cut from maps later there.
            let alike = kind == expected_kind || (*kind == "conv2d" && expected_kind == "dense");
            assert!(alike, "{name}, {place}: {layer:?}, not {expected:?}");
            let mut dims = output.dims();
            if let (Shape::Sequence { length, .. }, [height, width, _]) =
                (output, expected_output.as_slice())
                && *length == height * width
            {
                dims.clone_from(expected_output);
            }
            if expected_output.len() == 3 && dims.len() == 1 {
                // A norm after the last pooling.
                dims = vec![1, 1, dims[0]];
            }
            assert_eq!(dims, *expected_output, "{name}, {place}: {kind}");
            assert_eq!(parameters, expected_parameters, "{name}, {place}: {kind}");
        }
        assert_eq!(layers.len(), reference.layers.len(), "{name}");
        assert_eq!(network.parameters(), reference.parameters, "{name}");
        // Norms are counted here, and not there.
        let ratio = network.multiply_adds() as f64 / reference.multiply_adds as f64;
        assert!((1.0..1.05).contains(&ratio), "{name}: {ratio}");
    }
}

#[test]
fn the_parameter_counts_are_those_that_people_know() {
    let known = [
        ("lenet-5", 61_706),
        ("alexnet", 61_100_840),
        ("vgg-11", 132_863_336),
        ("vgg-16", 138_357_544),
        ("squeezenet-1.1", 1_235_496),
        ("resnet-18", 11_689_512),
        ("resnet-34", 21_797_672),
        ("resnet-50", 25_557_032),
        ("mobilenet-v2", 3_504_872),
        ("efficientnet-b0", 5_288_548),
        ("densenet-121", 7_978_856),
        ("convnext-tiny", 28_589_128),
        ("vit-tiny", 5_717_416),
        // torch.nn.LSTM(28, 128) and Linear(128, 10).
        ("row-lstm", 82_186),
    ];
    for (name, parameters) in known {
        let template = template(name).expect("a template");
        let fitted = template
            .fitted(template.natural_input(), None)
            .expect("its own size");
        assert_eq!(fitted.changes, [""; 0], "{name}");
        let report = checked(&fitted, None);
        assert_eq!(report.parameters, parameters, "{name}");
        assert!(report.network.is_some(), "{name}: {:?}", report.problems);
    }
    assert_eq!(templates().len(), 5 + known.len());
}

#[test]
fn every_template_fits_images_of_any_size_from_its_smallest_on() {
    let sizes = [
        [28, 28, 1],
        [32, 32, 3],
        [64, 64, 3],
        [224, 224, 3],
        [33, 47, 3],
        [57, 120, 1],
        [113, 95, 3],
        [97, 301, 3],
        [20, 300, 3],
    ];
    for template in templates() {
        let [height, width] = template.smallest;
        let smallest = [height, width, 1];
        for input in sizes.into_iter().chain([smallest]) {
            for classes in [2, 7] {
                let (network, fitted) = network(template, input, classes);
                let one_unit = template.name == "photo-binary" && classes == 2;
                assert_eq!(network.outputs(), if one_unit { 1 } else { classes });
                let [height, width, channels] = input;
                let shape = Shape::Maps {
                    height,
                    width,
                    channels,
                };
                assert_eq!(network.input(), shape, "{}", template.name);
                let told = fitted.changes.join("; ");
                let resized = input != template.natural_input();
                assert_eq!(
                    told.contains("the input is"),
                    resized,
                    "{}: {told}",
                    template.name
                );
            }
        }
    }
}

#[test]
fn one_pixel_below_the_smallest_size_is_refused_in_words() {
    for template in templates().iter().filter(|it| it.smallest != [1, 1]) {
        let [height, width] = template.smallest;
        for input in [[height - 1, width, 3], [height, width - 1, 3]] {
            let error = template.fitted(input, Some(3)).expect_err("too small");
            let told = error.to_string();
            for part in [template.title, &format!("{height}×{width} pixels or more")] {
                assert!(told.contains(part), "{told}");
            }
            // What is drawn all the same is told by `check`, and does not panic.
            let graph = template.with_input(input[0], input[1], 3, Some(3));
            assert!(graph.nodes().len() > 2);
        }
    }
}

/// All that a template says that it changed.
fn changes(name: &str, input: [usize; 3]) -> Vec<String> {
    let template = template(name).expect("a template");
    let mut changes = template
        .fitted(input, None)
        .expect("a size that fits")
        .changes;
    changes.retain(|change| !change.contains("the input is"));
    changes
}

#[test]
fn what_is_adapted_to_small_images_is_said_and_done() {
    let resnet = [
        "the first convolution is 3×3 with stride 1 in place of 7×7 with stride 2",
        "the first pooling is left out",
    ];
    assert_eq!(changes("resnet-18", [32, 32, 3]), resnet);
    assert_eq!(changes("resnet-50", [64, 64, 3]), resnet[..1]);
    assert_eq!(changes("resnet-34", [128, 128, 3]), [""; 0]);
    assert_eq!(changes("densenet-121", [28, 28, 1]), resnet);
    assert_eq!(
        changes("vgg-16", [32, 32, 3]),
        ["the last pooling is left out"]
    );
    assert_eq!(
        changes("vit-tiny", [30, 32, 3]),
        [
            "the patches are 4×4 in place of 16×16",
            "zeros below and to the right of the image, 2 rows and 0 columns, fill the last patches"
        ]
    );
    assert_eq!(
        changes("lenet-5", [28, 28, 1]),
        ["the first convolution is padded by 2 pixels on each side"]
    );
    let (resnet, _) = network(template("resnet-18").expect("a template"), [32, 32, 3], 10);
    // He et al.'s blocks with the stem that is usual for CIFAR-10, counted in PyTorch.
    assert_eq!(resnet.parameters(), 11_173_962);
    let last_maps = resnet
        .layers()
        .iter()
        .rev()
        .find(|layer| layer.output().is_maps());
    assert_eq!(
        last_maps.map(|layer| layer.output().to_string()),
        Some("4×4×512".into())
    );
}

#[test]
fn the_input_for_a_data_set_is_that_of_its_images_within_what_a_template_takes() {
    let of = |name, images| template(name).expect("a template").input_for(images);
    assert_eq!(of("resnet-18", [28, 28, 1]), [28, 28, 1]);
    assert_eq!(of("resnet-18", [1080, 1920, 3]), [224, 224, 3]);
    assert_eq!(of("resnet-18", [4, 100, 3]), [8, 100, 3]);
    assert_eq!(of("digits-cnn", [500, 500, 3]), [28, 28, 1]);
    for template in templates() {
        for images in [[1, 1, 1], [28, 28, 1], [4000, 3000, 3], [9, 5000, 3]] {
            let (_, fitted) = network(template, template.input_for(images), 3);
            assert!(!fitted.graph.nodes().is_empty());
        }
    }
}

#[test]
fn every_template_is_read_back_from_its_text() {
    for template in templates() {
        for input in [template.natural_input(), [31, 29, 3]] {
            let [height, width, channels] = input;
            let graph = template.with_input(height, width, channels, Some(5));
            let text = graph.to_text();
            let read = Graph::parse(&text);
            assert_eq!(
                read.expect("what was written is read"),
                graph,
                "{}",
                template.name
            );
        }
    }
}

#[test]
fn large_architectures_are_short_columns_of_blocks() {
    for (name, cards) in [
        ("resnet-18", 14),
        ("resnet-50", 15),
        ("densenet-121", 17),
        ("efficientnet-b0", 22),
        ("convnext-tiny", 13),
        ("vit-tiny", 8),
    ] {
        let graph = template(name).expect("a template").graph(None);
        let outside = graph.nodes().iter().filter(|node| node.block.is_none());
        let shown = outside.count() + graph.blocks().len();
        assert!(shown <= cards, "{name}: {shown} cards");
        for block in graph.blocks() {
            assert!(graph.ends(block.id).is_ok(), "{name}: {}", block.name);
            assert!(!block.settings.is_empty(), "{name}: {}", block.name);
            for setting in &block.settings {
                assert!(setting.value(&graph).is_some(), "{name}: {}", setting.name);
            }
        }
    }
}

#[test]
fn templates_of_a_family_stand_together() {
    let mut families: Vec<Family> = templates().iter().map(|it| it.family).collect();
    families.dedup();
    assert_eq!(families, Family::ALL);
    let mut names: Vec<&str> = templates().iter().map(|it| it.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), templates().len());
}
