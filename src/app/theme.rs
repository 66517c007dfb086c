//! The one home of looks: colours, spacings, type sizes. Nowhere else in the program is a colour
//! written down (the colour maps of feature maps are in `shaders/`).

use std::sync::Arc;

use egui::epaint::Shadow;
use egui::style::{WidgetVisuals, Widgets};
use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, RichText, Stroke,
    Style, TextStyle, Theme, ThemePreference, Visuals, vec2,
};

use super::view::ThemeChoice;
use crate::network::Group;

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
/// Buttons, fields and the control of a setting.
pub const CONTROL_HEIGHT: f32 = 28.0;
pub const CONTROL_WIDTH: f32 = 116.0;

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
    pub sequence: Color32,
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
    sequence: hex(0xd55e00),
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
    sequence: hex(0xb84a00),
};

impl Tokens {
    /// The colours of the theme that `ui` is drawn in.
    pub fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode {
            &DARK
        } else {
            &LIGHT
        }
    }

    /// What lies over the window behind a dialog.
    pub fn backdrop(&self) -> Color32 {
        Color32::from_black_alpha(112)
    }
}

impl Tokens {
    fn for_theme(theme: Theme) -> &'static Self {
        match theme {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }

    /// The ground of something under the pointer: the card's colour with a little of the text's.
    pub fn hover(&self) -> Color32 {
        mix(self.card, self.text, 0.07)
    }

    /// A wire between two cards: seen without drawing the eye. Opaque, as wires lie on one another.
    pub fn wire(&self) -> Color32 {
        mix(self.line, self.muted, 0.45)
    }

    /// The accent under the pointer.
    pub fn accent_strong(&self) -> Color32 {
        mix(self.accent, self.text, 0.18)
    }

    /// The ground of something chosen: the panel's colour with a little of the accent's.
    pub fn chosen(&self) -> Color32 {
        mix(self.panel, self.accent, 0.22)
    }
}

/// `share` of `b` in `a`.
fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    a.lerp_to_gamma(b, share)
}

const SEMIBOLD: &str = "semibold";

/// Fonts, sizes, spacings and colours, once at the start; the panics of egui for an unknown font
/// family are why tests that draw call it too.
pub fn install(ctx: &egui::Context, choice: ThemeChoice) {
    ctx.set_fonts(fonts());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| style_for(theme, style));
    }
    apply(ctx, choice);
}

/// Light, dark or as the system has it.
pub fn apply(ctx: &egui::Context, choice: ThemeChoice) {
    ctx.set_theme(match choice {
        ThemeChoice::System => ThemePreference::System,
        ThemeChoice::Light => ThemePreference::Light,
        ThemeChoice::Dark => ThemePreference::Dark,
    });
}

/// Text with figures that stand under one another.
pub fn figure(text: impl Into<String>) -> RichText {
    RichText::new(text).monospace()
}

/// Text that weighs a little more: names and headings.
pub fn semibold(text: impl Into<String>) -> RichText {
    RichText::new(text).family(FontFamily::Name(SEMIBOLD.into()))
}

/// The colour that a kind of layer has everywhere.
pub fn group_colour(tokens: &Tokens, group: Group) -> Color32 {
    match group {
        Group::Convolution => tokens.convolution,
        Group::Pooling => tokens.pooling,
        Group::Dense => tokens.dense,
        Group::Normalise | Group::Regularise => tokens.regularise,
        Group::Sequence => tokens.sequence,
        Group::Input | Group::Shape | Group::Join => tokens.muted,
    }
}

/// Inter for words and JetBrains Mono for figures; each stands in for what the other lacks, and
/// egui's own fonts for the rest.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let bundled: [(&str, &'static [u8]); 3] = [
        (
            "Inter",
            include_bytes!("../../assets/fonts/Inter-Regular.otf"),
        ),
        (
            "Inter SemiBold",
            include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
        ),
        (
            "JetBrains Mono",
            include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf"),
        ),
    ];
    for (name, bytes) in bundled {
        let data = Arc::new(FontData::from_static(bytes));
        fonts.font_data.insert(name.to_owned(), data);
    }
    let semibold = FontFamily::Name(SEMIBOLD.into());
    let others = fonts.families.get(&FontFamily::Proportional).cloned();
    fonts
        .families
        .insert(semibold.clone(), others.unwrap_or_default());
    for (family, first) in [
        (FontFamily::Proportional, &["Inter", "JetBrains Mono"]),
        (FontFamily::Monospace, &["JetBrains Mono", "Inter"]),
        (semibold, &["Inter SemiBold", "JetBrains Mono"]),
    ] {
        let names = fonts.families.entry(family).or_default();
        names.splice(0..0, first.iter().map(|name| (*name).to_owned()));
    }
    fonts
}

fn style_for(theme: Theme, style: &mut Style) {
    let sizes = [
        (TextStyle::Body, TEXT_SIZE, FontFamily::Proportional),
        (TextStyle::Button, TEXT_SIZE, FontFamily::Proportional),
        (TextStyle::Small, CAPTION_SIZE, FontFamily::Proportional),
        (TextStyle::Monospace, NOTE_SIZE, FontFamily::Monospace),
        (
            TextStyle::Heading,
            HEADING_SIZE,
            FontFamily::Name(SEMIBOLD.into()),
        ),
    ];
    for (text, size, family) in sizes {
        style.text_styles.insert(text, FontId::new(size, family));
    }
    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(SPACE[1], SPACE[1]);
    spacing.button_padding = vec2(10.0, SPACE[0]);
    spacing.interact_size = vec2(40.0, CONTROL_HEIGHT);
    spacing.window_margin = Margin::same(SPACE[3] as i8);
    spacing.menu_margin = Margin::same(SPACE[0] as i8 + 2);
    spacing.combo_width = CONTROL_WIDTH;
    spacing.slider_width = CONTROL_WIDTH;
    spacing.text_edit_width = 200.0;
    spacing.tooltip_width = 340.0;
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = SPACE[1] - 2.0;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style.visuals = visuals(theme);
}

fn visuals(theme: Theme) -> Visuals {
    let tokens = Tokens::for_theme(theme);
    let mut visuals = theme.default_visuals();
    visuals.widgets = widgets(tokens);
    visuals.selection.bg_fill = mix(tokens.panel, tokens.accent, 0.32);
    visuals.selection.stroke = Stroke::new(1.0, mix(tokens.accent, tokens.text, 0.45));
    visuals.weak_text_color = Some(tokens.muted);
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.error;
    visuals.panel_fill = tokens.ground;
    visuals.window_fill = tokens.panel;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.window_corner_radius = CornerRadius::same(CORNER);
    visuals.menu_corner_radius = CornerRadius::same(CORNER);
    visuals.faint_bg_color = tokens.card;
    visuals.extreme_bg_color = tokens.ground;
    visuals.text_edit_bg_color = Some(match theme {
        Theme::Dark => tokens.ground,
        Theme::Light => tokens.card,
    });
    visuals.code_bg_color = tokens.ground;
    visuals.text_cursor.stroke = Stroke::new(1.5, tokens.accent);
    visuals.slider_trailing_fill = true;
    visuals.popup_shadow = Shadow {
        offset: [0, 6],
        blur: 20,
        spread: 0,
        color: Color32::from_black_alpha(match theme {
            Theme::Dark => 110,
            Theme::Light => 36,
        }),
    };
    visuals.window_shadow = visuals.popup_shadow;
    visuals
}

/// At rest, under the pointer, pressed (or with the keyboard's focus), and with an open menu.
fn widgets(tokens: &Tokens) -> Widgets {
    let look = |fill: Color32, weak: Color32, line: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: weak,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(CORNER_SMALL),
        fg_stroke: Stroke::new(1.0, tokens.text),
        expansion: 0.0,
    };
    let edge = mix(tokens.line, tokens.text, 0.25);
    let rail = mix(tokens.line, tokens.text, 0.06);
    Widgets {
        noninteractive: look(tokens.panel, tokens.panel, tokens.line),
        inactive: look(rail, tokens.card, tokens.line),
        hovered: look(edge, tokens.hover(), edge),
        active: look(
            edge,
            mix(tokens.card, tokens.accent, 0.16),
            mix(tokens.line, tokens.accent, 0.8),
        ),
        open: look(edge, tokens.hover(), edge),
    }
}
