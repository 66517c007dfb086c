//! The wires: short lines between neighbouring cards, and lanes beside the column for all others.

use egui::accesskit::Role;
use egui::{
    CursorIcon, Id, Painter, Popup, Pos2, Rect, Response, Sense, SetOpenCommand, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use super::column::Stage;
use super::drag::Dragged;
use super::lanes::Net;
use super::rows::Rows;
use super::{palette, saved};
use crate::app::command::Command;
use crate::app::theme::{SPACE, Tokens};
use crate::app::view::View;
use crate::network::{Edit, Kind, Layer, LayerId};

/// Between two lanes, and from the cards to the first one.
const LANE: f32 = 9.0;
const FIRST: f32 = 16.0;
/// Radius of a wire's corners.
const ROUND: f32 = 6.0;
/// Where wires leave a card above its lower edge, and reach one below its upper edge.
const OUT: f32 = 10.0;
const IN: f32 = 11.0;

/// The room that lanes need beside the cards.
pub fn gutter(lanes: usize) -> f32 {
    match lanes {
        0 => 0.0,
        lanes => FIRST + lanes as f32 * LANE,
    }
}

/// A wire in a lane, from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wire {
    pub from: usize,
    pub to: usize,
}

/// Where one wire of a net runs: along its lane from the end of the wire before it.
struct Run {
    wire: Wire,
    /// Along the lane, to be pointed at.
    rect: Rect,
}

impl Stage<'_> {
    fn lane(&self, net: &Net) -> f32 {
        self.origin.x + self.width + FIRST + net.lane as f32 * LANE
    }

    /// Where a row gives its output, and takes an input from a lane.
    pub fn gives(&self, row: usize) -> Option<Pos2> {
        let card = self.plan.cards.get(row)?;
        let right = self.origin.x + self.width;
        Some(pos2(right, self.origin.y + card.top + card.height - OUT))
    }

    fn takes(&self, row: usize) -> Option<Pos2> {
        let card = self.plan.cards.get(row)?;
        Some(pos2(
            self.origin.x + self.width,
            self.origin.y + card.top + IN,
        ))
    }

    /// The nets that pass what is shown.
    fn nets(&self, ui: &Ui) -> impl Iterator<Item = &Net> {
        let clip = ui.clip_rect();
        self.rows.nets.iter().filter(move |net| {
            let (first, last) = net.span();
            let top = self.plan.cards.get(first).map(|card| card.top);
            let bottom = self.plan.cards.get(last).map(|card| card.top + card.height);
            let y = self.origin.y;
            top.is_some_and(|top| y + top <= clip.max.y)
                && bottom.is_some_and(|bottom| y + bottom >= clip.min.y)
        })
    }

    /// All wires in lanes; those of the lit rows stand out.
    pub fn lanes(&self, ui: &mut Ui, lit: &[usize], commands: &mut Vec<Command>) {
        let tokens = Tokens::of(ui);
        let muted = Stroke::new(1.5, tokens.wire());
        let nets: Vec<&Net> = self.nets(ui).collect();
        for net in &nets {
            for to in &net.to {
                self.path(ui.painter(), net, *to, muted);
            }
        }
        let aimed = self.aimed(ui);
        for net in &nets {
            let own = lit.contains(&net.from);
            for run in self.runs(net) {
                let wire = run.wire;
                let response = self.wire(ui, &run, commands);
                let bright = response || aimed == Some(wire) || own || lit.contains(&wire.to);
                if bright {
                    self.path(ui.painter(), net, wire.to, Stroke::new(2.0, tokens.accent));
                }
            }
        }
    }

    /// The wire that a dragged new layer or block would be put on.
    pub fn aimed(&self, ui: &Ui) -> Option<Wire> {
        let Some(Dragged::New(_) | Dragged::Block(_)) = Dragged::now(ui) else {
            return None;
        };
        let pointer = ui.ctx().pointer_interact_pos()?;
        let nets = self.nets(ui).flat_map(|net| self.runs(net));
        let mut nets = nets.filter(|run| run.rect.contains(pointer));
        nets.next().map(|run| run.wire)
    }

    /// The part of the lane that belongs to each wire of a net.
    fn runs(&self, net: &Net) -> Vec<Run> {
        let x = self.lane(net);
        let Some(out) = self.gives(net.from) else {
            return Vec::new();
        };
        let run = |to: usize, from_y: f32| {
            let end = self.takes(to)?;
            let (top, bottom) = (from_y.min(end.y), from_y.max(end.y));
            let corner = pos2(x - LANE / 2.0, top);
            Some(Run {
                wire: Wire { from: net.from, to },
                rect: Rect::from_min_max(corner, pos2(x + LANE / 2.0, bottom)),
            })
        };
        let (up, down): (Vec<usize>, Vec<usize>) = net.to.iter().partition(|to| **to <= net.from);
        let mut runs = Vec::with_capacity(net.to.len());
        for list in [up.into_iter().rev().collect::<Vec<_>>(), down] {
            let mut y = out.y;
            for to in list {
                runs.extend(run(to, y));
                y = self.takes(to).map_or(y, |end| end.y);
            }
        }
        runs
    }

    /// What can be done with a wire: pointed at, and clicked for its menu. Whether it is lit.
    fn wire(&self, ui: &mut Ui, run: &Run, commands: &mut Vec<Command>) -> bool {
        let graph = self.view.editor.graph();
        let ends = self
            .rows
            .exit(graph, run.wire.from)
            .zip(self.rows.layers(graph, run.wire.to).first());
        let Some((from, to)) = ends else {
            return false;
        };
        let name = format!(
            "Wire from {} to {}",
            self.name(run.wire.from),
            self.name(run.wire.to)
        );
        let id = Id::unique(("wire", from.0, to.id.0));
        let response = ui.interact(run.rect, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response));
        let lit = open || response.hovered() || response.has_focus();
        let wires = self.rows.wires(graph, run.wire.from, run.wire.to);
        menu_at(ui, &response, run.rect).show(|ui| {
            ui.set_min_width(180.0);
            if ui.button("Remove wire").on_hover_text(&name).clicked() {
                let edits: Vec<Edit> = wires
                    .iter()
                    .map(|(from, to)| Edit::Disconnect {
                        from: *from,
                        to: *to,
                    })
                    .collect();
                commands.push(Command::Edits(edits));
                ui.close();
            }
            ui.menu_button("Insert a layer on it", |ui| {
                if let Some(kind) = palette::menu(ui) {
                    commands.extend(insert_on(self.view, self.rows, run.wire, kind));
                }
            });
        });
        if !open {
            response
                .on_hover_text(name)
                .on_hover_cursor(CursorIcon::PointingHand);
        }
        lit
    }

    /// A wire of a net, with round corners and a small arrow at its end.
    fn path(&self, painter: &Painter, net: &Net, to: usize, stroke: Stroke) {
        let Some((out, end)) = self.gives(net.from).zip(self.takes(to)) else {
            return;
        };
        let lane = self.lane(net);
        let turn = if end.y >= out.y { 1.0 } else { -1.0 };
        let round = ROUND.min((end.y - out.y).abs() / 2.0);
        let mut points = vec![out];
        points.extend(corner(
            pos2(lane, out.y),
            vec2(-round, 0.0),
            vec2(0.0, turn * round),
        ));
        points.extend(corner(
            pos2(lane, end.y),
            vec2(0.0, -turn * round),
            vec2(-round, 0.0),
        ));
        points.push(end + vec2(3.0, 0.0));
        painter.add(Shape::line(points, stroke));
        let tip = end + vec2(1.0, 0.0);
        let head = vec![tip, tip + vec2(6.0, -3.5), tip + vec2(6.0, 3.5)];
        painter.add(Shape::convex_polygon(head, stroke.color, Stroke::NONE));
    }

    /// The line to the card above, if a wire runs there.
    pub fn connector(&self, ui: &Ui, row: usize, lit: bool) {
        let Some((card, above)) = self.plan.cards.get(row).zip(row.checked_sub(1)) else {
            return;
        };
        let Some(above) = self.plan.cards.get(above).filter(|_| card.row.linked) else {
            return;
        };
        let tokens = Tokens::of(ui);
        let (top, bottom) = (above.top + above.height, card.top);
        let x = (self.origin.x + self.width / 2.0).round();
        let colour = if lit { tokens.accent } else { tokens.wire() };
        let y = self.origin.y;
        ui.painter()
            .vline(x, y + top..=y + bottom, Stroke::new(1.5, colour));
    }
}

/// The menu of a wire: where it was clicked, or by the keyboard in its middle.
fn menu_at(ui: &Ui, response: &Response, rect: Rect) -> Popup<'static> {
    let clicked = response.clicked();
    let pointed = match clicked {
        true => ui.ctx().pointer_hover_pos().is_some(),
        false => Popup::position_of_id(ui.ctx(), Popup::default_response_id(response)).is_some(),
    };
    let popup = Popup::menu(response).open_memory(clicked.then_some(SetOpenCommand::Bool(true)));
    match pointed {
        true => popup.at_pointer_fixed(),
        false => popup.at_position(rect.intersect(ui.clip_rect()).center()),
    }
}

/// A quarter of a circle around a corner, from `before` it to `after` it.
fn corner(at: Pos2, before: egui::Vec2, after: egui::Vec2) -> impl Iterator<Item = Pos2> {
    (0..=4).map(move |step| {
        let t = step as f32 / 4.0;
        at + before * (1.0 - t) * (1.0 - t) + after * t * t
    })
}

/// A new layer on the wire between two rows.
pub fn insert_on(view: &View<'_>, rows: &Rows, wire: Wire, kind: Kind) -> Option<Command> {
    let (from, to) = *rows
        .wires(view.editor.graph(), wire.from, wire.to)
        .first()?;
    let layer = Layer::new(kind);
    Some(Command::Edit(Edit::InsertBetween { from, to, layer }))
}

/// A block of the palette on the wire between two rows: it takes the place of a layer put there.
pub fn paste_on(view: &View<'_>, rows: &Rows, wire: Wire, number: usize) -> Option<Command> {
    let graph = view.editor.graph();
    let (from, to) = *rows.wires(graph, wire.from, wire.to).first()?;
    let layer = Layer::new(Kind::Activation);
    let between = Edit::InsertBetween { from, to, layer };
    // The layer that will be there has the next id, which a copy of the network tells.
    let stand_in = graph.clone().apply(&between).ok()??;
    let input = view.report.layer(from).and_then(|report| report.output);
    let fragment = saved::fragment(view, number, input)?;
    let label = format!("add {}", saved::named(view, number)?);
    let after = stand_in;
    let edits = vec![
        between,
        Edit::Paste { after, fragment },
        Edit::Delete(stand_in),
    ];
    Some(Command::Together { label, edits })
}

/// A layer takes the output of another one in place of what it had; a folded block at all its ways in.
pub fn instead(view: &View<'_>, rows: &Rows, from: LayerId, to: LayerId) -> Option<Command> {
    let graph = view.editor.graph();
    let row = rows.of_layer(to)?;
    let block = rows
        .rows
        .get(row)?
        .folded
        .and_then(|id| graph.ends(id).ok().map(|ends| (id, ends)));
    let Some((id, ends)) = block else {
        return Some(Command::Edit(Edit::Connect { from, to }));
    };
    let members = graph
        .members(id)
        .filter(|node| node.inputs.contains(&ends.source));
    let edits = members.flat_map(|node| {
        let to = node.id;
        let cut = Edit::Disconnect {
            from: ends.source,
            to,
        };
        [cut, Edit::Connect { from, to }]
    });
    let block = graph.block(id).map_or("block", |block| &block.name);
    Some(Command::Together {
        label: format!("connect {} to {block}", graph.name_of(from)),
        edits: edits.collect(),
    })
}

/// The port of a card, from which a wire is drawn.
pub fn port(ui: &Ui, at: Pos2, id: LayerId, name: &str, shown: bool) {
    let rect = Rect::from_center_size(at, vec2(18.0, 18.0));
    let response = ui.interact(rect, Id::unique(("port", id.0)), Sense::drag());
    let label = format!("Connect from {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    response.dnd_set_drag_payload(Dragged::Wire(id));
    let lit = response.hovered() || response.dragged();
    if shown || lit || response.has_focus() {
        let tokens = Tokens::of(ui);
        let (fill, radius) = if lit {
            (tokens.accent, 6.0)
        } else {
            (tokens.card, 4.5)
        };
        ui.painter()
            .circle(at, radius, fill, Stroke::new(1.5, tokens.accent));
    }
    if lit {
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    }
    response.on_hover_text("Drag a wire from here to another card");
}

/// The wire that is being drawn, as a curve from a port to the pointer.
pub fn live(ui: &Ui, from: Pos2, to: Pos2) {
    let stroke = Stroke::new(2.0, Tokens::of(ui).accent);
    let bend = vec2(SPACE[4] + (to.y - from.y).abs() * 0.1, 0.0);
    let end = if to.x > from.x { to } else { to + bend };
    let curve = egui::epaint::CubicBezierShape::from_points_stroke(
        [from, from + bend, end, to],
        false,
        egui::Color32::TRANSPARENT,
        stroke,
    );
    ui.painter().add(curve);
    ui.painter().circle_filled(to, 4.0, stroke.color);
}
