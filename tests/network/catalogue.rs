//! The table of layers is whole, and settings take what people write.

use mapsto::network::{Activation, Group, Initialiser, Kind, Layer, Value, catalogue};

use crate::{conv, dense};

#[test]
fn the_catalogue_stands_in_the_order_of_the_kinds_and_every_default_is_in_range() {
    for (position, entry) in catalogue().iter().enumerate() {
        assert_eq!(entry.kind as usize, position, "{}", entry.name);
        assert_eq!(Kind::from_name(entry.name), Some(entry.kind));
        assert_eq!(entry.kind.entry().name, entry.name);
        assert!(!entry.help.ends_with('.') && !entry.help.is_empty());
        for setting in entry.settings {
            assert!(
                setting.range.contains(&setting.default.value()),
                "{} of {}",
                setting.name,
                entry.name
            );
            assert!(!setting.title.is_empty() && !setting.help.is_empty());
        }
    }
    let grouped: usize = Group::ALL.iter().map(|group| group.entries().count()).sum();
    assert_eq!(grouped, catalogue().len());
}

#[test]
fn every_choice_of_the_catalogue_is_a_function_or_an_initialiser_that_exists() {
    for activation in Activation::ALL {
        assert_eq!(dense(1, activation).activation(), activation);
        assert_eq!(Activation::from_name(activation.name()), Some(activation));
    }
    for initialiser in Initialiser::ALL {
        assert_eq!(
            conv(1).with("initialiser", initialiser).initialiser(),
            initialiser
        );
    }
}

#[test]
fn settings_take_what_people_write_and_refuse_other_types_in_words() {
    let mut layer = Layer::new(Kind::Conv2d);
    layer
        .set("kernel", Value::Int(5))
        .expect("one number for both sides");
    assert_eq!(layer.pair("kernel"), [5, 5]);
    let mut dropout = Layer::new(Kind::Dropout);
    dropout
        .set("rate", Value::Int(0))
        .expect("a whole number for a rate");
    assert_eq!(dropout.real("rate"), 0.0);

    let unknown = layer
        .set("kernal", Value::Int(3))
        .expect_err("no such setting")
        .to_string();
    assert!(
        unknown.contains("kernal") && unknown.contains("kernel"),
        "{unknown}"
    );
    let wrong = layer
        .set("filters", Value::from("many"))
        .expect_err("a word")
        .to_string();
    assert!(
        wrong.contains("filters of conv2d takes a whole number from 1") && wrong.contains("many"),
        "{wrong}"
    );
    assert_eq!(layer.int("filters"), 32, "a refused value changes nothing");
    assert_eq!(
        (
            layer.int("nothing"),
            layer.pair("nothing"),
            layer.choice("nothing")
        ),
        (0, [1, 1], "")
    );
}

#[test]
fn cards_say_the_settings_in_short() {
    assert_eq!(conv(32).summary(), "3×3, 32, relu");
    let odd = conv(8)
        .with("kernel", [5, 3])
        .with("stride", [2, 2])
        .with("padding", "same");
    assert_eq!(odd.summary(), "5×3, 8, relu, stride 2, same");
    assert_eq!(Layer::new(Kind::MaxPool).summary(), "2×2");
    assert_eq!(
        Layer::new(Kind::MaxPool).with("stride", [1, 2]).summary(),
        "2×2, stride 1×2"
    );
    assert_eq!(dense(10, Activation::Softmax).summary(), "10, softmax");
    assert_eq!(Layer::new(Kind::Dropout).summary(), "0.2");
    assert_eq!(Layer::new(Kind::Input).summary(), "28×28×1");
    assert_eq!(Layer::new(Kind::Flatten).summary(), "");
}
