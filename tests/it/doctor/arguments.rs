//! A scenario in the words of `idconsole doctor login`: who signs in, how, and with which claims.

use super::scenario::{Behaviour, Flow, InState, Password, Policy, Redirect, Scenario};
use super::world::Placed;

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
    if attempt.half_challenge {
        return Err("the challenge is not an argument");
    }
    if attempt.origin.is_some() {
        return Err("the page's origin is not an argument");
    }
    if matches!(attempt.redirect, Redirect::Below | Redirect::Foreign) && attempt.client.is_some() {
        return Err("the address to return to is not an argument");
    }
    let policies = scenario.users.iter().flat_map(|u| &u.memberships);
    let mut policies = policies.flat_map(|m| m.policy.iter().chain(&m.listed));
    if policies.any(|p| matches!(p, Policy::Rules(rules) if rules.iter().any(|(from, _)| *from != "*"))) {
        return Err("where the person sits is not an argument");
    }
    if attempt.email.as_deref() == Some("") {
        return Err("an empty claim is not an argument");
    }
    let mut told = Arguments {
        client: attempt.client.map(|c| placed.client(c).to_owned()),
        project: attempt.project.map(|p| placed.project(p).to_owned()),
        membership: attempt.membership.map(|m| placed.membership(m).to_owned()),
        ..Arguments::default()
    };
    match attempt.flow {
        Flow::Password => {
            told.flow = "password";
            told.email = Some(placed.text(&attempt.typed));
            return Ok(told);
        }
        Flow::LegacyExchange if attempt.membership.is_some() => {
            return Err("the old endpoint does not take a membership");
        }
        Flow::Exchange | Flow::LegacyExchange => told.flow = "exchange",
        Flow::Browser => told.flow = "browser",
    }
    told.subject = attempt.sub.clone();
    claims(scenario, placed, &mut told)?;
    Ok(told)
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
            InState::AsTyped if attempt.client.is_none() && claim.is_some() => {}
            InState::AsTyped => told.domain.clone_from(&of_typed),
        }
    }
    let routed = attempt.flow == Flow::Browser && attempt.domain == InState::AsTyped;
    match claim {
        // An address that is typed is asserted too, so only its domain can be told here.
        None if routed && (of_typed.is_none() || typed.contains(',')) => {
            return Err("an address that cannot be typed, and none asserted");
        }
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
