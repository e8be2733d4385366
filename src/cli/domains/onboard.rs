//! `idconsole domains onboard`: how far a partner is, by the same engine as the console's assistant.

use serde_json::{Value, json};

use crate::cli::args::domains::{Onboard, Run};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::output::{Column, Format, Table};
use crate::cli::session::Signed;
use crate::identity::text::shown;
use crate::workflows::onboard::{
    Act, Broken, Desk, Done, Field, NotDone, NotKept, NotSet, State, StepId, StepState, Stopped, Told,
    hand_over, next, steps,
};

use super::test;

/// The desk of a session.
pub(super) fn desk(signed: &Signed, context: &Context) -> Result<Desk, Failure> {
    Ok(Desk::new(signed.engine.clone(), &context.paths, test::tester(signed)?))
}

/// Answers, does and shows.
pub(super) async fn run(
    signed: &Signed,
    command: &Onboard,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let desk = desk(signed, context)?;
    let Some(typed) = &command.domain else { return list(&desk, context, io) };
    let state = if command.start_over {
        let (state, aside) = desk.start_over(typed)?;
        if let Some(aside) = aside {
            io.note(&format!("What was kept is set aside in {}.", aside.display()))?;
        }
        state
    } else {
        desk.open(typed)?
    };
    let domain = state.domain.raw().to_owned();
    let mut answers = Vec::new();
    for answer in &command.answers {
        let (field, value) = pair(answer, "--set", "FIELD=VALUE")?;
        let field = Field::parse(field).ok_or_else(|| no_field(field))?;
        answers.push((field, value.to_owned()));
    }
    if !answers.is_empty() {
        desk.act(&domain, Act::Answer(answers)).await?;
    }
    for skip in &command.skip {
        let (step, why) = pair(skip, "--skip", "STEP=WHY")?;
        let step = StepId::parse(step).ok_or_else(|| {
            let known: Vec<&str> = StepId::ALL.into_iter().map(StepId::id).collect();
            Failure::usage(format!("There is no step {}.", shown(step)))
                .next(format!("The steps are {}.", known.join(", ")))
        })?;
        desk.act(&domain, Act::Skip(step, why.to_owned())).await?;
    }
    for step in &command.run {
        let act = match step {
            Run::Provider => Act::Discover,
            Run::Tests => Act::Test(test::secret(&command.secret, io)?),
            Run::Impact => Act::Impact,
            Run::Watch => Act::Watch,
        };
        let done = desk.act(&domain, act).await?;
        tell(&done, io)?;
    }
    if let Some(file) = &command.hand_over {
        if file == "-" {
            let state = desk.act(&domain, Act::Look).await?.state;
            write!(io.out, "{}", hand_over(&state))?;
            desk.act(&domain, Act::HandedOver("standard output".to_owned())).await?;
            return Ok(Exit::Done);
        }
        desk.act(&domain, Act::WriteHandOver(file.into())).await?;
    }
    let state = desk.act(&domain, Act::Look).await?.state;
    show(&state, &desk, context, io)?;
    let wrong = steps(&state).iter().any(|step| matches!(step.state, StepState::Wrong(_)));
    Ok(if wrong { Exit::Findings } else { Exit::Done })
}

/// What a step brought, beside how it stands.
fn tell(done: &Done, io: &mut Io<'_>) -> Result<(), Failure> {
    match &done.told {
        Told::Nothing => {}
        Told::Written(path) => io.note(&format!("Written to {path}."))?,
        Told::Discovered(notes) => {
            for note in notes {
                io.note(note)?;
            }
        }
        Told::Tested(report) => io.note(report.text().trim_end())?,
        Told::Met(found) => {
            io.note(&found.headline())?;
            for line in found.lines() {
                io.note(&format!("  {}", line.text()))?;
            }
        }
        Told::Watched(seen) => {
            io.note(&format!("Addresses of {} are sent to {}.", done.state.domain, seen.route))?;
            match &seen.came_in {
                Ok(people) if people.is_empty() => io.note("Nobody has come in by the provider yet.")?,
                Ok(people) => {
                    for (email, at) in people {
                        let at = at.map_or_else(String::new, |at| format!(" at {at:.0}"));
                        io.note(&format!("  {email} came in{at}"))?;
                    }
                }
                Err(why) => io.note(why)?,
            }
        }
    }
    Ok(())
}

fn pair<'a>(text: &'a str, option: &str, form: &str) -> Result<(&'a str, &'a str), Failure> {
    text.split_once('=').ok_or_else(|| {
        Failure::usage(format!("{option} {} has no equals sign.", shown(text)))
            .next(format!("Write {option} {form}."))
    })
}

fn no_field(field: &str) -> Failure {
    let known: Vec<&str> = Field::ALL.into_iter().map(Field::id).collect();
    let next = if crate::identity::trace::is_secret(field) || field.contains("secret") {
        "Secrets are asked for when they are needed and kept nowhere.".to_owned()
    } else {
        format!("The fields are {}.", known.join(", "))
    };
    Failure::usage(format!("There is no field {}.", shown(field))).next(next)
}

fn show(state: &State, desk: &Desk, context: &Context, io: &mut Io<'_>) -> Result<(), Failure> {
    let next = next(state);
    let signs = context.signs();
    let sign = |state: &StepState| match state {
        StepState::Done(_) => signs.ok,
        StepState::Wrong(_) => signs.bad,
        StepState::Open(_) | StepState::Stale(_) => signs.warn,
        StepState::Waits(_) | StepState::Skipped(_) => signs.unknown,
    };
    if context.shared.format == Format::Table && io.tells() {
        writeln!(io.out, "{}  on {}", state.domain, state.platform)?;
        match &next {
            Some(step) => writeln!(io.out, "Next: {}. {}", step.id.title(), step.state.words())?,
            None => writeln!(io.out, "Everything is done.")?,
        }
        writeln!(io.out)?;
    }
    let rows = steps(state).into_iter().map(|step| {
        let title = match context.shared.format {
            Format::Table => format!("{} {}", sign(&step.state), step.id.title()),
            Format::Json | Format::Csv => step.id.id().to_owned(),
        };
        vec![title, step.state.id().to_owned(), step.state.words()]
    });
    let table = Table {
        columns: vec![Column::text("step"), Column::text("state"), Column::name("what")],
        rows: rows.collect(),
        empty: String::new(),
    };
    let answers: serde_json::Map<String, Value> = Field::ALL
        .into_iter()
        .map(|field| (field.id().to_owned(), json!(state.answer(field))))
        .filter(|(_, value)| value != "")
        .collect();
    let shape = json!({
        "domain": state.domain,
        "platform": state.platform,
        "kept_in": desk.store.path(state.domain.raw()).display().to_string(),
        "next": next.as_ref().map(|step| step.id.id()),
        "answers": answers,
        "steps": steps(state).iter().map(|step| json!({
            "step": step.id.id(), "state": step.state.id(), "what": step.state.words(),
        })).collect::<Vec<_>>(),
    });
    io.write_rows(context.shared.format, &table, &shape)?;
    Ok(())
}

fn list(desk: &Desk, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let found = desk.list()?;
    let row = |entry: &crate::workflows::onboard::Entry| match &entry.state {
        Ok(state) => match next(state) {
            Some(step) => (step.id.id().to_owned(), step.state.words(), state.changed.to_string()),
            None => ("done".to_owned(), "Everything is done.".to_owned(), state.changed.to_string()),
        },
        Err(broken) => ("broken".to_owned(), broken.to_string(), String::new()),
    };
    let rows: Vec<(String, (String, String, String))> =
        found.iter().map(|entry| (entry.domain.clone(), row(entry))).collect();
    let table = Table {
        columns: vec![
            Column::text("domain"),
            Column::text("next"),
            Column::name("what"),
            Column::text("changed"),
        ],
        rows: rows
            .iter()
            .map(|(domain, (next, what, changed))| {
                vec![domain.clone(), next.clone(), what.clone(), changed.clone()]
            })
            .collect(),
        empty: "No partner is being brought on. `idconsole domains onboard partner.example` begins."
            .to_owned(),
    };
    let shape: Vec<Value> = rows
        .iter()
        .map(|(domain, (next, what, changed))| {
            json!({"domain": domain, "next": next, "what": what, "changed": changed})
        })
        .collect();
    io.write_rows(context.shared.format, &table, &shape)?;
    Ok(if found.iter().any(|entry| entry.state.is_err()) { Exit::Findings } else { Exit::Done })
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        let exit = match &broken {
            Broken::Unreadable { .. } => Exit::Local,
            Broken::Damaged { .. } | Broken::Older { .. } | Broken::Newer { .. } | Broken::Secret { .. } => {
                Exit::Conflict
            }
        };
        Self::new(exit, broken.to_string()).next("--start-over sets it aside and begins anew.")
    }
}

impl From<NotKept> for Failure {
    fn from(not: NotKept) -> Self {
        match not {
            NotKept::Broken(broken) => broken.into(),
            NotKept::Changed { .. } => Self::new(Exit::Conflict, not.to_string()),
            NotKept::Io { .. } => Self::new(Exit::Local, not.to_string()),
        }
    }
}

impl From<NotSet> for Failure {
    fn from(not: NotSet) -> Self {
        let field = not.field.map_or_else(String::new, |field| format!("{}: ", field.id()));
        Self::usage(format!("{field}{not}."))
    }
}

impl From<NotDone> for Failure {
    fn from(not: NotDone) -> Self {
        let what = crate::cli::journal::sentence(&not.to_string());
        match not {
            NotDone::First(_) => Self::usage(what),
            NotDone::Provider(_) => Self::new(Exit::Findings, what),
            NotDone::Platform(trouble) => trouble.into(),
            NotDone::NotAllowed(_) => Self::new(Exit::NotAllowed, what),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        let what = crate::cli::journal::sentence(&stopped.to_string());
        match stopped {
            Stopped::NoDomain(_) => Self::usage(what),
            Stopped::NotBegun(_) => Self::new(Exit::NotFound, what),
            Stopped::NotSet(not) => not.into(),
            Stopped::NotDone(not) => not.into(),
            Stopped::NotKept(not) => not.into(),
            Stopped::File { .. } => Self::new(Exit::Local, what),
        }
    }
}
