//! Which project is meant: one's own, or as super admin any.

use thiserror::Error;

use super::super::engine::Engine;
use super::super::project::read;
use super::super::refusals::Cause;
use super::super::remote::Trouble;
use crate::identity::text::shown;
use crate::identity::{ProjectId, Record, Role, Text};

const KIND: &str = ProjectId::KIND;

/// Why no project is meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoProject {
    /// A super admin is of every project.
    #[error("You are super admin of every project, and an export is of one. {0}")]
    NotNamed(String),
    /// There is no such project for this role.
    #[error("There is no project `{wanted}` that you can see. {known}")]
    NotFound {
        /// What was asked for; safe to show.
        wanted: String,
        /// Those that there are.
        known: String,
    },
    /// It is not the project of who is signed in, and only a super admin reads others.
    #[error(
        "You are {whose}, so the configuration of `{wanted}` is not yours to read. Sign in to that project."
    )]
    NotOwn {
        /// What was asked for; safe to show.
        wanted: String,
        /// "project admin of Clinic Demo"
        whose: String,
    },
    /// Several have the name.
    #[error("Several projects are called `{0}`. Name the one by its id.")]
    Several(String),
    /// The platform did not say.
    #[error("{0}")]
    Trouble(Trouble),
}

/// The project of this name or id; without one the caller's own, which super admins have to name.
pub async fn meant(engine: &Engine, wanted: Option<&str>) -> Result<(ProjectId, Text), NoProject> {
    let caller = &engine.caller;
    let own = (caller.project.clone(), caller.project_name.clone());
    let is_super = caller.role == Role::SuperAdmin;
    let Some(wanted) = wanted.map(str::trim).filter(|wanted| !wanted.is_empty()) else {
        return if is_super { Err(NoProject::NotNamed(known(engine).await)) } else { Ok(own) };
    };
    if wanted == own.0.as_str() || (!is_super && wanted == own.1.raw()) {
        return Ok(own);
    }
    if !is_super {
        // Of a linked project the platform tells the record and none of its members (platform-api §12).
        return Err(NoProject::NotOwn {
            wanted: shown(wanted).into_owned(),
            whose: format!("{} of {}", caller.role.words(), caller.project_name),
        });
    }
    let by_id = ProjectId::from(wanted);
    let looks_like_an_id = uuid::Uuid::try_parse(wanted).is_ok();
    if looks_like_an_id {
        match read(engine, &by_id).await {
            Ok(project) => return Ok((by_id, project.name)),
            Err(trouble) if is_missing(&trouble) => {}
            Err(trouble) => return Err(NoProject::Trouble(trouble)),
        }
    }
    let called = engine.remote.records_where(KIND, "name:exact", wanted, &["/name"]).await;
    let mut called = match called {
        Ok(found) => found,
        Err(trouble) if is_missing(&trouble) => Vec::new(),
        Err(trouble) => return Err(NoProject::Trouble(trouble)),
    };
    match (called.pop(), called.is_empty()) {
        (Some(project), true) => Ok((ProjectId::new(project.reference.id.clone()), name(&project))),
        (Some(_), false) => Err(NoProject::Several(shown(wanted).into_owned())),
        (None, _) => {
            Err(NoProject::NotFound { wanted: shown(wanted).into_owned(), known: known(engine).await })
        }
    }
}

fn is_missing(trouble: &Trouble) -> bool {
    matches!(trouble.cause, Cause::NotFound | Cause::Gone | Cause::Forbidden)
}

fn name(project: &Record) -> Text {
    let name = project.values.first().and_then(Option::as_ref).and_then(serde_json::Value::as_str);
    Text::from(name.unwrap_or_default())
}

/// The projects that there are, as a sentence.
async fn known(engine: &Engine) -> String {
    // Every record has been written after this day.
    let all = engine.remote.records_where(KIND, "_lastUpdated", "gt1900-01-01", &["/name"]).await;
    let mut names: Vec<String> = all.unwrap_or_default().iter().map(|one| name(one).to_string()).collect();
    names.sort_by_key(|name| name.to_lowercase());
    match names.len() {
        0 => "Name it by its id.".to_owned(),
        1..=12 => format!("There are: {}.", names.join(", ")),
        more => format!("There are {more}, among them {}.", names[..8].join(", ")),
    }
}
