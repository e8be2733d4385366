//! Where tokens and keys come from: files and standard input.

use std::fs;
use std::io::Read as _;

use crate::identity::Secret;
use crate::identity::text::shown;
use crate::token::extract::{Extracted, LARGEST_PASTE, Paste, extract};
use crate::token::redact::looks_like_a_token;
use crate::token::{KeySet, Kind, access_beside, jwk};
use crate::workflows::token_lab::Own;

use super::super::args::token::{CompareTokens, KindName, OfToken, OwnName};
use super::super::failure::Failure;
use super::super::io::Io;

impl From<OwnName> for Own {
    fn from(name: OwnName) -> Self {
        match name {
            OwnName::Access => Self::Access,
            OwnName::Id => Self::Id,
            OwnName::IdpAccess => Self::IdpAccess,
            OwnName::IdpId => Self::IdpId,
        }
    }
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Access => Self::Access,
            KindName::Id => Self::Id,
            KindName::Refresh => Self::Refresh,
            KindName::ClientAssertion => Self::ClientAssertion,
            KindName::Subject => Self::Subject,
            KindName::Logout => Self::Logout,
        }
    }
}

/// A file's content, or standard input's for `-`; not more than `largest` bytes.
fn read(file: &str, largest: usize, io: &mut Io<'_>) -> Result<Vec<u8>, Failure> {
    if looks_like_a_token(file) {
        return Err(Failure::usage(
            "Tokens are not taken as arguments: other users of this machine can read them.",
        )
        .next("Put it into a file, or give it on standard input."));
    }
    let mut found = Vec::new();
    let limit = largest as u64 + 1;
    let read = if file == "-" {
        if io.can_ask {
            io.tell("Paste the token, then end the input (Ctrl-D).")?;
        }
        (&mut *io.input).take(limit).read_to_end(&mut found)
    } else {
        fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut found))
    };
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}.", name(file))))?;
    if found.len() > largest {
        return Err(Failure::usage(format!(
            "{} is too long: more than {largest} bytes are not read.",
            name(file)
        )));
    }
    Ok(found)
}

fn name(file: &str) -> String {
    if file == "-" { "Standard input".to_owned() } else { format!("The file {}", shown(file)) }
}

/// Everything that looks like a token in a file, with the request around it.
pub(super) fn pasted(file: Option<&str>, io: &mut Io<'_>) -> Result<Paste, Failure> {
    let bytes = read(file.unwrap_or("-"), LARGEST_PASTE, io)?;
    let paste = extract(&String::from_utf8_lossy(&bytes));
    if paste.more > 0 {
        io.note(&format!(
            "{} holds {} tokens; the first {} are read.",
            name(file.unwrap_or("-")),
            paste.tokens.len() + paste.more,
            paste.tokens.len()
        ))?;
    }
    Ok(paste)
}

fn none(file: Option<&str>) -> Failure {
    Failure::usage(format!("{} holds no token.", name(file.unwrap_or("-"))))
        .next("A token may stand alone, in a header, a curl command, JSON or an address.")
}

fn picked(found: Vec<Extracted>, pick: &str, file: Option<&str>) -> Result<Extracted, Failure> {
    let names: Vec<String> = found.iter().map(|one| one.from.trim_matches('`').to_owned()).collect();
    let at = names.iter().position(|name| name == pick);
    at.and_then(|at| found.into_iter().nth(at)).ok_or_else(|| {
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Failure::usage(format!(
            "{} has no token under the name `{}`; there is {there}.",
            name(file.unwrap_or("-")),
            shown(pick)
        ))
    })
}

/// All tokens of a file, or the one that was picked.
pub(super) fn several(of: &OfToken, io: &mut Io<'_>) -> Result<Vec<Extracted>, Failure> {
    let found = pasted(of.file.as_deref(), io)?.tokens;
    match &of.pick {
        Some(pick) => Ok(vec![picked(found, pick, of.file.as_deref())?]),
        None if found.is_empty() => Err(none(of.file.as_deref())),
        None => Ok(found),
    }
}

/// The one token of a file; which of several is never guessed.
pub(super) fn one(of: &OfToken, io: &mut Io<'_>) -> Result<Extracted, Failure> {
    chosen(pasted(of.file.as_deref(), io)?.tokens, of)
}

/// The same, with the access token of an ID token where both stand in the file (J13).
pub(super) fn one_beside(of: &OfToken, io: &mut Io<'_>) -> Result<(Extracted, Option<Secret>), Failure> {
    let paste = pasted(of.file.as_deref(), io)?;
    let token = chosen(paste.tokens.clone(), of)?;
    let access = access_beside(&paste, &token).cloned();
    Ok((token, access))
}

/// The one that is meant.
pub(super) fn chosen(mut found: Vec<Extracted>, of: &OfToken) -> Result<Extracted, Failure> {
    if let Some(pick) = &of.pick {
        return picked(found, pick, of.file.as_deref());
    }
    match found.len() {
        0 => Err(none(of.file.as_deref())),
        1 => Ok(found.remove(0)),
        count => {
            let names: Vec<&str> = found.iter().map(|one| one.from.trim_matches('`')).collect();
            Err(Failure::usage(format!(
                "{} holds {count} tokens: {}.",
                name(of.file.as_deref().unwrap_or("-")),
                names.join(", ")
            ))
            .next("Name one with --pick NAME."))
        }
    }
}

/// Both tokens of a comparison.
pub(super) fn two(
    command: &CompareTokens,
    own: Option<Extracted>,
    io: &mut Io<'_>,
) -> Result<(Extracted, Extracted), Failure> {
    let only =
        |file: &str, io: &mut Io<'_>| one(&OfToken { file: Some(file.to_owned()), ..OfToken::default() }, io);
    if let Some(own) = own {
        return Ok((only(&command.first, io)?, own));
    }
    if let Some(second) = &command.second {
        if command.first == "-" && second == "-" {
            return Err(Failure::usage("Standard input can be read once only."));
        }
        return Ok((only(&command.first, io)?, only(second, io)?));
    }
    let mut found = pasted(Some(&command.first), io)?.tokens;
    if found.len() == 2 {
        let second = found.remove(1);
        return Ok((found.remove(0), second));
    }
    Err(Failure::usage(format!("{} holds {} tokens; two are compared.", name(&command.first), found.len()))
        .next("Give a second file, or --own."))
}

/// Keys from a JWKS or PEM file.
pub(super) fn keys(file: &str, io: &mut Io<'_>) -> Result<KeySet, Failure> {
    let bytes = read(file, jwk::LARGEST_SET, io)?;
    KeySet::read(&bytes).map_err(|why| Failure::usage(format!("{} gives no keys: {why}.", name(file))))
}
