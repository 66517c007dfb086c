//! What one decoding tells of a file.

use image::DynamicImage;
use twox_hash::XxHash3_64;

use super::super::{DecodeFault, Look, Mode, colour, decode, fingerprint};

/// Decodes the bytes of a file of that name: width and height of the upright picture, and what else there is to know.
/// When the file was written is for the caller to say.
pub fn look(bytes: &[u8], name: &str) -> Result<(u32, u32, Look), DecodeFault> {
    let decoded = decode::decode_named(bytes, name).map_err(|fault| decode::named(fault, name))?;
    let look = Look {
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sum: XxHash3_64::oneshot(bytes),
        mode: decoded.mode,
        turned: decoded.turned,
        misnamed: decoded.misnamed,
        animated: decoded.animated,
        ..of_picture(&decoded.image)
    };
    Ok((decoded.image.width(), decoded.image.height(), look))
}

/// What the pixels alone tell: for pictures that lie in no file of their own. The sum is that of the pixels.
pub(in crate::dataset) fn of_picture(image: &DynamicImage) -> Look {
    let (mean, square) = moments(image);
    Look {
        sum: XxHash3_64::oneshot(image.as_bytes()),
        print: fingerprint(image),
        mean,
        square,
        mode: match image {
            DynamicImage::ImageLuma8(_) => Mode::Grey,
            _ => Mode::Colour,
        },
        ..Look::default()
    }
}

/// The mean of red, green and blue and of their squares, as a network sees them (`colour`), in 65,535ths, rounded.
fn moments(image: &DynamicImage) -> ([u16; 3], [u16; 3]) {
    let pixels = u64::from(image.width()) * u64::from(image.height());
    let (sums, squares) = match image {
        DynamicImage::ImageLuma8(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageLuma16(_)
        | DynamicImage::ImageLumaA16(_) => {
            let (sum, square) = sums(colour::luma(image).as_chunks::<1>().0);
            ([sum[0]; 3], [square[0]; 3])
        }
        _ => sums(colour::rgb(image).as_chunks::<3>().0),
    };
    // At most 10^8 pixels of at most 255² · 65,535: within 64 bits.
    let share = |sum: u64, full: u64| {
        let scaled = (sum * 65_535 + pixels * full / 2).checked_div(pixels * full);
        scaled.map_or(0, |value| u16::try_from(value).unwrap_or(u16::MAX))
    };
    (
        sums.map(|sum| share(sum, 255)),
        squares.map(|square| share(square, 255 * 255)),
    )
}

/// The sum of each channel and of its squares.
fn sums<const N: usize>(pixels: &[[u8; N]]) -> ([u64; N], [u64; N]) {
    let (mut sums, mut squares) = ([0_u64; N], [0_u64; N]);
    // 65,536 squares of a byte fit 32 bits, which add up faster.
    for part in pixels.chunks(1 << 16) {
        let (mut sum, mut square) = ([0_u32; N], [0_u32; N]);
        for pixel in part {
            for channel in 0..N {
                let value = u32::from(pixel[channel]);
                sum[channel] += value;
                square[channel] += value * value;
            }
        }
        for channel in 0..N {
            sums[channel] += u64::from(sum[channel]);
            squares[channel] += u64::from(square[channel]);
        }
    }
    (sums, squares)
}
