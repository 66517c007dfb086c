//! Every problem is told at its layer with a remedy that clears it; nothing overflows.

use mapsto::network::{
    Activation, Context, Editor, Graph, Kind, Layer, LayerId, Loss, Problem, Severity, Shape, check,
};

use crate::{context, conv, dense, errors, id_of, input, mend, outputs, ten};

#[test]
fn a_broken_graph_shows_the_shapes_that_are_known_and_all_its_problems() {
    let graph = Graph::chain(
        input(8, 8, 1),
        [
            conv(4).with("kernel", [9, 9]),
            Layer::new(Kind::MaxPool),
            Layer::new(Kind::Flatten),
            dense(16, Activation::Relu),
            conv(3),
            dense(7, Activation::Sigmoid),
        ],
    );
    let report = ten(&graph);
    assert_eq!(outputs(&report), ["8×8×1", "?", "?", "?", "16", "?", "7"]);
    assert_eq!(
        report.layers[1].input,
        Some(Shape::Maps {
            height: 8,
            width: 8,
            channels: 1
        })
    );
    let at: Vec<Option<LayerId>> = errors(&report)
        .iter()
        .map(|problem| problem.layer)
        .collect();
    assert_eq!(at, [1, 5, 6].map(|position| Some(id_of(&graph, position))));
    let (_, report) = mend(&graph, &context(10, Loss::CrossEntropy));
    assert!(report.network.is_some(), "{:?}", report.problems);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn each_problem_is_told_at_its_layer_and_its_remedy_clears_it() {
    let softmax = || dense(10, Activation::Softmax);
    let flatten = || Layer::new(Kind::Flatten);
    let cases: Vec<(&str, &str, Vec<Layer>)> = vec![
        (
            "no layers",
            "Add flatten and dense with 10 units with softmax",
            vec![],
        ),
        (
            "maps into dense",
            "Insert flatten before dense_1",
            vec![conv(4), softmax()],
        ),
        (
            "conv on a vector",
            "Move conv2d_1 before flatten_1",
            vec![flatten(), conv(4), softmax()],
        ),
        (
            "pool on a vector",
            "Move max_pool_1 before flatten_1",
            vec![flatten(), Layer::new(Kind::MaxPool), softmax()],
        ),
        (
            "too large a kernel",
            "Set padding of conv2d_1 to same",
            vec![conv(4).with("kernel", [40, 1]), flatten(), softmax()],
        ),
        (
            "too large a pool",
            "Set padding of max_pool_1 to same",
            vec![
                Layer::new(Kind::MaxPool).with("size", [3, 99]),
                flatten(),
                softmax(),
            ],
        ),
        (
            "ends in maps",
            "Add flatten and dense with 10 units with softmax",
            vec![conv(4)],
        ),
        (
            "units",
            "Set dense_1 to 10 units",
            vec![flatten(), dense(3, Activation::Softmax)],
        ),
        (
            "activation",
            "Set dense_1 to softmax",
            vec![flatten(), dense(10, Activation::Relu)],
        ),
        (
            "out of range",
            "Set filters of conv2d_1 to 1",
            vec![conv(0), flatten(), softmax()],
        ),
        (
            "out of range",
            "Set rate of dropout_1 to 0.99",
            vec![
                Layer::new(Kind::Dropout).with("rate", 1.5),
                flatten(),
                softmax(),
            ],
        ),
        (
            "not a number",
            "Set rate of dropout_1 to 0.2",
            vec![
                Layer::new(Kind::Dropout).with("rate", f64::NAN),
                flatten(),
                softmax(),
            ],
        ),
        (
            "unknown name",
            "Set activation of conv2d_1 to relu",
            vec![conv(2).with("activation", "swish"), flatten(), softmax()],
        ),
        (
            "zero stride",
            "Set stride of conv2d_1 to 1×1",
            vec![conv(2).with("stride", [0, 1]), flatten(), softmax()],
        ),
    ];
    for (case, label, layers) in cases {
        let graph = Graph::chain(input(12, 12, 1), layers);
        let report = ten(&graph);
        assert!(report.network.is_none(), "{case}");
        let problem = errors(&report)[0].clone();
        let remedy = problem.remedy.clone().expect("a remedy");
        assert_eq!(remedy.label, label, "{case}: {}", problem.message);
        assert!(
            !problem.message.ends_with('.') && !problem.message.contains("Some("),
            "{}",
            problem.message
        );
        let mut editor = Editor::new(graph.clone());
        editor
            .apply_all(&remedy.label, &remedy.edits)
            .expect("it can be done");
        let after = ten(editor.graph());
        assert!(
            !after.problems.contains(&problem),
            "{case}: {:?}",
            after.problems
        );
        assert!(after.network.is_some(), "{case}: {:?}", after.problems);
        assert_eq!(editor.undo().as_deref(), Some(label));
        assert_eq!(editor.graph(), &graph, "{case}: one undo takes it back");
    }
}

#[test]
fn colour_is_one_channel_or_three() {
    let report = ten(&Graph::chain(
        input(8, 8, 2),
        [Layer::new(Kind::Flatten), dense(10, Activation::Softmax)],
    ));
    assert_eq!(
        errors(&report)[0].message,
        "channels of input is 2, but takes 1 or 3: set it to 1"
    );
}

#[test]
fn two_wrong_settings_of_one_layer_are_both_told() {
    let graph = Graph::chain(
        input(0, 99_999, 1),
        [Layer::new(Kind::Flatten), dense(10, Activation::Softmax)],
    );
    assert_eq!(ten(&graph).of(id_of(&graph, 0)).count(), 2);
}

#[test]
fn warnings_do_not_forbid_training() {
    let graph = Graph::chain(
        input(8, 8, 1),
        [
            Layer::new(Kind::Flatten),
            Layer::new(Kind::Flatten),
            dense(4, Activation::Softmax),
            Layer::new(Kind::BatchNorm),
            dense(10, Activation::Linear),
            Layer::new(Kind::Dropout),
        ],
    );
    let report = check(
        &graph,
        &Context {
            batch: 1,
            ..context(10, Loss::CrossEntropy)
        },
    );
    assert_eq!(errors(&report), Vec::<&Problem>::new());
    assert!(report.network.is_some());
    assert!(
        report
            .problems
            .iter()
            .all(|problem| problem.severity == Severity::Warning)
    );
    let at: Vec<Option<LayerId>> = report
        .problems
        .iter()
        .map(|problem| problem.layer)
        .collect();
    assert_eq!(
        at,
        [2, 3, 4, 6].map(|position| Some(id_of(&graph, position)))
    );
    let (mended, report) = mend(&graph, &context(10, Loss::CrossEntropy));
    assert_eq!(report.problems, []);
    assert_eq!(
        mended.names(),
        ["input", "flatten_1", "dense_1", "batch_norm_1", "dense_2"]
    );
}

#[test]
fn a_network_without_weights_is_refused() {
    let graph = Graph::chain(input(8, 8, 3), [Layer::new(Kind::GlobalAveragePool)]);
    let report = check(&graph, &context(3, Loss::CrossEntropy));
    assert!(errors(&report)[0].message.contains("learns"));
    assert!(
        mend(&graph, &context(3, Loss::CrossEntropy))
            .1
            .network
            .is_some()
    );
}

#[test]
fn huge_numbers_are_told_and_never_overflow() {
    let huge = usize::MAX;
    let layers = || {
        vec![
            conv(huge)
                .with("kernel", [u64::MAX, u64::MAX])
                .with("stride", [u64::MAX, 1])
                .with("padding", "same"),
            Layer::new(Kind::MaxPool)
                .with("size", [u64::MAX, 1])
                .with("padding", "same"),
            Layer::new(Kind::BatchNorm),
            Layer::new(Kind::Flatten),
            dense(huge, Activation::Softmax),
        ]
    };
    for context in [
        context(10, Loss::CrossEntropy),
        Context {
            classes: Some(huge),
            loss: Loss::CrossEntropy,
            batch: huge,
        },
    ] {
        assert!(
            check(&Graph::chain(input(huge, huge, huge), layers()), &context)
                .network
                .is_none()
        );
        assert!(
            check(&Graph::chain(input(4096, 4096, 3), layers()), &context)
                .network
                .is_none()
        );
    }
    // In range, each of them, and yet too much together.
    let wide = Graph::chain(
        input(4096, 4096, 3),
        [
            conv(65_536).with("padding", "same"),
            Layer::new(Kind::Flatten),
            dense(1_000_000, Activation::Relu),
            dense(10, Activation::Softmax),
        ],
    );
    let report = ten(&wide);
    assert!(report.network.is_none());
    let told: String = report
        .errors()
        .map(|problem| problem.message.clone() + "\n")
        .collect();
    assert!(
        told.contains("1,099,511,627,776 numbers at conv2d_1"),
        "{told}"
    );
    assert!(
        told.contains("parameters, more than the 2,147,483,648 that fit, most of them in dense_1"),
        "{told}"
    );
}

#[test]
fn ten_thousand_layers_are_checked_at_once_and_one_more_is_refused() {
    let chain = |count: usize| {
        let same = conv(1).with("padding", "same");
        let layers = std::iter::repeat_n(same, count - 2)
            .chain([Layer::new(Kind::Flatten), dense(10, Activation::Softmax)]);
        Graph::chain(input(8, 8, 1), layers)
    };
    let (most, more) = (chain(10_000), chain(10_001));
    assert!(ten(&most).network.is_some());
    let report = ten(&more);
    assert!(report.network.is_none());
    assert!(errors(&report)[0].message.contains("10,001 layers"));
    assert_eq!(
        Graph::parse(&most.to_text()).expect("it is read back"),
        most
    );
    let wrong = Graph::chain(
        input(8, 8, 1),
        std::iter::once(Layer::new(Kind::Flatten)).chain(std::iter::repeat_n(conv(1), 10_000)),
    );
    assert_eq!(ten(&wrong).layers.len(), 10_002);
}
