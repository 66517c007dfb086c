//! The sizes of a convolution.

/// A convolution of all maps with all maps: sizes are height first, then width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Maps in.
    pub channels: usize,
    /// Of the maps in.
    pub size: [usize; 2],
    /// Maps out.
    pub filters: usize,
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// Rows (above, below), columns (left, right) of zeros.
    pub padding: [(usize, usize); 2],
    pub dilation: [usize; 2],
}

impl Geometry {
    /// Of the maps in with their frame of zeros.
    pub fn padded(&self) -> [usize; 2] {
        std::array::from_fn(|side| {
            let (before, after) = self.padding[side];
            self.size[side] + before + after
        })
    }

    /// How far a kernel reaches.
    pub fn reach(&self) -> [usize; 2] {
        std::array::from_fn(|side| (self.kernel[side] - 1) * self.dilation[side] + 1)
    }

    /// Of the maps out. The kernel fits the padded maps.
    pub fn output(&self) -> [usize; 2] {
        let (padded, reach) = (self.padded(), self.reach());
        std::array::from_fn(|side| (padded[side] - reach[side]) / self.stride[side] + 1)
    }

    /// Weights of one filter.
    pub fn taps(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Numbers of one image in.
    pub fn image(&self) -> usize {
        self.channels * self.size[0] * self.size[1]
    }

    /// Numbers of one image out, before any pooling.
    pub fn maps(&self) -> usize {
        let [height, width] = self.output();
        self.filters * height * width
    }
}
