//! Mixed images have the labels that they are made of.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapsto::dataset::{Augment, InputSize, Rectangle};

fn size(height: usize, width: usize, channels: usize) -> InputSize {
    InputSize {
        height,
        width,
        channels,
    }
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
