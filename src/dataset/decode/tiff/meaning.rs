//! The channels of a TIFF to a picture.

use std::io::{Read, Seek};

use image::{DynamicImage, ImageBuffer};
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use super::super::super::Mode;
use super::super::DecodeFault;
use super::fault;
use super::numbers::Scale;

/// What the first channels of a pixel are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    Grey { inverted: bool },
    Rgb,
    Palette,
    Inks,
    Ycbcr,
}

impl Colours {
    fn channels(self) -> usize {
        match self {
            Self::Grey { .. } | Self::Palette => 1,
            Self::Rgb | Self::Ycbcr => 3,
            Self::Inks => 4,
        }
    }
}

/// What a file says of its numbers.
pub(super) struct Meaning {
    colours: Colours,
    /// Of one number.
    bits: u8,
    /// Numbers of a pixel.
    samples: usize,
    alpha: bool,
    /// The colours are multiplied by their opacity already.
    associated: bool,
    /// Red, green and blue of all entries, one after the other.
    palette: Vec<u8>,
}

impl Meaning {
    pub fn of<R: Read + Seek>(
        decoder: &mut Decoder<R>,
        colours: Colours,
        bits: u8,
        samples: usize,
    ) -> Result<Self, DecodeFault> {
        let mut tag = |tag| {
            let values = decoder.find_tag_unsigned_vec::<u16>(tag);
            values.map(Option::unwrap_or_default).map_err(fault)
        };
        let unusual = |kind: String| Err(DecodeFault::UnusualKind(kind));
        let channels = colours.channels();
        let grey = matches!(colours, Colours::Grey { .. });
        if samples < channels || (grey && samples > 2) {
            return unusual(format!("{samples} channels"));
        }
        let extra = tag(Tag::ExtraSamples)?;
        // Some writers add transparency and do not say so.
        let alpha = match extra.first() {
            Some(kind) => matches!(kind, 1 | 2) && samples > channels,
            None => samples == channels + 1,
        };
        let mut palette = Vec::new();
        match colours {
            Colours::Palette if bits > 16 => return unusual(format!("a palette of {bits} bits")),
            Colours::Palette => palette = bytes_of(&tag(Tag::ColorMap)?),
            Colours::Inks if tag(Tag::Unknown(332))?.first() == Some(&2) => {
                return unusual(format!("{samples} inks that are not those of CMYK"));
            }
            Colours::Ycbcr if bits != 8 => return unusual(format!("YCbCr colours of {bits} bits")),
            Colours::Ycbcr => {
                let packed = tag(Tag::Compression)?.first().copied();
                let sampling = tag(Tag::ChromaSubsampling)?;
                // JPEG makes the colours as fine as the light itself.
                if u64::from(packed.unwrap_or(1)) != super::JPEG && sampling != [1, 1] {
                    return unusual("YCbCr colours coarser than their light, without JPEG".into());
                }
            }
            _ => {}
        }
        Ok(Self {
            colours,
            bits,
            samples,
            alpha,
            associated: extra.first() == Some(&1),
            palette,
        })
    }

    pub fn mode(&self) -> Mode {
        match (self.colours, self.alpha) {
            (Colours::Inks, _) => Mode::Cmyk,
            (Colours::Grey { .. }, _) if self.bits > 8 => Mode::DeepGrey,
            (Colours::Rgb, _) if self.bits > 8 => Mode::DeepColour,
            (Colours::Grey { .. }, false) => Mode::Grey,
            (Colours::Grey { .. }, true) => Mode::GreyAlpha,
            (_, false) => Mode::Colour,
            (_, true) => Mode::ColourAlpha,
        }
    }

    /// The picture of all numbers, which lie in so many planes.
    pub fn picture(
        &self,
        read: DecodingResult,
        size: (u32, u32),
        planes: usize,
    ) -> Result<DynamicImage, DecodeFault> {
        let kept = |bytes| self.of_bytes(bytes, size);
        let image = match read {
            DecodingResult::U8(values) if self.bits < 8 => {
                kept(self.chosen(self.unpacked(&values, size, planes), planes))
            }
            DecodingResult::U8(values) => kept(self.chosen(values, planes)),
            DecodingResult::U16(values) => self.of_words(self.chosen(values, planes), size),
            DecodingResult::I8(_) if self.bits < 8 => None,
            DecodingResult::I8(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(&values, f64::from, |all| Scale::short(all, 127.0)))
            }
            DecodingResult::I16(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(&values, f64::from, |all| {
                    Scale::short(all, 32_767.0)
                }))
            }
            DecodingResult::U32(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(&values, f64::from, |all| Scale::whole(all, false)))
            }
            DecodingResult::I32(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(&values, f64::from, |all| Scale::whole(all, true)))
            }
            DecodingResult::U64(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(
                    &values,
                    |value| value as f64,
                    |all| Scale::whole(all, false),
                ))
            }
            DecodingResult::I64(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(
                    &values,
                    |value| value as f64,
                    |all| Scale::whole(all, true),
                ))
            }
            DecodingResult::F16(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(
                    &values,
                    |value| f64::from(value.to_f32()),
                    Scale::real,
                ))
            }
            DecodingResult::F32(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(&values, f64::from, Scale::real))
            }
            DecodingResult::F64(values) => {
                let values = self.chosen(values, planes);
                kept(scaled(&values, |value| value, Scale::real))
            }
        };
        image.ok_or_else(|| DecodeFault::UnusualKind(format!("{} channels", self.samples)))
    }

    /// One byte a number, of rows that begin with a new byte. All but numbers of colours become shares of 255.
    fn unpacked(&self, packed: &[u8], (width, _): (u32, u32), planes: usize) -> Vec<u8> {
        let bits = usize::from(self.bits);
        // A plane holds one channel.
        let channels = if planes > 1 { 1 } else { self.samples };
        let numbers = width as usize * channels;
        let row = (numbers * bits).div_ceil(8).max(1);
        let full = (1_u32 << bits) - 1;
        let factor = if self.colours == Colours::Palette {
            full
        } else {
            255
        };
        let value = |row: &[u8], number: usize| {
            let start = number * bits;
            let pair = [start / 8, start / 8 + 1].map(|at| row.get(at).copied().unwrap_or(0));
            let value = u32::from(u16::from_be_bytes(pair)) >> (16 - bits - start % 8) & full;
            ((value * factor + full / 2) / full) as u8
        };
        let rows = packed.chunks_exact(row);
        rows.flat_map(|row| (0..numbers).map(move |number| value(row, number)))
            .collect()
    }

    /// The numbers of colour and opacity, pixel by pixel.
    fn chosen<T: Copy>(&self, values: Vec<T>, planes: usize) -> Vec<T> {
        let wanted = self.colours.channels() + usize::from(self.alpha);
        if planes > 1 {
            let plane = values.len() / planes;
            let pixel = |at| (0..wanted).map(move |channel| channel * plane + at);
            return (0..plane)
                .flat_map(pixel)
                .filter_map(|at| values.get(at).copied())
                .collect();
        }
        if wanted == self.samples {
            return values;
        }
        let pixels = values.chunks_exact(self.samples);
        pixels
            .flat_map(|pixel| pixel.iter().take(wanted).copied())
            .collect()
    }

    fn of_bytes(&self, mut values: Vec<u8>, (width, height): (u32, u32)) -> Option<DynamicImage> {
        let step = self.colours.channels() + usize::from(self.alpha);
        if self.colours == (Colours::Grey { inverted: true }) {
            for pixel in values.chunks_exact_mut(step) {
                pixel[0] = u8::MAX - pixel[0];
            }
        }
        if self.associated && self.alpha {
            for pixel in values.chunks_exact_mut(step) {
                divide(pixel, u32::from(u8::MAX), u32::from, |value| value as u8);
            }
        }
        let values = match self.colours {
            Colours::Grey { .. } | Colours::Rgb => values,
            Colours::Palette => {
                self.looked_up(values.chunks_exact(step).map(|pixel| pixel[0].into()))
            }
            Colours::Inks => {
                let inks = values.chunks_exact(step);
                return rgb(inks.flat_map(without_inks).collect(), width, height);
            }
            Colours::Ycbcr => {
                let pixels = values.chunks_exact(step);
                return rgb(pixels.flat_map(from_ycbcr).collect(), width, height);
            }
        };
        match (self.colours, self.alpha) {
            (Colours::Palette, _) | (Colours::Rgb, false) => rgb(values, width, height),
            (Colours::Grey { .. }, false) => {
                ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageLuma8)
            }
            (Colours::Grey { .. }, true) => {
                ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageLumaA8)
            }
            _ => ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageRgba8),
        }
    }

    fn of_words(&self, mut values: Vec<u16>, (width, height): (u32, u32)) -> Option<DynamicImage> {
        let step = self.colours.channels() + usize::from(self.alpha);
        match self.colours {
            Colours::Palette => {
                let pixels = values.chunks_exact(step);
                return rgb(
                    self.looked_up(pixels.map(|pixel| pixel[0].into())),
                    width,
                    height,
                );
            }
            Colours::Inks | Colours::Ycbcr => {
                return self.of_bytes(bytes_of(&values), (width, height));
            }
            Colours::Grey { inverted: true } => {
                for pixel in values.chunks_exact_mut(step) {
                    pixel[0] = u16::MAX - pixel[0];
                }
            }
            _ => {}
        }
        if self.associated && self.alpha {
            for pixel in values.chunks_exact_mut(step) {
                divide(pixel, u32::from(u16::MAX), u32::from, |value| value as u16);
            }
        }
        match (self.colours, self.alpha) {
            (Colours::Rgb, false) => {
                ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageRgb16)
            }
            (Colours::Rgb, true) => {
                ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageRgba16)
            }
            (_, false) => {
                ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageLuma16)
            }
            (_, true) => {
                ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageLumaA16)
            }
        }
    }

    /// The colours of numbers; black where the palette has none.
    fn looked_up(&self, numbers: impl Iterator<Item = usize>) -> Vec<u8> {
        let entries = self.palette.len() / 3;
        let part = |number: usize, channel: usize| {
            let inside = (number < entries).then_some(channel * entries + number);
            inside
                .and_then(|at| self.palette.get(at).copied())
                .unwrap_or(0)
        };
        numbers
            .flat_map(|number| [part(number, 0), part(number, 1), part(number, 2)])
            .collect()
    }
}

fn rgb(values: Vec<u8>, width: u32, height: u32) -> Option<DynamicImage> {
    ImageBuffer::from_raw(width, height, values).map(DynamicImage::ImageRgb8)
}

/// 16 bits to 8 by the high byte, as everywhere.
fn bytes_of(words: &[u16]) -> Vec<u8> {
    words.iter().map(|word| (word >> 8) as u8).collect()
}

/// The numbers as bytes, by the scale that they need.
fn scaled<T: Copy>(
    values: &[T],
    number: impl Fn(T) -> f64,
    scale: impl FnOnce(&mut dyn Iterator<Item = f64>) -> Scale,
) -> Vec<u8> {
    let scale = scale(&mut values.iter().map(|&value| number(value)));
    values
        .iter()
        .map(|&value| scale.byte(number(value)))
        .collect()
}

/// Colours that are multiplied by their opacity, the last of a pixel, without it: rounded, and clipped.
fn divide<T: Copy>(pixel: &mut [T], full: u32, wide: impl Fn(T) -> u32, narrow: impl Fn(u32) -> T) {
    let Some((alpha, colours)) = pixel.split_last_mut() else {
        return;
    };
    let alpha = wide(*alpha);
    for colour in colours {
        let value = u64::from(wide(*colour)) * u64::from(full) + u64::from(alpha / 2);
        let value = value.checked_div(u64::from(alpha)).unwrap_or(0);
        *colour = narrow(u32::try_from(value).unwrap_or(full).min(full));
    }
}

/// Cyan, magenta, yellow and black to red, green and blue.
fn without_inks(pixel: &[u8]) -> [u8; 3] {
    let light = |ink: usize| 255 - u32::from(pixel.get(ink).copied().unwrap_or(0));
    [0, 1, 2].map(|ink| ((light(ink) * light(3) + 127) / 255) as u8)
}

/// ITU-R BT.601 of the full range, as JFIF has it.
fn from_ycbcr(pixel: &[u8]) -> [u8; 3] {
    let part = |at: usize| f32::from(pixel.get(at).copied().unwrap_or(0));
    let (light, blue, red) = (part(0), part(1) - 128.0, part(2) - 128.0);
    [
        light + 1.402 * red,
        light - 0.344_136 * blue - 0.714_136 * red,
        light + 1.772 * blue,
    ]
    .map(|value| value.round() as u8)
}
