//! Names of files: which nobody means as data, how they are written, and which an archive must not use.

use std::path::Path;

/// What systems and programs leave behind and nobody means as data.
pub(super) fn is_hidden(name: &str) -> bool {
    const LITTER: [&str; 8] = [
        "@eadir",
        "#recycle",
        "lost+found",
        "thumbs.db",
        "desktop.ini",
        "ehthumbs.db",
        "__macosx",
        "$recycle.bin",
    ];
    name.starts_with('.')
        || is_unfinished(name)
        || LITTER
            .iter()
            .any(|litter| name.eq_ignore_ascii_case(litter))
}

/// What editors keep of an earlier state, and what is still being written.
fn is_unfinished(name: &str) -> bool {
    const ENDINGS: [&str; 5] = ["bak", "part", "crdownload", "tmp", "swp"];
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    name.ends_with('~')
        || ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
}

/// Whether somebody may miss a hidden file: a picture, or a copy of one, and not what systems write beside each file.
pub(super) fn is_missed(name: &str) -> bool {
    let shown = name.trim_end_matches('~');
    let shown = match is_unfinished(name) && shown == name {
        true => shown.rsplit_once('.').map_or(shown, |(stem, _)| stem),
        false => shown,
    };
    !name.starts_with("._") && super::kind(shown) == super::Kind::Picture
}

/// A relative path with `/`. Bytes that are no UTF-8 appear as `\xFF`, so that different names stay different.
pub(super) fn portable(path: &Path) -> String {
    let mut text = String::new();
    for part in path {
        if !text.is_empty() {
            text.push('/');
        }
        push_text(&mut text, part.as_encoded_bytes());
    }
    text
}

/// Bytes in code page 437, whose upper half are these.
pub(super) fn of_cp437(name: &[u8]) -> String {
    const UPPER: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
    let letter = |&byte: &u8| match byte.checked_sub(128) {
        None => char::from(byte),
        Some(at) => UPPER.chars().nth(usize::from(at)).unwrap_or('?'),
    };
    name.iter().map(letter).collect()
}

/// Appends a name whose bytes need not be UTF-8.
pub(super) fn push_text(text: &mut String, name: &[u8]) {
    for chunk in name.utf8_chunks() {
        // A name that really has `\x` in it must not become that of another file.
        match chunk.valid().contains("\\x") {
            true => text.push_str(&chunk.valid().replace("\\x", "\\x5Cx")),
            false => text.push_str(chunk.valid()),
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
}

/// What a name in an archive says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// A path below the archive's root.
    Path(String),
    /// Hidden, litter, or the root itself.
    Nothing,
    /// A path that would lead out of the archive, as text, and why it is refused.
    Refused(String, &'static str),
}

/// Makes a path of a name in an archive. `backslash`: some programs write `\` for `/`.
pub(super) fn inside(name: &[u8], backslash: bool) -> Inside {
    let mut text = String::new();
    push_text(&mut text, name);
    if name.contains(&0) {
        return Inside::Refused(text.replace('\0', "\\0"), "its name has a zero byte");
    }
    let is_separator = |byte: &u8| *byte == b'/' || (backslash && *byte == b'\\');
    let drive = name.first().is_some_and(u8::is_ascii_alphabetic) && name.get(1..3) == Some(b":\\");
    if name.first().is_some_and(is_separator) || drive {
        return Inside::Refused(
            text,
            "its path in the archive is absolute, so it is not read",
        );
    }
    let mut path = String::with_capacity(name.len());
    for part in name.split(is_separator) {
        match part {
            b"" | b"." => {}
            b".." => {
                return Inside::Refused(
                    text,
                    "its path leads out of the archive, so it is not read",
                );
            }
            part => {
                if !path.is_empty() {
                    path.push('/');
                }
                let start = path.len();
                push_text(&mut path, part);
                if is_hidden(path.get(start..).unwrap_or_default()) {
                    return Inside::Nothing;
                }
            }
        }
    }
    if path.is_empty() {
        Inside::Nothing
    } else {
        Inside::Path(path)
    }
}
