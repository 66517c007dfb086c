//! Rows of the index in blocks that each stand for themselves: length, checksum, content.
//!
//! Within a block a name is written as what it shares with the one before it and its own rest.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::super::{DecodeFault, Look, Mode};
use super::{Found, Seen};

/// Rows of a block: enough to make its head small, and few enough to lose without tears.
pub(super) const BLOCK_ROWS: usize = 4096;
/// A block that claims to be longer is damaged.
const MAX_BLOCK_BYTES: u32 = 64 << 20;

#[derive(Serialize, Deserialize)]
struct Row<'a> {
    shared: u32,
    rest: &'a str,
    bytes: u64,
    modified: i64,
    #[serde(borrow)]
    seen: Result<Facts, &'a str>,
}

/// [`Look`] and size, in as few bytes as they need.
#[derive(Serialize, Deserialize)]
struct Facts {
    width: u32,
    height: u32,
    sum: [u8; 8],
    print: [[u8; 8]; 4],
    mean: [[u8; 2]; 3],
    square: [[u8; 2]; 3],
    mode: Mode,
    flags: u8,
}

impl Facts {
    fn of(width: u32, height: u32, look: &Look) -> Self {
        Self {
            width,
            height,
            sum: look.sum.to_le_bytes(),
            print: look.print.map(u64::to_le_bytes),
            mean: look.mean.map(u16::to_le_bytes),
            square: look.square.map(u16::to_le_bytes),
            mode: look.mode,
            flags: u8::from(look.turned)
                | u8::from(look.misnamed) << 1
                | u8::from(look.animated) << 2,
        }
    }

    fn look(&self, bytes: u64, modified: i64) -> Look {
        Look {
            bytes,
            modified,
            sum: u64::from_le_bytes(self.sum),
            print: self.print.map(u64::from_le_bytes),
            mean: self.mean.map(u16::from_le_bytes),
            square: self.square.map(u16::from_le_bytes),
            mode: self.mode,
            turned: self.flags & 1 != 0,
            misnamed: self.flags & 2 != 0,
            animated: self.flags & 4 != 0,
        }
    }
}

/// A block of the rows of these files.
pub(super) fn block<'a>(rows: impl Iterator<Item = (&'a Found, &'a Seen)>) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut previous = "";
    for (entry, seen) in rows {
        let shared = shared(previous, &entry.file);
        let words = seen.as_ref().err().map(DecodeFault::to_string);
        let row = Row {
            shared: u32::try_from(shared).unwrap_or(0),
            rest: entry.file.get(shared..).unwrap_or_default(),
            bytes: entry.bytes,
            modified: entry.modified,
            seen: match (seen, words.as_deref()) {
                (Ok((width, height, look)), _) => Ok(Facts::of(*width, *height, look)),
                (Err(_), words) => Err(words.unwrap_or_default()),
            },
        };
        content = postcard::to_extend(&row, content).map_err(io::Error::other)?;
        previous = &entry.file;
    }
    framed(&content)
}

/// The content with its length and checksum before it.
pub(super) fn framed(content: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(content.len()).map_err(io::Error::other)?;
    Ok([
        &length.to_le_bytes(),
        XxHash3_64::oneshot(content).to_le_bytes().as_slice(),
        content,
    ]
    .concat())
}

/// A block as it was read; whether it is whole is not known yet.
#[derive(Default)]
pub(super) struct Block {
    sum: u64,
    content: Vec<u8>,
}

impl Block {
    /// Reads the next block in place of this one; nothing at the end, or where the file is cut short.
    pub fn read(&mut self, file: &mut impl Read) -> Option<()> {
        let mut head = [0; 12];
        file.read_exact(&mut head).ok()?;
        let (length, sum) = head.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length);
        self.sum = u64::from_le_bytes(*sum.first_chunk()?);
        if length > MAX_BLOCK_BYTES {
            return None;
        }
        self.content.clear();
        file.take(u64::from(length))
            .read_to_end(&mut self.content)
            .ok()?;
        (u32::try_from(self.content.len()) == Ok(length)).then_some(())
    }

    /// Nothing where it is damaged.
    pub fn content(&self) -> Option<&[u8]> {
        (XxHash3_64::oneshot(&self.content) == self.sum).then_some(&self.content)
    }

    /// The name of its first row.
    pub fn first_name(&self) -> Option<&str> {
        let (row, _) = postcard::take_from_bytes::<Row<'_>>(&self.content).ok()?;
        Some(row.rest)
    }
}

/// The content of the next block, and nothing at the end or where the file is damaged.
pub(super) fn next_block(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut block = Block::default();
    block.read(file)?;
    block.content().is_some().then_some(block.content)
}

/// Calls `each` with name, size, time and what was seen, row by row. False: a row makes no sense.
pub(super) fn for_each_row(
    content: &[u8],
    mut each: impl FnMut(&str, u64, i64, &mut dyn FnMut() -> Seen),
) -> bool {
    let mut rest = content;
    let mut name = String::new();
    while !rest.is_empty() {
        let Ok((row, behind)) = postcard::take_from_bytes::<Row<'_>>(rest) else {
            return false;
        };
        rest = behind;
        let shared = usize::try_from(row.shared).unwrap_or(usize::MAX);
        if !name.is_char_boundary(shared) {
            return false;
        }
        name.truncate(shared);
        name.push_str(row.rest);
        each(&name, row.bytes, row.modified, &mut || match &row.seen {
            Ok(facts) => Ok((
                facts.width,
                facts.height,
                facts.look(row.bytes, row.modified),
            )),
            Err(words) => Err(DecodeFault::Known((*words).to_owned())),
        });
    }
    true
}

/// How many bytes two names share, up to the end of a character.
fn shared(left: &str, right: &str) -> usize {
    let same = |(left, right): &(u8, u8)| left == right;
    let mut shared = left.bytes().zip(right.bytes()).take_while(same).count();
    while !right.is_char_boundary(shared) {
        shared -= 1;
    }
    shared
}
