//! A command that is misspelt, told in words.

use std::path::Path;

use clap::CommandFactory as _;

use super::args::Arguments;

/// What is the matter with the first word of the command line, where it is neither a command nor a file.
pub fn command() -> Option<String> {
    let word = std::env::args_os().nth(1)?;
    let word = word.to_str()?;
    let known = Arguments::command();
    let is_command = known.get_subcommands().any(|it| it.get_name() == word);
    let other = word.is_empty() || word.starts_with('-') || word == "help";
    (!is_command && !other && !Path::new(word).exists()).then(|| unknown(word))
}

/// “There is no command…” for a word that is no file either.
pub fn unknown(word: &str) -> String {
    let known = Arguments::command();
    let names = known.get_subcommands().map(|it| it.get_name().to_owned());
    let nearest = names.min_by_key(|name| distance(name, word));
    let meant = match nearest.filter(|name| distance(name, word) <= 2) {
        Some(name) => format!("did you mean mapsto {name}?"),
        None => "mapsto --help lists the commands".to_owned(),
    };
    format!("there is no command and no project file called {word}; {meant}")
}

/// Letters to put in, leave out or exchange (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, left) in one.chars().enumerate() {
        let mut above = line;
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
        let mut before = line + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(other.chars()) {
            let changed = above + usize::from(left != right);
            above = *cell;
            before = changed.min(above + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(0)
}
