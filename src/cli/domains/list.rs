//! The reading half of `domains`: every route, or what can be observed.

use std::collections::BTreeMap;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::members;
use crate::cli::output::{Column, Table};
use crate::cli::session::Signed;
use crate::identity::sign_in::Route;
use crate::identity::{Role, Seen, Unseen};
use crate::workflows::domains::{self, Line, People, What, mode_words};

/// Everybody by domain; with `also`, a domain that nobody has to be of.
async fn people(
    signed: &Signed,
    also: Option<&str>,
    io: &mut Io<'_>,
) -> Result<BTreeMap<String, People>, Failure> {
    let mut people = domains::people(&members::load(signed, io).await?);
    let is_domain = |text: &&str| text.contains('.') && !text.contains('/');
    if let Some(domain) = also.filter(is_domain) {
        people.entry(domain.to_lowercase()).or_default();
    }
    Ok(people)
}

/// `domains list`.
pub(super) async fn list(
    signed: &Signed,
    check: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let people = people(signed, None, io).await?;
    let found = domains::read(&signed.engine, &domains::most_used(&people)).await?;
    let lines = domains::lines(&found, &people);
    let unknown =
        |line: &Line| if matches!(line.what, What::Observed(_)) { "unknown" } else { "" }.to_owned();
    let row = |line: &Line| {
        vec![
            line.name.raw().to_owned(),
            line.state.words().to_owned(),
            line.people.as_ref().map_or_else(String::new, |people| people.members.to_string()),
            line.host().map_or_else(String::new, |host| host.raw().to_owned()),
            line.provider().map_or_else(|| unknown(line), |provider| provider.client_id.raw().to_owned()),
            line.mode().map_or_else(|| unknown(line), |mode| mode_words(mode).to_owned()),
            line.flaws.first().map_or_else(String::new, |flaw| flaw.said.clone()),
        ]
    };
    let table = Table {
        columns: vec![
            Column::name("domain"),
            Column::text("state"),
            Column::number("members"),
            Column::id("identity provider"),
            Column::id("client id"),
            Column::text("people by"),
            Column::name("what is wrong"),
        ],
        rows: lines.iter().map(row).collect(),
        empty: "No domain has a route: the sign-in page asks everybody for a password.".to_owned(),
    };
    let shapes: Vec<_> = lines.iter().map(Line::json).collect();
    io.write_rows(context.shared.format, &table, &shapes)?;
    if signed.engine.caller.role != Role::SuperAdmin {
        io.note("As the sign-in page sends people; stored routes are seen by super admins only.")?;
    }
    let wrong = check && lines.iter().any(|line| line.state.is_wrong());
    Ok(if wrong { Exit::Findings } else { Exit::Done })
}

/// The one line that is meant; never a guess.
pub(super) async fn one(signed: &Signed, wanted: &str) -> Result<Line, Failure> {
    let people = BTreeMap::from([(wanted.to_lowercase(), People::default())]);
    let found = domains::read(&signed.engine, &[wanted.to_lowercase()]).await?;
    chosen(&domains::lines(&found, &people), wanted, signed)
}

fn chosen(lines: &[Line], wanted: &str, signed: &Signed) -> Result<Line, Failure> {
    let shown = crate::identity::text::shown(wanted);
    match &*domains::find(lines, wanted) {
        [one] => Ok((*one).clone()),
        [] => {
            let next = if signed.engine.caller.role == Role::SuperAdmin {
                "`idconsole domains list` shows all of them; `idconsole domains add` adds one."
            } else {
                "Stored routes are seen by super admins only; `idconsole domains list` shows what can be observed."
            };
            Err(Failure::new(
                Exit::NotFound,
                format!("There is no domain route for {shown} that you can see."),
            )
            .next(next))
        }
        several => {
            let named: Vec<String> = several
                .iter()
                .filter_map(|line| Some(format!("{} ({})", line.name, line.record()?)))
                .collect();
            Err(Failure::new(Exit::Conflict, format!("Several match {shown}: {}.", named.join(", ")))
                .next("Name one of them by its reference."))
        }
    }
}

/// `domains show`.
pub(super) async fn show(
    signed: &Signed,
    wanted: &str,
    check: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let people = people(signed, Some(wanted), io).await?;
    // A domain of nobody is asked about as well.
    let mut asked = vec![wanted.to_lowercase()];
    asked.extend(domains::most_used(&people));
    let found = domains::read(&signed.engine, &asked).await?;
    let line = chosen(&domains::lines(&found, &people), wanted, signed)?;
    io.write_record(context.shared.format, &fields(&line), &line.json())?;
    Ok(if check && line.state.is_wrong() { Exit::Findings } else { Exit::Done })
}

fn fields(line: &Line) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("kind", line.kind().to_owned()),
        ("name", line.name.raw().to_owned()),
        ("state", line.state.words().to_owned()),
    ];
    for flaw in &line.flaws {
        fields.push(("wrong", flaw.said.clone()));
        fields.push(("fix", flaw.mend.words()));
    }
    if let What::Observed(Some(Seen::Known(Route::Idp { host }))) = &line.what {
        fields.push(("goes to", host.raw().to_owned()));
    }
    match line.provider() {
        Some(provider) => {
            fields.extend([
                ("authorize", provider.authorize_url.raw().to_owned()),
                ("token", provider.token_url.raw().to_owned()),
                ("user info", provider.user_info_url.raw().to_owned()),
                ("client id", provider.client_id.raw().to_owned()),
                ("secret", "set, not shown".to_owned()),
                ("people by", line.mode().map_or("", mode_words).to_owned()),
                (
                    "secret by",
                    provider
                        .token_auth_method
                        .as_ref()
                        .map_or("client_secret_basic", |method| method.raw())
                        .to_owned(),
                ),
                ("PKCE", if provider.use_pkce == Some(true) { "yes, plain only" } else { "no" }.to_owned()),
            ]);
            if let Some(mode) = &provider.user_info_mode {
                fields.push(("user info by", mode.raw().to_owned()));
            }
        }
        None if matches!(line.what, What::Observed(_)) => {
            fields.push(("provider", format!("unknown: {}", Unseen::SuperAdminOnly)));
        }
        None => fields.push(("provider", "none".to_owned())),
    }
    if let Some(route) = line.route() {
        let after: Vec<&str> = route.post_login.iter().map(crate::identity::Text::raw).collect();
        let after =
            if after.is_empty() { "the platform's own sign-in page".to_owned() } else { after.join("\n") };
        fields.push(("after sign-in", after));
    }
    if let Some(people) = &line.people {
        fields.push(("members", people.members.to_string()));
        let named: Vec<String> =
            people.named.iter().map(|(name, email)| format!("{} <{}>", name.raw(), email.raw())).collect();
        if !named.is_empty() {
            fields.push(("for example", named.join("\n")));
        }
    }
    if let Some(record) = line.record() {
        fields.push(("record", record.to_string()));
    }
    fields
}
