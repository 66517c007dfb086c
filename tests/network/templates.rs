//! The reference systems are exactly as designed, fit any classes, and cost what they cost by hand.

use mapsto::network::{
    Activation, Context, Family, Graph, Head, Kind, Layer, Loss, Shape, check, same_padding,
    template, templates,
};

use crate::{context, conv, dense, input, mend, outputs, ten};

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn the_reference_systems_have_the_shapes_and_parameters_of_the_design() {
    let expected: [(&str, usize, u64, &[&str]); 5] = [
        (
            "digits-cnn",
            10,
            93_322,
            &[
                "28×28×1",
                "26×26×32",
                "13×13×32",
                "11×11×64",
                "5×5×64",
                "3×3×64",
                "576",
                "64",
                "10",
            ],
        ),
        (
            "photo-binary",
            2,
            1_625_281,
            &[
                "64×64×3",
                "62×62×32",
                "31×31×32",
                "29×29×64",
                "14×14×64",
                "12544",
                "128",
                "1",
            ],
        ),
        ("plain-mlp", 10, 397_510, &["28×28×1", "784", "500", "10"]),
        (
            "dropout-mlp",
            10,
            101_770,
            &["28×28×1", "784", "128", "128", "10"],
        ),
        (
            "colour-cnn",
            10,
            42_442,
            &[
                "32×32×3",
                "30×30×32",
                "15×15×32",
                "13×13×64",
                "6×6×64",
                "2304",
                "10",
            ],
        ),
    ];
    let reference = templates()
        .iter()
        .filter(|it| it.family == Family::Reference);
    assert_eq!(reference.count(), expected.len());
    for (name, classes, parameters, shapes) in expected {
        let template = template(name).expect("a template");
        for fitted in [None, Some(classes)] {
            let graph = template.graph(fitted);
            let report = check(
                &graph,
                &Context {
                    classes: fitted,
                    loss: template.fitted_loss(fitted),
                    batch: 32,
                },
            );
            assert_eq!(report.problems, [], "{name}");
            assert_eq!(report.parameters, parameters, "{name}");
            assert_eq!(outputs(&report), shapes, "{name}");
            let network = report.network.expect("a network");
            assert_eq!(network.parameters(), parameters);
            assert_eq!(network.layers().len(), shapes.len() - 1);
            assert_eq!(
                network
                    .layers()
                    .iter()
                    .map(|layer| layer.parameters())
                    .sum::<u64>(),
                parameters
            );
        }
    }
}

#[test]
fn of_the_reference_systems_only_the_plain_mlp_starts_as_pytorch_does() {
    let reference = templates()
        .iter()
        .filter(|it| it.family == Family::Reference);
    for template in reference {
        let learnt = |kind| matches!(kind, Kind::Dense | Kind::Conv2d);
        for node in template
            .graph(None)
            .nodes()
            .iter()
            .filter(|node| learnt(node.layer.kind()))
        {
            let pytorch = node.layer.choice("initialiser") == "pytorch";
            assert_eq!(pytorch, template.name == "plain-mlp", "{}", template.name);
        }
    }
}

#[test]
fn templates_fit_any_number_of_classes() {
    for template in templates() {
        for classes in [2, 3, 10, 1000] {
            let graph = template.graph(Some(classes));
            let loss = template.fitted_loss(Some(classes));
            let report = check(&graph, &context(classes, loss));
            assert_eq!(report.problems, [], "{} for {classes}", template.name);
            let one_unit = template.name == "photo-binary" && classes == 2;
            let network = report.network.expect("a network");
            assert_eq!(network.outputs(), if one_unit { 1 } else { classes });
            assert_eq!(
                network.head(),
                if one_unit {
                    Head::Sigmoid
                } else {
                    Head::Softmax
                }
            );
            assert_eq!(
                loss,
                if one_unit {
                    Loss::BinaryCrossEntropy
                } else {
                    Loss::CrossEntropy
                }
            );
        }
    }
}

#[test]
fn a_template_takes_another_image_size() {
    let graph = template("digits-cnn")
        .expect("a template")
        .with_input(32, 48, 3, Some(4));
    let report = check(&graph, &context(4, Loss::CrossEntropy));
    assert_eq!(
        report.layers[0].output,
        Some(Shape::Maps {
            height: 32,
            width: 48,
            channels: 3
        })
    );
    assert!(report.network.is_some());
    let tiny = template("digits-cnn")
        .expect("a template")
        .with_input(4, 4, 1, Some(4));
    let report = check(&tiny, &context(4, Loss::CrossEntropy));
    assert!(report.network.is_none());
    assert_eq!(
        report.layers.last().and_then(|layer| layer.output),
        Some(Shape::Vector { units: 4 })
    );
    assert!(
        mend(&tiny, &context(4, Loss::CrossEntropy))
            .1
            .network
            .is_some()
    );
}

#[test]
fn costs_of_a_convolution_are_those_by_hand() {
    let graph = Graph::chain(
        input(28, 20, 3),
        [
            conv(8).with("kernel", [3, 5]),
            Layer::new(Kind::BatchNorm),
            Layer::new(Kind::GlobalAveragePool),
            dense(10, Activation::Softmax),
        ],
    );
    let report = ten(&graph);
    let conv = &report.layers[1];
    assert_eq!(
        conv.output,
        Some(Shape::Maps {
            height: 26,
            width: 16,
            channels: 8
        })
    );
    assert_eq!(conv.parameters, 3 * 5 * 3 * 8 + 8);
    assert_eq!(conv.multiply_adds, 26 * 16 * 8 * (3 * 5 * 3));
    assert_eq!(conv.activation_bytes, 26 * 16 * 8 * 4);
    assert_eq!(report.layers[2].parameters, 16);
    assert_eq!(report.layers[4].multiply_adds, 80);
    assert_eq!(report.multiply_adds, 149_760 + 26 * 16 * 8 + 80);
    let activations = 4 * (28 * 20 * 3 + 2 * 26 * 16 * 8 + 8 + 10);
    assert_eq!(report.parameters, 368 + 16 + 90);
    assert!((activations..5 * activations).contains(&report.image_bytes));
    let images = report.image_bytes * 32;
    assert_eq!(report.training_bytes, (368 + 16 + 90) * 24 + images);
    // SGD without momentum remembers nothing.
    assert_eq!(report.weight_bytes(0), (368 + 16 + 90) * 16);
}

#[test]
fn receptive_fields_grow_by_kernels_and_strides_and_end_at_the_vector() {
    let report = ten(&template("digits-cnn").expect("a template").graph(None));
    let fields: Vec<Option<usize>> = report
        .layers
        .iter()
        .map(|layer| layer.receptive_field)
        .collect();
    assert_eq!(
        fields,
        [
            Some(1),
            Some(3),
            Some(4),
            Some(8),
            Some(10),
            Some(18),
            None,
            None,
            None
        ]
    );
}

#[test]
fn same_padding_is_tensorflows() {
    assert_eq!(same_padding(28, 3, 1), (1, 1));
    assert_eq!(same_padding(28, 3, 2), (0, 1));
    assert_eq!(same_padding(5, 2, 2), (0, 1));
    assert_eq!(same_padding(7, 4, 1), (1, 2));
    assert_eq!(same_padding(6, 1, 3), (0, 0));
    assert_eq!(
        same_padding(usize::MAX, usize::MAX, 0).0,
        (usize::MAX - 1) / 2
    );
    for (input, kernel, stride) in
        (1..12).flat_map(|i| (1..8).flat_map(move |k| (1..5).map(move |s| (i, k, s))))
    {
        let (before, after) = same_padding(input, kernel, stride);
        let positions = (input + before + after - kernel) / stride + 1;
        assert_eq!(
            positions,
            input.div_ceil(stride),
            "{input} {kernel} {stride}"
        );
        assert!(after == before || after == before + 1);
    }
}

#[test]
fn same_and_valid_shapes() {
    let layers = [
        conv(4).with("padding", "same").with("stride", [2, 3]),
        Layer::new(Kind::AveragePool)
            .with("size", [3, 3])
            .with("stride", [2, 2]),
        Layer::new(Kind::MaxPool).with("padding", "same"),
    ];
    let report = ten(&Graph::chain(input(29, 31, 1), layers));
    assert_eq!(outputs(&report), ["29×31×1", "15×11×4", "7×5×4", "4×3×4"]);
}
