//! What can be said of a secret that was written, without reading it: the platform's client compares, and whether two
//! are the same is all that it tells.

use super::engine::Engine;
use super::fields::{ANOTHER, SET};
use super::kinds::{self, Field};
use crate::identity::{Change, Means, Reference, Secret, SecretLike, Text};
use crate::journal::Snapshot;

/// Says in `found` what has become of the secrets that a change writes. One that cannot be compared is left out: then
/// nothing speaks for it, and nothing against it.
pub(super) async fn tell(
    engine: &Engine,
    change: &Change,
    made: Option<&Reference>,
    secret: Option<&Secret>,
    found: &mut Snapshot,
) {
    let target = made.unwrap_or(&change.target);
    let Some(kind) = kinds::of(&target.kind) else { return };
    let written = |field: &&Field| match &change.means {
        Means::Restore { fields: Some(fields), .. } => {
            fields.iter().any(|pointer| field.pointer.starts_with(pointer.as_str()))
        }
        Means::Restore { fields: None, .. } => true,
        means => means.secret_at() == Some(field.pointer),
    };
    for field in kind.fields.iter().filter(|field| field.secret).filter(written) {
        if found.field(field.word).is_none_or(Option::is_none) {
            continue;
        }
        let planned = change.fields.iter().find(|planned| planned.field == field.word);
        let after = planned.and_then(|planned| planned.after.clone());
        let before = planned.and_then(|planned| planned.before.known().cloned().flatten());
        let set = Some(Text::from(SET));
        // A secret that is none of the two is another one's; where one was set before, it is taken for that.
        let other = if before.is_some() { set } else { Some(Text::from(ANOTHER)) };
        let (like, same, differs) = match (&change.means, secret, &change.expected_version) {
            (Means::Restore { version, .. }, _, _) => (SecretLike::Version(version), after, other),
            (_, Some(secret), _) => (SecretLike::This(secret), after, other),
            (Means::Patch { .. }, None, Some(version)) => (SecretLike::Version(version), before, after),
            // That one is set is all there is to say of what was made.
            (Means::Create { .. }, None, _) => continue,
            _ => {
                found.fields.retain(|(word, _)| word != field.word);
                continue;
            }
        };
        let said = engine.remote.secret_is(target, field.pointer, like).await.ok();
        found.fields.retain(|(word, _)| word != field.word);
        if let Some(is_same) = said {
            found.fields.push((field.word.to_owned(), if is_same { same } else { differs }));
        }
    }
}
