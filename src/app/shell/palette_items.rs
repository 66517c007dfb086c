//! What the command palette finds: the command table, templates, layers, runs, devices and recent
//! projects; and how well each fits what was typed.

use egui::Context;

use super::menus::{describe, stem};
use super::shortcuts::{available, keys};
use crate::app::command::{Command, ENTRIES};
use crate::app::layer_actions::{LAYER_ENTRIES, keys_of};
use crate::app::panels::build;
use crate::app::view::{View, Workspace};
use crate::network::{Edit, Kind, Layer, catalogue, templates};
use crate::project::ListedRun;

/// One line of the palette.
pub(super) struct Item {
    pub text: String,
    pub help: String,
    /// Keys, as they are written on this system.
    pub keys: String,
    /// Why it cannot be done now.
    pub blocked: Option<String>,
    pub commands: Vec<Command>,
}

impl Item {
    fn new(text: String, help: String, commands: Vec<Command>) -> Self {
        Self {
            text,
            help,
            keys: String::new(),
            blocked: None,
            commands,
        }
    }
}

/// What fits `query`, the best first; for an empty query the command table.
pub(super) fn find(ctx: &Context, view: &View<'_>, query: &str) -> Vec<Item> {
    let mut items = entries(ctx, view);
    if view.workspace == Workspace::Build || !query.trim().is_empty() {
        items.extend(on_layers(ctx, view));
    }
    if query.trim().is_empty() {
        items.sort_by_key(|item| item.blocked.is_some());
        return items;
    }
    items.extend(layers(view));
    items.extend(network_templates());
    items.extend(view.runs.iter().map(|run| run_item(view, run)));
    items.extend(devices(view));
    items.extend(recent(view));
    let mut fits: Vec<(i32, Item)> = items
        .into_iter()
        .filter_map(|item| {
            let fit = score(query, &item.text).or_else(|| {
                // Words of the explanation count for less than those of the name.
                words_in(query, &item.help).then_some(-40)
            })?;
            Some((fit - if item.blocked.is_some() { 15 } else { 0 }, item))
        })
        .collect();
    fits.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    fits.into_iter().map(|(_, item)| item).collect()
}

fn entries(ctx: &Context, view: &View<'_>) -> Vec<Item> {
    ENTRIES
        .iter()
        .filter_map(|entry| {
            let command = (entry.command)();
            if matches!(command, Command::ShowPalette(_)) {
                return None;
            }
            let blocked = available(&command, view).err();
            Some(Item {
                keys: keys(ctx, entry),
                blocked,
                ..Item::new(entry.text.into(), entry.help.into(), vec![command])
            })
        })
        .collect()
}

/// What can be done with the selected layers.
fn on_layers<'a>(ctx: &'a Context, view: &View<'_>) -> impl Iterator<Item = Item> + use<'a> {
    let reasons = build::blocked(view);
    LAYER_ENTRIES.iter().zip(reasons).map(|(entry, blocked)| {
        let commands = vec![
            Command::Go(Workspace::Build),
            Command::OnLayers(Some(entry.action)),
        ];
        Item {
            keys: keys_of(ctx, entry.action),
            blocked,
            ..Item::new(entry.text.into(), entry.help.into(), commands)
        }
    })
}

/// "Add Conv 2D": after the chosen layer, or at the end.
fn layers(view: &View<'_>) -> Vec<Item> {
    let graph = view.editor.graph();
    let end = graph.nodes().len();
    catalogue()
        .iter()
        .filter(|entry| entry.kind != Kind::Input)
        .map(|entry| {
            let layer = Layer::new(entry.kind);
            let add = match view.selected {
                Some(id) => Edit::InsertAfter { id, layer },
                None => Edit::Insert { at: end, layer },
            };
            let add = Command::Edit(add);
            let commands = vec![Command::Go(Workspace::Build), add];
            Item::new(format!("Add {}", entry.title), entry.help.into(), commands)
        })
        .collect()
}

fn network_templates() -> impl Iterator<Item = Item> {
    templates().iter().map(|template| {
        let commands = vec![
            Command::Go(Workspace::Build),
            Command::UseTemplate(template.name),
        ];
        let text = format!("Use template {}", template.title);
        Item::new(text, template.summary.into(), commands)
    })
}

fn run_item(view: &View<'_>, run: &ListedRun) -> Item {
    let mut commands = vec![Command::ShowRun(Some(run.path.clone()))];
    if !matches!(view.workspace, Workspace::Train | Workspace::Inspect) {
        commands.push(Command::Go(Workspace::Inspect));
    }
    let info = &run.info;
    let text = format!("Show run {} · {}", info.number, info.title);
    let help = match (&run.problem, info.best_accuracy) {
        (Some(problem), _) => problem.clone(),
        (None, Some(best)) => format!(
            "{}, best validation accuracy {}",
            info.state,
            crate::app::widgets::percent(best)
        ),
        (None, None) => info.state.to_string(),
    };
    Item::new(text, help, commands)
}

fn devices(view: &View<'_>) -> impl Iterator<Item = Item> {
    view.devices.iter().map(|device| {
        let (text, help) = describe(device);
        let commands = vec![Command::SetDevice(device.id.clone())];
        Item::new(format!("Train on {text}"), help.to_owned(), commands)
    })
}

fn recent(view: &View<'_>) -> impl Iterator<Item = Item> {
    view.recent.iter().map(|path| {
        let commands = vec![Command::OpenProject(Some(path.clone()))];
        let text = format!("Open recent {}", stem(path));
        Item::new(text, path.display().to_string(), commands)
    })
}

/// Whether every word typed begins a word of the text.
fn words_in(query: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    let begins = |word: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .any(|known| known.starts_with(word))
    };
    query.to_lowercase().split_whitespace().all(begins)
}

/// How well `query` fits: every word of it must be found letter by letter in `text`, in order, and
/// more is won where letters stand together or begin a word. `None` where a word does not fit.
pub(super) fn score(query: &str, text: &str) -> Option<i32> {
    let letters: Vec<char> = text.to_lowercase().chars().collect();
    let mut sum = 0;
    for word in query.to_lowercase().split_whitespace() {
        let word: Vec<char> = word.chars().collect();
        sum += (0..letters.len())
            .filter_map(|start| from(&word, &letters, start))
            .max()?;
    }
    // Of two that fit alike, the shorter one is meant.
    Some(sum * 4 - i32::try_from(letters.len()).unwrap_or(i32::MAX / 8).min(60))
}

/// The score of one word whose first letter stands at `start`.
fn from(word: &[char], letters: &[char], start: usize) -> Option<i32> {
    let mut sum = 0;
    let mut at = start;
    let mut last: Option<usize> = None;
    for letter in word {
        let found = match last {
            None => (letters.get(start) == Some(letter)).then_some(start)?,
            Some(_) => {
                at + letters
                    .get(at..)?
                    .iter()
                    .position(|known| known == letter)?
            }
        };
        let begins = found == 0 || !letters[found - 1].is_alphanumeric();
        let follows = last.is_some_and(|last| last + 1 == found);
        sum += match (begins, follows) {
            (true, _) => 8,
            (false, true) => 6,
            (false, false) => -3,
        };
        last = Some(found);
        at = found + 1;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn letters_in_order_fit_and_others_do_not() {
        assert!(score("cnv", "Add Conv 2D").is_some());
        assert!(score("conv add", "Add Conv 2D").is_some());
        assert!(score("vnc", "Add Conv 2D").is_none());
        assert!(score("ü", "Add Conv 2D").is_none());
    }

    #[test]
    fn beginnings_of_words_come_first() {
        assert!(score("sa", "Save project") > score("sa", "Use the bundled digits"));
        assert!(score("train", "Train") > score("train", "Train workspace"));
        assert!(score("sp", "Save project as…") > score("sp", "Inspect"));
    }
}
