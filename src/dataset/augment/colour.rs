//! Changes of colour, on bytes, each pixel for itself: as torchvision's functions of the same names, in the same
//! single-precision steps, and like them cutting off what is behind the point.

/// All values times a factor; `adjust_brightness`.
pub fn brightness(planes: &mut [u8], factor: f64) {
    let factor = factor as f32;
    let table = table(|value| value * factor);
    replace(planes, &table);
}

/// Distances from the mean grey of the picture times a factor; `adjust_contrast`.
pub fn contrast(planes: &mut [u8], area: usize, factor: f64) {
    let sum: u64 = match colours(planes, area) {
        Some([red, green, blue]) => {
            let pixels = red.iter().zip(green.iter()).zip(blue.iter());
            pixels
                .map(|((red, green), blue)| grey_of(*red, *green, *blue) as u64)
                .sum()
        }
        None => planes.iter().map(|&value| u64::from(value)).sum(),
    };
    let count = if planes.len() == 3 * area {
        area
    } else {
        planes.len()
    };
    let mean = sum as f32 / count.max(1) as f32;
    let (factor, rest) = (factor as f32, (1.0 - factor) as f32 * mean);
    let table = table(|value| value * factor + rest);
    replace(planes, &table);
}

/// Distances from each pixel's own grey times a factor; `adjust_saturation`. Grey pictures stay as they are.
pub fn saturation(planes: &mut [u8], area: usize, factor: f64) {
    let (factor, rest) = (factor as f32, (1.0 - factor) as f32);
    for_each_pixel(planes, area, |pixel| {
        let [red, green, blue] = pixel;
        let grey = rest * grey_of(red, green, blue);
        pixel.map(|value| byte(factor * f32::from(value) + grey))
    });
}

/// Turns the circle of colours; `adjust_hue` with `degrees / 360`. Grey pictures stay as they are.
pub fn hue(planes: &mut [u8], area: usize, degrees: f64) {
    let turn = (degrees / 360.0) as f32;
    let turn = turn - turn.round();
    for_each_pixel(planes, area, |pixel| turned(pixel, turn));
}

/// The highest bits of each value; `posterize`.
pub fn posterize(planes: &mut [u8], bits: u8) {
    let mask = !(0xFFu16 >> bits.min(8)) as u8;
    for value in planes {
        *value &= mask;
    }
}

/// Values from the threshold on are inverted; `solarize`.
pub fn solarize(planes: &mut [u8], threshold: f32) {
    let table = table(|value| {
        if value >= threshold {
            255.0 - value
        } else {
            value
        }
    });
    replace(planes, &table);
}

/// One channel from its darkest and brightest value to 0 and 255; `autocontrast`.
pub fn autocontrast(plane: &mut [u8]) {
    let darkest = plane.iter().min().copied().unwrap_or(0);
    let brightest = plane.iter().max().copied().unwrap_or(0);
    if darkest == brightest {
        return;
    }
    let (darkest, brightest) = (f32::from(darkest), f32::from(brightest));
    // torchvision divides 255 by a tensor, which is this.
    let scale = 1.0 / (brightest - darkest) * 255.0;
    let table = table(|value| (value - darkest) * scale);
    replace(plane, &table);
}

/// One channel to a flat histogram; `equalize`.
pub fn equalize(plane: &mut [u8]) {
    let mut histogram = [0usize; 256];
    for value in plane.iter() {
        histogram[usize::from(*value)] += 1;
    }
    let Some(last) = histogram.iter().rposition(|&count| count > 0) else {
        return;
    };
    let step = (plane.len() - histogram[last]) / 255;
    if step == 0 {
        return;
    }
    let mut table = [0u8; 256];
    let mut below = 0;
    for (entry, count) in table.iter_mut().zip(histogram) {
        *entry = ((below + step / 2) / step).min(255) as u8;
        below += count;
    }
    // torchvision's table begins with 0, whatever the first count.
    table[0] = 0;
    replace(plane, &table);
}

/// ITU-R 601 luma with torchvision's coefficients, cut off behind the point.
fn grey_of(red: u8, green: u8, blue: u8) -> f32 {
    (0.2989 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)).floor()
}

/// Below 0 is 0, above 255 is 255, and what is behind the point is cut off.
fn byte(value: f32) -> u8 {
    value as u8
}

fn table(change: impl Fn(f32) -> f32) -> [u8; 256] {
    std::array::from_fn(|value| byte(change(value as f32)))
}

fn replace(bytes: &mut [u8], table: &[u8; 256]) {
    for value in bytes {
        *value = table[usize::from(*value)];
    }
}

/// Red, green and blue, where there are three channels.
fn colours(planes: &mut [u8], area: usize) -> Option<[&mut [u8]; 3]> {
    if planes.len() != 3 * area {
        return None;
    }
    let (red, rest) = planes.split_at_mut(area);
    let (green, blue) = rest.split_at_mut(area);
    Some([red, green, blue])
}

fn for_each_pixel(planes: &mut [u8], area: usize, change: impl Fn([u8; 3]) -> [u8; 3]) {
    let Some([red, green, blue]) = colours(planes, area) else {
        return;
    };
    for ((red, green), blue) in red.iter_mut().zip(green).zip(blue) {
        [*red, *green, *blue] = change([*red, *green, *blue]);
    }
}

/// torchvision's `_rgb2hsv`, a turn (−0.5 to 0.5), and its `_hsv2rgb`.
fn turned(pixel: [u8; 3], turn: f32) -> [u8; 3] {
    let [red, green, blue] = pixel.map(|value| f32::from(value) / 255.0);
    let most = red.max(green).max(blue);
    let least = red.min(green).min(blue);
    let chroma = most - least;
    let (saturation, divisor) = if most == least {
        (0.0, 1.0)
    } else {
        (chroma / most, chroma)
    };
    let [red_part, green_part, blue_part] =
        [red, green, blue].map(|value| (most - value) / divisor);
    let sixth = if most == red {
        blue_part - green_part
    } else if most == green {
        2.0 + red_part - blue_part
    } else {
        4.0 + green_part - red_part
    };
    let whole = |share: f32| if share >= 1.0 { share - 1.0 } else { share };
    let hue = whole(sixth / 6.0 + 1.0) + turn;
    let hue = if hue < 0.0 { hue + 1.0 } else { whole(hue) };
    let sector = (hue * 6.0) as u8;
    let rest = hue * 6.0 - f32::from(sector);
    let low = (most * (1.0 - saturation)).clamp(0.0, 1.0);
    let falling = (most * (1.0 - saturation * rest)).clamp(0.0, 1.0);
    let rising = (most * (1.0 - saturation * (1.0 - rest))).clamp(0.0, 1.0);
    let colour = match sector {
        0 | 6 => [most, rising, low],
        1 => [falling, most, low],
        2 => [low, most, rising],
        3 => [low, falling, most],
        4 => [rising, low, most],
        _ => [most, low, falling],
    };
    colour.map(|share| byte(share * 255.999))
}
