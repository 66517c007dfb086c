//! The settings of augmentation are one table, and what it says holds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapsto::dataset::{Amount, Augment, AugmentGroup, InputSize, Policy, Span};

/// What stands in a file for a setting.
fn in_file(augment: &Augment, name: &str) -> serde_json::Value {
    serde_json::to_value(augment).unwrap()[name].clone()
}

#[test]
fn every_setting_is_in_the_file_under_its_name_and_off_at_first() {
    let all = AugmentGroup::ALL.iter().flat_map(|group| group.settings());
    assert_eq!(all.count(), Augment::settings().len(), "each has a heading");
    for setting in Augment::settings() {
        let mut augment = Augment::default();
        assert_eq!(setting.get(&augment), setting.default, "{}", setting.name);
        assert!(setting.span.contains(setting.default) && setting.span.contains(setting.usual));
        assert!(!setting.title.is_empty() && !setting.help.is_empty());
        assert!(!setting.help.ends_with('.'));
        if setting.name.starts_with("policy_") {
            assert!(!setting.applies(&augment));
            augment.policy = Policy::RandAugment {
                count: 1,
                magnitude: 1,
            };
            assert!(setting.applies(&augment));
        } else {
            assert!(
                !in_file(&augment, setting.name).is_null(),
                "{}",
                setting.name
            );
        }
        setting.set(&mut augment, setting.usual).unwrap();
        assert_eq!(setting.get(&augment), setting.usual, "{}", setting.name);
        assert!(!augment.is_off() && augment.faults().is_empty());
        assert!(!augment.plan(1, 1, 1).is_off() || setting.name != "rotate");
        let text = serde_json::to_string(&augment).unwrap();
        assert_eq!(serde_json::from_str::<Augment>(&text).unwrap(), augment);
    }
    let fields = serde_json::to_value(Augment::default()).unwrap();
    for name in fields.as_object().unwrap().keys() {
        assert!(Augment::setting(name).is_some(), "{name} is in no table");
    }
}

/// A file's number goes past the table.
fn with(name: &str, number: f32) -> Augment {
    let mut augment = Augment::default();
    let field = match name {
        "rotate" => &mut augment.rotate,
        "shift" => &mut augment.shift,
        "zoom" => &mut augment.zoom,
        "shear" => &mut augment.shear,
        "crop" => &mut augment.crop,
        "brightness" => &mut augment.brightness,
        "contrast" => &mut augment.contrast,
        "saturation" => &mut augment.saturation,
        "hue" => &mut augment.hue,
        "blur" => &mut augment.blur,
        "noise" => &mut augment.noise,
        "erase" => &mut augment.erase,
        "mixup" => &mut augment.mixup,
        "cutmix" => &mut augment.cutmix,
        other => panic!("{other} is new: add it here"),
    };
    *field = number;
    augment
}

#[test]
fn impossible_strengths_are_refused_in_words() {
    let rotate = Augment::setting("rotate").unwrap();
    let shift = Augment::setting("shift").unwrap();
    let mut augment = Augment::default();
    assert_eq!(
        rotate.set(&mut augment, Amount::Real(400.0)),
        Err("Rotate: 400°; it takes 0 to 180°".into())
    );
    assert_eq!(
        shift.set(&mut augment, Amount::Real(-0.1)),
        Err("Shift: -10 %; it takes 0 to 100 %".into())
    );
    assert!(rotate.set(&mut augment, Amount::Flag(true)).is_err());
    assert!(augment.is_off(), "what is refused changes nothing");

    for setting in Augment::settings() {
        if !matches!(setting.span, Span::Real { .. }) {
            continue;
        }
        for value in ["NaN", "inf", "-inf", "-0.5", "1e30"] {
            let wrong = with(setting.name, value.parse().unwrap());
            let faults = wrong.faults();
            assert_eq!(faults.len(), 1, "{} {value}: {faults:?}", setting.name);
            assert!(faults[0].starts_with(setting.title));
            // Whoever does not ask gets no harm.
            for position in 0..5 {
                let mut planes = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2];
                let size = mapsto::dataset::InputSize {
                    height: 2,
                    width: 2,
                    channels: 3,
                };
                wrong.plan(1, 1, position).apply(&mut planes, size);
                assert!(
                    wrong
                        .mix(1, 1, position, 4)
                        .is_none_or(|mix| mix.partner.len() == 4)
                );
            }
            assert!((1.0..=1.5).contains(&wrong.margin()));
        }
    }
    augment.policy = Policy::RandAugment {
        count: 99,
        magnitude: 31,
    };
    assert_eq!(
        augment.faults(),
        [
            "Operations: 99; it takes 1 to 10",
            "Magnitude: 31; it takes 0 to 30"
        ]
    );
}

#[test]
fn what_is_on_can_be_said_in_short_words() {
    assert_eq!(Augment::default().describe(), "none");
    let augment = Augment {
        flip_horizontal: true,
        rotate: 15.0,
        shift: 0.1,
        crop: 0.5,
        hue: 18.0,
        blur: 1.5,
        mixup: 0.2,
        policy: Policy::RandAugment {
            count: 2,
            magnitude: 9,
        },
        ..Augment::default()
    };
    assert_eq!(
        augment.describe(),
        "flipped, rotated ±15°, shifted ±10 %, cropped to 50 % at least, hue ±18°, blurred up to 1.5 px, mixup 0.2, RandAugment 2 × 9"
    );
    let both = Augment {
        flip_horizontal: true,
        flip_vertical: true,
        policy: Policy::TrivialAugment,
        ..Augment::default()
    };
    assert_eq!(both.describe(), "flipped both ways, TrivialAugment");
}

#[test]
fn a_device_makes_whatever_is_drawn_of_what_is_said_to_be_left_to_it() {
    let moves = Augment {
        flip_horizontal: true,
        flip_vertical: true,
        rotate: 180.0,
        shift: 1.0,
        shear: 27.0,
        mixup: 0.3,
        cutmix: 1.0,
        ..Augment::default()
    };
    assert!(moves.is_gathered() && Augment::default().is_gathered());
    let picture = InputSize {
        height: 9,
        width: 13,
        channels: 3,
    };
    let square = InputSize {
        width: 9,
        ..picture
    };
    for input in [picture, square] {
        assert_eq!(moves.stored(input), input);
        for image in 0..3000 {
            let drawn = moves.plan(7, 1, image);
            assert!(drawn.gathered(input, input).is_some(), "{drawn:?}");
        }
    }
    // One by one: what changes values, or shrinks.
    for setting in Augment::settings() {
        let mut one = Augment::default();
        setting.set(&mut one, setting.usual).unwrap();
        let left = (0..200).all(|image| {
            let drawn = one.plan(7, 1, image);
            drawn.gathered(one.stored(picture), picture).is_some()
        });
        assert_eq!(one.is_gathered(), left, "{}", setting.name);
    }
    let steep = Augment {
        shear: 40.0,
        ..moves
    };
    assert!(!steep.is_gathered());
}
