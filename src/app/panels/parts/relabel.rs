//! Choosing a class for images: the known ones by search, or a new one.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Key, PopupCloseBehavior, ScrollArea, TextEdit, Ui};

use crate::app::view::View;
use crate::app::widgets::note;

const WIDTH: f32 = 220.0;
const HEIGHT: f32 = 260.0;

/// The menu and what is typed in it.
#[derive(Default)]
pub struct Relabel {
    typed: String,
}

impl Relabel {
    /// The button with its menu; the class that was chosen.
    pub fn button(&mut self, ui: &mut Ui, view: &View<'_>) -> Option<String> {
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let (response, inner) = MenuButton::new("Relabel…").config(config).ui(ui, |ui| {
            ui.set_width(WIDTH);
            let chosen = self.menu(ui, view);
            if chosen.is_some() {
                self.typed.clear();
                ui.close();
            }
            chosen
        });
        response.on_hover_text("Give them another class; the files stay where they are");
        inner.and_then(|inner| inner.inner)
    }

    fn menu(&mut self, ui: &mut Ui, view: &View<'_>) -> Option<String> {
        let (dataset, _) = view.data.ready()?;
        let hint = "Search, or name a new class";
        let field = TextEdit::singleline(&mut self.typed)
            .hint_text(hint)
            .desired_width(WIDTH);
        let field = ui.add(field).accessible_name("Class to relabel as");
        let typed = self.typed.trim().to_owned();
        let low = typed.to_lowercase();
        let fits: Vec<&String> = dataset
            .classes
            .iter()
            .filter(|class| low.is_empty() || class.to_lowercase().contains(&low))
            .collect();
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if entered && !typed.is_empty() {
            // The only class that fits is meant; else what was typed.
            return Some(match fits.as_slice() {
                [one] => (*one).clone(),
                _ => typed,
            });
        }
        let mut chosen = None;
        let height = ui.spacing().interact_size.y;
        ScrollArea::vertical()
            .max_height(HEIGHT)
            .auto_shrink([false, true])
            .show_rows(ui, height, fits.len(), |ui, visible| {
                for class in fits.get(visible).unwrap_or(&[]) {
                    let button = egui::Button::new(class.as_str())
                        .frame_when_inactive(false)
                        .truncate();
                    let button = ui.add_sized([ui.available_width(), height], button);
                    let spoken = format!("Relabel as {class}");
                    button.widget_info(|| {
                        egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken)
                    });
                    if button.clicked() {
                        chosen = Some((*class).clone());
                    }
                }
            });
        let new = !typed.is_empty() && dataset.classes.binary_search(&typed).is_err();
        if new && ui.button(format!("New class “{typed}”")).clicked() {
            chosen = Some(typed);
        } else if fits.is_empty() {
            note(ui, "No class has such a name");
        }
        chosen
    }
}
