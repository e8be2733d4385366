//! A scenario in the words of `idconsole doctor login`: who signs in, how, and with which claims.

use super::idp::id_token;
use super::oracle;
use super::scenario::{Behaviour, Flow, InState, Password, Policy, Redirect, Scenario};
use super::world::{Placed, REDIRECT};

/// What the command is told. A claim that is not given is one that the IdP does not send; `email` is asserted too,
/// unless `claim_email` is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    pub flow: &'static str,
    pub email: Option<String>,
    pub domain: Option<String>,
    pub claim_email: Option<String>,
    pub subject: Option<String>,
    pub client: Option<String>,
    pub project: Option<String>,
    pub membership: Option<String>,
    pub address: Option<String>,
    pub redirect: Option<String>,
    pub pkce: Option<&'static str>,
    /// The token itself, where single claims cannot say it; goes into a file.
    pub id_token: Option<String>,
}

impl Arguments {
    /// As they are typed after `idconsole doctor login`.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec!["--flow".to_owned(), self.flow.to_owned()];
        for (name, value) in [
            ("--email", &self.email),
            ("--domain", &self.domain),
            ("--claim-email", &self.claim_email),
            ("--subject", &self.subject),
            ("--client-id", &self.client),
            ("--project-id", &self.project),
            ("--membership-id", &self.membership),
            ("--address", &self.address),
            ("--redirect-uri", &self.redirect),
            ("--pkce", &self.pkce.map(str::to_owned)),
        ] {
            if let Some(value) = value {
                words.extend([name.to_owned(), value.clone()]);
            }
        }
        words
    }
}

/// The arguments, or what they cannot say.
pub fn arguments(scenario: &Scenario, placed: &Placed) -> Result<Arguments, &'static str> {
    let attempt = &scenario.attempt;
    let idps = scenario.clients.iter().map(|c| &c.idp).chain(scenario.domains.iter().map(|d| &d.idp));
    let external = attempt.flow != Flow::Password;
    if external && attempt.idp != Behaviour::Answers || idps.flatten().any(|idp| idp.unreachable) {
        return Err("whether the IdP answers is seen only when it is asked");
    }
    if attempt.password != Password::Right {
        return Err("the password is not an argument");
    }
    if attempt.origin.is_some() {
        return Err("the page's origin is not an argument");
    }
    let mut told = Arguments {
        client: attempt.client.map(|c| placed.client(c).to_owned()),
        project: attempt.project.map(|p| placed.project(p).to_owned()),
        membership: attempt.membership.map(|m| placed.membership(m).to_owned()),
        // Only where a rule looks at it: whoever asks the doctor seldom knows.
        address: by_address(scenario).then(|| "127.0.0.1".to_owned()),
        redirect: match attempt.redirect {
            Redirect::None => None,
            Redirect::Registered => Some(REDIRECT.to_owned()),
            Redirect::Below => Some(format!("{REDIRECT}/deeper")),
            Redirect::Foreign => Some("http://evil.example/callback".to_owned()),
        },
        pkce: attempt.half_challenge.then_some("no-method"),
        ..Arguments::default()
    };
    match attempt.flow {
        Flow::Password => {
            told.flow = "password";
            told.email = Some(placed.text(&attempt.typed));
            return Ok(told);
        }
        Flow::Exchange => told.flow = "exchange",
        Flow::LegacyExchange => told.flow = "legacy-exchange",
        Flow::Browser => told.flow = "browser",
    }
    if needs_token(scenario) {
        told.id_token = Some(id_token(&oracle::claims(scenario, placed)));
    } else {
        told.subject = attempt.sub.clone();
    }
    claims(scenario, placed, &mut told)?;
    Ok(told)
}

/// Does a policy have rules that look at where the person sits?
fn by_address(scenario: &Scenario) -> bool {
    let memberships = scenario.users.iter().flat_map(|u| &u.memberships);
    let mut policies = memberships.flat_map(|m| m.policy.iter().chain(&m.listed));
    policies.any(|p| matches!(p, Policy::Rules(rules) if rules.iter().any(|(from, _)| *from != "*")))
}

/// Claims that are empty or no text, and an address that is typed while none is asserted.
fn needs_token(scenario: &Scenario) -> bool {
    let attempt = &scenario.attempt;
    let empty = [&attempt.email, &attempt.sub].into_iter().any(|claim| claim.as_deref() == Some(""));
    let only_typed = attempt.email.is_none() && attempt.domain == InState::AsTyped;
    empty || only_typed || !attempt.odd_claims.is_empty()
}

/// Address and domain of a sign-in at an IdP.
fn claims(scenario: &Scenario, placed: &Placed, told: &mut Arguments) -> Result<(), &'static str> {
    let attempt = &scenario.attempt;
    let typed = placed.text(&attempt.typed);
    let claim = attempt.email.as_deref().map(|email| placed.text(email));
    let of_typed = typed.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    if attempt.flow == Flow::Browser {
        match &attempt.domain {
            InState::No if attempt.client.is_none() => return Err("without client there is always a domain"),
            InState::No => {}
            InState::Given(domain) => told.domain = Some(placed.text(domain)),
            // Without a client the domain is that of the address.
            InState::AsTyped if attempt.client.is_none() => {}
            InState::AsTyped if of_typed.is_none() => return Err("with a client, a domain has to be named"),
            InState::AsTyped => told.domain.clone_from(&of_typed),
        }
    }
    if told.id_token.is_some() {
        if attempt.flow == Flow::Browser {
            told.email = Some(typed);
        }
        return Ok(());
    }
    match claim {
        None => {}
        Some(claim) if claim == typed => told.email = Some(typed),
        Some(claim) => {
            if attempt.flow == Flow::Browser {
                told.email = Some(typed);
            }
            told.claim_email = Some(claim);
        }
    }
    Ok(())
}

#[test]
fn most_scenarios_can_be_told_and_each_other_one_says_why_not() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = super::World::new().await;
        let scenarios = super::generate::all();
        let told: Vec<_> = scenarios.iter().map(|s| arguments(s, &world.place(s))).collect();
        let count = told.iter().filter(|t| t.is_ok()).count();
        assert!(count >= 400 && count * 10 >= told.len() * 8, "{count} of {} can be told", told.len());
        let words = told.into_iter().flatten().next().unwrap().words();
        assert_eq!(words, ["--flow", "browser", "--email", "jane@s1.example", "--subject", "idp|JANE01"]);
    });
}
