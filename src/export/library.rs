//! Ready-made parts of a program: a text of sections, two empty lines apart, of which a program takes those that it
//! names.

/// The sections of `text` that `program` needs, and those that these need, in order.
pub fn needed(text: &str, program: &str) -> String {
    let sections: Vec<&str> = text.trim_end().split("\n\n\n").collect();
    let mut taken = vec![false; sections.len()];
    let mut open = vec![program];
    while let Some(part) = open.pop() {
        for (section, taken) in sections.iter().zip(&mut taken) {
            if !*taken && names(section).any(|name| mentions(part, name)) {
                *taken = true;
                open.push(section);
            }
        }
    }
    let chosen = sections.iter().zip(&taken).filter(|(_, taken)| **taken);
    chosen
        .map(|(section, _)| format!("{section}\n\n\n"))
        .collect()
}

/// What a section defines at the start of its lines.
fn names(section: &str) -> impl Iterator<Item = &str> {
    section.lines().filter_map(|line| {
        let words = [
            "class ",
            "def ",
            "struct ",
            "fn ",
            "trait ",
            "impl Take for ",
            "impl ZeroBias for ",
        ];
        let rest = words.iter().find_map(|word| line.strip_prefix(word))?;
        rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .next()
    })
}

fn mentions(text: &str, name: &str) -> bool {
    let part = |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_');
    text.match_indices(name).any(|(at, _)| {
        !part(text[..at].chars().next_back()) && !part(text[at + name.len()..].chars().next())
    })
}
