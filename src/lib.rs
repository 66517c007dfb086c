//! mapsto: a native desktop workbench for image classifiers.
//!
//! Data goes one way:
//!
//! ```text
//! click ─ Command ─► Graph (may be invalid) ─ check ─► Report: shapes, problems, Option<Network> ─┐
//! folder ─ Dataset::open ─► Dataset ─ split ─► Splits ────────────────────────────────────────────┤
//!                                                                                                 ▼
//!                  Session::train(Job { network, data, splits, recipe }) ── the engine thread
//!                                                                                                 │
//!        history (append-only) + newest-wins slots (feature maps, status) + wake() ◄──────────────┤
//!        run folder on disk (recipe, network, history, weights, evaluations) ◄────────────────────┘
//!                                        │
//!                                        └─► View ─► panels and the terminal
//! ```
//!
//! | room | role | knows |
//! | --- | --- | --- |
//! | [`network`] | what the user draws: catalogue of layers, graph with its blocks, edits, `check`, templates | nothing of burn or egui |
//! | [`dataset`] | folders, archives and tables to batches of numbers; health, splits, augmentation | nothing of burn or egui |
//! | [`import`] | networks in: an ONNX file as a graph with weights | `network`, tensors as data |
//! | [`training`] | device, layers as burn modules, the loop, feature maps, the `Session` handle | burn, `network`, `dataset` |
//! | [`project`] | the project file, the recipe, runs on disk and their index | `network`, `dataset` as data |
//! | [`results`] | what a run has told: curves, confusion, mistakes | the history only |
//! | [`export`] | networks as programs for other libraries | `network`, `project` |
//! | [`app`] | the window: commands, theme, one file per panel | egui; reads everything |
//! | [`cli`] | the same engine from a terminal | clap |
//!
//! Where things are: a layer's settings and shape in its group's file of `network/catalogue/` (how to
//! add one stands there), its arithmetic in `training/layers/`
//! (on the processor that of the usual ones in `training/cpu/`), a repeated block in
//! `network/expand.rs`, an image decoded in
//! `dataset/decode/`, what a folder means in `dataset/layout/`, a finding of the health report in
//! `dataset/health/`, an augmentation in `dataset/augment/`, a loss in `training/loss.rs`, the training loop in `training/trainer.rs`,
//! a command carried out in `app/carry_out.rs`.

/// Keeps large blocks for the next batch, where the system's allocator gives them back and fetches them anew, page by
/// page: a step of a deep network takes half as long.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod app;
pub mod cli;
pub mod dataset;
pub mod export;
pub mod import;
pub mod network;
pub mod project;
pub mod results;
pub mod training;
