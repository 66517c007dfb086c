//! The terminal: the same engine as the window's, with progress bars or JSON.
//!
//! Exit status 0, 1 (the work failed) or 2 (bad arguments). With `--json` a failure is an object with `error`, beside the
//! words on standard error.

mod args;
mod chosen;
mod data_args;
mod evaluate;
mod export;
mod faults;
mod first_run;
mod folds;
mod follow;
mod import;
mod inspect;
mod mistyped;
mod named;
mod networks;
mod output;
mod predict;
mod runs;
mod train;

use std::process::ExitCode;

use clap::Parser;

use self::args::{Arguments, Command};

/// What a command ends with: a message for people.
type Outcome = anyhow::Result<()>;

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    faults::hush_vulkan();
    faults::listen();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => match mistyped::command() {
            Some(words) => {
                output::complain(&words);
                return ExitCode::from(2);
            }
            None => error.exit(),
        },
    };
    let json = arguments.command.as_ref().is_some_and(Command::json);
    let outcome = match arguments.command {
        None => first_run::open(arguments.project),
        Some(Command::Train(options)) => train::run(&options),
        Some(Command::Evaluate(options)) => evaluate::run(&options),
        Some(Command::Predict(options)) => predict::run(&options),
        Some(Command::Import(options)) => import::run(&options),
        Some(Command::Inspect(options)) => inspect::run(&options),
        Some(Command::Networks(options)) => networks::run(&options),
        Some(Command::Runs(options)) => runs::run(&options),
        Some(Command::Export(options)) => export::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(bad) = error.downcast_ref::<args::BadArgument>() {
                output::complain(&bad.to_string());
                return ExitCode::from(2);
            }
            // `train --json` has told it as an event already.
            if !(json && error.is::<output::Told>()) {
                let words = format!("{error:#}");
                output::complain(&words);
                // Nothing else has been written: programs get an answer that they can read.
                if json && !output::has_answered() {
                    output::line(&serde_json::json!({"error": words}).to_string());
                }
            }
            ExitCode::FAILURE
        }
    }
}
