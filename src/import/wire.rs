//! Protocol Buffers as they lie in a file (protobuf.dev/programming-guides/encoding): numbered fields, read where
//! they are, so that weights are not copied before they are wanted. Nothing here trusts a length.

use std::cell::Cell;

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// They end within a field.
    CutShort,
    /// They do not follow the format.
    Damaged,
    /// More messages or numbers than any network has.
    TooMuch,
}

impl Broken {
    /// Reads after the file's name.
    pub fn explain(self) -> &'static str {
        match self {
            Self::CutShort => "ends too early: it is cut short, or no ONNX file. Export it again",
            Self::Damaged => "is damaged, or no ONNX file. Export it again",
            Self::TooMuch => "has more parts than any network that mapsto can open",
        }
    }
}

/// How many more messages and numbers a file may have. Each takes far more memory than bytes in the file, so that
/// a small file could otherwise fill the memory.
pub(super) struct Room(Cell<u32>);

impl Default for Room {
    fn default() -> Self {
        Self(Cell::new(4_000_000))
    }
}

impl Room {
    /// Makes place for one more.
    pub fn take(&self) -> Result<(), Broken> {
        let left = self.0.get().checked_sub(1).ok_or(Broken::TooMuch)?;
        self.0.set(left);
        Ok(())
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Number(u64),
    Four([u8; 4]),
    Eight([u8; 8]),
    /// Text, a message, or numbers one after another.
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    pub fn bytes(self) -> Result<&'a [u8], Broken> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Broken::Damaged),
        }
    }

    pub fn text(self) -> Result<&'a str, Broken> {
        std::str::from_utf8(self.bytes()?).map_err(|_not_text| Broken::Damaged)
    }

    /// A whole number, which may be negative.
    pub fn int(self) -> Result<i64, Broken> {
        match self {
            Self::Number(number) => Ok(number.cast_signed()),
            _ => Err(Broken::Damaged),
        }
    }

    pub fn float(self) -> Result<f32, Broken> {
        match self {
            Self::Four(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(Broken::Damaged),
        }
    }

    /// Adds one number to a list, or several that are packed.
    pub fn ints(self, list: &mut Vec<i64>, room: &Room) -> Result<(), Broken> {
        let Self::Bytes(mut bytes) = self else {
            room.take()?;
            list.push(self.int()?);
            return Ok(());
        };
        while !bytes.is_empty() {
            room.take()?;
            list.push(varint(&mut bytes)?.cast_signed());
        }
        Ok(())
    }

    /// As [`Value::ints`], for numbers of `N` bytes each.
    pub fn fixed<const N: usize, T>(
        self,
        list: &mut Vec<T>,
        from: impl Fn([u8; N]) -> T,
    ) -> Result<(), Broken> {
        let bytes: &[u8] = match &self {
            Self::Four(bytes) => bytes,
            Self::Eight(bytes) => bytes,
            Self::Bytes(bytes) => bytes,
            Self::Number(_) => return Err(Broken::Damaged),
        };
        let (numbers, rest) = bytes.as_chunks::<N>();
        if !rest.is_empty() {
            return Err(Broken::CutShort);
        }
        list.extend(numbers.iter().map(|bytes| from(*bytes)));
        Ok(())
    }
}

/// The fields of a message, in order, each with its number.
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Result<(u64, Value<'a>), Broken> {
        let key = varint(&mut self.0)?;
        let value = match key & 7 {
            0 => Value::Number(varint(&mut self.0)?),
            1 => Value::Eight(self.array()?),
            2 => {
                let length = varint(&mut self.0)?;
                let length = usize::try_from(length).map_err(|_too_long| Broken::CutShort)?;
                let (bytes, rest) = self.0.split_at_checked(length).ok_or(Broken::CutShort)?;
                self.0 = rest;
                Value::Bytes(bytes)
            }
            5 => Value::Four(self.array()?),
            _ => return Err(Broken::Damaged),
        };
        Ok((key >> 3, value))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(Broken::CutShort)?;
        self.0 = rest;
        Ok(*bytes)
    }
}

/// Seven bits a byte, the lowest first; the high bit says that more follow.
fn varint(bytes: &mut &[u8]) -> Result<u64, Broken> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Broken::CutShort)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Broken::Damaged)
}
