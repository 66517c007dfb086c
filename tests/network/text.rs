//! Files are read back as written; those written by hand are told line by line.

use mapsto::network::{Activation, Graph, Kind, Layer, Loss, grouped, templates};

use crate::{context, conv, dense, errors, input, mend, ten};

fn everything() -> Graph {
    Graph::chain(
        input(33, 47, 3),
        [
            conv(7)
                .with("kernel", [3, 5])
                .with("padding", "same")
                .with("initialiser", "he_normal"),
            Layer::new(Kind::BatchNorm).with("epsilon", 1e-7),
            Layer::new(Kind::Activation).with("function", "gelu"),
            Layer::new(Kind::AveragePool).with("stride", [1, 3]),
            Layer::new(Kind::MaxPool),
            Layer::new(Kind::GlobalAveragePool),
            Layer::new(Kind::Flatten),
            Layer::new(Kind::Dropout).with("rate", 0.0),
            dense(10, Activation::Linear),
        ],
    )
}

#[test]
fn the_text_form_is_read_back_as_it_was() {
    let mut graphs: Vec<Graph> = templates()
        .iter()
        .map(|template| template.graph(None))
        .collect();
    graphs.push(everything());
    for graph in graphs {
        let text = graph.to_text();
        assert_eq!(
            Graph::parse(&text).expect("what was written is read"),
            graph
        );
        assert_eq!(
            toml::from_str::<Graph>(&text).expect("through serde too"),
            graph
        );
        let through_serde = toml::to_string(&graph).expect("it can be written");
        assert_eq!(
            Graph::parse(&through_serde).expect("what serde wrote is read"),
            graph
        );
    }
    assert!(
        everything()
            .to_text()
            .contains("[[layers]]\nkind = \"conv2d\"\nfilters = 7\nkernel = [3, 5]\n")
    );
}

#[test]
fn a_network_is_read_out_of_a_project_file() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Project {
        name: String,
        network: Graph,
    }
    let project = Project {
        name: "x".into(),
        network: everything(),
    };
    let text = toml::to_string(&project).expect("it can be written");
    assert!(text.contains("[[network.layers]]"));
    assert_eq!(
        Graph::parse(&text).expect("found under network"),
        project.network
    );
    let table: toml::Table = text.parse().expect("TOML");
    assert_eq!(
        table
            .try_into::<Project>()
            .expect("from a table too")
            .network,
        project.network
    );
}

const BY_HAND: &str = r#"# mine
[[layers]]
kind = "input"
height = 16
wdth = 16

[[layers]]
kernel = 5
kind = "conv2d"
filters = -3

[[layers]]
kind = "conv3d"
filters = 8

[[layers]]
kind = "dense"
units = "ten"
activation = ["relu"]

[[layers]]
units = 3
"#;

#[test]
fn a_file_written_by_hand_is_told_line_by_line_and_the_rest_is_kept() {
    let error = Graph::parse(BY_HAND).expect_err("it has problems");
    let lines: Vec<usize> = error.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [5, 10, 13, 18, 19, 21], "{error}");
    let told = error.to_string();
    for part in [
        "line 5: input has no setting “wdth”: it has height, width, channels",
        "line 10: filters of conv2d takes a whole number from 1 to 65,536, not “-3”",
        "line 13: there is no kind of layer “conv3d”: use one of input, conv2d, ",
        "line 18: units of dense takes a whole number from 1 to 1,000,000, not “ten”",
        "line 19: activation of dense takes one of linear, relu",
        "line 21: this layer has no kind",
    ] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    assert_eq!(error.line, 5);
    let kept = error.kept.expect("most of it");
    assert_eq!(kept.names(), ["input", "conv2d_1", "dense_1"]);
    assert_eq!(kept.nodes()[0].layer.int("height"), 16);
    assert_eq!(kept.nodes()[1].layer.pair("kernel"), [5, 5]);
    assert_eq!(kept.nodes()[1].layer.int("filters"), 32);
}

#[test]
fn through_serde_the_first_problem_has_its_place() {
    let line = |text: &str| {
        let error = toml::from_str::<Graph>(text).expect_err("it has problems");
        let start = error.span().expect("a place").start;
        (
            1 + text[..start].matches('\n').count(),
            error.message().to_owned(),
        )
    };
    let (place, message) = line(BY_HAND);
    assert_eq!((place, message.contains("wdth")), (5, true), "{message}");
    let (place, message) = line("[[layers]]\nkind = \"input\"\n\n[[layers]]\nkind = \"conv\"\n");
    assert_eq!((place, message.contains("“conv”")), (5, true), "{message}");
}

#[test]
fn a_value_out_of_range_is_read_and_told_by_check() {
    let text = "[[layers]]\nkind = \"input\"\n[[layers]]\nkind = \"flatten\"\n[[layers]]\nkind = \"dense\"\nunits = 0\n";
    let graph = Graph::parse(text).expect("the type is right");
    let report = ten(&graph);
    assert_eq!(
        errors(&report)[0].message,
        "units of dense_1 is 0, but takes a whole number from 1 to 1,000,000: set it to 1"
    );
    assert!(
        mend(&graph, &context(10, Loss::CrossEntropy))
            .1
            .network
            .is_some()
    );
}

#[test]
fn files_that_hold_no_network_are_refused_in_words() {
    let fails = |text: &str| {
        let error = Graph::parse(text).expect_err(text);
        (
            error.line,
            error.message,
            error.kept.map(|graph| graph.names()),
        )
    };
    assert_eq!(fails("").0, 1);
    assert!(fails("name = 'x'\n").1.contains("[[layers]]"));
    let (line, message, kept) = fails("[[layers]]\nkind = \"input\"\nheight = = 3\n");
    assert_eq!((line, kept), (3, None), "{message}");
    assert_eq!(fails("layers = 3\n").0, 1);
    let (line, message, kept) = fails("\n[[layers]]\nkind = \"flatten\"\n");
    assert_eq!(
        (line, kept),
        (2, Some(vec!["input".to_owned(), "flatten_1".to_owned()])),
        "{message}"
    );
    let twice = "[[layers]]\nkind = \"input\"\n[[layers]]\nkind = \"input\"\n";
    assert!(fails(twice).1.contains("two layers of kind \"input\""));
    for text in [
        "[[layers]]\nkind = 3\n",
        "[[layers]]\nkind = \"input\"\nheight = 1979-05-27\n",
        "layers = [1]",
        "network = 1",
        "\u{0}",
    ] {
        fails(text);
    }
}

#[test]
fn whole_numbers_are_grouped_for_people() {
    assert_eq!(
        [0, 999, 1000, 93_322, 1_625_281].map(grouped),
        ["0", "999", "1,000", "93,322", "1,625,281"]
    );
}

#[test]
fn a_long_file_of_problems_is_told_quickly() {
    let text = format!(
        "[[layers]]\nkind = \"input\"\n{}",
        "[[layers]]\nkind = \"conv\"\n".repeat(50_000)
    );
    let started = std::time::Instant::now();
    let error = Graph::parse(&text).expect_err("none of them is known");
    assert_eq!(error.problems.len(), 50_000);
    assert_eq!(
        error.problems.last().map(|problem| problem.line),
        Some(100_002)
    );
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// The lines of all problems, and their words.
fn told(text: &str) -> Vec<(usize, String)> {
    let error = Graph::parse(text).expect_err("it has problems");
    let problems = error.problems.into_iter();
    problems
        .map(|problem| (problem.line, problem.message))
        .collect()
}

#[test]
fn what_a_network_does_not_have_is_told_and_never_left_out_in_silence() {
    let file = r#"
author = "me"

[[layers]]
kind = "input"
inputs = ["conv2d_1"]
disabled = true

[[layer]]
kind = "dropout"

[[layers]]
kind = "add"
name = "sum"
inputs = ["input", "input"]

[[layers]]
kind = "flatten"
inputs = ["sum", "sum"]
block = "b"

[[blocks]]
name = "b"
settings = [{ name = "Filters", targets = ["sum.filters"], unit = "maps" }]

[[blocks]]
name = "empty"
"#;
    let problems = told(file);
    let lines: Vec<usize> = problems.iter().map(|problem| problem.0).collect();
    assert_eq!(lines, [2, 6, 7, 9, 17, 24, 26], "{problems:?}");
    for (words, (_, message)) in [
        "a network has no “author”",
        "the input takes no inputs",
        "the input cannot be disabled",
        "a network has no “layer”: it has [[layers]] and [[blocks]]",
        "inputs name “sum” twice",
        "settings takes a list of { name, targets }",
        "the block “empty” has no layers",
    ]
    .iter()
    .zip(&problems)
    {
        assert!(message.contains(words), "{words} in {message}");
    }
    // In a project file the other keys are the project's, and those of the network are told.
    let project = "name = \"x\"\n[network]\nnote = 1\n[[network.layers]]\nkind = \"input\"\n";
    assert_eq!(told(project)[0].0, 3);
    assert!(toml::from_str::<Graph>("note = 1\n[[layers]]\nkind = \"input\"\n").is_err());
    let target = file
        .replace(", unit = \"maps\"", "")
        .replace("sum.filters", "sum.x");
    assert!(
        told(&target)
            .iter()
            .any(|it| it.1.contains("is no setting of a layer"))
    );
}

#[test]
fn a_target_outside_of_its_block_is_told() {
    let file = r#"
[[layers]]
kind = "input"
[[layers]]
kind = "conv2d"
name = "c"
[[layers]]
kind = "flatten"
block = "b"
[[blocks]]
name = "b"
settings = [{ name = "Filters", targets = ["c.filters"] }]
"#;
    let problems = told(file);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0]
            .1
            .contains("not in this block: give the layer block = \"b\"")
    );
}

#[test]
fn numbers_are_taken_as_people_write_them_and_absurd_ones_are_told() {
    let dense = |units: &str| {
        let head = "[[layers]]\nkind = \"input\"\n[[layers]]\nkind = \"dense\"\n";
        Graph::parse(&format!("{head}units = {units}\n"))
    };
    let units = |graph: Graph| graph.nodes()[1].layer.int("units");
    assert_eq!(dense("10.0").map(units), Ok(10));
    assert_eq!(dense("0x10").map(units), Ok(16));
    for (wrong, words) in [
        (
            "10.5",
            "takes a whole number from 1 to 1,000,000, not “10.5”",
        ),
        ("-3", "not “-3”"),
        ("-3.0", "not “-3”"),
        ("1e300", "takes a whole number"),
        ("nan", "not “NaN”"),
        ("inf", "not “inf”"),
        ("[1, 2]", "not “1×2”"),
        ("[1, 2, 3]", "not [1, 2, 3]"),
    ] {
        let error = dense(wrong).expect_err(wrong);
        assert!(error.message.contains(words), "{wrong}: {}", error.message);
        assert_eq!(error.line, 5, "{wrong}");
    }
    // Beyond what the format can hold.
    let most = u64::MAX.to_string();
    assert_eq!(dense(&most).expect_err("too large").line, 5);
    assert_eq!(
        dense(&format!("{most}{most}")).expect_err("too large").line,
        5
    );
    assert_eq!(dense(&"[".repeat(100_000)).expect_err("too deep").line, 5);
    let long = dense(&i64::MAX.to_string()).expect("a whole number");
    assert!(
        errors(&ten(&long))[0]
            .message
            .contains("takes a whole number")
    );
    // A list of two whole numbers is not one of two real ones.
    let pair = "[[layers]]\nkind = \"input\"\n[[layers]]\nkind = \"conv2d\"\nkernel = [3.0, 3]\n";
    assert!(told(pair)[0].1.contains("takes two whole numbers"));
}
