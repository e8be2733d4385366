//! `idconsole domains test`: a route at its live identity provider, saved or not.

use std::fs;
use std::io::Read as _;

use serde_json::{Value, json};
use url::Url;

use crate::identity::route_test::{RouteReport, read_draft};
use crate::identity::text::shown;
use crate::identity::{DomainRoute, IdentityProvider, RouteDraft, Secret, Text};
use crate::workflows::refusals::Cause;
use crate::workflows::route_test::{self, Tester};

use super::super::args::domains::{Provider, RouteSecret, TestRoute};
use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::io::Io;
use super::super::output::{Column, Format, Table};
use super::super::session::Signed;

/// A route is some kilobytes, with its test some hundred; more is not read.
const LARGEST: u64 = 4 << 20;

/// The variable that holds a route's secret.
pub const SECRET: &str = "IDCONSOLE_IDP_SECRET";

/// Tests one route, or every saved one.
pub async fn run(
    signed: &Signed,
    command: &TestRoute,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let tester = tester(signed)?;
    let mut reports = Vec::new();
    let mut with_secret = false;
    if command.all {
        for route in routes(signed).await? {
            match route.draft() {
                Some(draft) => {
                    let known = route_test::known(&signed.engine, draft.domain.raw(), Some(&route.id)).await;
                    reports.push(route_test::test(&tester, &draft, None, known, &|_| ()).await?);
                }
                None => {
                    io.note(&format!("{} has no provider; its people sign in by password.", route.domain))?;
                }
            }
        }
    } else {
        let (draft, own) = wanted(signed, &tester, command, io).await?;
        let secret = secret(&command.secret, io)?;
        with_secret = secret.is_some();
        let known =
            route_test::known(&signed.engine, draft.domain.raw(), own.as_ref().map(|route| &route.id)).await;
        reports.push(route_test::test(&tester, &draft, secret.as_ref(), known, &|_| ()).await?);
    }
    write(&reports, command.all, context.shared.format, io)?;
    Ok(ended(&reports, with_secret))
}

/// The platform of a session, to test from.
pub fn tester(signed: &Signed) -> Result<Tester, Failure> {
    let base = Url::parse(signed.session.issuer())
        .map_err(|_| Failure::new(Exit::Local, "The platform's address cannot be read."))?;
    Ok(Tester { http: signed.session.http().clone(), base, clock: signed.engine.clock.clone() })
}

/// The worst of all: a check failed, or something without which nobody can say that people get in.
fn ended(reports: &[RouteReport], with_secret: bool) -> Exit {
    use crate::identity::route_test::Outcome;
    if reports.iter().any(|report| report.outcome() == Outcome::Failed) {
        Exit::Findings
    } else if reports.iter().any(|report| report.cannot_tell(with_secret)) {
        Exit::CannotTell
    } else {
        Exit::Done
    }
}

async fn routes(signed: &Signed) -> Result<Vec<DomainRoute>, Failure> {
    signed.engine.remote.domain_routes().await.map_err(|trouble| {
        if trouble.cause == Cause::Forbidden {
            return Failure::new(Exit::NotAllowed, "Domain routes can be read by super admins only.")
                .next("Describe the route with --issuer and --client-id, or give a --file; that is tested without them.");
        }
        trouble.into()
    })
}

/// The route that is meant, and the saved one it is.
async fn wanted(
    signed: &Signed,
    tester: &Tester,
    command: &TestRoute,
    io: &mut Io<'_>,
) -> Result<(RouteDraft, Option<DomainRoute>), Failure> {
    if let Some(file) = &command.file {
        let text = contents(file, io)?;
        let wrong = |why: String| Failure::usage(format!("{} does not hold a route: {why}.", shown(file)));
        let value: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let mut draft = read_draft(&value).map_err(wrong)?;
        if let Some(domain) = &command.domain {
            draft.domain = domain.as_str().into();
        }
        return Ok((draft, None));
    }
    let domain = command.domain.clone().unwrap_or_default();
    if !command.provider.is_empty() {
        return Ok((typed(tester, &domain, &command.provider).await?, None));
    }
    let saved = routes(signed).await?;
    let route = saved.into_iter().find(|route| route.domain.raw() == domain).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("No saved route has the domain {}.", shown(&domain)))
            .next("`idconsole domains test --all` tests every one; --issuer and --client-id describe one that is not saved.")
    })?;
    let draft = route.draft().ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            format!("The route of {} has no provider: its people sign in by password.", route.domain),
        )
    })?;
    Ok((draft, Some(route)))
}

/// A route as it is typed, with what the provider says of itself where nothing was.
async fn typed(tester: &Tester, domain: &str, typed: &Provider) -> Result<RouteDraft, Failure> {
    let text = |value: &Option<String>| value.as_deref().map(Text::from);
    let complete =
        typed.authorize_url.is_some() && typed.token_url.is_some() && typed.user_info_url.is_some();
    let described = match &typed.issuer {
        // What is wrong with the description is found by the test once more, and told there.
        Some(issuer) if !complete => {
            route_test::fill(tester, issuer).await?.ok().map(|filled| filled.provider)
        }
        _ => None,
    };
    let mut provider = described.unwrap_or_else(|| IdentityProvider {
        authorize_url: Text::default(),
        token_url: Text::default(),
        user_info_url: Text::default(),
        client_id: Text::default(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    });
    let put = |place: &mut Text, value: &Option<String>| {
        if let Some(value) = text(value) {
            *place = value;
        }
    };
    put(&mut provider.authorize_url, &typed.authorize_url);
    put(&mut provider.token_url, &typed.token_url);
    put(&mut provider.user_info_url, &typed.user_info_url);
    put(&mut provider.client_id, &typed.client_id);
    if let Some(method) = typed.auth_method {
        provider.token_auth_method = Some(method.word().into());
    }
    provider.use_subject = typed.use_subject.then_some(true);
    provider.use_pkce = typed.use_pkce.then_some(true);
    Ok(RouteDraft { domain: domain.into(), provider, issuer: text(&typed.issuer), post_login: Vec::new() })
}

/// The client's secret: from the prompt, a file, or the environment; never from the command line (S2).
pub fn secret(from: &RouteSecret, io: &mut Io<'_>) -> Result<Option<Secret>, Failure> {
    if from.ask_secret {
        let instead = format!("Give --secret-file FILE, or set {SECRET}.");
        return Ok(Some(Secret::from(io.ask_secret("The client's secret", &instead)?)));
    }
    if let Some(file) = &from.secret_file {
        let text = contents(file, io)?;
        let line = text.lines().next().unwrap_or_default().trim_end();
        if line.is_empty() {
            return Err(Failure::usage(format!("{} holds no secret on its first line.", shown(file))));
        }
        return Ok(Some(Secret::from(line)));
    }
    Ok(std::env::var(SECRET).ok().filter(|text| !text.is_empty()).map(|text| Secret::from(text.as_str())))
}

fn contents(file: &str, io: &mut Io<'_>) -> Result<String, Failure> {
    let mut found = String::new();
    let read = if file == "-" {
        (&mut *io.input).take(LARGEST).read_to_string(&mut found)
    } else {
        fs::File::open(file).and_then(|file| file.take(LARGEST).read_to_string(&mut found))
    };
    read.map_err(|error| Failure::usage(format!("{} cannot be read: {error}.", shown(file))))?;
    Ok(found)
}

fn write(reports: &[RouteReport], all: bool, format: Format, io: &mut Io<'_>) -> Result<(), Failure> {
    let empty = Table { columns: Vec::new(), rows: Vec::new(), empty: "No route is saved.".to_owned() };
    match format {
        Format::Json => {
            let one = |report: &RouteReport| {
                let mut shape = json!(report);
                shape["summary"] = json!(report.summary());
                shape
            };
            let shape = match reports {
                [report] if !all => one(report),
                many => Value::Array(many.iter().map(one).collect()),
            };
            io.write_rows(Format::Json, &empty, &shape)?;
        }
        Format::Table if reports.is_empty() => io.note(&empty.empty)?,
        Format::Table if io.tells() => {
            for (at, report) in reports.iter().enumerate() {
                if at > 0 {
                    writeln!(io.out)?;
                }
                write!(io.out, "{}", report.text())?;
            }
        }
        format => io.write_rows(format, &rows(reports), &Value::Null)?,
    }
    Ok(())
}

fn rows(reports: &[RouteReport]) -> Table {
    let rows = reports.iter().flat_map(|report| {
        report.checks.iter().map(|check| {
            vec![
                report.draft.domain.raw().to_owned(),
                check.id.word().to_owned(),
                check.outcome.words().to_owned(),
                check.said.clone(),
                check.next.clone(),
            ]
        })
    });
    Table {
        columns: vec![
            Column::id("domain"),
            Column::text("check"),
            Column::text("outcome"),
            Column::name("found"),
            Column::name("next"),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}
