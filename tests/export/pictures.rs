//! How the programs read pictures follows the recipe.

use mapsto::dataset::{Normalise, Resize};
use mapsto::export::Target;
use mapsto::network::template;
use mapsto::project::Recipe;

use super::{assert_lines, exported, network};

#[test]
fn programs_read_pictures_as_the_recipe_has_them() {
    let template = template("colour-cnn").unwrap();
    let mut recipe = Recipe::for_template(template);
    let network = network(&template.graph(None), recipe.loss);
    let program = |recipe: &Recipe| Target::ALL.map(|target| exported(target, &network, recipe));
    let usual = program(&recipe);
    for text in &usual {
        assert!(
            !text.contains("MEAN") && text.contains("stretched to the"),
            "{text}"
        );
    }
    recipe.preprocess.normalise = Normalise::Given {
        mean: [0.5, 0.25, 0.125],
        deviation: [0.2, 0.3, 0.4],
    };
    recipe.preprocess.resize = Resize::Fit;
    let [pytorch, keras, rust] = program(&recipe);
    for python in [&pytorch, &keras] {
        let lines = [
            "MEAN = [0.5, 0.25, 0.125]",
            "DEVIATION = [0.2, 0.3, 0.4]",
            "def read_image",
            "fitted with grey bars into the",
            "inner = max(round(image.width / image.height * HEIGHT), 1), HEIGHT",
            "fitted.paste(image.resize(inner, Image.Resampling.BILINEAR), (left, top))",
            "return (pixels - np.float32(MEAN)) / np.float32(DEVIATION)",
        ];
        assert_lines(python, &lines);
        assert!(!python.contains("from 0 to 1 to"), "{python}");
    }
    let lines = [
        "const MEAN: [f32; CHANNELS] = [0.5, 0.25, 0.125];",
        "fn read_image",
        "vec![128_u8; HEIGHT * WIDTH * CHANNELS]",
        "- MEAN[channel]) / DEVIATION[channel]",
    ];
    assert_lines(&rust, &lines);
    recipe.preprocess.resize = Resize::Crop;
    let [pytorch, keras, rust] = program(&recipe);
    for python in [&pytorch, &keras] {
        assert_lines(
            python,
            &["whole = max(HEIGHT * image.width", "image.crop((left, top,"],
        );
    }
    assert_lines(&rust, &["half(wide - WIDTH)", "crop_imm("]);
}
