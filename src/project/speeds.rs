//! How fast devices have trained, to tell how long a training will take.

use serde::{Deserialize, Serialize};

/// What was measured of one device with networks of about one size. Small networks reach less of a device's
/// speed than large ones, so that each size is kept by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speed {
    /// The device's name.
    pub device: String,
    /// Multiply-adds of the network measured, for one image, forward.
    pub network: u64,
    /// Multiply-adds a second in training, forward and backward.
    pub speed: u64,
}

/// Measured speeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Speeds(Vec<Speed>);

/// More are not kept: the oldest go.
const MOST: usize = 200;

impl Speeds {
    /// What was measured on a device with the network nearest in size.
    pub fn of(&self, device: &str, network: u64) -> Option<u64> {
        let measured = self.0.iter().filter(|it| it.device == device);
        let log = |network: u64| (network.max(1) as f64).ln();
        let nearest = measured.min_by(|one, two| {
            let far = |it: &Speed| (log(it.network) - log(network)).abs();
            far(one).total_cmp(&far(two))
        });
        nearest.map(|it| it.speed)
    }

    /// Notes a measurement in place of the one of networks of the same size, to a power of two; whether it is
    /// news: the old one differed by more than a twentieth.
    pub fn note(&mut self, measured: Speed) -> bool {
        let same =
            |it: &Speed| it.device == measured.device && size(it.network) == size(measured.network);
        let old = self
            .0
            .iter()
            .position(same)
            .map(|place| self.0.remove(place));
        let news = old.is_none_or(|old| old.speed.abs_diff(measured.speed) > old.speed / 20);
        self.0.push(measured);
        if self.0.len() > MOST {
            self.0.remove(0);
        }
        news
    }
}

fn size(network: u64) -> u32 {
    network.checked_ilog2().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speed(network: u64, speed: u64) -> Speed {
        Speed {
            device: "CPU".to_owned(),
            network,
            speed,
        }
    }

    #[test]
    fn the_nearest_network_tells() {
        let mut speeds = Speeds::default();
        assert!(speeds.note(speed(100_000, 5)));
        assert!(speeds.note(speed(3_000_000, 25)));
        assert_eq!(speeds.of("CPU", 200_000), Some(5));
        assert_eq!(speeds.of("CPU", 2_000_000_000), Some(25));
        assert_eq!(speeds.of("GPU", 100_000), None);
        assert!(!speeds.note(speed(3_100_000, 26)));
        assert!(speeds.note(speed(3_100_000, 100)));
        assert_eq!(speeds.of("CPU", 3_000_000), Some(100));
    }
}
