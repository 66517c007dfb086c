//! The confusion matrix: its switches, its place, mouse and keys. The painting is `matrix_paint`'s.

use egui::{
    Button, EventFilter, Id, Key, Modifiers, Rect, Response, Role, ScrollArea, Sense, Ui,
    UiBuilder, Vec2, WidgetInfo, vec2,
};

use super::figures::{Figures, Scale};
use super::matrix_labels::{self, WITH_NAMES};
use super::matrix_paint::{self, Cells};
use crate::app::panels::parts::row::{ROW, ends, shortened};
use crate::app::theme::{NOTE_SIZE, SPACE};
use crate::app::widgets::{heading, segmented, thousands};

/// What the user did in the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// `(true class, predicted class)`.
    Cell(usize, usize),
    /// Go on to the images of the chosen cell.
    Enter,
}

/// How the matrix is looked at.
pub struct Matrix {
    scale: Scale,
    hide_diagonal: bool,
    /// Times the size at which all of it is to be seen.
    zoom: f32,
    id: Option<Id>,
    /// The cell that the keys have gone to, when it is not visible yet.
    go_to: Option<(usize, usize)>,
}

impl Default for Matrix {
    fn default() -> Self {
        Self {
            scale: Scale::Counts,
            hide_diagonal: false,
            zoom: 1.0,
            id: None,
            go_to: None,
        }
    }
}

/// Up to so many classes every cell is a widget of its own, which screen readers and tests can name.
const NAMED: usize = 20;
/// So many points beside a cell with images it is still meant.
const REACH: f32 = 9.0;
/// Up to so many classes the whole matrix fits; beyond, it is zoomed.
const FITS: usize = 30;
const LARGEST_CELL: f32 = 60.0;
/// With thousands of classes not all are seen at once.
const SMALLEST_CELL: f32 = 0.2;

impl Matrix {
    /// The widget that holds the keyboard's focus.
    pub fn id(&self) -> Option<Id> {
        self.id
    }

    /// The switches; gives a cell that was chosen from the list of the fullest ones.
    pub fn controls(&mut self, ui: &mut Ui, figures: &Figures) -> Option<Picked> {
        let options = [
            (Scale::Counts, "counts"),
            (Scale::ByRow, "by row"),
            (Scale::ByColumn, "by column"),
        ];
        let (scale, hide) = (&mut self.scale, &mut self.hide_diagonal);
        ends(
            ui,
            "confusion",
            |ui| heading(ui, "Confusion"),
            |ui| {
                segmented(ui, "What the cells say", scale, &options);
                let button = Button::selectable(*hide, "hide diagonal").min_size(vec2(0.0, ROW));
                let help = "Blank what is right, so that only mistakes stand out";
                if ui
                    .add(button.frame_when_inactive(true))
                    .on_hover_text(help)
                    .clicked()
                {
                    *hide = !*hide;
                }
            },
        );
        if figures.len() > FITS {
            let worst = ui.horizontal(|ui| {
                zoom_buttons(ui, &mut self.zoom);
                most_confused(ui, figures)
            });
            self.go_to = worst.inner.or(self.go_to);
            return worst.inner.map(|(t, p)| Picked::Cell(t, p));
        }
        self.zoom = 1.0;
        None
    }

    /// Draws the matrix into at most `room`.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        figures: &mut Figures,
        selected: Option<(usize, usize)>,
        room: Vec2,
    ) -> Option<Picked> {
        let n = figures.len();
        let widest = *figures
            .widest
            .get_or_insert_with(|| matrix_labels::widest(ui, &figures.confusion));
        let (edges, cell, lying) = edges_and_cell(n, widest, room, self.zoom);
        let (label, header) = (edges.x, edges.y);
        let size = Vec2::splat(cell * n as f32);
        let outer = vec2((size.x + label).min(room.x), (size.y + header).min(room.y));
        let (outer, _) = ui.allocate_exact_size(outer, Sense::hover());
        let id = ui.scope_id().with("matrix");
        self.id = Some(id);
        let inner = Rect::from_min_max(outer.min + vec2(label, header), outer.max);
        let focus = ui.interact(inner, id, Sense::focusable_noninteractive());
        let mut picked = self.keys(ui, &focus, n, selected);
        let cells = self.scrolled(ui, figures, selected, inner, cell, &mut picked);
        matrix_labels::paint(ui, figures, outer, inner, &cells, lying);
        matrix_paint::focus_ring(ui, &focus, outer);
        focus.widget_info(|| {
            let at = selected.map(|(t, p)| figures.spoken(self.scale, t, p));
            let name = format!(
                "Confusion matrix{}",
                at.map_or(String::new(), |at| format!(", {at}"))
            );
            WidgetInfo::labeled(Role::Grid, true, name)
        });
        if matches!(picked, Some(Picked::Cell(..))) {
            focus.request_focus();
        }
        picked
    }

    /// The cells in their scroll area; gives where they lie.
    fn scrolled(
        &mut self,
        ui: &mut Ui,
        figures: &Figures,
        selected: Option<(usize, usize)>,
        inner: Rect,
        side: f32,
        picked: &mut Option<Picked>,
    ) -> Cells {
        let n = figures.len();
        let go_to = self.go_to.take();
        ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
            let area = ScrollArea::both()
                .id_salt("matrix cells")
                .auto_shrink(false);
            let output = area.show(ui, |ui| {
                let size = Vec2::splat(side * n as f32);
                let (rect, whole) = ui.allocate_exact_size(size, Sense::CLICK);
                let cells = Cells {
                    origin: rect.min,
                    side,
                    n,
                };
                if let Some((t, p)) = go_to {
                    ui.scroll_to_rect(cells.rect(t, p), None);
                }
                let visible = ui.clip_rect().intersect(rect);
                matrix_paint::cells(ui, figures, &cells, visible, self.scale, self.hide_diagonal);
                if let Some((t, p)) = selected {
                    matrix_paint::outline(ui, cells.rect(t, p));
                }
                let hit = if n <= NAMED {
                    self.named_cells(ui, figures, &cells)
                } else {
                    self.one_for_all(&whole, figures, &cells)
                };
                if let Some((t, p)) = hit {
                    *picked = Some(Picked::Cell(t, p));
                }
                cells
            });
            output.inner
        })
        .inner
    }

    /// A widget for each cell.
    fn named_cells(&self, ui: &Ui, figures: &Figures, cells: &Cells) -> Option<(usize, usize)> {
        let mut hit = None;
        for truth in 0..cells.n {
            for predicted in 0..cells.n {
                let id = ui.scope_id().with(("cell", truth, predicted));
                let response = ui.interact(cells.rect(truth, predicted), id, Sense::CLICK);
                let spoken = || figures.spoken(self.scale, truth, predicted);
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken()));
                let response = response.on_hover_ui_at_pointer(|ui| {
                    ui.label(spoken());
                });
                if response.clicked() {
                    hit = Some((truth, predicted));
                }
            }
        }
        hit
    }

    /// One widget for so many cells that single ones would slow every frame.
    fn one_for_all(
        &self,
        whole: &Response,
        figures: &Figures,
        cells: &Cells,
    ) -> Option<(usize, usize)> {
        let name = format!("Cells of the confusion matrix, {0} by {0}", cells.n);
        whole.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let meant = |pos| self.meant(figures, cells, pos);
        if let Some((truth, predicted)) = whole.hover_pos().and_then(meant) {
            whole.clone().on_hover_ui_at_pointer(|ui| {
                ui.label(figures.spoken(self.scale, truth, predicted));
            });
        }
        let pos = whole.interact_pointer_pos().filter(|_| whole.clicked())?;
        meant(pos)
    }

    /// The cell under the pointer; where cells are tiny and this one has no images, the nearest that has some.
    fn meant(&self, figures: &Figures, cells: &Cells, pos: egui::Pos2) -> Option<(usize, usize)> {
        let (truth, predicted) = cells.at(pos)?;
        let reach = (REACH / cells.side) as usize;
        let around = |at: usize| at.saturating_sub(reach)..=(at + reach).min(cells.n - 1);
        let filled = |t: usize, p: usize| {
            let hidden = self.hide_diagonal && t == p;
            !hidden && figures.confusion.at(t, p) > 0
        };
        let near = around(truth).flat_map(|t| around(predicted).map(move |p| (t, p)));
        let far = |(t, p): &(usize, usize)| t.abs_diff(truth).pow(2) + p.abs_diff(predicted).pow(2);
        let found = near.filter(|(t, p)| filled(*t, *p)).min_by_key(far);
        Some(found.unwrap_or((truth, predicted)))
    }

    /// Arrows move the chosen cell, Enter goes on to its images.
    fn keys(
        &mut self,
        ui: &Ui,
        focus: &Response,
        n: usize,
        selected: Option<(usize, usize)>,
    ) -> Option<Picked> {
        if !focus.has_focus() {
            return None;
        }
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(focus.id, arrows));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if selected.is_some() && pressed(Key::Enter) {
            return Some(Picked::Enter);
        }
        let (truth, predicted) = selected.unwrap_or((0, 0));
        let mut to = (truth, predicted);
        if pressed(Key::ArrowUp) {
            to.0 = truth.saturating_sub(1);
        }
        if pressed(Key::ArrowDown) {
            to.0 = (truth + 1).min(n - 1);
        }
        if pressed(Key::ArrowLeft) {
            to.1 = predicted.saturating_sub(1);
        }
        if pressed(Key::ArrowRight) {
            to.1 = (predicted + 1).min(n - 1);
        }
        if selected == Some(to) || (selected.is_none() && to == (0, 0)) {
            return None;
        }
        self.go_to = Some(to);
        Some(Picked::Cell(to.0, to.1))
    }
}

/// Width of the row names and height of the column names, the side of a cell, and whether the
/// column names lie flat over their columns.
fn edges_and_cell(n: usize, widest: f32, room: Vec2, zoom: f32) -> (Vec2, f32, bool) {
    let smallest = if n <= FITS { WITH_NAMES } else { SMALLEST_CELL };
    let cell = |edges: Vec2| {
        let fit = (room - edges) / n as f32;
        (fit.min_elem().max(smallest) * zoom).min(LARGEST_CELL)
    };
    let label = (widest + 2.0 * SPACE[1]).clamp(54.0, (room.x * 0.24).max(54.0));
    let bare = vec2(54.0, 34.0);
    let flat = vec2(label, bare.y);
    let upright = vec2(label, (widest + 14.0).clamp(36.0, 92.0));
    if cell(flat) > widest + 6.0 {
        (flat, cell(flat), true)
    } else if cell(upright) >= WITH_NAMES {
        (upright, cell(upright), false)
    } else {
        // Names would be too small to read: their space goes to the cells.
        (bare, cell(bare).min(WITH_NAMES - 0.1), false)
    }
}

fn zoom_buttons(ui: &mut Ui, zoom: &mut f32) {
    let buttons = [("−", "Zoom out", 1.0 / 1.5), ("+", "Zoom in", 1.5)];
    for (text, name, factor) in buttons {
        let button = ui.add(Button::new(text).min_size(vec2(ROW, ROW)));
        if button.on_hover_text(name).accessible_name(name).clicked() {
            *zoom = (*zoom * factor).clamp(1.0, 64.0);
        }
    }
    let all = egui::RichText::new("Whole").size(NOTE_SIZE);
    let button = ui.add(Button::new(all).min_size(vec2(0.0, ROW)));
    if button
        .on_hover_text("Show as much of the matrix as fits")
        .clicked()
    {
        *zoom = 1.0;
    }
}

impl Cells {
    /// Where a cell lies on the screen.
    pub fn rect(&self, truth: usize, predicted: usize) -> Rect {
        let corner = self.origin + vec2(predicted as f32, truth as f32) * self.side;
        Rect::from_min_size(corner, Vec2::splat(self.side))
    }

    /// The cell at a place on the screen.
    pub fn at(&self, pos: egui::Pos2) -> Option<(usize, usize)> {
        let place = (pos - self.origin) / self.side;
        let inside = |value: f32| (value >= 0.0 && value < self.n as f32).then_some(value as usize);
        Some((inside(place.y)?, inside(place.x)?))
    }

    /// Rows and columns that show in `visible`.
    pub fn within(&self, visible: Rect) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let from = (visible.min - self.origin) / self.side;
        let to = (visible.max - self.origin) / self.side;
        let first = |value: f32| (value.max(0.0) as usize).min(self.n);
        let last = |value: f32| (value.ceil().max(0.0) as usize).min(self.n);
        (first(from.y)..last(to.y), first(from.x)..last(to.x))
    }
}

/// In a matrix of many classes the fullest cells beside the diagonal are hard to find.
fn most_confused(ui: &mut Ui, figures: &Figures) -> Option<(usize, usize)> {
    let mut chosen = None;
    let button = ui.add_enabled_ui(!figures.worst.is_empty(), |ui| {
        ui.menu_button("Most confused…", |ui| {
            ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for cell in &figures.worst {
                    let names = [cell.truth, cell.predicted].map(|class| figures.name(class));
                    let [truth, predicted] = names.map(|name| shortened(name, 24));
                    let text = format!("{truth} → {predicted} · {}", thousands(cell.count));
                    if ui.button(text).clicked() {
                        chosen = Some((cell.truth, cell.predicted));
                        ui.close();
                    }
                }
            });
        })
    });
    let help = "The mistakes that are made most often, true class first";
    button
        .response
        .on_hover_text(help)
        .on_disabled_hover_text("No image was taken for one of another class");
    chosen
}
