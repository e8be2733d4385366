//! What is done to client applications, as far as identity goes (platform-api §3.2, §6, §8, §9.5, §17).

mod create;
mod delete;
mod edit;
mod secrets;

use serde_json::Value;

use super::{NoPlan, Why};
use crate::identity::{
    Change, ClientApplication, ClientId, FieldChange, Means, Plan, ProjectId, Record, Role, Seen, Text, Undo,
};
use crate::workflows::clients::{self, ClientFacts};
use crate::workflows::engine::Engine;
use crate::workflows::kinds::{self, KindOf};

/// Something to be done to a client application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientIntent {
    /// Make one.
    Create(NewClient),
    /// Change what it is set up to do.
    Edit {
        /// Which.
        client: ClientId,
        /// How.
        edit: ClientEdit,
    },
    /// A new secret; the present one retires (platform-api §8).
    Rotate {
        /// Whose.
        client: ClientId,
    },
    /// The retiring secret works no more (platform-api §8).
    Retire {
        /// Whose.
        client: ClientId,
    },
    /// Delete it, with its membership.
    Delete {
        /// Which.
        client: ClientId,
    },
}

/// A client application to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClient {
    /// What people see on the sign-in page.
    pub name: Text,
    /// What it is for.
    pub description: Option<Text>,
    /// Where sign-ins may end, letter by letter.
    pub redirects: Vec<Text>,
    /// Public, or with a secret.
    pub kind: NewKind,
    /// Of which project; the caller's own where none is named.
    pub project: Option<ProjectId>,
}

/// How a new client proves who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewKind {
    /// Not at all: PKCE protects each sign-in. It has no membership and cannot sign in by itself (platform-api §9.5).
    Public,
    /// By a secret that the platform makes up; it has a membership and can sign in by itself (§6).
    Confidential {
        /// Name, id or `AccessPolicy/…` of what it may do by itself.
        policy: Option<Text>,
    },
}

/// What becomes of a list of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEdit {
    /// One more, or several.
    Add(Vec<Text>),
    /// These no more.
    Remove(Vec<Text>),
    /// Exactly these.
    Set(Vec<Text>),
}

/// What becomes of a life time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LifetimeEdit {
    /// As it is.
    #[default]
    Keep,
    /// What the platform takes where nothing is set.
    Default,
    /// Digits and a unit.
    Set(Text),
}

/// A change of a client application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientEdit {
    /// Another name.
    Name(Text),
    /// Another description, or none.
    Description(Option<Text>),
    /// Where sign-ins may end.
    Redirects(ListEdit),
    /// Which web pages may call the platform from a browser.
    Origins(ListEdit),
    /// Whether sign-ins may do without PKCE.
    PkceOptional(bool),
    /// No identity provider any more; binding one is [`super::Intent::EditProvider`].
    NoProvider,
    /// Whether the client may sign in by itself. The platform takes any text; only these two mean something (§17).
    Active(bool),
    /// How long tokens live that are given out from then on.
    Lifetimes {
        /// Access tokens.
        access: LifetimeEdit,
        /// Refresh tokens.
        refresh: LifetimeEdit,
    },
}

impl ClientIntent {
    /// The title of its plan.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Create(NewClient { kind: NewKind::Public, .. }) => "Create a public client",
            Self::Create(_) => "Create a confidential client",
            Self::Edit { edit, .. } => edit.title(),
            Self::Rotate { .. } => "Rotate the client secret",
            Self::Retire { .. } => "End the retiring secret",
            Self::Delete { .. } => "Delete the client application",
        }
    }
}

impl ClientEdit {
    fn title(&self) -> &'static str {
        match self {
            Self::Name(_) => "Rename the client application",
            Self::Description(_) => "Describe the client application",
            Self::Redirects(_) => "Change redirect addresses",
            Self::Origins(_) => "Change allowed origins",
            Self::NoProvider => "Take the identity provider away",
            Self::PkceOptional(true) => "Make PKCE optional",
            Self::PkceOptional(false) => "Require PKCE",
            Self::Active(true) => "Let the client sign in by itself",
            Self::Active(false) => "Stop the client's own sign-ins",
            Self::Lifetimes { .. } => "Change token lifetimes",
        }
    }
}

/// Plans it.
pub(super) async fn plan(engine: &Engine, intent: &ClientIntent) -> Result<Plan, NoPlan> {
    match intent {
        ClientIntent::Create(new) => create::plan(engine, new).await,
        ClientIntent::Edit { client, edit } => edit::plan(engine, client, edit).await,
        ClientIntent::Rotate { client } => secrets::rotate(engine, client).await,
        ClientIntent::Retire { client } => secrets::retire(engine, client).await,
        ClientIntent::Delete { client } => delete::plan(engine, client).await,
    }
}

/// A client as it stands: what is seen of it, and the fields that plans speak of as the platform keeps them.
struct Known {
    facts: ClientFacts,
    record: Record,
    kind: &'static KindOf,
}

impl Known {
    async fn read(engine: &Engine, id: &ClientId) -> Result<Self, NoPlan> {
        let Some(kind) = kinds::of(ClientId::KIND) else {
            return Err(NoPlan::because(Why::Malformed, "Client applications are not known to plans."));
        };
        let reference = id.reference();
        let pointers = kind.pointers();
        let (facts, record) =
            futures::join!(clients::one(engine, id), engine.remote.record(&reference, &pointers));
        let facts = facts?;
        let record = record.map_err(|trouble| clients::missing(id, trouble))?;
        let foreign = facts.client.project.as_ref().is_some_and(|project| *project != engine.caller.project);
        if foreign && engine.caller.role != Role::SuperAdmin {
            let what = format!("{} belongs to another project.", facts.client.name);
            return Err(NoPlan::because(Why::NotAllowed, what)
                .then("An admin of that project or a super admin can do it."));
        }
        Ok(Self { facts, record, kind })
    }

    fn client(&self) -> &ClientApplication {
        &self.facts.client
    }

    fn name(&self) -> &Text {
        &self.facts.client.name
    }

    /// A plan about it with nothing to do yet.
    fn plan(&self, title: &str) -> Plan {
        let mut plan = Plan::new(title, self.name().clone());
        plan.about = self.facts.about();
        plan
    }

    /// The stored value at a pointer.
    fn stored(&self, pointer: &str) -> Option<&Value> {
        let at = self.kind.fields.iter().position(|field| field.pointer == pointer)?;
        self.record.values.get(at)?.as_ref().filter(|value| !value.is_null())
    }

    /// The stored texts of a list.
    fn texts(&self, pointer: &str) -> Vec<Text> {
        let items = self.stored(pointer).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(Text::from).collect()
    }

    /// A PATCH of these fields, taken back by the opposite one. What stays as it is is left out; nothing left is `None`.
    fn change(&self, label: &str, wanted: Vec<(&'static str, Option<Value>)>) -> Option<Change> {
        let (mut shown, mut sent, mut back) = (Vec::new(), Vec::new(), Vec::new());
        for (pointer, after) in wanted {
            let before = self.stored(pointer).cloned();
            if before == after {
                continue;
            }
            let field = self.kind.field(pointer)?;
            shown.push(FieldChange {
                field: field.word.to_owned(),
                before: Seen::Known(field.words(before.as_ref())),
                after: field.words(after.as_ref()),
            });
            sent.push((pointer.to_owned(), after));
            back.push((pointer.to_owned(), before));
        }
        (!sent.is_empty()).then(|| Change {
            target: self.client().id.reference(),
            label: label.to_owned(),
            who: None,
            fields: shown,
            expected_version: Some(self.record.version.id.clone()),
            means: Means::patch(sent),
            undo: Undo::By { means: Box::new(Means::patch(back)), lost: String::new() },
        })
    }
}

/// A name that people can read: not empty, nothing hidden in it.
fn named(name: &Text) -> Result<Text, NoPlan> {
    let trimmed = name.raw().trim();
    if trimmed.is_empty() {
        return Err(NoPlan::because(Why::Malformed, "The name is missing.")
            .then("People see it on the sign-in page."));
    }
    if let Some(hidden) = trimmed.chars().find(|c| crate::identity::text::is_hidden(*c)) {
        let shown = Text::from(hidden.to_string());
        let what = format!("There is a hidden character ({shown}) in the name.");
        return Err(NoPlan::because(Why::Malformed, what).then("Type it again by hand."));
    }
    Ok(Text::from(trimmed))
}

/// Another client of the project with this name: allowed, and a nuisance.
async fn namesake(
    engine: &Engine,
    name: &Text,
    project: Option<&ProjectId>,
    own: Option<&ClientId>,
) -> Option<String> {
    let all = engine.remote.clients().await.ok()?;
    let same = all.iter().find(|client| {
        client.name == *name && Some(&client.id) != own && client.project.as_ref() == project
    })?;
    Some(format!(
        "the project has another client application named {name} ({}); name them by their ids then",
        same.id
    ))
}
