//! Numbers of any type to bytes.
//!
//! Whole numbers without a sign: the smallest of 8, 16, 32 and 64 bits that holds the greatest of the picture is the
//! full scale, because programs keep small numbers in large types. With a sign, and none below zero: likewise of 7,
//! 15, 31 and 63 bits. Floating point: 0 to 1 where all lie there, or 0 to 255 where all lie there. All else (negative
//! numbers, and floating point beyond 255) has no scale of its own: the picture's lowest number becomes black and its
//! highest white.

/// Which number is black, and which one white.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    black: f64,
    white: f64,
}

/// Rounding and the overshoot of a resize leave floats a little beyond 0 to 1.
const SLACK: f64 = 0.01;
/// Floats up to here, and beyond 1, are light measured in another unit rather than a very dark 0 to 255.
const LEAST_OF_BYTES: f64 = 16.0;

impl Scale {
    /// Of whole numbers; `signed` types have one bit less for them, and need the lowest number too.
    pub fn whole(values: &mut dyn Iterator<Item = f64>, signed: bool) -> Self {
        let (low, high) = extremes(values);
        if low < 0.0 {
            return Self {
                black: low,
                white: high,
            };
        }
        let bits = [8, 16, 32].map(|bits| ((1_u64 << (bits - u32::from(signed))) - 1) as f64);
        let full = bits.into_iter().find(|&full| high <= full);
        Self {
            black: 0.0,
            white: full.unwrap_or((u64::MAX >> u32::from(signed)) as f64),
        }
    }

    /// Of whole numbers in a type of 8 or 16 bits, which is as large as it must be.
    pub fn short(values: &mut dyn Iterator<Item = f64>, full: f64) -> Self {
        let (low, high) = extremes(values);
        if low < 0.0 {
            Self {
                black: low,
                white: high,
            }
        } else {
            Self {
                black: 0.0,
                white: full,
            }
        }
    }

    /// Of floating-point numbers.
    pub fn real(values: &mut dyn Iterator<Item = f64>) -> Self {
        let (low, high) = extremes(values);
        let (black, white) = if low >= -SLACK && high <= 1.0 + SLACK {
            (0.0, 1.0)
        } else if low >= 0.0 && high > LEAST_OF_BYTES && high <= 255.0 {
            (0.0, 255.0)
        } else {
            (low, high)
        };
        Self { black, white }
    }

    /// Clipped and rounded; what is no number is black.
    pub fn byte(self, value: f64) -> u8 {
        let range = self.white - self.black;
        let share = if range > 0.0 {
            (value - self.black) / range
        } else {
            0.0
        };
        // The conversion clips, and gives 0 for what is no number.
        (share * 255.0).round() as u8
    }
}

/// The lowest and the highest of the finite ones; 0 and 0 where there is none.
fn extremes(values: &mut dyn Iterator<Item = f64>) -> (f64, f64) {
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let finite = values.filter(|value| value.is_finite());
    let (low, high) = finite.fold(none, |(low, high), value| (low.min(value), high.max(value)));
    if low <= high { (low, high) } else { (0.0, 0.0) }
}
