//! By which ways somebody would come, the likely ones first.

use super::whom::{Settled, domain_of};
use super::{Asked, Said, Through};
use crate::identity::sign_in::Route;
use crate::identity::sign_in::doctor::{Attempt, Claim, Flow};
use crate::identity::{ClientApplication, ClientId, ProjectId, Seen, Text};
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

/// Stands for a subject that the identity provider sends and nobody here knows. It is nobody's external id, and so
/// is what it stands for, as far as the member goes who is meant.
pub const UNKNOWN_SUBJECT: &str = "<whatever it sends>";

/// A client application to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientChoice {
    /// Which.
    pub id: ClientId,
    /// Its name.
    pub name: Text,
    /// An IdP is bound to it.
    pub has_idp: bool,
}

/// What can be chosen before anything is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// Client applications, those with an IdP first.
    pub clients: Vec<ClientChoice>,
    /// Projects, the own one first.
    pub projects: Vec<(ProjectId, Text)>,
}

/// What this role sees to choose from.
pub async fn choices(engine: &Engine) -> Result<Choices, Trouble> {
    let mut clients: Vec<ClientChoice> = clients(engine)
        .await?
        .into_iter()
        .map(|client| ClientChoice { has_idp: client.provider.is_some(), id: client.id, name: client.name })
        .collect();
    clients.sort_by_key(|client| (!client.has_idp, client.name.raw().to_lowercase()));
    let caller = &engine.caller;
    Ok(Choices { clients, projects: vec![(caller.project.clone(), caller.project_name.clone())] })
}

/// Client applications that are seen; none where the role may not look.
async fn clients(engine: &Engine) -> Result<Vec<ClientApplication>, Trouble> {
    match engine.remote.clients().await {
        Err(trouble) if matches!(trouble.cause, Cause::Forbidden | Cause::NotFound) => Ok(Vec::new()),
        answer => answer,
    }
}

/// What is alike in all ways of one person.
struct Common<'a> {
    asked: &'a Asked,
    address: Option<Text>,
    email: Claim,
    subject: Claim,
    project: ProjectId,
}

impl Common<'_> {
    fn attempt(&self, flow: Flow, client: Option<&ClientId>) -> Attempt {
        let mut attempt = Attempt::new(flow);
        attempt.typed.clone_from(&self.address);
        attempt.email = self.email.clone();
        attempt.subject = self.subject.clone();
        attempt.fhir_user.clone_from(&self.asked.fhir_user);
        attempt.client = client.map(|client| Text::from(client.as_str()));
        attempt.project = self.asked.project.clone().or_else(|| {
            // The platform's own page names the project; an IdP's way has that of its client, or none.
            let own_page = matches!(flow, Flow::Password | Flow::Google) && client.is_none();
            own_page.then(|| self.project.clone())
        });
        attempt
    }

    fn allows(&self, flow: Flow) -> bool {
        match (self.asked.flow, flow) {
            (Some(chosen), flow) => chosen == flow,
            // These are looked into when they are asked for.
            (None, Flow::LegacyExchange | Flow::Google | Flow::Bearer) => false,
            (None, _) => true,
        }
    }
}

/// The tries to sign in that are examined.
pub(super) async fn attempts(
    engine: &Engine,
    asked: &Asked,
    whom: &Settled,
) -> Result<Vec<Attempt>, Trouble> {
    let claim = |text: Option<Text>| text.map_or(Claim::Absent, Claim::Text);
    let common = Common {
        asked,
        address: whom.address.clone(),
        email: claim(whom.email(asked)),
        subject: match whom.subject(engine, asked).await {
            // Every identity provider sends one (OpenID Connect Core 2); this one is not known.
            None if asked.subject == Said::Likely => Claim::from(UNKNOWN_SUBJECT),
            subject => claim(subject),
        },
        project: whom.patient.as_ref().map_or(&engine.caller.project, |patient| &patient.project).clone(),
    };
    let mut found = Vec::new();
    match &asked.client {
        Through::Client(client) => {
            for flow in Flow::ALL.into_iter().filter(|flow| *flow != Flow::Bearer && common.allows(*flow)) {
                if flow != Flow::Password || common.address.is_some() {
                    found.push(common.attempt(flow, Some(client)));
                }
            }
        }
        Through::Likely | Through::Nothing => {
            let clients = match asked.client {
                Through::Likely => with_idp(engine, &common, whom).await?,
                Through::Nothing | Through::Client(_) => Vec::new(),
            };
            // The browser is how nearly everybody comes; who exchanges tokens does it besides.
            for flow in [Flow::Browser, Flow::Exchange, Flow::LegacyExchange] {
                if common.allows(flow) {
                    found.extend(clients.iter().map(|client| common.attempt(flow, Some(client))));
                    if flow == Flow::Browser && is_routed(engine, asked, whom).await {
                        found.push(common.attempt(flow, None));
                    }
                }
            }
            if common.allows(Flow::Password) && common.address.is_some() {
                found.push(common.attempt(Flow::Password, None));
            }
            if common.allows(Flow::Google) {
                found.push(common.attempt(Flow::Google, None));
            }
        }
    }
    if common.allows(Flow::Bearer) {
        found.push(common.attempt(Flow::Bearer, None));
    }
    Ok(found)
}

/// Client applications with an IdP in a project of the person.
async fn with_idp(engine: &Engine, common: &Common<'_>, whom: &Settled) -> Result<Vec<ClientId>, Trouble> {
    let known = match whom.facts.as_ref().map(|facts| &facts.clients) {
        Some(Seen::Known(clients)) => clients.clone(),
        Some(Seen::Unknown(_)) => Vec::new(),
        None => clients(engine).await?,
    };
    let mut projects: Vec<&ProjectId> = vec![&common.project];
    projects.extend(whom.facts.iter().flat_map(|facts| facts.projects()));
    let serves = |client: &&ClientApplication| {
        client.provider.is_some() && client.project.as_ref().is_none_or(|project| projects.contains(&project))
    };
    Ok(known.iter().filter(serves).map(|client| client.id.clone()).collect())
}

/// Whether the domain of the address leads anywhere but to the password page, or should.
async fn is_routed(engine: &Engine, asked: &Asked, whom: &Settled) -> bool {
    let Some(domain) = whom.address.as_ref().and_then(|address| domain_of(address.raw())) else {
        return false;
    };
    if asked.flow == Some(Flow::Browser) {
        return true;
    }
    if let Some(Seen::Known(routes)) = whom.facts.as_ref().map(|facts| &facts.routes)
        && routes.iter().any(|route| route.domain.raw().to_lowercase() == domain)
    {
        return true;
    }
    let answer = engine.remote.route(&format!("idconsole@{domain}")).await;
    // Not known where it leads: the way says so.
    !matches!(answer, Seen::Known(Route::Password))
}
