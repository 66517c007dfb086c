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
