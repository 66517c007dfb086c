//! Batches in parts: where not all images of a batch are needed at once.

use std::ops::Range;

/// The places of a batch in as few parts of at most `most` images (0 counts as 1) as there can be. They differ by one
/// image at most, so that none of them is small: batch normalisation needs several images.
pub fn parts(batch: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let count = count(batch, most).max(1);
    (0..count).map(move |part| part * batch / count..(part + 1) * batch / count)
}

fn count(batch: usize, most: usize) -> usize {
    batch.div_ceil(most.max(1))
}

/// A pass over some images in batches, each in [`parts`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    pub images: usize,
    /// Images of a batch; the last one has what is left.
    pub batch: usize,
    /// Images of a part.
    pub most: usize,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The number of its batch.
    pub number: usize,
    /// The images of that.
    pub batch: Range<usize>,
    /// Which of these are the part's, counted from the first of the batch.
    pub places: Range<usize>,
}

impl Cut {
    /// How many parts there are.
    pub fn count(self) -> usize {
        let (whole, rest) = (self.images / self.batch, self.images % self.batch);
        whole * count(self.batch, self.most) + count(rest, self.most)
    }

    /// The part of that number.
    pub fn part(self, number: usize) -> Part {
        let each = count(self.batch, self.most);
        let (batch, part) = (number / each, number % each);
        let start = batch * self.batch;
        let images = start..(start + self.batch).min(self.images);
        let places = parts(images.len(), self.most).nth(part);
        Part {
            number: batch,
            places: places.unwrap_or_default(),
            batch: images,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_a_batch_and_are_even() {
        let lengths = |batch, most| {
            parts(batch, most)
                .map(|part| part.len())
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(33, 16), [11, 11, 11]);
        assert_eq!(lengths(17, 16), [8, 9]);
        assert_eq!(lengths(16, 16), [16]);
        assert_eq!(lengths(3, 0), [1, 1, 1]);
        for batch in 1..100 {
            for most in 1..110 {
                let all: Vec<usize> = parts(batch, most).flatten().collect();
                assert_eq!(all, (0..batch).collect::<Vec<_>>());
                let lengths = lengths(batch, most);
                assert_eq!(lengths.len(), batch.div_ceil(most));
                let (least, greatest) = (lengths.iter().min(), lengths.iter().max());
                let greatest = greatest.copied().unwrap_or_default();
                assert!(greatest <= most && greatest - least.copied().unwrap_or_default() <= 1);
                // A single image where there is no other way only.
                assert!(least > Some(&1) || batch < 2 * batch.div_ceil(most));
            }
        }
    }

    #[test]
    fn the_parts_of_a_pass_are_those_of_its_batches_in_order() {
        for images in 0..50 {
            for batch in 1..20 {
                for most in 1..25 {
                    let cut = Cut {
                        images,
                        batch,
                        most,
                    };
                    let mut expected = Vec::new();
                    for number in 0..images.div_ceil(batch) {
                        let start = number * batch;
                        let own = start..(start + batch).min(images);
                        expected.extend(parts(own.len(), most).map(|places| Part {
                            number,
                            batch: own.clone(),
                            places,
                        }));
                    }
                    let made: Vec<Part> = (0..cut.count()).map(|part| cut.part(part)).collect();
                    assert_eq!(made, expected, "{cut:?}");
                }
            }
        }
    }
}
