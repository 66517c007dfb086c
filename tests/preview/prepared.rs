//! The pinned image is prepared as the recipe says.

use std::sync::Arc;

use mapsto::dataset::{Dataset, Normalise, Preprocess, Splits};
use mapsto::network::check;
use mapsto::project::Recipe;
use mapsto::training::{
    FeatureMaps, Preview, Stepper, TrainingImages, feature_maps, open, prepare,
};

use super::{SEED, assert_same, context, digit, graph, maps, preview, session, wait};

/// Whole, and of another preview.
fn is_another(maps: &FeatureMaps, before: &FeatureMaps) -> bool {
    !maps.probabilities.is_empty() && maps.probabilities != before.probabilities
}

#[test]
fn a_preview_prepares_the_image_as_the_recipe_does() {
    let session = session();
    let graph = graph();
    let plain = preview(&graph);
    session.preview(Some(plain.clone()));
    let before = maps(&session, &plain);
    let preprocess = Preprocess {
        normalise: Normalise::Given {
            mean: [0.25; 3],
            deviation: [0.5; 3],
        },
        ..Preprocess::default()
    };
    let wanted = Preview {
        preprocess: preprocess.clone(),
        ..plain
    };
    session.preview(Some(wanted.clone()));
    let found = wait("another preview", || {
        let maps = session.preview_maps()?;
        is_another(&maps, &before).then_some(maps)
    });
    let network = check(&graph, &context()).network.unwrap();
    let recipe = Recipe {
        seed: SEED,
        ..Recipe::default()
    };
    let stepper = Stepper::new(&network, &recipe, &open("cpu").unwrap());
    let classes: Vec<String> = (0..10).map(|class| class.to_string()).collect();
    let pixels = prepare(&digit(), &network, &preprocess);
    assert!((pixels[0] + 0.5).abs() < 1e-6, "{}", pixels[0]);
    assert_same(
        &found,
        &feature_maps(&stepper.inference(&classes), pixels, 0),
    );
}

#[test]
fn a_preview_normalises_as_a_training_on_the_open_images_would() {
    let session = session();
    let graph = graph();
    let asking = Preview {
        preprocess: Preprocess {
            normalise: Normalise::Statistics,
            ..Preprocess::default()
        },
        ..preview(&graph)
    };
    // Nothing is open yet: from 0 to 1.
    session.preview(Some(asking.clone()));
    let before = maps(&session, &asking);
    let data = Arc::new(Dataset::digits());
    let splits = Splits {
        train: (0..2000).collect(),
        ..Splits::default()
    };
    let wanted = Preview {
        images: Some(TrainingImages {
            data: data.clone(),
            splits: Arc::new(splits.clone()),
        }),
        ..asking.clone()
    };
    session.preview(Some(wanted));
    let found = wait("a normalised preview", || {
        let maps = session.preview_maps()?;
        is_another(&maps, &before).then_some(maps)
    });
    let normalise = Normalise::Statistics.resolved(&data, &splits.train, 1);
    assert!(matches!(normalise, Normalise::Given { .. }));
    let given = Preview {
        preprocess: Preprocess {
            normalise,
            ..Preprocess::default()
        },
        ..asking
    };
    let other = super::session();
    other.preview(Some(given.clone()));
    assert_same(&found, &maps(&other, &given));
}
