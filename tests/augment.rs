//! Training images are changed as the recipe says: the same for one seed on every machine and thread, never out of
//! range, and never in a way that does harm.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapsto::dataset::{Augment, Drawn, InputSize, Move, Policy, Rectangle, Step};

fn size(height: usize, width: usize, channels: usize) -> InputSize {
    InputSize {
        height,
        width,
        channels,
    }
}

/// Something to see everywhere.
fn photo(size: InputSize) -> Vec<u8> {
    let byte = |place: usize| {
        let (plane, rest) = (
            place / (size.height * size.width),
            place % (size.height * size.width),
        );
        let (y, x) = (rest / size.width, rest % size.width);
        ((x * 7 + y * 5 + plane * 40 + (x * y) % 23) % 256) as u8
    };
    (0..size.elements()).map(byte).collect()
}

/// All at once.
fn everything() -> Augment {
    Augment {
        flip_horizontal: true,
        flip_vertical: true,
        rotate: 20.0,
        shift: 0.1,
        zoom: 0.2,
        shear: 8.0,
        crop: 0.5,
        brightness: 0.3,
        contrast: 0.3,
        saturation: 0.3,
        hue: 30.0,
        blur: 1.5,
        noise: 0.05,
        erase: 0.2,
        mixup: 0.2,
        cutmix: 1.0,
        policy: Policy::RandAugment {
            count: 2,
            magnitude: 9,
        },
    }
}

/// FNV-1a, to say which bytes came out without listing them.
fn sum(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn changed(drawn: &Drawn, size: InputSize) -> Vec<u8> {
    let mut image = photo(size);
    drawn.apply(&mut image, size);
    image
}

#[test]
fn seed_epoch_and_position_decide_what_happens() {
    let augment = everything();
    let plan = augment.plan(1, 2, 3);
    assert_eq!(augment.plan(1, 2, 3), plan);
    assert_ne!(augment.plan(2, 2, 3), plan);
    assert_ne!(augment.plan(1, 3, 3), plan);
    assert_ne!(augment.plan(1, 2, 4), plan);
    assert_eq!(augment.mix(1, 2, 3, 8), augment.mix(1, 2, 3, 8));
    assert_ne!(augment.mix(1, 2, 3, 8), augment.mix(1, 2, 4, 8));
}

#[test]
fn the_bytes_are_the_same_on_every_machine_and_thread() {
    let size = size(23, 31, 3);
    let made = move |seed: u64| {
        let augment = everything();
        let images = (0..50).map(|position| changed(&augment.plan(seed, 1, position), size));
        sum(images.flatten())
    };
    let here = made(5);
    let threads: Vec<_> = (0..3)
        .map(|_| std::thread::spawn(move || made(5)))
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), here);
    }
    // Runs of one recipe must agree between machines and versions: a change of this figure changes results.
    assert_eq!(here, 0x1e6a_1ed3_4b31_0051, "{here:#x}");
}

#[test]
fn changing_one_strength_leaves_the_other_draws() {
    let base = Augment {
        rotate: 20.0,
        brightness: 0.3,
        ..Augment::default()
    };
    let more = Augment {
        flip_horizontal: true,
        zoom: 0.3,
        crop: 0.5,
        noise: 0.1,
        policy: Policy::TrivialAugment,
        ..base.clone()
    };
    for position in 0..20 {
        let less = base.plan(1, 1, position);
        let more = more.plan(1, 1, position);
        assert!(less.moves.iter().all(|change| more.moves.contains(change)));
        assert!(less.steps.iter().all(|change| more.steps.contains(change)));
    }
}

#[test]
fn nothing_is_changed_unless_asked_for() {
    let none = Augment::default();
    assert!(none.is_off() && none.plan(1, 1, 1).is_off());
    assert_eq!(none.mix(1, 1, 1, 8), None);
    assert_eq!(none.margin(), 1.0);
    let size = size(9, 7, 3);
    assert_eq!(changed(&none.plan(1, 1, 1), size), photo(size));
}

#[test]
fn strengths_are_drawn_over_their_whole_range_and_not_beyond() {
    let augment = Augment {
        flip_horizontal: true,
        rotate: 30.0,
        zoom: 0.25,
        crop: 0.4,
        ..Augment::default()
    };
    let (mut flips, mut angles, mut zooms, mut areas) = (0, vec![], vec![], vec![]);
    for position in 0..4000 {
        for change in augment.plan(3, 0, position).moves {
            match change {
                Move::FlipHorizontal => flips += 1,
                Move::Rotate(angle) => angles.push(angle),
                Move::Zoom(factor) => zooms.push(factor),
                Move::Crop {
                    left,
                    top,
                    width,
                    height,
                } => {
                    assert!(
                        left >= 0.0 && top >= 0.0 && left + width <= 1.0 && top + height <= 1.0
                    );
                    let ratio = width / height;
                    assert!(ratio > 0.7499 && ratio < 1.3334);
                    areas.push(width * height);
                }
                other => panic!("{other:?} was not asked for"),
            }
        }
    }
    assert!((1900..2100).contains(&flips), "{flips}");
    let check = |values: &[f64], low: f64, high: f64| {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let close = (high - low) * 0.01;
        assert!(least >= low && most <= high, "{least} {most}");
        assert!(
            least < low + close && most > high - 3.0 * close,
            "{least} {most}"
        );
    };
    check(&angles, -30.0, 30.0);
    check(&zooms, 0.75, 1.25);
    check(&areas, 0.4, 1.0);
    let mean = angles.iter().sum::<f64>() / angles.len() as f64;
    assert!(mean.abs() < 1.0, "{mean}");
}

#[test]
fn policies_draw_all_their_operations() {
    let named = |policy: Policy| {
        let augment = Augment {
            policy,
            ..Augment::default()
        };
        let mut names = std::collections::BTreeSet::new();
        for position in 0..2000 {
            let drawn = augment.plan(1, 0, position);
            let of = |text: String| text.split(['(', ' ']).next().unwrap().to_owned();
            names.extend(drawn.moves.iter().map(|change| of(format!("{change:?}"))));
            names.extend(drawn.steps.iter().map(|change| of(format!("{change:?}"))));
        }
        names.into_iter().collect::<Vec<_>>().join(" ")
    };
    let steps = "AutoContrast Brightness Contrast Equalize Posterize Rotate Saturation Sharpness";
    assert_eq!(
        named(Policy::RandAugment {
            count: 2,
            magnitude: 9
        }),
        format!("{steps} Shift Slant Solarize")
    );
    assert_eq!(
        named(Policy::TrivialAugment),
        format!("{steps} Slant Solarize Translate")
    );
}

#[test]
fn grey_images_and_single_pixels_take_every_change() {
    let augment = everything();
    for size in [
        size(1, 1, 1),
        size(1, 1, 3),
        size(1, 40, 3),
        size(2, 2, 1),
        size(3, 3, 2),
    ] {
        for position in 0..100 {
            let mut image = photo(size);
            augment.plan(1, 0, position).apply(&mut image, size);
            let mut target = image.clone();
            let stored = self::size(size.height * 2, size.width * 2, size.channels);
            augment
                .plan(1, 0, position)
                .apply_from(&photo(stored), stored, &mut target, size);
        }
    }
    let colours = Drawn {
        moves: vec![],
        steps: vec![Step::Saturation(0.0), Step::Hue(90.0)],
    };
    let grey = size(5, 5, 1);
    assert_eq!(changed(&colours, grey), photo(grey), "no colour, no change");
}

#[test]
fn impossible_sizes_and_numbers_change_nothing() {
    let image = size(4, 6, 3);
    let bad = [
        Move::Zoom(0.0),
        Move::Zoom(f64::NAN),
        Move::Rotate(f64::INFINITY),
        Move::Shift { x: 1e300, y: 0.0 },
        Move::Shear(90.0),
        Move::Crop {
            left: 0.0,
            top: 0.0,
            width: f64::NAN,
            height: 1.0,
        },
    ];
    for change in bad {
        let drawn = Drawn {
            moves: vec![change],
            steps: vec![],
        };
        assert_eq!(changed(&drawn, image), photo(image), "{change:?}");
    }
    let steps = [f32::NAN, f32::INFINITY, -1.0, 1e30_f32]
        .into_iter()
        .flat_map(|by| {
            [
                Step::Brightness(by.into()),
                Step::Contrast(by.into()),
                Step::Hue(by.into()),
                Step::Sharpness(by.into()),
                Step::Saturation(by.into()),
                Step::Blur(by),
                Step::Noise(by, 1),
                Step::Solarize(by),
            ]
        })
        .chain([
            Step::Posterize(255),
            Step::Erase {
                left: -5.0,
                top: 0.5,
                width: 1e9,
                height: f64::NAN,
            },
        ]);
    for step in steps {
        let drawn = Drawn {
            moves: vec![],
            steps: vec![step],
        };
        assert_eq!(changed(&drawn, image).len(), image.elements());
    }
    let drawn = everything().plan(1, 1, 1);
    drawn.apply(&mut [1, 2, 3], size(2, 2, 3));
    drawn.apply(&mut [], size(0, 0, 3));
    drawn.apply_from(&[1], size(1, 1, 1), &mut [0; 12], size(2, 2, 3));
    drawn.apply(&mut [1, 2, 3], size(usize::MAX, 2, 3));
}

#[test]
fn what_lies_outside_is_a_mirror_image() {
    let right = Drawn {
        moves: vec![Move::Translate { x: 2.0, y: 0.0 }],
        steps: vec![],
    };
    let mut row = [10, 20, 30, 40];
    right.apply(&mut row, size(1, 4, 1));
    assert_eq!(row, [20, 10, 10, 20]);
}

#[test]
fn a_stored_picture_becomes_the_input_in_one_go() {
    let zoomed = Augment {
        zoom: 0.2,
        ..Augment::default()
    };
    assert!((zoomed.margin() - 1.1).abs() < 1e-6);
    let cropped = Augment {
        crop: 0.5,
        ..Augment::default()
    };
    assert!((cropped.margin() - 1.1547).abs() < 1e-4);
    let both = Augment {
        crop: 0.08,
        zoom: 0.9,
        ..Augment::default()
    };
    assert_eq!(both.margin(), 1.5);
    assert_eq!(both.stored(size(224, 31, 3)), size(336, 47, 3));
    assert_eq!(
        Augment::default().stored(size(224, 31, 3)),
        size(224, 31, 3)
    );

    // A flat picture stays flat, whatever is done to it.
    let (from, to) = (size(30, 45, 3), size(20, 30, 3));
    let flat = vec![77; from.elements()];
    let turned = Augment {
        rotate: 180.0,
        shift: 0.3,
        crop: 0.2,
        ..both
    };
    for position in 0..50 {
        let mut made = vec![0; to.elements()];
        turned
            .plan(1, 1, position)
            .apply_from(&flat, from, &mut made, to);
        assert!(made.iter().all(|&byte| byte == 77));
    }
}

#[test]
fn noise_has_the_deviation_that_it_says() {
    let image = size(100, 100, 3);
    let mut bytes = vec![128; image.elements()];
    let noisy = Drawn {
        moves: vec![],
        steps: vec![Step::Noise(0.1, 9)],
    };
    noisy.apply(&mut bytes, image);
    let apart: Vec<f64> = bytes.iter().map(|&byte| f64::from(byte) - 128.0).collect();
    let mean = apart.iter().sum::<f64>() / apart.len() as f64;
    let square = apart.iter().map(|apart| apart * apart).sum::<f64>() / apart.len() as f64;
    assert!(mean.abs() < 0.5, "{mean}");
    assert!((square.sqrt() - 25.5).abs() < 0.5, "{}", square.sqrt());
    // Neighbours and channels know nothing of each other.
    let pairs = apart.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
    assert!((pairs / apart.len() as f64).abs() < 15.0);
}

#[test]
fn a_batch_is_mixed_with_its_own_images_and_by_the_share_it_says() {
    let image = size(4, 4, 1);
    let pixels: Vec<f32> = (0..3).flat_map(|place| vec![place as f32; 16]).collect();
    let blended = Augment {
        mixup: 0.4,
        ..Augment::default()
    };
    let cut = Augment {
        cutmix: 1.0,
        ..Augment::default()
    };
    for batch in 0..50 {
        for augment in [&blended, &cut] {
            let mix = augment.mix(1, 0, batch, 3).unwrap();
            let own = mix.share(image);
            assert!((0.0..=1.0).contains(&own));
            let mixed = mix.mixed(&pixels, image);
            for (place, values) in mixed.chunks_exact(16).enumerate() {
                assert_ne!(mix.partner[place], place);
                let other = mix.partner[place] as f32;
                let wanted = own * place as f32 + (1.0 - own) * other;
                let mean = values.iter().sum::<f32>() / 16.0;
                assert!((mean - wanted).abs() < 1e-5, "the label is as the picture");
            }
            assert_eq!(
                mix.rectangle(image).is_some(),
                std::ptr::eq(augment, &raw const cut)
            );
        }
    }
    assert_eq!(blended.mix(1, 0, 0, 1), None, "nobody to be mixed with");
    assert_eq!(cut.mix(1, 0, 0, 0), None);
    let whole = cut.mix(1, 0, 0, 2).unwrap().rectangle(size(1, 1, 1));
    assert!(whole.is_some_and(|Rectangle { width, height, .. }| width <= 1 && height <= 1));
}

#[test]
fn both_mixtures_take_turns_and_follow_their_distribution() {
    let both = Augment {
        mixup: 1.0,
        cutmix: 1.0,
        ..Augment::default()
    };
    let cuts = (0..1000)
        .filter(|&batch| {
            both.mix(1, 0, batch, 4)
                .unwrap()
                .rectangle(size(8, 8, 1))
                .is_some()
        })
        .count();
    assert!((440..560).contains(&cuts), "{cuts}");
    // Beta(α, α) has the variance 1 / (4 (2α + 1)).
    for alpha in [0.05f32, 0.2, 1.0, 2.0, 8.0] {
        let augment = Augment {
            mixup: alpha,
            ..Augment::default()
        };
        let shares: Vec<f64> = (0..4000)
            .map(|batch| f64::from(augment.mix(7, 0, batch, 2).unwrap().share(size(8, 8, 1))))
            .collect();
        let mean = shares.iter().sum::<f64>() / 4000.0;
        let variance = shares
            .iter()
            .map(|share| (share - mean).powi(2))
            .sum::<f64>()
            / 4000.0;
        let wanted = 1.0 / (4.0 * (2.0 * f64::from(alpha) + 1.0));
        assert!((mean - 0.5).abs() < 0.03, "{alpha}: {mean}");
        assert!(
            (variance / wanted - 1.0).abs() < 0.08,
            "{alpha}: {variance} for {wanted}"
        );
    }
}
