//! Feature maps on the window's GPU: a grid of cells, coloured by `shaders/feature_maps.wgsl`.
//!
//! The numbers come from the engine by memory and go to the GPU once a version; what a frame costs
//! is one draw call a strip. The GPU's side is in `gpu`, what becomes a texel in `picture`.

mod gpu;
mod picture;

use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui_wgpu;
use egui::{Id, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::theme::{self, Tokens};
use crate::training::LayerMaps;

/// Between two cells, in points.
const GAP: f32 = 4.0;
/// Radius of a cell's corners.
const CORNER: f32 = 3.0;
/// Height of a vector's strip, and the width of one unit at most.
const VECTOR_HEIGHT: f32 = 12.0;
const UNIT_WIDTH: f32 = 10.0;
/// Side of the map that hovering shows.
const LARGE: f32 = 168.0;

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Tells the drawing of feature maps which format the window's pixels have. To be called once, when
/// the window is made; it assumes that the renderer has no multisampling and no depth buffer, as
/// eframe's default.
pub fn install(state: &egui_wgpu::RenderState) {
    let mut renderer = state.renderer.write();
    renderer
        .callback_resources
        .insert(gpu::Target(state.target_format));
    INSTALLED.store(true, Ordering::Relaxed);
}

/// Where the cells of a strip lie.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    columns: usize,
    /// The first map shown, and how many.
    first: usize,
    shown: usize,
    cell: Vec2,
    size: Vec2,
    /// A vector is one cell of one row.
    vector: bool,
}

impl Grid {
    fn of(maps: &LayerMaps, width: f32, cell: f32, max_rows: usize) -> Option<Self> {
        let [_, map_height, map_width] = maps.shape;
        let texels = map_height.checked_mul(map_width)?;
        if maps.kept == 0 || texels == 0 || maps.values.len() < maps.kept.checked_mul(texels)? {
            return None;
        }
        if texels == 1 {
            let size = vec2(
                width.min(maps.kept as f32 * UNIT_WIDTH).max(1.0),
                VECTOR_HEIGHT,
            );
            return Some(Self {
                columns: 1,
                first: 0,
                shown: 1,
                cell: size,
                size,
                vector: true,
            });
        }
        let aspect = (map_width as f32 / map_height as f32).clamp(0.25, 4.0);
        let cell = vec2((cell * aspect).round().min(width.max(cell)), cell);
        let columns = (((width + GAP) / (cell.x + GAP)).floor() as usize).max(1);
        let shown = maps.kept.min(columns.saturating_mul(max_rows.max(1)));
        let (across, down) = (columns.min(shown), shown.div_ceil(columns));
        let size = vec2(
            across as f32 * (cell.x + GAP) - GAP,
            down as f32 * (cell.y + GAP) - GAP,
        );
        Some(Self {
            columns,
            first: 0,
            shown,
            cell,
            size,
            vector: false,
        })
    }

    /// One map alone, fitted into a square.
    fn one(maps: &LayerMaps, map: usize, side: f32) -> Self {
        let [_, height, width] = maps.shape.map(|length| length.max(1) as f32);
        let cell = vec2(width, height) * (side / width.max(height));
        Self {
            columns: 1,
            first: map,
            shown: 1,
            cell,
            size: cell,
            vector: false,
        }
    }

    /// The place of the `number`th cell, from the strip's corner.
    fn place(&self, number: usize) -> Rect {
        let (column, row) = (number % self.columns, number / self.columns);
        let step = self.cell + Vec2::splat(GAP);
        let corner = pos2(column as f32 * step.x, row as f32 * step.y);
        Rect::from_min_size(corner, self.cell)
    }

    /// The channel, or the vector's unit, at a place within the strip.
    fn channel_at(&self, place: Vec2, kept: usize) -> Option<usize> {
        let pos = place.to_pos2();
        if self.vector {
            let unit = (place.x / self.size.x.max(1.0) * kept as f32) as usize;
            return (unit < kept).then_some(unit);
        }
        (0..self.shown)
            .find(|number| self.place(*number).contains(pos))
            .map(|number| self.first + number)
    }
}

/// The height that [`strip`] takes at a width.
pub fn strip_height(maps: &LayerMaps, width: f32, cell: f32, max_rows: usize) -> f32 {
    Grid::of(maps, width, cell, max_rows).map_or(0.0, |grid| grid.size.y)
}

/// The channels of one layer as a grid of cells `cell` points high, at most `max_rows` rows of them;
/// a vector is one thin row. Each map is scaled by its own smallest and largest value. The numbers
/// are sent to the GPU when `version` changes, or when they are others. Hovering enlarges a map.
pub fn strip(ui: &mut Ui, maps: &LayerMaps, version: u64, cell: f32, max_rows: usize) -> Response {
    let Some(grid) = Grid::of(maps, ui.available_width(), cell, max_rows) else {
        return ui.weak("No feature maps");
    };
    if !INSTALLED.load(Ordering::Relaxed) {
        return ui.weak("Feature maps need a window drawn by wgpu");
    }
    let (rect, response) = ui.allocate_exact_size(grid.size, Sense::hover());
    let name = format!("Feature maps of {}", maps.name);
    response.widget_info(|| {
        let mut info = WidgetInfo::new(egui::accesskit::Role::Image);
        info.label = Some(name.clone());
        info
    });
    if ui.is_rect_visible(rect) {
        paint(ui, response.id, rect, maps, version, grid);
    }
    let channel = response
        .hover_pos()
        .and_then(|pos| grid.channel_at(pos - rect.min, maps.kept));
    match channel {
        Some(channel) => {
            response.on_hover_ui_at_pointer(|ui| enlarged(ui, maps, version, &grid, channel))
        }
        None => response,
    }
}

/// What hovering shows: one map large, and its range.
fn enlarged(ui: &mut Ui, maps: &LayerMaps, version: u64, strip: &Grid, channel: usize) {
    let [channels, height, width] = maps.shape;
    let number = channel + 1;
    if strip.vector {
        let value = maps.values.get(channel).copied().unwrap_or_default();
        ui.label(theme::figure(format!(
            "Unit {number} of {channels}: {value:.4}"
        )));
        return;
    }
    ui.label(format!("Map {number} of {channels}"));
    let grid = Grid::one(maps, channel, LARGE);
    let (rect, response) = ui.allocate_exact_size(grid.size, Sense::hover());
    paint(ui, response.id.with("large"), rect, maps, version, grid);
    let (low, high) = picture::range(
        maps.values
            .get(channel * height * width..(channel + 1) * height * width),
    );
    ui.label(
        theme::figure(format!("{height}×{width}, from {low:.3} to {high:.3}"))
            .color(Tokens::of(ui).muted),
    );
}

fn paint(ui: &Ui, id: Id, rect: Rect, maps: &LayerMaps, version: u64, grid: Grid) {
    let draw = gpu::Draw {
        id: id.value(),
        frame: ui.ctx().cumulative_frame_nr(),
        numbers: picture::Numbers {
            version,
            values: maps.values.clone(),
            shape: maps.shape,
            kept: maps.kept,
            grid,
        },
        origin: rect.min,
        corner: CORNER,
        opacity: ui.opacity(),
    };
    ui.painter()
        .add(egui_wgpu::Callback::new_paint_callback(rect, draw));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(shape: [usize; 3]) -> LayerMaps {
        let kept = shape[0].min(crate::training::MAPS_KEPT);
        LayerMaps {
            name: "conv2d_1".to_owned(),
            shape,
            values: vec![0.5; kept * shape[1] * shape[2]].into(),
            kept,
        }
    }

    #[test]
    fn a_row_holds_as_many_cells_as_fit() {
        let grid = Grid::of(&maps([32, 26, 26]), 536.0, 36.0, 1).expect("a grid");
        assert_eq!((grid.columns, grid.shown), (13, 13));
        assert!(grid.size.x <= 536.0);
        let two = Grid::of(&maps([32, 26, 26]), 536.0, 36.0, 2).expect("a grid");
        assert_eq!((two.shown, two.size.y), (26, 76.0));
        assert_eq!(two.channel_at(vec2(41.0, 41.0), 32), Some(14));
        assert_eq!(two.channel_at(vec2(38.0, 10.0), 32), None);
    }

    #[test]
    fn odd_maps_are_no_danger() {
        for shape in [[0, 4, 4], [4, 0, 4], [3, 1, 1], [2, 1, 9], [1, 900, 1]] {
            let maps = maps(shape);
            let height = strip_height(&maps, 1.0, 36.0, 1);
            assert!((0.0..=40.0).contains(&height), "{shape:?} is {height} high");
        }
        let mut short = maps([4, 3, 3]);
        short.values = vec![0.0; 7].into();
        assert_eq!(strip_height(&short, 500.0, 36.0, 1), 0.0);
    }
}
