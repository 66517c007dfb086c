//! What the health report has found: the score, the three findings that matter most, the rest in a line each.

use egui::{Color32, Frame, Label, RichText, Ui, WidgetInfo};

use super::listing::Open;
use super::problems::{self, Group, grouped};
use crate::app::command::Command;
use crate::app::desk::{DataChange, DataTab};
use crate::app::panels::parts::row::ends;
use crate::app::theme::{CORNER_SMALL, NOTE_SIZE, SPACE, Tokens, figure, semibold};
use crate::app::view::View;
use crate::app::widgets::{self, caption, edge, heading, note, thousands};
use crate::dataset::{Action, Finding, Health, Kind, Severity};

/// So many findings come first, in full.
const FIRST: usize = 3;

/// The name, and the score in its colour.
pub fn score(ui: &mut Ui, health: &Health) {
    let tokens = Tokens::of(ui);
    let colour = match health.score {
        80.. => tokens.good,
        50..80 => tokens.warning,
        _ => tokens.error,
    };
    ends(
        ui,
        "health",
        |ui| heading(ui, "Health"),
        |ui| {
            let score = figure(health.score.to_string()).size(20.0).color(colour);
            let shown = ui.label(score).on_hover_text(
                "0 to 100: each finding takes off a share by what it is and how many images it concerns; accepted ones take off nothing",
            );
            let spoken = format!("Health {} of 100", health.score);
            shown.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &spoken));
        },
    );
}

/// What the cards keep from frame to frame.
#[derive(Default)]
pub struct Findings {
    cards: Cards,
    /// The other findings are shown in full.
    all: bool,
    accepted: bool,
}

impl Findings {
    /// Draws the cards; gives what the user wants to see.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        health: &Health,
        commands: &mut Vec<Command>,
    ) -> Option<Open> {
        let mut opened = None;
        let open = health.findings.iter().filter(|finding| !finding.accepted);
        let open: Vec<&Finding> = open.collect();
        let accepted = health.findings.iter().filter(|finding| finding.accepted);
        let accepted: Vec<&Finding> = accepted.collect();
        if open
            .iter()
            .all(|finding| finding.severity == Severity::Told)
            && view.desk.alike.is_some()
        {
            note(ui, "Nothing is wrong with these images");
        }
        for finding in open.iter().take(FIRST) {
            opened = self.cards.one(ui, finding, commands).or(opened);
        }
        let more = open.len().saturating_sub(FIRST);
        if more > 0 {
            let what = if self.all {
                "Fewer findings"
            } else {
                "More findings"
            };
            let text = format!("{what} ({more})");
            if ui.button(text).clicked() {
                self.all = !self.all;
            }
        }
        for finding in open.iter().skip(FIRST).filter(|_| self.all) {
            opened = self.cards.one(ui, finding, commands).or(opened);
        }
        if accepted.is_empty() {
            return opened;
        }
        let text = format!("Accepted findings ({})", accepted.len());
        if ui.button(text).clicked() {
            self.accepted = !self.accepted;
        }
        for finding in accepted.into_iter().filter(|_| self.accepted) {
            opened = self.cards.one(ui, finding, commands).or(opened);
        }
        opened
    }
}

/// The look for copies, while it lasts or where it was ended.
pub fn looking(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    if let Some(progress) = &view.desk.looking {
        let (done, total) = (progress.done() as u64, progress.total() as u64);
        caption(ui, "Looking for copies and pictures that look alike");
        if let Some(fraction) = progress.fraction() {
            let text = format!("{} of {}", thousands(done), thousands(total));
            widgets::progress(ui, fraction, format!("Compared {text}"));
        }
        if ui.button("Cancel the look for copies").clicked() {
            commands.push(Command::CancelJob);
        }
    } else if view.desk.not_looked {
        note(ui, "Nobody has looked for copies yet");
        if ui.button("Look for copies").clicked() {
            commands.push(Command::LookAgain);
        }
    }
}

fn colour(tokens: &Tokens, severity: Severity) -> Color32 {
    match severity {
        Severity::Severe => tokens.error,
        Severity::Moderate => tokens.warning,
        Severity::Slight => tokens.accent,
        Severity::Told => tokens.line,
    }
}

/// Cards of findings: one of them may have its files listed.
#[derive(Default)]
pub struct Cards {
    /// The key of that finding, and its files by reason.
    files: Option<(String, Vec<Group>)>,
    /// The reason whose files are listed.
    reason: Option<usize>,
}

impl Cards {
    /// Draws a card; gives what the user wants to see.
    pub fn one(
        &mut self,
        ui: &mut Ui,
        finding: &Finding,
        commands: &mut Vec<Command>,
    ) -> Option<Open> {
        let tokens = Tokens::of(ui);
        let mut opened = None;
        let drawn = Frame::new()
            .fill(tokens.card)
            .corner_radius(CORNER_SMALL)
            .inner_margin(SPACE[2])
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = SPACE[0];
                ui.add(Label::new(semibold(&finding.title)).wrap());
                let advice = RichText::new(&finding.advice).color(tokens.muted);
                ui.add(Label::new(advice.size(NOTE_SIZE)).wrap());
                ui.horizontal_wrapped(|ui| {
                    self.files_button(ui, finding);
                    opened = actions(ui, finding, commands);
                });
                if let Some((key, groups)) = &self.files
                    && *key == finding.key
                {
                    problems::show(ui, groups, &mut self.reason);
                }
            });
        edge(ui, drawn.response.rect, colour(tokens, finding.severity));
        opened
    }

    fn files_button(&mut self, ui: &mut Ui, finding: &Finding) {
        if finding.files.is_empty() {
            return;
        }
        let open = self
            .files
            .as_ref()
            .is_some_and(|(key, _)| *key == finding.key);
        let text = if open { "Hide files" } else { "Show files" };
        if named(
            ui,
            text,
            &finding.title,
            "The files, by what is the matter with them",
        )
        .clicked()
        {
            self.files = (!open).then(|| (finding.key.clone(), grouped(&finding.files)));
            self.reason = None;
        }
    }
}

fn actions(ui: &mut Ui, finding: &Finding, commands: &mut Vec<Command>) -> Option<Open> {
    let mut opened = None;
    let count = finding.images.len();
    if count > 0 && named(ui, "Show", &finding.title, "See its images").clicked() {
        opened = Some(Open::Finding(finding.key.clone(), finding.kind));
    }
    if let Some((text, help, tab)) = settings(finding.kind)
        && named(ui, text, &finding.title, help).clicked()
    {
        commands.push(Command::ShowData(tab));
    }
    for action in &finding.actions {
        match action {
            Action::Exclude(images) => {
                let text = format!("Exclude {}", thousands(images.len() as u64));
                let help = "Leave these images out of training and of all figures; the files stay";
                if named(ui, &text, &finding.title, help).clicked() {
                    let change = DataChange::Exclude(images.clone());
                    commands.push(Command::ChangeData(change));
                }
            }
            Action::SameSide(moves) => {
                let help = format!(
                    "{} images go to the set in which most of their group are; the files stay",
                    thousands(moves.len() as u64)
                );
                if named(ui, "Move to the same side", &finding.title, &help).clicked() {
                    let change = DataChange::SameSide(moves.clone());
                    commands.push(Command::ChangeData(change));
                }
            }
            // What is only told takes nothing off the score: there is nothing to accept.
            Action::Accept if finding.severity == Severity::Told && !finding.accepted => {}
            Action::Accept => {
                let (text, help) = if finding.accepted {
                    ("Count it again", "It takes off from the score again")
                } else {
                    (
                        "Accept",
                        "It is as it should be, and takes nothing off the score",
                    )
                };
                if named(ui, text, &finding.title, help).clicked() {
                    let change = DataChange::Accept(finding.key.clone(), !finding.accepted);
                    commands.push(Command::ChangeData(change));
                }
            }
        }
    }
    opened
}

/// The tab whose settings do something about a finding, with the button that opens it.
fn settings(kind: Kind) -> Option<(&'static str, &'static str, DataTab)> {
    Some(match kind {
        Kind::Imbalance | Kind::TinyClass => (
            "Balance…",
            "Class weights, over-sampling or the focal loss, with what each does",
            DataTab::Balance,
        ),
        Kind::Resizing | Kind::Strips => (
            "Prepare…",
            "Stretch, fit with bars or crop, shown on real images",
            DataTab::Prepare,
        ),
        Kind::Colours => (
            "Prepare…",
            "Normalise by these figures or by others",
            DataTab::Prepare,
        ),
        Kind::NotChecked => (
            "Sets…",
            "The shares of the sets, and what stays together",
            DataTab::Sets,
        ),
        _ => return None,
    })
}

/// A button whose accessible name tells the finding too.
fn named(ui: &mut Ui, text: &str, title: &str, help: &str) -> egui::Response {
    let button = widgets::card_button(ui, text);
    let spoken = format!("{text}: {title}");
    button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &spoken));
    button.on_hover_text(help)
}
