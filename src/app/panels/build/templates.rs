//! The menu of templates: each as it would be with the images that are open, by family.

use std::sync::Arc;

use egui::text::LayoutJob;
use egui::{Align, Button, FontSelection, Id, Layout, RichText, ScrollArea, Ui, vec2};

use super::classes;
use crate::app::command::Command;
use crate::app::theme::{self, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Context, Template, check, grouped, templates};

/// The longest that the menu becomes before it scrolls.
const LENGTH: f32 = 560.0;

pub fn menu(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.set_width(440.0);
    ui.spacing_mut().button_padding = vec2(SPACE[1], 6.0);
    ui.horizontal(|ui| {
        widgets::caption(ui, "Network");
        let end = Layout::right_to_left(Align::Center);
        ui.with_layout(end, |ui| widgets::caption(ui, "Parameters"));
    });
    let fits = Fit::all(ui, view);
    // As long as the window lets it be: by itself it would be no longer than a popup's usual size.
    let room = ui.ctx().content_rect().height() - 160.0;
    let length = LENGTH.min(room.max(120.0));
    let scroll = ScrollArea::vertical()
        .max_height(length)
        .min_scrolled_height(length);
    scroll.show(ui, |ui| {
        let mut family = None;
        for (template, fit) in templates().iter().zip(fits.iter()) {
            if family != Some(template.family) {
                family = Some(template.family);
                widgets::caption(ui, template.family.title());
            }
            if entry(ui, template, fit, view.template) {
                commands.push(Command::UseTemplate(template.name));
                commands.push(Command::Select(None));
                ui.close();
            }
        }
    });
}

/// A button for one template; whether it was clicked.
fn entry(ui: &mut Ui, template: &Template, fit: &Fit, present: Option<&str>) -> bool {
    let muted = Tokens::of(ui).muted;
    let button = Button::new(text(ui, template))
        .right_text(theme::figure(grouped(fit.parameters)).color(muted))
        .selected(present == Some(template.name));
    let response = ui.add_enabled(fit.reason.is_none(), button);
    let response = response.accessible_name(template.title);
    let response = match &fit.reason {
        Some(reason) => response.on_disabled_hover_text(reason),
        None => response.on_hover_text(&fit.adapted),
    };
    response.clicked()
}

/// The title, and the summary below it.
fn text(ui: &Ui, template: &Template) -> LayoutJob {
    let mut job = LayoutJob::default();
    let tokens = Tokens::of(ui);
    let title = theme::semibold(format!("{}\n", template.title)).color(tokens.text);
    let summary = RichText::new(template.summary)
        .size(NOTE_SIZE)
        .color(tokens.muted);
    for part in [title, summary] {
        part.append_to(&mut job, ui.style(), FontSelection::Default, Align::Min);
    }
    job
}

/// A template as it would be with the images that are open.
struct Fit {
    parameters: u64,
    /// Why it cannot be used.
    reason: Option<String>,
    /// What it does to the images.
    adapted: String,
}

impl Fit {
    /// One for each template; worked out again when the images or the batch size are others.
    fn all(ui: &Ui, view: &View<'_>) -> Arc<Vec<Self>> {
        let images = view.data.ready().map(|(data, _)| data);
        let data = images.map(|data| (std::ptr::from_ref(data).addr(), data.len()));
        let id = Id::unique(("fitted templates", data, classes(view), view.recipe.batch));
        if let Some(fits) = ui.data(|data| data.get_temp::<Arc<Vec<Self>>>(id)) {
            return fits;
        }
        let size = images.map(|images| images.usual_size());
        let fits = templates().iter().map(|it| Self::of(it, size, view));
        let fits = Arc::new(fits.collect::<Vec<_>>());
        ui.data_mut(|data| data.insert_temp(id, fits.clone()));
        fits
    }

    fn of(template: &Template, images: Option<[usize; 3]>, view: &View<'_>) -> Self {
        let classes = classes(view);
        let fitted = template.for_images(images, classes);
        let context = Context {
            classes,
            loss: fitted.loss,
            batch: view.recipe.batch,
        };
        let report = check(&fitted.graph, &context);
        let input = report.layers.first().and_then(|layer| layer.output);
        let size = input.map(|shape| shape.to_string()).unwrap_or_default();
        let outputs = classes.map_or(String::new(), |count| {
            format!(" and fitted to {count} classes")
        });
        let changes = fitted.changes.iter().map(|change| format!("\n· {change}"));
        Self {
            parameters: report.parameters,
            reason: report
                .errors()
                .next()
                .map(|problem| problem.message.clone()),
            adapted: format!(
                "Images are resized to {size}{outputs}, {} loss{}",
                context.loss.title().to_lowercase(),
                changes.collect::<String>()
            ),
        }
    }
}
