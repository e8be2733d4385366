//! Members as a sheet that comes back in: unedited it changes nothing, and a cell that was edited is what changes.

use super::columns::{Column, NONE};
use crate::identity::directory::{Email, Member};
use crate::identity::{Reference, Seen};
use crate::workflows::sheet::Sheet;

/// The columns of an export.
const EXPORTED: [Column; 10] = [
    Column::Membership,
    Column::Name,
    Column::Email,
    Column::ExternalId,
    Column::NewEmail,
    Column::NewExternalId,
    Column::Active,
    Column::Admin,
    Column::Policy,
    Column::MfaRequired,
];

/// One row for each. What is not known for sure is left empty, which leaves it as it is. `policies` are the project's:
/// those whose name is theirs alone are written by it.
pub fn sheet<'a>(members: impl IntoIterator<Item = Member<'a>>, policies: &[Reference]) -> Sheet {
    let rows =
        members.into_iter().map(|member| EXPORTED.map(|column| cell(&member, column, policies)).to_vec());
    Sheet::Csv {
        rows: rows.collect(),
        columns: EXPORTED.iter().map(|column| column.heading().to_owned()).collect(),
    }
}

fn cell(member: &Member<'_>, column: Column, policies: &[Reference]) -> String {
    let yes_no = |value: bool| if value { "yes" } else { "no" }.to_owned();
    match column {
        Column::Membership => member.id().reference().to_string(),
        Column::Name => member.name_text().raw().to_owned(),
        Column::Email | Column::NewEmail => match member.email() {
            Email::Current { fresh: true, .. } => member.email_raw().to_owned(),
            Email::Current { .. } | Email::Stored(_) | Email::None | Email::Unknown => String::new(),
        },
        // What reads as "take it away" is not written as what is to be.
        Column::NewExternalId if member.external_id_raw().trim().eq_ignore_ascii_case(NONE) => String::new(),
        Column::ExternalId | Column::NewExternalId => member.external_id_raw().to_owned(),
        Column::Active => yes_no(member.active()),
        Column::Admin => yes_no(member.admin()),
        Column::Policy => member.policy().map(|policy| policy_word(policy, policies)).unwrap_or_default(),
        Column::MfaRequired => match member.mfa() {
            Seen::Known(mfa) => yes_no(mfa.required),
            Seen::Unknown(_) => String::new(),
        },
        _ => String::new(),
    }
}

/// The name where it says which one for sure, else the reference.
fn policy_word(policy: &Reference, policies: &[Reference]) -> String {
    let known = policies.iter().find(|known| known.id == policy.id);
    let name = known.and_then(|known| known.display.as_ref());
    match name {
        Some(name)
            if policies.iter().filter(|other| other.display.as_ref() == Some(name)).count() == 1
                && Reference::parse(name.raw()).is_none()
                && uuid::Uuid::try_parse(name.raw()).is_err()
                && name.raw().trim() == name.raw()
                && !name.raw().eq_ignore_ascii_case(NONE) =>
        {
            name.raw().to_owned()
        }
        _ => Reference { display: None, ..policy.clone() }.to_string(),
    }
}
