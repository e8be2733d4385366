//! `idconsole doctor sweep` and `doctor fix`: every rule over every member, and mending what is found.

use serde_json::{Value, json};

use crate::cli::args::doctor::DoctorFix;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Table};
use crate::cli::session::Signed;
use crate::cli::{intent, members, people};
use crate::identity::findings::{self, Finding, Rule, Sweep, Who};
use crate::identity::text::shown;
use crate::identity::{MembershipId, UserId};
use crate::workflows;
use crate::workflows::intent::{FixOf, Intent};
use crate::workflows::sweep::finding_json;

fn rule(word: &str) -> Result<Rule, Failure> {
    Rule::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        Failure::usage(format!("There is no rule {}.", shown(word)))
            .next(format!("The rules are {}.", known.join(", ")))
    })
}

async fn swept(signed: &Signed, io: &mut Io<'_>) -> Result<Sweep, Failure> {
    let directory = members::load(signed, io).await?;
    let questions = workflows::sweep::Questions::of(&directory);
    let around = workflows::sweep::around(&signed.engine, &questions).await?;
    Ok(findings::sweep(&directory, &around))
}

fn not_looked_at(found: &Sweep, wanted: impl Fn(Rule) -> bool, io: &mut Io<'_>) -> Result<(), Failure> {
    for (rule, why) in found.not_looked_at.iter().filter(|(rule, _)| wanted(*rule)) {
        writeln!(io.err, "not looked at: {} ({why})", rule.words())?;
    }
    Ok(())
}

/// Holds the rules against every member.
pub(super) async fn sweep(
    signed: &Signed,
    wanted: &[String],
    count: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let only = wanted.iter().map(|word| rule(word)).collect::<Result<Vec<_>, _>>()?;
    let found = swept(signed, io).await?;
    let is_wanted = |rule: Rule| only.is_empty() || only.contains(&rule);
    not_looked_at(&found, is_wanted, io)?;
    let empty = format!("Nothing is seen to be wrong with {} members.", found.members);
    if count {
        let counts: Vec<(Rule, usize)> =
            found.counts().into_iter().filter(|(rule, _)| is_wanted(*rule)).collect();
        let row = |(rule, count): &(Rule, usize)| {
            vec![
                rule.severity().word().to_owned(),
                rule.id().to_owned(),
                rule.words().to_owned(),
                count.to_string(),
            ]
        };
        let table = Table {
            columns: vec![
                Column::text("severity"),
                Column::text("rule"),
                Column::name("finding"),
                Column::number("count"),
            ],
            rows: counts.iter().map(row).collect(),
            empty,
        };
        let shape = |(rule, count): &(Rule, usize)| json!({"severity": rule.severity().word(), "rule": rule.id(), "count": count});
        let shapes: Vec<Value> = counts.iter().map(shape).collect();
        io.write_rows(context.shared.format, &table, &shapes)?;
        return Ok(if counts.is_empty() { Exit::Done } else { Exit::Findings });
    }
    let findings: Vec<&Finding> = found.findings.iter().filter(|finding| is_wanted(finding.rule)).collect();
    let row = |finding: &&Finding| {
        vec![
            finding.rule.severity().word().to_owned(),
            finding.rule.id().to_owned(),
            finding.who.name().raw().to_owned(),
            finding.who.email().raw().to_owned(),
            finding.evidence.to_string(),
            finding.who.reference().to_string(),
        ]
    };
    let table = Table {
        columns: vec![
            Column::text("severity"),
            Column::text("rule"),
            Column::name("name"),
            Column::id("email"),
            Column::name("evidence"),
            Column::text("record"),
        ],
        rows: findings.iter().map(row).collect(),
        empty,
    };
    let shapes: Vec<Value> = findings.iter().map(|finding| finding_json(finding)).collect();
    io.write_rows(context.shared.format, &table, &shapes)?;
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Findings })
}

/// Mends findings of one rule: those of the people named, or all.
pub(super) async fn fix(
    signed: &Signed,
    command: &DoctorFix,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let rule = rule(&command.rule)?;
    let (users, named): (Vec<String>, Vec<String>) =
        command.people.iter().cloned().partition(|person| person.starts_with("User/"));
    let users: Vec<UserId> =
        users.iter().filter_map(|user| user.strip_prefix("User/")).map(UserId::new).collect();
    let members: Vec<MembershipId> =
        if named.is_empty() { Vec::new() } else { people::members(&signed.engine, &named, io).await? };
    let found = swept(signed, io).await?;
    not_looked_at(&found, |other| other == rule, io)?;
    let meant = |finding: &&Finding| {
        finding.rule == rule
            && (command.all
                || match &finding.who {
                    Who::Member(subject) => {
                        members.contains(&subject.membership)
                            || subject.user.as_ref().is_some_and(|user| users.contains(user))
                    }
                    Who::User(user) => users.contains(&user.id),
                })
    };
    let wanted: Vec<FixOf> = found.findings.iter().filter(meant).map(FixOf::from).collect();
    if wanted.is_empty() {
        let of = if command.all { "Nobody" } else { "None of them" };
        return Err(Failure::new(Exit::NotFound, format!("{of} has the finding “{}”.", rule.words()))
            .next("idconsole doctor sweep lists what is found."));
    }
    intent::run(signed, &Intent::Fix(wanted), &command.write, context, io).await
}
