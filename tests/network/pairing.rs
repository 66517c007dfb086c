//! Every pairing of loss and output is as in the design; what is refused names a remedy that works.

use mapsto::network::{
    Activation, Context, Editor, Graph, Head, Kind, Layer, Loss, check, fit_classes, template,
};

use crate::{context, conv, dense, errors, id_of, input, mend, outputs};

/// Every output of 1, 2, 3 or 10 units with every activation, under every loss, for every number of classes,
/// against the design's table written down once more.
#[test]
fn the_pairing_table_is_the_designs_and_every_remedy_mends() {
    for classes in [None, Some(2), Some(3), Some(10)] {
        for loss in Loss::ALL {
            for units in [1, 2, 3, 10] {
                for activation in Activation::ALL {
                    let case = format!("{loss} {classes:?} {units} {activation}");
                    let graph = Graph::chain(
                        input(8, 8, 1),
                        [Layer::new(Kind::Flatten), dense(units, activation)],
                    );
                    let context = Context {
                        classes,
                        loss,
                        batch: 8,
                    };
                    let report = check(&graph, &context);
                    assert_eq!(
                        report.network.is_some(),
                        allowed(loss, classes, units, activation),
                        "{case}"
                    );
                    let refused = errors(&report);
                    assert_eq!(refused.is_empty(), report.network.is_some(), "{case}");
                    for problem in refused {
                        assert_eq!(problem.layer, Some(id_of(&graph, 2)), "{case}");
                        let remedy = problem.remedy.as_ref().expect("a remedy");
                        let told = remedy.label[1..].to_owned();
                        assert!(
                            problem.message.contains(&told),
                            "{case}: {}",
                            problem.message
                        );
                        let mut editor = Editor::new(graph.clone());
                        editor
                            .apply_all(&remedy.label, &remedy.edits)
                            .expect("it can be done");
                        assert_eq!(check(editor.graph(), &context).problems, [], "{case}");
                        assert_eq!(
                            editor.graph().nodes().len(),
                            3,
                            "{case}: nothing needs adding"
                        );
                    }
                }
            }
        }
    }
}

fn allowed(loss: Loss, classes: Option<usize>, units: usize, activation: Activation) -> bool {
    let two = classes.is_none_or(|classes| classes == 2);
    let a_class = classes.map_or(units > 1, |classes| classes == units);
    let sigmoid = activation == Activation::Sigmoid;
    match loss {
        Loss::CrossEntropy => {
            a_class && matches!(activation, Activation::Softmax | Activation::Linear)
        }
        Loss::BinaryCrossEntropy => {
            (units == 1 && two && (sigmoid || activation == Activation::Linear))
                || (a_class && sigmoid)
        }
        Loss::MeanSquaredError => a_class || (units == 1 && two && sigmoid),
    }
}

#[test]
fn refusals_read_well_and_name_other_losses_that_would_do() {
    let graph = Graph::chain(
        input(8, 8, 1),
        [Layer::new(Kind::Flatten), dense(1, Activation::Sigmoid)],
    );
    let report = check(&graph, &context(2, Loss::CrossEntropy));
    assert_eq!(
        errors(&report)[0].message,
        "cross-entropy needs one unit a class (2) with softmax or linear, but dense_1 gives 1 unit with sigmoid: set \
         dense_1 to 2 units with softmax, or choose binary cross-entropy as the loss, or choose mean squared \
         error as the loss"
    );
}

#[test]
fn what_folds_into_the_loss() {
    let head = |loss, units, classes, activation| {
        let graph = Graph::chain(
            input(8, 8, 1),
            [Layer::new(Kind::Flatten), dense(units, activation)],
        );
        check(&graph, &context(classes, loss))
            .network
            .map(|network| network.head())
    };
    assert_eq!(
        head(Loss::CrossEntropy, 3, 3, Activation::Linear),
        Some(Head::Softmax)
    );
    assert_eq!(
        head(Loss::CrossEntropy, 3, 3, Activation::Softmax),
        Some(Head::Softmax)
    );
    assert_eq!(
        head(Loss::BinaryCrossEntropy, 1, 2, Activation::Linear),
        Some(Head::Sigmoid)
    );
    assert_eq!(
        head(Loss::BinaryCrossEntropy, 3, 3, Activation::Sigmoid),
        Some(Head::Sigmoid)
    );
    assert_eq!(
        head(Loss::MeanSquaredError, 3, 3, Activation::Softmax),
        Some(Head::Softmax)
    );
    assert_eq!(
        head(Loss::MeanSquaredError, 1, 2, Activation::Sigmoid),
        Some(Head::Sigmoid)
    );
    assert_eq!(
        head(Loss::MeanSquaredError, 3, 3, Activation::Linear),
        Some(Head::Linear)
    );
    assert_eq!(
        head(Loss::MeanSquaredError, 3, 3, Activation::Tanh),
        Some(Head::Other)
    );
}

#[test]
fn an_activation_layer_at_the_end_is_the_output() {
    let softmax = Layer::new(Kind::Activation).with("function", "softmax");
    let graph = Graph::chain(
        input(8, 8, 1),
        [
            Layer::new(Kind::Flatten),
            dense(5, Activation::Linear),
            Layer::new(Kind::Dropout),
            softmax,
        ],
    );
    let report = check(&graph, &context(10, Loss::CrossEntropy));
    assert_eq!(errors(&report).len(), 1);
    let (mended, report) = mend(&graph, &context(10, Loss::CrossEntropy));
    assert_eq!(
        mended.nodes()[2].layer.int("units"),
        10,
        "the dense layer behind it is set"
    );
    assert_eq!(
        report.network.map(|network| network.head()),
        Some(Head::Softmax)
    );
}

#[test]
fn a_network_that_ends_in_a_pool_of_maps_is_fitted_by_its_filters() {
    let graph = Graph::chain(
        input(8, 8, 1),
        [
            conv(5),
            Layer::new(Kind::BatchNorm),
            Layer::new(Kind::GlobalAveragePool),
        ],
    );
    let fit = fit_classes(&graph, Loss::CrossEntropy, 7).expect("a fit");
    assert_eq!(fit.label, "Set conv2d_1 to 7 filters");
    let (mended, report) = mend(&graph, &context(7, Loss::BinaryCrossEntropy));
    assert_eq!(outputs(&report), ["8×8×1", "6×6×7", "6×6×7", "7", "7"]);
    assert_eq!(
        mended.nodes()[4].layer.activation(),
        Activation::Sigmoid,
        "a function is added at the end"
    );
    assert!(report.network.is_some());
    assert_eq!(fit_classes(&mended, Loss::BinaryCrossEntropy, 7), None);
}

#[test]
fn one_class_is_no_choice() {
    let report = check(
        &template("digits-cnn").expect("a template").graph(None),
        &context(1, Loss::CrossEntropy),
    );
    assert!(report.network.is_none());
    assert!(errors(&report)[0].message.contains("two or more"));
}
