//! Several changes of one record in one row are one write where that is the same.

use serde_json::Value;

use crate::identity::{Change, FieldChange, Means, SignInEffect, Undo};

type Fields = Vec<(String, Option<Value>)>;

/// The same changes with as few writes as possible. The order of what is left stays.
pub(super) fn merged(changes: Vec<Change>) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    for change in changes {
        let earlier = all.iter().rposition(|other| other.target == change.target);
        match earlier.and_then(|at| Some((at, together(&all[at], &change)?))) {
            Some((at, both)) => all[at] = both,
            None => all.push(change),
        }
    }
    all
}

/// Two patches of one record as one; `None` where they are no such patches.
fn together(first: &Change, second: &Change) -> Option<Change> {
    let (mut sent, more) = (patched(&first.means)?, patched(&second.means)?);
    let (Undo::By { means: back, lost }, Undo::By { means: more_back, lost: more_lost }) =
        (&first.undo, &second.undo)
    else {
        return None;
    };
    let (mut back, more_back) = (patched(back)?, patched(more_back)?);
    for (pointer, value) in more {
        put(&mut sent, pointer, value);
    }
    for (pointer, value) in more_back {
        // What stood there before the first is what comes back.
        if !back.iter().any(|(known, _)| *known == pointer) {
            back.push((pointer, value));
        }
    }
    // Removing what is absent is refused (platform-api §1.8).
    let nothing =
        |pointer: &str, of: &Fields| of.iter().any(|(known, value)| known == pointer && value.is_none());
    let idle: Vec<String> = sent
        .iter()
        .filter(|(pointer, value)| value.is_none() && nothing(pointer, &back))
        .map(|(pointer, _)| pointer.clone())
        .collect();
    sent.retain(|(pointer, _)| !idle.contains(pointer));
    back.retain(|(pointer, _)| !idle.contains(pointer));
    let mut fields: Vec<FieldChange> = first.fields.clone();
    for field in &second.fields {
        match fields.iter_mut().find(|known| known.field == field.field) {
            Some(known) => known.after.clone_from(&field.after),
            None => fields.push(field.clone()),
        }
    }
    let lost = [lost.as_str(), more_lost.as_str()].into_iter().filter(|lost| !lost.is_empty());
    Some(Change {
        label: format!("{}, {}", first.label, second.label),
        fields,
        means: Means::patch(sent),
        undo: Undo::By { means: Box::new(Means::patch(back)), lost: lost.collect::<Vec<_>>().join("; ") },
        ..first.clone()
    })
}

fn patched(means: &Means) -> Option<Fields> {
    match means {
        Means::Patch { fields, secret_at: None } => Some(fields.clone()),
        _ => None,
    }
}

fn put(fields: &mut Fields, pointer: String, value: Option<Value>) {
    match fields.iter_mut().find(|(known, _)| *known == pointer) {
        Some((_, known)) => *known = value,
        None => fields.push((pointer, value)),
    }
}

/// Sign-in before the first and after the last of several changes of one person.
pub(super) fn sign_ins(all: &mut Vec<SignInEffect>, more: Vec<SignInEffect>) {
    for effect in more {
        match all.iter_mut().find(|known| known.way == effect.way) {
            Some(known) => known.after = effect.after,
            None => all.push(effect),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Reference, Seen, Text};
    use serde_json::json;

    fn change(field: &str, pointer: &str, before: Option<&str>, after: Option<&str>) -> Change {
        let raw = |text: Option<&str>| text.map(|text| json!(text));
        let words = |text: Option<&str>| text.map(Text::from);
        Change {
            target: Reference::parse("ProjectMembership/m").unwrap(),
            label: field.to_owned(),
            who: None,
            fields: vec![FieldChange {
                field: field.to_owned(),
                before: Seen::Known(words(before)),
                after: words(after),
            }],
            expected_version: None,
            means: Means::patch(vec![(pointer.to_owned(), raw(after))]),
            undo: Undo::By {
                means: Box::new(Means::patch(vec![(pointer.to_owned(), raw(before))])),
                lost: String::new(),
            },
        }
    }

    #[test]
    fn patches_of_one_record_become_one_that_comes_back_as_it_was() {
        let all = merged(vec![
            change("policy", "/accessPolicy", Some("a"), Some("b")),
            change("active", "/active", Some("no"), Some("yes")),
            change("policy", "/accessPolicy", Some("b"), Some("c")),
        ]);
        let [one] = &all[..] else { panic!("{all:?}") };
        assert_eq!(one.fields.len(), 2);
        assert_eq!(
            (&one.fields[0].before, &one.fields[0].after),
            (&Seen::Known(Some("a".into())), &Some("c".into()))
        );
        let Undo::By { means, .. } = &one.undo else { panic!() };
        let back =
            vec![("/accessPolicy".to_owned(), Some(json!("a"))), ("/active".to_owned(), Some(json!("no")))];
        assert_eq!(**means, Means::patch(back));
    }

    // platform-api §1.8: removing what is absent is refused.
    #[test]
    fn what_is_absent_before_and_after_is_not_sent() {
        let all = merged(vec![
            change("policy", "/accessPolicy", None, Some("b")),
            change("policy", "/accessPolicy", Some("b"), None),
            change("active", "/active", Some("no"), Some("yes")),
        ]);
        assert_eq!(all[0].means, Means::patch(vec![("/active".to_owned(), Some(json!("yes")))]));
    }
}
