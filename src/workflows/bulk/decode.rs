//! Bytes of a file to text. Nothing is guessed: what is not Unicode is told, with where, unless it was said what it is.

use std::borrow::Cow;
use std::fmt;

/// How a file is written, where it does not say so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8, or UTF-16 with a byte order mark.
    #[default]
    Unicode,
    /// What spreadsheets on Windows write as "CSV"; Latin-1 reads the same.
    Windows1252,
}

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 16 * 1024 * 1024;

/// Why a file is not read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// Larger than [`LARGEST`].
    TooLarge,
    /// A workbook.
    Workbook,
    /// Not text.
    Binary,
    /// Neither UTF-8 nor marked as UTF-16.
    Encoding {
        /// From 1.
        line: usize,
        /// The byte that cannot be.
        byte: u8,
        /// What it is in Windows-1252.
        perhaps: char,
    },
    /// Marked as UTF-16, and it is none.
    Utf16,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(f, "It is larger than {} MB. Split it.", LARGEST / 1024 / 1024),
            Self::Workbook => write!(f, "It is a workbook, not a CSV file. Save it as \"CSV UTF-8\"."),
            Self::Binary => write!(
                f,
                "It holds bytes that no text has; UTF-16 needs a byte order mark. Save it as \"CSV UTF-8\"."
            ),
            Self::Encoding { line, byte, perhaps } => write!(
                f,
                "Line {line} is not UTF-8: byte 0x{byte:02X}, which in Windows-1252 is {perhaps}. Save it as \"CSV UTF-8\", or say that it is Windows-1252.",
            ),
            Self::Utf16 => {
                write!(f, "It begins as UTF-16 and is none. Save it as \"CSV UTF-8\".")
            }
        }
    }
}

/// The text of a file, without its byte order mark.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, str>, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(Unreadable::Workbook);
    }
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest)?.into(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?.into(),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?.into(),
        other if encoding == Encoding::Windows1252 => encoding_rs::WINDOWS_1252.decode(other).0,
        other => utf8(other)?.into(),
    };
    if text.contains('\0') { Err(Unreadable::Binary) } else { Ok(text) }
}

fn utf8(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes[at];
        if bytes.contains(&0) {
            return Unreadable::Binary;
        }
        let line = bytes[..at].split(|byte| *byte == b'\n').count();
        let perhaps = encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next().unwrap_or('?');
        Unreadable::Encoding { line, byte, perhaps }
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Unreadable> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Unreadable::Utf16);
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| Unreadable::Utf16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_tells_the_encoding() {
        assert_eq!(decode("\u{feff}é,b".as_bytes(), Encoding::Unicode).unwrap(), "é,b");
        let le: Vec<u8> = "\u{feff}é😀".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = "\u{feff}é😀".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&le, Encoding::Unicode).unwrap(), "é😀");
        assert_eq!(decode(&be, Encoding::Unicode).unwrap(), "é😀");
        assert_eq!(decode(&le[..le.len() - 1], Encoding::Unicode), Err(Unreadable::Utf16));
    }

    #[test]
    fn what_is_not_unicode_is_told_with_its_line_and_read_when_it_is_said_what_it_is() {
        let latin = b"name\nJos\xe9\n";
        let told = decode(latin, Encoding::Unicode).unwrap_err();
        assert_eq!(told, Unreadable::Encoding { line: 2, byte: 0xe9, perhaps: 'é' });
        assert!(told.to_string().contains("byte 0xE9, which in Windows-1252 is é"), "{told}");
        assert_eq!(decode(latin, Encoding::Windows1252).unwrap(), "name\nJosé\n");
    }

    #[test]
    fn a_workbook_and_unmarked_utf16_are_told() {
        assert_eq!(decode(b"PK\x03\x04....", Encoding::Unicode), Err(Unreadable::Workbook));
        assert_eq!(decode(b"a\0,\0b\0", Encoding::Unicode), Err(Unreadable::Binary));
        assert_eq!(decode(&vec![b'a'; LARGEST + 1], Encoding::Unicode), Err(Unreadable::TooLarge));
    }
}
