//! How the programs read pictures where a recipe has them otherwise than stretched and from 0 to 1: the ready-made
//! parts with these lines in place.

use crate::dataset::{Normalise, Resize};
use crate::network::{Network, Shape};
use crate::project::Recipe;

/// What a picture becomes, in words.
fn words(resize: Resize) -> &'static str {
    match resize {
        Resize::Stretch => "stretched to the",
        Resize::Fit => "fitted with grey bars into the",
        Resize::Crop => "its middle cropped to the",
    }
}

/// Mean and deviation of each channel; nothing where bytes become 0 to 1, and for statistics that were not measured
/// yet: those of a project.
fn given(recipe: &Recipe, channels: usize) -> Option<[Vec<f32>; 2]> {
    match recipe.preprocess.normalise {
        Normalise::Unit | Normalise::Statistics => None,
        Normalise::Given { mean, deviation } => {
            let of = |figures: [f32; 3]| figures.into_iter().take(channels).collect();
            Some([of(mean), of(deviation)])
        }
    }
}

fn channels(network: &Network) -> usize {
    match network.input() {
        Shape::Maps { channels, .. } => channels,
        _ => 1,
    }
}

/// A program whose pictures are no longer from 0 to 1.
fn renamed(text: &str, recipe: &Recipe, channels: usize) -> String {
    let text = text.replace("stretched to the", words(recipe.preprocess.resize));
    if given(recipe, channels).is_none() {
        return text;
    }
    text.replace("from 0 to 1", "normalised")
}

const STRETCHED: &str =
    "        image = image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)\n";
const FITTED: &str = "        # As ImageOps.pad does it, but never thinner than a pixel.
        if image.width * HEIGHT > image.height * WIDTH:
            inner = WIDTH, max(round(image.height / image.width * WIDTH), 1)
        else:
            inner = max(round(image.width / image.height * HEIGHT), 1), HEIGHT
        left, top = round((WIDTH - inner[0]) / 2), round((HEIGHT - inner[1]) / 2)
        fitted = Image.new(image.mode, (WIDTH, HEIGHT), 128 if CHANNELS == 1 else (128, 128, 128))
        fitted.paste(image.resize(inner, Image.Resampling.BILINEAR), (left, top))
        image = fitted
";
const CROPPED: &str = "        if image.width * HEIGHT > image.height * WIDTH:
            whole = max(HEIGHT * image.width // image.height, WIDTH), HEIGHT
        else:
            whole = WIDTH, max(WIDTH * image.height // image.width, HEIGHT)
        left, top = round((whole[0] - WIDTH) / 2), round((whole[1] - HEIGHT) / 2)
        image = image.resize(whole, Image.Resampling.BILINEAR)
        image = image.crop((left, top, left + WIDTH, top + HEIGHT))
";
const UNIT: &str =
    "    return np.array(image, dtype=np.float32).reshape(HEIGHT, WIDTH, CHANNELS) / 255\n";
const NORMALISED: &str =
    "    pixels = np.array(image, dtype=np.float32).reshape(HEIGHT, WIDTH, CHANNELS) / 255
    return (pixels - np.float32(MEAN)) / np.float32(DEVIATION)
";

/// A program in Python that reads pictures as the recipe has them.
pub fn python(program: &str, network: &Network, recipe: &Recipe) -> String {
    let channels = channels(network);
    let mut text = renamed(program, recipe, channels);
    let resize = match recipe.preprocess.resize {
        Resize::Stretch => STRETCHED,
        Resize::Fit => FITTED,
        Resize::Crop => CROPPED,
    };
    text = text.replace(STRETCHED, resize);
    if let Some([mean, deviation]) = given(recipe, channels) {
        let constants = format!(
            "# Of each channel, from 0 to 1.\nMEAN = {mean:?}\nDEVIATION = {deviation:?}\n\n\n"
        );
        text = text.replace(UNIT, NORMALISED);
        text = text.replace("def read_image(", &format!("{constants}def read_image("));
    }
    text
}

const RUST_STRETCHED: &str = "    let bytes = image.resize_exact(WIDTH as u32, HEIGHT as u32, FilterType::Triangle).into_bytes();\n";
const RUST_BEFORE: &str =
    "    let half = |rest: usize| (rest as f64 / 2.0).round_ties_even() as usize;
    let (width, height) = (width as usize, height as usize);
    let is_wide = width * HEIGHT > height * WIDTH;
";
const RUST_FITTED: &str =
    "    let scaled = |side: usize, other: usize, to: usize| (side as f64 / other as f64 * to as f64).round_ties_even().max(1.0) as usize;
    let (wide, high) =
        if is_wide { (WIDTH, scaled(height, width, WIDTH)) } else { (scaled(width, height, HEIGHT), HEIGHT) };
    let (left, top) = (half(WIDTH - wide), half(HEIGHT - high));
    let inner = image.resize_exact(wide as u32, high as u32, FilterType::Triangle).into_bytes();
    let mut bytes = vec![128_u8; HEIGHT * WIDTH * CHANNELS];
    for (row, line) in inner.chunks_exact(wide * CHANNELS).enumerate() {
        let start = ((top + row) * WIDTH + left) * CHANNELS;
        bytes[start..start + line.len()].copy_from_slice(line);
    }
";
const RUST_CROPPED: &str =
    "    let (wide, high) =
        if is_wide { ((HEIGHT * width / height).max(WIDTH), HEIGHT) } else { (WIDTH, (WIDTH * height / width).max(HEIGHT)) };
    let (left, top) = (half(wide - WIDTH), half(high - HEIGHT));
    let whole = image.resize_exact(wide as u32, high as u32, FilterType::Triangle);
    let bytes = whole.crop_imm(left as u32, top as u32, WIDTH as u32, HEIGHT as u32).into_bytes();
";
const RUST_UNIT: &str = "f32::from(*byte) / 255.0)";

/// A program in Rust that reads pictures as the recipe has them.
pub fn rust(program: &str, network: &Network, recipe: &Recipe) -> String {
    let channels = channels(network);
    let mut text = renamed(program, recipe, channels);
    let resize = match recipe.preprocess.resize {
        Resize::Stretch => RUST_STRETCHED.to_owned(),
        Resize::Fit => format!("{RUST_BEFORE}{RUST_FITTED}"),
        Resize::Crop => format!("{RUST_BEFORE}{RUST_CROPPED}"),
    };
    text = text.replace(RUST_STRETCHED, &resize);
    if let Some([mean, deviation]) = given(recipe, channels) {
        let constants = format!(
            "/// Of each channel, from 0 to 1.\nconst MEAN: [f32; CHANNELS] = {mean:?};\nconst DEVIATION: [f32; CHANNELS] = {deviation:?};\n\n"
        );
        let normalised = "(f32::from(*byte) / 255.0 - MEAN[channel]) / DEVIATION[channel])";
        text = text.replace(RUST_UNIT, normalised);
        text = text.replace(
            "type Outcome<T> =",
            &format!("{constants}type Outcome<T> ="),
        );
    }
    text
}
