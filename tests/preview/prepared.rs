//! The pinned image is prepared as the recipe says.

use mapsto::dataset::{Normalise, Preprocess};
use mapsto::network::check;
use mapsto::project::Recipe;
use mapsto::training::{Preview, Stepper, feature_maps, open, prepare};

use super::{SEED, assert_same, context, digit, graph, maps, preview, session, wait};

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
        (maps.probabilities != before.probabilities).then_some(maps)
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
