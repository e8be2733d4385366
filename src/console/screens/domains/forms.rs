//! The forms behind domain routes. Each field is checked as it is typed, by the same rules as the plan.

use crate::console::model::NewRoute;
use crate::console::overlays::ask::{Ask, Subject};
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::provider::Identifier;
use crate::identity::route::typed;
use crate::identity::sign_in::browser_identifier;
use crate::identity::{Domain, DomainRoute, DomainRouteId, IdentityProvider, Reference, RouteDraft, Text};
use crate::workflows::domains::{Line, What};
use crate::workflows::intent::{Intent, ProviderEdit, ProviderField, SecretField};

fn choice(value: &str, words: &str, help: &str) -> Choice {
    Choice { value: value.to_owned(), words: words.to_owned(), help: help.to_owned() }
}

fn subject(name: &Text) -> Subject {
    Subject { name: name.clone(), members: Vec::new() }
}

fn address(id: &'static str, label: &'static str, text: &str) -> Field {
    Field::text(id, label, text).hint("https://…").required("The address is missing.").check(typed::address)
}

/// By what people are recognised. A domain route by external id lets nobody in, which is said at once.
fn mode(now: Option<Identifier>, is_route: bool) -> Field {
    let choices = vec![
        choice("email", "email", "the address that the provider sends"),
        choice("subject", "external id", "the subject that the provider sends"),
    ];
    let value = match now {
        None | Some(Identifier::Email) => "email",
        Some(Identifier::Subject) => "subject",
        Some(Identifier::Unsupported) => "",
    };
    let field = Field::choice("mode", "people by", choices, Some(value))
        .hint("a pair that does not work; Space changes it");
    if !is_route {
        return field;
    }
    field.check(|value| {
        (value == "subject").then(|| {
            "A route by external id lets nobody in; bind the provider to a client application for that."
                .to_owned()
        })
    })
}

fn details(provider: Option<&IdentityProvider>) -> [Field; 2] {
    let method = provider.and_then(|provider| provider.token_auth_method.as_ref()).map_or("", Text::raw);
    let method = if method == "client_secret_basic" { "" } else { method };
    let methods = vec![
        choice("", "client_secret_basic", "in the header; the platform's default"),
        choice("client_secret_post", "client_secret_post", "in the form"),
    ];
    let pkce = provider.is_some_and(|provider| provider.use_pkce == Some(true));
    [
        Field::choice("method", "secret by", methods, Some(method)),
        Field::yes_no("pkce", "PKCE", pkce, "works with the plain method only"),
    ]
}

fn post_login(addresses: &[Text]) -> Field {
    let now: Vec<&str> = addresses.iter().map(Text::raw).collect();
    Field::text("after", "after sign-in", &now.join(" "))
        .hint("where it may end; several by blanks")
        .check(typed::post_login)
}

/// The provider of a route of the same organisation: mostly it serves the other domain too.
fn like<'a>(new: &NewRoute, routes: &'a [DomainRoute]) -> Option<&'a IdentityProvider> {
    let wanted = Domain::parse(new.domain.raw()).ok()?;
    let of = |route: &&DomainRoute| {
        Domain::parse(route.domain.raw()).is_ok_and(|other| other.registrable() == wanted.registrable())
    };
    routes.iter().find(of)?.provider.as_ref()
}

/// A new route; `new` is what is known of it, `routes` those that there are.
pub(super) fn add(new: Option<&NewRoute>, routes: &[DomainRoute]) -> Ask {
    let taken = routes.iter().map(|route| route.domain.raw().to_owned()).collect();
    let like = new.and_then(|new| new.like.as_ref().or_else(|| like(new, routes)));
    let text = |pick: fn(&IdentityProvider) -> &Text| like.map_or("", |like| pick(like).raw());
    let domain = new.map_or("", |new| new.domain.raw());
    let [method, pkce] = details(like);
    let form = Form::new(vec![
        Field::text("domain", "domain", domain)
            .hint("what stands after the @, like partner.example")
            .required("The domain is missing; write it like partner.example.")
            .check(typed::domain)
            .not_among(taken, |domain| {
                format!("{} has a route of its own already.", crate::identity::text::shown(domain))
            }),
        Field::text("issuer", "issuer", "")
            .hint("optional; its own description fills in the addresses")
            .check(typed::address),
        address("authorize", "authorize URL", text(|provider| &provider.authorize_url)),
        address("token", "token URL", text(|provider| &provider.token_url)),
        address("user-info", "user info URL", text(|provider| &provider.user_info_url)),
        Field::text("client", "client id", text(|provider| &provider.client_id))
            .hint("as the provider names the platform")
            .required("The client id is missing.")
            .check(typed::client_id),
        Field::secret("secret", "client secret")
            .required("The client secret is missing.")
            .check(typed::secret),
        mode(None, true),
        method,
        pkce,
        post_login(&[]),
    ]);
    let name = Text::from(if domain.is_empty() { "a new domain" } else { domain });
    let about = new.map(|new| new.why.clone()).filter(|why| !why.is_empty());
    let about = about
        .unwrap_or_else(|| "Where the sign-in page sends people with an address of the domain.".to_owned());
    Ask::new("Domain route", subject(&name), form, |_, form| {
        not_mixed_up(form)?;
        Ok(Intent::AddRoute(Box::new(route(form))))
    })
    .with_route(route, None)
    .described_by_issuer()
    .about(about)
    .with_secret("secret")
}

/// The route that a form of a new one holds.
fn route(form: &Form) -> RouteDraft {
    let given = |id: &str| form.given(id).map(Text::from);
    RouteDraft {
        domain: given("domain").unwrap_or_default(),
        issuer: given("issuer"),
        post_login: after(form),
        provider: IdentityProvider {
            authorize_url: given("authorize").unwrap_or_default(),
            token_url: given("token").unwrap_or_default(),
            user_info_url: given("user-info").unwrap_or_default(),
            client_id: given("client").unwrap_or_default(),
            use_subject: None,
            identity_source: None,
            identity_mapping_mode: None,
            token_auth_method: given("method"),
            use_pkce: form.says_yes("pkce").then_some(true),
            user_info_mode: None,
            user_info_key_set: false,
        },
    }
}

/// The stored route with what the form changes of it.
fn changed(saved: &DomainRoute, form: &Form) -> RouteDraft {
    let wanted = route(form);
    let typed = wanted.provider;
    let mut provider = saved.provider.clone().unwrap_or_else(|| typed.clone());
    provider.authorize_url = typed.authorize_url;
    provider.token_url = typed.token_url;
    provider.user_info_url = typed.user_info_url;
    provider.client_id = typed.client_id;
    provider.token_auth_method = typed.token_auth_method;
    provider.use_pkce = typed.use_pkce;
    // The three fields behind it stay as they are while it does.
    let wanted_mode = form.given("mode").map(|mode| mode == "subject");
    let now = saved.provider.as_ref().map(browser_identifier);
    if let Some(by_subject) = wanted_mode
        && now != Some(if by_subject { Identifier::Subject } else { Identifier::Email })
    {
        provider.use_subject = Some(by_subject);
        provider.identity_source = None;
        provider.identity_mapping_mode = None;
    }
    RouteDraft { domain: saved.domain.clone(), provider, ..wanted }
}

/// The provider of a route or a client application; nothing where it cannot be read.
pub(super) fn edit(line: &Line) -> Option<Ask> {
    let addresses = match &line.what {
        What::Route(route) => Some(&*route.post_login),
        What::Client(_) | What::Observed(_) => None,
    };
    let ask = provider(line.record()?, &line.name, line.provider(), addresses);
    Some(match line.route().cloned() {
        Some(saved) => {
            let own = saved.id.clone();
            ask.with_route(move |form| changed(&saved, form), Some(own))
        }
        None => ask,
    })
}

/// The first provider of a route that has none.
pub(super) fn give(new: &NewRoute, route: &DomainRouteId) -> Ask {
    provider(route.reference(), &new.domain, None, Some(&[])).about(new.why.clone())
}

/// The provider of a record; `addresses` are those of a domain route, on which sign-ins may end.
pub(in crate::console::screens) fn provider(
    of: Reference,
    name: &Text,
    now: Option<&IdentityProvider>,
    addresses: Option<&[Text]>,
) -> Ask {
    let is_route = addresses.is_some();
    let text = |pick: fn(&IdentityProvider) -> &Text| now.map_or("", |now| pick(now).raw());
    let [method, pkce] = details(now);
    let secret = Field::secret("secret", "client secret").check(typed::secret);
    let secret = match now {
        Some(_) => secret.hint("set, not shown; empty leaves it as it is"),
        None => secret.required("The client secret is missing."),
    };
    let mut fields = vec![
        address("authorize", "authorize URL", text(|provider| &provider.authorize_url)),
        address("token", "token URL", text(|provider| &provider.token_url)),
        address("user-info", "user info URL", text(|provider| &provider.user_info_url)),
        Field::text("client", "client id", text(|provider| &provider.client_id))
            .required("The client id is missing.")
            .check(typed::client_id),
        secret,
        mode(now.map(browser_identifier), is_route),
        method,
        pkce,
    ];
    fields.extend(addresses.map(post_login));
    let before = now.map(browser_identifier);
    let ask = Ask::new("Identity provider", subject(name), Form::new(fields), move |_, form| {
        if form.given("secret").is_some() {
            not_mixed_up(form)?;
        }
        let given = |id: &str| Text::from(form.given(id).unwrap_or_default());
        let mut fields = vec![
            ProviderField::AuthorizeUrl(given("authorize")),
            ProviderField::TokenUrl(given("token")),
            ProviderField::UserInfoUrl(given("user-info")),
            ProviderField::ClientId(given("client")),
            ProviderField::AuthMethod(form.given("method").map(Text::from)),
            ProviderField::UsePkce(form.says_yes("pkce")),
        ];
        // The three fields behind it stay as they are while it does.
        let wanted = form.given("mode").map(|mode| mode == "subject");
        if let Some(by_subject) = wanted
            && before != Some(if by_subject { Identifier::Subject } else { Identifier::Email })
            && (before.is_some() || by_subject)
        {
            fields.push(ProviderField::BySubject(by_subject));
        }
        if is_route {
            fields.push(ProviderField::PostLogin(after(form)));
        }
        let secret = form.given("secret").map(|_| SecretField::Client);
        Ok(Intent::EditProvider(Box::new(ProviderEdit { of: of.clone(), fields, secret })))
    });
    ask.with_secret("secret")
}

/// Another domain for a route.
pub(super) fn rename(line: &Line, route: &DomainRoute) -> Ask {
    let id = route.id.clone();
    let likely = crate::identity::route::meant(route.domain.raw());
    let likely = likely.map_or_else(|| route.domain.raw().to_owned(), |domain| domain.ascii().to_owned());
    let form = Form::new(vec![
        Field::text("domain", "domain", &likely)
            .hint("what stands after the @, like partner.example")
            .required("The domain is missing; write it like partner.example.")
            .check(typed::domain),
    ]);
    Ask::new("Domain of a route", subject(&line.name), form, move |_, form| {
        let domain = Text::from(form.given("domain").unwrap_or_default());
        Ok(Intent::RenameRoute { route: id.clone(), domain })
    })
    .about("The platform compares it with the part after the @, in lower case, letter by letter.")
}

fn after(form: &Form) -> Vec<Text> {
    typed::addresses(form.value("after")).map(Text::from).collect()
}

/// The secret and the client id stand in their own fields.
fn not_mixed_up(form: &Form) -> Result<(), String> {
    match typed::secret_beside(form.value("secret"), form.value("client"), form.value("authorize")) {
        Some(wrong) => Err(wrong),
        None => Ok(()),
    }
}
