//! The one home of looks: colours, spacings, type sizes. Nowhere else in the program is a colour
//! written down (the colour maps of feature maps are in `shaders/`).

use egui::Color32;

/// Spacing scale in points.
pub const SPACE: [f32; 5] = [4.0, 8.0, 12.0, 16.0, 24.0];
pub const CORNER_SMALL: u8 = 6;
pub const CORNER: u8 = 8;
pub const TEXT_SIZE: f32 = 13.0;
pub const HEADING_SIZE: f32 = 14.0;
pub const CAPTION_SIZE: f32 = 11.0;
pub const NOTE_SIZE: f32 = 12.0;
pub const RAIL_WIDTH: f32 = 84.0;
pub const TOP_HEIGHT: f32 = 48.0;
pub const STATUS_HEIGHT: f32 = 28.0;
pub const SIDE_WIDTH: f32 = 300.0;

/// The colours of one theme; `Tokens::of(ui)` picks light or dark.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    pub ground: Color32,
    pub panel: Color32,
    pub card: Color32,
    pub line: Color32,
    pub text: Color32,
    pub muted: Color32,
    pub accent: Color32,
    /// Text on the accent colour.
    pub on_accent: Color32,
    pub error: Color32,
    pub warning: Color32,
    pub good: Color32,
    pub training: Color32,
    pub validation: Color32,
    pub convolution: Color32,
    pub pooling: Color32,
    pub dense: Color32,
    pub regularise: Color32,
}

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

pub const DARK: Tokens = Tokens {
    ground: hex(0x15171c),
    panel: hex(0x1b1e25),
    card: hex(0x22262f),
    line: hex(0x2f3440),
    text: hex(0xe7e9ee),
    muted: hex(0x98a1b3),
    accent: hex(0x7aa2ff),
    on_accent: hex(0x10131a),
    error: hex(0xff7b72),
    warning: hex(0xe69f00),
    good: hex(0x3fb984),
    training: hex(0x56b4e9),
    validation: hex(0xe69f00),
    convolution: hex(0x56b4e9),
    pooling: hex(0x009e73),
    dense: hex(0xe69f00),
    regularise: hex(0xcc79a7),
};

pub const LIGHT: Tokens = Tokens {
    ground: hex(0xf4f5f7),
    panel: hex(0xfbfbfc),
    card: hex(0xffffff),
    line: hex(0xdcdfe6),
    text: hex(0x1c2027),
    muted: hex(0x5d6675),
    accent: hex(0x2f62d9),
    on_accent: hex(0xffffff),
    error: hex(0xc4302b),
    warning: hex(0xa86f00),
    good: hex(0x1b7f55),
    training: hex(0x2b8cc4),
    validation: hex(0xb87d00),
    convolution: hex(0x2b8cc4),
    pooling: hex(0x007f5c),
    dense: hex(0xb87d00),
    regularise: hex(0xa85584),
};

impl Tokens {
    /// The colours of the theme that `ui` is drawn in.
    pub fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}
