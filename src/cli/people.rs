//! The people that a command is about: one, or several that become one plan.

use std::collections::BTreeSet;

use futures::StreamExt as _;

use crate::identity::{MembershipId, Text};
use crate::workflows::Engine;
use crate::workflows::person::{self, Candidate, Found};

use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::users;

/// People looked for at the same time.
const AT_ONCE: usize = 4;
/// Of several that match, so many are named.
const NAMED: usize = 5;

/// A reference with the place where it was given.
#[derive(Debug, PartialEq, Eq)]
pub struct Given {
    /// `2`, or `line 14`.
    pub at: String,
    /// As typed.
    pub text: String,
}

/// The memberships that are meant. Unless every reference means exactly one person, all that are wrong are told with
/// their places and nothing is done.
pub async fn members(
    engine: &Engine,
    references: &[String],
    io: &mut Io<'_>,
) -> Result<Vec<MembershipId>, Failure> {
    Ok(candidates(engine, references, io).await?.into_iter().map(|one| one.membership.id).collect())
}

/// The same with what was found.
pub async fn candidates(
    engine: &Engine,
    references: &[String],
    io: &mut Io<'_>,
) -> Result<Vec<Candidate>, Failure> {
    if let [one] = references
        && one != "-"
    {
        return Ok(vec![users::one(engine, one, io).await?]);
    }
    let given = given(references, io)?;
    if given.is_empty() {
        return Err(Failure::usage("Standard input names nobody; nothing was done."));
    }
    let engine = &engine.in_background();
    let mut answers = futures::stream::iter(&given)
        .map(|given| async move { (given, person::find(engine, &given.text).await) })
        .buffered(AT_ONCE);
    let (mut people, mut wrong, mut exit) = (Vec::new(), Vec::new(), Exit::NotFound);
    let mut seen = BTreeSet::new();
    while let Some((given, answer)) = answers.next().await {
        let shown = Text::from(given.text.as_str());
        match answer? {
            Found::One(one) if !seen.insert(one.membership.id.clone()) => {}
            Found::One(one) => people.push(*one),
            Found::None => wrong.push(format!("{}: nobody matches {shown}", given.at)),
            Found::Several(several) => {
                exit = Exit::Conflict;
                wrong.push(format!(
                    "{}: {} people match {shown}: {}",
                    given.at,
                    several.len(),
                    named(&several)
                ));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(people);
    }
    for line in &wrong {
        io.tell(line)?;
    }
    let what = format!(
        "{} of {} references do not name exactly one person; nothing was done.",
        wrong.len(),
        given.len()
    );
    Err(Failure::new(exit, what).next("Name people by email, external id or ProjectMembership/…."))
}

fn named(several: &[Candidate]) -> String {
    let name = |one: &Candidate| {
        let name = one.membership.profile.display.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
        format!("{name}({})", one.membership.id.reference())
    };
    let mut names = several.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ");
    if several.len() > NAMED {
        names.push_str(", …");
    }
    names
}

/// The references as given; `-` stands for those on standard input, one a line.
pub fn given(references: &[String], io: &mut Io<'_>) -> Result<Vec<Given>, Failure> {
    let mut all = Vec::new();
    for (n, reference) in references.iter().enumerate() {
        if reference == "-" {
            for (line, text) in lines(io)?.into_iter().enumerate() {
                if !text.trim().is_empty() {
                    all.push(Given { at: format!("line {}", line + 1), text: text.trim().to_owned() });
                }
            }
        } else {
            all.push(Given { at: (n + 1).to_string(), text: reference.clone() });
        }
    }
    Ok(all)
}

/// Every line of standard input. They are kept in mind: a plan that is written to a file names them.
fn lines(io: &mut Io<'_>) -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    io.input.read_to_string(&mut text)?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let named = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    io.manner.read = Some(named.map(str::to_owned).collect());
    Ok(lines)
}
