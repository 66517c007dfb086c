//! Sine, exponential and logarithm from additions, multiplications and divisions alone.
//!
//! Those of the standard library come from the machine's own, and may differ in the last digit from one to the next;
//! an image that is drawn must be the same on all of them. Good to about 15 digits.

use std::f64::consts::{FRAC_PI_2, LN_2, SQRT_2};

/// Sine and cosine of an angle in degrees; exact at whole quarters.
pub fn sine_cosine(degrees: f64) -> (f64, f64) {
    let quarters = (degrees / 90.0).round();
    let angle = (degrees / 90.0 - quarters) * FRAC_PI_2;
    let square = angle * angle;
    // Taylor's series; |angle| is at most π/4.
    let series = |first: f64, start: f64| {
        let (mut term, mut sum, mut factor) = (first, first, start);
        for _ in 0..9 {
            term = -term * square / (factor * (factor + 1.0));
            sum += term;
            factor += 2.0;
        }
        sum
    };
    let (sine, cosine) = (series(angle, 2.0), series(1.0, 1.0));
    match quarters.rem_euclid(4.0) as u8 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// Tangent of an angle in degrees.
pub fn tangent(degrees: f64) -> f64 {
    let (sine, cosine) = sine_cosine(degrees);
    sine / cosine
}

/// e to that power; 0 and infinity beyond what a number holds.
pub fn exponential(power: f64) -> f64 {
    if power < -700.0 {
        return 0.0;
    }
    if power > 700.0 {
        return f64::INFINITY;
    }
    let doublings = (power / LN_2).round();
    let rest = power - doublings * LN_2;
    let (mut term, mut sum) = (1.0, 1.0);
    for place in 1..=15 {
        term *= rest / f64::from(place);
        sum += term;
    }
    // |doublings| is at most 1010: a normal number.
    sum * f64::from_bits(((1023 + doublings as i64) as u64) << 52)
}

/// The natural logarithm of a normal number above 0.
pub fn logarithm(number: f64) -> f64 {
    let bits = number.to_bits();
    let mut exponent = ((bits >> 52) & 0x7FF) as f64 - 1023.0;
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let (mut power, mut sum) = (ratio, 0.0);
    for place in 0..14 {
        sum += power / f64::from(2 * place + 1);
        power *= square;
    }
    exponent * LN_2 + 2.0 * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard_library() {
        for step in -4000..4000 {
            let degrees = f64::from(step) * 0.13;
            let (sine, cosine) = sine_cosine(degrees);
            assert!((sine - degrees.to_radians().sin()).abs() < 1e-13);
            assert!((cosine - degrees.to_radians().cos()).abs() < 1e-13);
            let power = f64::from(step) * 0.01;
            assert!((exponential(power) / power.exp() - 1.0).abs() < 1e-13);
            let number = power.exp();
            assert!((logarithm(number) - power).abs() < 1e-12);
        }
        assert_eq!(sine_cosine(90.0), (1.0, -0.0));
        assert_eq!(exponential(-1e9), 0.0);
    }
}
