//! `idconsole overview`: the three decisions, what needs attention, what this role can do.

use serde_json::json;

use crate::identity::Seen;
use crate::identity::capability::TABLE;
use crate::identity::linkage::{Kind, survey};
use crate::workflows::overview::{homes, posture};

use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::members;
use super::session::Signed;

/// Reads and tells it.
pub async fn run(signed: &Signed, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let directory = members::load(signed, io).await?;
    let domains: Vec<String> =
        survey(&directory, None).domains.into_iter().map(|(domain, _)| domain).collect();
    let posture = posture(&signed.engine, &domains).await?;
    let survey = survey(&directory, Some(&posture.idps));
    let (counts, homes) = (&survey.counts, homes(&survey, &posture.idps));
    let wrong: Vec<(Kind, usize)> =
        Kind::ALL.into_iter().map(|kind| (kind, survey.of(kind))).filter(|(_, n)| *n > 0).collect();
    let joined = |parts: Vec<String>| parts.join(", ");
    let place = |home: &crate::workflows::overview::Home| match &home.domain {
        Some(domain) => format!("{} ({domain}) {}", home.place, home.people),
        None => format!("{} {}", home.place, home.people),
    };
    let flows = match &posture.flows {
        Seen::Known(flows) => format!(
            "browser redirect {} clients, exchange possible at {}, own secret {}",
            flows.redirect, flows.exchange, flows.service
        ),
        Seen::Unknown(why) => format!("not visible: {why}"),
    };
    let caller = &signed.engine.caller;
    let platform = signed.engine.remote.about_with_version().await;
    let version = platform.version.as_ref();
    let held = |holds: bool| {
        joined(
            TABLE.iter().filter(|row| row.holds(caller) == holds).map(|row| row.words.to_owned()).collect(),
        )
    };
    let fields = [
        (
            "recognised by",
            format!(
                "email {}, external id {}, nothing known {}",
                counts.email, counts.external_id, counts.none
            ),
        ),
        ("credentials live at", joined(homes.iter().map(place).collect())),
        ("tokens come by", flows.clone()),
        (
            "people",
            format!("{} members, {} admins, {} not active", counts.members, counts.admins, counts.inactive),
        ),
        ("second factor", format!("{} without, {} not visible", counts.no_factor, counts.factor_unknown)),
        ("needs attention", joined(wrong.iter().map(|(kind, n)| format!("{n} {}", kind.words())).collect())),
        ("platform version", version.map_or_else(|| "not told".to_owned(), ToString::to_string)),
        ("your role can", held(true)),
        ("your role cannot", held(false)),
    ];
    let shape = json!({
        "identifiers": { "email": counts.email, "external_id": counts.external_id, "none": counts.none },
        "credentials": homes.iter().map(|home| json!({
            "place": home.place, "domain": home.domain, "people": home.people, "broken": home.broken,
        })).collect::<Vec<_>>(),
        "token_flows": posture.flows.known().map(|flows| json!({
            "redirect": flows.redirect, "exchange": flows.exchange, "service": flows.service,
        })),
        "members": counts.members,
        "admins": counts.admins,
        "inactive": counts.inactive,
        "without_second_factor": counts.no_factor,
        "second_factor_not_visible": counts.factor_unknown,
        "findings": wrong.iter().map(|(kind, n)| (kind.id(), *n)).collect::<std::collections::BTreeMap<_, _>>(),
        "platform_version": version,
        "role": caller.role,
    });
    io.write_record(context.shared.format, &fields, &shape)?;
    Ok(Exit::Done)
}
