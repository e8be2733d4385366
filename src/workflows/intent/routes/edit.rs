//! Fields of the identity provider of a domain route or of a client application.

use serde_json::{Value, json};

use super::affected::affected;
use super::{NoPlan, ProviderEdit, ProviderField, SecretField, Why, add, malformed, super_admins_only};
use crate::identity::provider::Identifier;
use crate::identity::sign_in::browser_identifier;
use crate::identity::sign_in::impact::RouteChange;
use crate::identity::{
    Change, ClientId, Confirm, DomainRouteId, FieldChange, IdentityProvider, Means, Plan, Record, RouteDraft,
    Seen, Text, Undo, route,
};
use crate::workflows::engine::Engine;
use crate::workflows::fields;
use crate::workflows::kinds::{self, KindOf};

const PROVIDER: &str = "/identityProvider";
/// What the platform requires of a provider beside its secret (platform-api §9.4).
const REQUIRED: [&str; 4] = ["authorizeUrl", "tokenUrl", "userInfoUrl", "clientId"];

pub(in crate::workflows::intent) async fn edit(engine: &Engine, edit: &ProviderEdit) -> Result<Plan, NoPlan> {
    let is_route = &*edit.of.kind == DomainRouteId::KIND;
    if !is_route && &*edit.of.kind != ClientId::KIND {
        return Err(NoPlan::because(Why::Malformed, format!("{} has no identity provider.", edit.of)));
    }
    for field in &edit.fields {
        malformed(wrong(field))?;
    }
    if is_route {
        super_admins_only(engine)?;
        if edit.fields.contains(&ProviderField::BySubject(true)) {
            return Err(add::by_subject());
        }
    } else if edit.fields.iter().any(|field| matches!(field, ProviderField::PostLogin(_))) {
        let what = "A client application ends its sign-ins on its own redirect addresses.";
        return Err(NoPlan::because(Why::Malformed, what));
    }
    let Some(kind) = kinds::of(&edit.of.kind) else {
        return Err(NoPlan::because(Why::Malformed, format!("{} is not changed by plans.", edit.of)));
    };
    let mut pointers = kind.pointers();
    pointers.push(PROVIDER);
    let record = engine.remote.record(&edit.of, &pointers).await?;
    let name = value(kind, &record, if is_route { "/domain" } else { "/name" });
    let subject = Text::from(name.and_then(Value::as_str).unwrap_or_default());
    let has_provider = record.values.last().is_some_and(|value| value.as_ref().is_some_and(Value::is_object));
    if edit.secret.is_none() && edit.fields.is_empty() {
        return Err(NoPlan::because(Why::Nothing, "Nothing is to be changed."));
    }

    let wanted = wanted(&edit.fields);
    let mut changed = Changed::new(kind, &record);
    for (pointer, after) in wanted {
        changed.set(pointer, after);
    }
    if changed.is_nothing() && edit.secret.is_none() {
        return Err(NoPlan::because(Why::Nothing, format!("{subject} is set up so already.")));
    }
    let change = if has_provider { changed.patch(edit) } else { changed.whole(edit, &subject)? };
    let after = as_provider(&change, &record);
    let mut plan = Plan::new("Change an identity provider", subject.clone());
    plan.about = about(is_route, &after);
    plan.changes.push(change);
    plan.undo = if edit.secret.is_some() {
        "puts the fields back as they were, the old secret too, out of the platform's history".to_owned()
    } else {
        "puts the fields back as they were".to_owned()
    };
    plan.also.push("sessions stay alive; passwords are not concerned".to_owned());
    if edit.secret.is_some() {
        plan.also.push("the secret is sent once and kept nowhere else, not in the journal either".to_owned());
    }
    followed(engine, &mut plan, edit, is_route, &subject).await?;
    if is_route && !after.authorize_url.is_empty() {
        let draft =
            RouteDraft { domain: subject, provider: after.clone(), issuer: None, post_login: Vec::new() };
        let id = DomainRouteId::new(edit.of.id.clone());
        super::met(engine, &RouteChange::to(draft, Some(id)), &mut plan).await?;
    }
    plan.warnings.extend(if is_route { add::of_provider(&after) } else { of_client(&after) });
    Ok(plan)
}

/// What is wrong with a field by itself.
fn wrong(field: &ProviderField) -> Option<String> {
    let address = |name: &str, address: &Text| {
        route::typed::address(address.raw()).map(|wrong| format!("The {name} address: {wrong}"))
    };
    match field {
        ProviderField::AuthorizeUrl(url) => address("authorize", url),
        ProviderField::TokenUrl(url) => address("token", url),
        ProviderField::UserInfoUrl(url) => address("user info", url),
        ProviderField::ClientId(id) => route::typed::client_id(id.raw()),
        ProviderField::AuthMethod(Some(method))
            if !["client_secret_basic", "client_secret_post"].contains(&method.raw()) =>
        {
            Some(
                "The platform sends its secret by client_secret_basic or client_secret_post only.".to_owned(),
            )
        }
        ProviderField::UserInfoMode(Some(mode)) if !["oidc", "gcip"].contains(&mode.raw()) => {
            Some("The user info mode is oidc or gcip.".to_owned())
        }
        ProviderField::PostLogin(all) => all.iter().find_map(|one| route::typed::post_login(one.raw())),
        ProviderField::AuthMethod(_)
        | ProviderField::UserInfoMode(_)
        | ProviderField::UsePkce(_)
        | ProviderField::BySubject(_) => None,
    }
}

/// JSON pointer and new value of each field.
fn wanted(all: &[ProviderField]) -> Vec<(&'static str, Option<Value>)> {
    let text = |text: &Text| Some(json!(text.raw().trim()));
    let or_default = |text: &Option<Text>| text.as_ref().map(|text| json!(text.raw()));
    let mut wanted = Vec::new();
    for field in all {
        match field {
            ProviderField::AuthorizeUrl(url) => wanted.push(("/identityProvider/authorizeUrl", text(url))),
            ProviderField::TokenUrl(url) => wanted.push(("/identityProvider/tokenUrl", text(url))),
            ProviderField::UserInfoUrl(url) => wanted.push(("/identityProvider/userInfoUrl", text(url))),
            ProviderField::ClientId(id) => wanted.push(("/identityProvider/clientId", text(id))),
            ProviderField::AuthMethod(method) => {
                wanted.push(("/identityProvider/tokenAuthMethod", or_default(method)));
            }
            ProviderField::UsePkce(on) => wanted.push(("/identityProvider/usePkce", Some(json!(on)))),
            ProviderField::BySubject(by_subject) => {
                let (source, mapping) = if *by_subject {
                    ("subject", "project-membership-external-id")
                } else {
                    ("email", "user-email")
                };
                wanted.push(("/identityProvider/useSubject", Some(json!(by_subject))));
                wanted.push(("/identityProvider/identitySource", Some(json!(source))));
                wanted.push(("/identityProvider/identityMappingMode", Some(json!(mapping))));
            }
            ProviderField::UserInfoMode(mode) => {
                wanted.push(("/identityProvider/userInfoMode", or_default(mode)));
            }
            ProviderField::PostLogin(all) => {
                let all: Vec<&str> = all.iter().map(Text::raw).collect();
                wanted.push(("/allowedPostLoginRedirectUrls", (!all.is_empty()).then(|| json!(all))));
            }
        }
    }
    wanted
}

/// A value, or what the platform takes where none is set (platform-api §9.4).
fn or_default(pointer: &str, value: Option<&Value>) -> Option<Value> {
    let default = match pointer {
        "/identityProvider/tokenAuthMethod" => json!("client_secret_basic"),
        "/identityProvider/userInfoMode" => json!("oidc"),
        "/identityProvider/usePkce" => json!(false),
        _ => return value.cloned(),
    };
    Some(value.cloned().unwrap_or(default))
}

/// A field of a record that was asked for all of its kind's pointers.
fn value<'a>(kind: &KindOf, record: &'a Record, pointer: &str) -> Option<&'a Value> {
    let at = kind.fields.iter().position(|field| field.pointer == pointer)?;
    record.values.get(at)?.as_ref()
}

/// What is different then.
struct Changed<'a> {
    kind: &'a KindOf,
    record: &'a Record,
    shown: Vec<FieldChange>,
    sent: Vec<(String, Option<Value>)>,
    back: Vec<(String, Option<Value>)>,
}

impl<'a> Changed<'a> {
    fn new(kind: &'a KindOf, record: &'a Record) -> Self {
        Self { kind, record, shown: Vec::new(), sent: Vec::new(), back: Vec::new() }
    }

    fn is_nothing(&self) -> bool {
        self.sent.is_empty()
    }

    fn set(&mut self, pointer: &str, after: Option<Value>) {
        let before = value(self.kind, self.record, pointer);
        let is_same =
            before == after.as_ref() || or_default(pointer, before) == or_default(pointer, after.as_ref());
        let (false, Some(field)) = (is_same, self.kind.field(pointer)) else { return };
        self.shown.push(FieldChange {
            field: field.word.to_owned(),
            before: Seen::Known(field.words(before)),
            after: field.words(after.as_ref()),
        });
        self.back.push((pointer.to_owned(), before.cloned()));
        self.sent.push((pointer.to_owned(), after));
    }

    fn change(self, edit: &ProviderEdit, label: &str, means: Means, undo: Means) -> Change {
        Change {
            target: edit.of.clone(),
            label: label.to_owned(),
            who: None,
            fields: self.shown,
            expected_version: Some(self.record.version.id.clone()),
            means,
            undo: Undo::By { means: Box::new(undo), lost: String::new() },
        }
    }

    /// Single fields of a provider that is there.
    fn patch(mut self, edit: &ProviderEdit) -> Change {
        let version = self.record.version.id.clone();
        let (sent, back) = (std::mem::take(&mut self.sent), std::mem::take(&mut self.back));
        let Some(secret) = edit.secret else {
            return self.change(edit, "change the identity provider", Means::patch(sent), Means::patch(back));
        };
        let pointer = secret.pointer().to_owned();
        self.show_secret(secret);
        let mut pointers: Vec<String> = sent.iter().map(|(pointer, _)| pointer.clone()).collect();
        pointers.push(pointer.clone());
        let label =
            if sent.is_empty() { "replace the client secret" } else { "change the identity provider" };
        let means = Means::Patch { fields: sent, secret_at: Some(pointer) };
        self.change(edit, label, means, Means::Restore { version, fields: Some(pointers) })
    }

    /// A provider where there is none: all of it at once.
    fn whole(mut self, edit: &ProviderEdit, subject: &Text) -> Result<Change, NoPlan> {
        let mut provider = json!({});
        let mut sent = Vec::new();
        for (pointer, after) in std::mem::take(&mut self.sent) {
            match (pointer.strip_prefix("/identityProvider/"), after) {
                (Some(name), Some(after)) => provider[name] = after,
                (Some(_), None) => {}
                (None, after) => sent.push((pointer, after)),
            }
        }
        let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| provider.get(name).is_none()).collect();
        if !missing.is_empty() || edit.secret != Some(SecretField::Client) {
            return Err(NoPlan::because(
                Why::Malformed,
                format!("{subject} has no identity provider yet, and one is not whole without its addresses, client id and secret."),
            )
            .then("Give all of them."));
        }
        let version = self.record.version.id.clone();
        self.show_secret(SecretField::Client);
        let mut pointers: Vec<String> = sent.iter().map(|(pointer, _)| pointer.clone()).collect();
        pointers.insert(0, PROVIDER.to_owned());
        sent.insert(0, (PROVIDER.to_owned(), Some(provider)));
        let means = Means::Patch { fields: sent, secret_at: Some(SecretField::Client.pointer().to_owned()) };
        let undo = Means::Restore { version, fields: Some(pointers) };
        Ok(self.change(edit, "give it an identity provider", means, undo))
    }

    fn show_secret(&mut self, secret: SecretField) {
        let Some(field) = self.kind.field(secret.pointer()) else { return };
        let before = field.words(value(self.kind, self.record, field.pointer));
        let after = if before.is_some() { fields::REPLACED } else { fields::SET };
        self.shown.push(FieldChange {
            field: field.word.to_owned(),
            before: Seen::Known(before),
            after: Some(Text::from(after)),
        });
    }
}

/// The provider as the change leaves it.
fn as_provider(change: &Change, record: &Record) -> IdentityProvider {
    let mut whole = record.values.last().cloned().flatten().unwrap_or_else(|| json!({}));
    if let Means::Patch { fields, .. } = &change.means {
        for (pointer, after) in fields {
            match pointer.strip_prefix("/identityProvider/") {
                Some(name) => whole[name] = after.clone().unwrap_or(Value::Null),
                None if pointer == PROVIDER => whole = after.clone().unwrap_or_else(|| json!({})),
                None => {}
            }
        }
    }
    let text = |name: &str| whole[name].as_str().map(Text::from);
    IdentityProvider {
        authorize_url: text("authorizeUrl").unwrap_or_default(),
        token_url: text("tokenUrl").unwrap_or_default(),
        user_info_url: text("userInfoUrl").unwrap_or_default(),
        client_id: text("clientId").unwrap_or_default(),
        use_subject: whole["useSubject"].as_bool(),
        identity_source: text("identitySource"),
        identity_mapping_mode: text("identityMappingMode"),
        token_auth_method: text("tokenAuthMethod"),
        use_pkce: whole["usePkce"].as_bool(),
        user_info_mode: text("userInfoMode"),
        user_info_key_set: false,
    }
}

fn about(is_route: bool, after: &IdentityProvider) -> String {
    let what = if is_route { "domain route" } else { "client application" };
    format!("{what} · to {}", super::host(&after.authorize_url))
}

/// Whom it meets, and what has to be said yes to.
async fn followed(
    engine: &Engine,
    plan: &mut Plan,
    edit: &ProviderEdit,
    is_route: bool,
    subject: &Text,
) -> Result<(), NoPlan> {
    let moves = edit.fields.iter().any(|field| {
        matches!(
            field,
            ProviderField::AuthorizeUrl(_)
                | ProviderField::TokenUrl(_)
                | ProviderField::ClientId(_)
                | ProviderField::BySubject(_)
        )
    });
    if is_route {
        let affected = affected(engine, subject).await?;
        plan.also.insert(0, format!("it is about everybody of the domain: {}", affected.named(subject)));
        if moves && affected.people > 0 {
            plan.warnings.push(
                "whoever signs in from then on goes by what is set here; a mistake keeps all of them out"
                    .to_owned(),
            );
        }
    }
    if edit.fields.iter().any(|field| matches!(field, ProviderField::BySubject(_))) {
        plan.warnings
            .push(format!("this changes how everybody is recognised who signs in through {subject}"));
        plan.confirm = Confirm::Typed { text: subject.clone() };
    }
    Ok(())
}

/// What is to be thought about of a provider that is bound to a client application.
fn of_client(provider: &IdentityProvider) -> Vec<String> {
    let mut said = Vec::new();
    if browser_identifier(provider) == Identifier::Unsupported {
        said.push(
            "its identity source and mapping mode are a pair that the platform does not implement".to_owned(),
        );
    }
    if provider.use_pkce == Some(true) {
        said.push(
            "with PKCE the platform sends its challenge as it is: a provider that insists on S256 refuses it"
                .to_owned(),
        );
    }
    said
}
