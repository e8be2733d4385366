//! `idconsole access …`: what a member may do. Reads only.

use serde_json::json;

use crate::identity::Text;
use crate::identity::access::{Interaction, Rule};
use crate::workflows::access::{self, Source, Wish};

use super::args::Access;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::users;

/// Shows the policy, or answers one question.
pub async fn run(
    signed: &Signed,
    command: &Access,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Access::Show { person } => show(signed, person, context, io).await,
        Access::May { person, action, target } => {
            let wish = Wish::parse((*action).into(), target).map_err(Failure::usage)?;
            may(signed, person, &wish, context, io).await
        }
    }
}

fn joined(texts: &[Text]) -> String {
    texts.iter().map(Text::raw).collect::<Vec<_>>().join(", ")
}

async fn show(signed: &Signed, person: &str, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let candidate = users::one(&signed.engine, person, io).await?;
    let access = access::of(&signed.engine, &candidate.membership.id).await?;
    let policy = &access.policy;
    let mut columns = vec![Column::text("type")];
    columns.extend(Interaction::ALL.into_iter().map(|interaction| Column::text(interaction.word())));
    columns.extend([Column::name("only"), Column::name("hidden"), Column::name("kept as it is")]);
    let row = |rule: &Rule| {
        let mut cells = vec![rule.kind.raw().to_owned()];
        cells.extend(Interaction::ALL.iter().map(|interaction| {
            if rule.interactions.contains(interaction) { "yes" } else { "no" }.to_owned()
        }));
        cells.push(rule.criteria.as_ref().map_or_else(String::new, |criteria| criteria.raw().to_owned()));
        cells.extend([joined(&rule.hidden), joined(&rule.readonly)]);
        cells
    };
    let table = Table {
        columns,
        rows: policy.rules.iter().map(row).collect(),
        empty: format!("{} has no access policy: everything but what is for admins.", access.name),
    };
    let shape = json!({
        "membership": access.membership.id,
        "name": access.name,
        "active": access.membership.active,
        "policy": policy,
    });
    io.write_rows(context.shared.format, &table, &shape)?;
    Ok(Exit::Done)
}

async fn may(
    signed: &Signed,
    person: &str,
    wish: &Wish,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let candidate = users::one(&signed.engine, person, io).await?;
    let access = access::of(&signed.engine, &candidate.membership.id).await?;
    let may = access::may(&signed.engine, &access, wish).await?;
    let (answer, exit) = match may.allowed {
        Some(true) => ("yes", Exit::Done),
        Some(false) => ("no", Exit::Findings),
        None => ("depends", Exit::Findings),
    };
    let source = match may.source {
        Source::Platform => "asked of the platform on their behalf",
        Source::Policy => "read off the policy; trying it would write",
    };
    let fields = [
        ("who", access.name.raw().to_owned()),
        ("may", wish.words()),
        ("answer", answer.to_owned()),
        ("why", may.why.clone()),
        ("source", source.to_owned()),
    ];
    let shape = json!({
        "membership": access.membership.id,
        "may": wish.words(),
        "allowed": may.allowed,
        "why": may.why,
        "source": match may.source { Source::Platform => "platform", Source::Policy => "policy" },
    });
    io.write_record(context.shared.format, &fields, &shape)?;
    Ok(exit)
}
