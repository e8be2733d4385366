//! Registering the project's own client application, so that sessions can be refreshed (platform-api §3.2).

use serde_json::json;

use super::engine::Engine;
use super::fields;
use super::remote::Trouble;
use crate::identity::{
    Change, ClientApplication, Confirm, FieldChange, Means, OnFailure, Plan, Role, Seen, Text, Undo,
};

/// The exact addresses that the loopback sign-in listens on: the platform compares them letter by letter.
pub const REDIRECTS: [&str; 3] =
    ["http://127.0.0.1:9615/callback", "http://127.0.0.1:9625/callback", "http://127.0.0.1:9635/callback"];

/// What there is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setup {
    /// The project has such a client already; its id belongs into the connection.
    Exists(Box<ClientApplication>),
    /// It is to be made. Apply it with [`super::apply::apply`]; the made record's id belongs into the connection.
    Plan(Box<Plan>),
    /// Not with this role.
    Not(String),
}

/// Plans a public client application (PKCE, no secret) named `name` with the three loopback addresses.
pub async fn plan(engine: &Engine, name: &str) -> Result<Setup, Trouble> {
    if engine.caller.role == Role::Member {
        return Ok(Setup::Not(format!(
            "you are neither project admin nor super admin of {}; ask an admin to run `idconsole setup`",
            engine.caller.project_name
        )));
    }
    let clients = engine.remote.clients().await?;
    let own = |client: &&ClientApplication| {
        client.project.as_ref().is_none_or(|project| *project == engine.caller.project)
    };
    let ready = clients.iter().filter(own).find(|client| {
        REDIRECTS.iter().all(|redirect| client.redirect_uris.iter().any(|uri| uri.raw() == *redirect))
    });
    if let Some(client) = ready {
        return Ok(Setup::Exists(Box::new(client.clone())));
    }
    let name = match name.trim() {
        "" => "idconsole",
        name => name,
    };
    let field = |field: &str, after: Text| FieldChange {
        field: field.to_owned(),
        before: Seen::Known(None),
        after: Some(after),
    };
    let mut warnings = Vec::new();
    if clients.iter().filter(own).any(|client| client.name.raw() == name) {
        warnings
            .push(format!("the project has a client application named {name} already, with other addresses"));
    }
    let change = Change {
        target: engine.caller.project.reference(),
        label: "register a client application".to_owned(),
        who: None,
        fields: vec![field(fields::NAME, name.into()), field(fields::REDIRECTS, REDIRECTS.join(" ").into())],
        expected_version: None,
        means: Means::create(json!({
            "resourceType": "ClientApplication",
            "name": name,
            "description": "Sign-in of the idconsole terminal on the administrator's own machine",
            "redirectUris": REDIRECTS,
        })),
        undo: Undo::By {
            means: Box::new(Means::Delete),
            lost: "sign-ins and sessions of this client end".to_owned(),
        },
    };
    Ok(Setup::Plan(Box::new(Plan {
        title: "Register the console's own client".to_owned(),
        subject: Text::from(name),
        membership: None,
        user: None,
        about: format!("client application of {}", engine.caller.project_name),
        changes: vec![change],
        sign_in: Vec::new(),
        also: vec![
            "it is a public client: no secret, PKCE at every sign-in".to_owned(),
            "browser sign-ins of the console with it can be refreshed, except for super admins".to_owned(),
        ],
        warnings,
        undo: "deletes the client application; sign-ins with it end".to_owned(),
        confirm: Confirm::Enter,
        undoes: None,
        undoes_also: Vec::new(),
        resumes: None,
        undoes_part: false,
        batch: None,
        on_failure: OnFailure::Stop,
    })))
}
