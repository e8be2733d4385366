//! What is the matter with the token itself.

use url::Url;

use super::tried::Area;
use super::{Case, Cause, CauseId, Sure, Why};
use crate::identity::Text;
use crate::identity::words::capital;
use crate::token::brief::brief;
use crate::token::kind::tell;
use crate::token::ladder::{Holds, Rung, span};
use crate::token::time::{Standing, standing};
use crate::token::{Kind, Token};
use crate::workflows::token_lab::Lab;
use crate::workflows::token_lab::inspect::Inspection;
use crate::workflows::token_lab::verify::{StepId, Whose, whose};

const NEW_ONE: &str = "Fetch a new one: sign in again, or renew with the refresh token (F1).";

/// A text that is no signed token.
pub(super) fn unreadable(seen: &Inspection, lab: &Lab, why: &mut Why) {
    match &seen.token {
        Err(problem) => why.add(
            Cause::new(
                CauseId::Malformed,
                Sure::Certain,
                "It is no token, or was spoiled on the way.",
                "Copy it again, whole, from where it was issued; nothing may be added, cut off or wrapped.",
            )
            .because(format!("{}.", capital(&problem.to_string()))),
        ),
        Ok(Token::Opaque { length }) => {
            let platform = lab
                .issuer()
                .map_or_else(|| "The platform".to_owned(), |platform| Text::from(platform).to_string());
            why.add(
                Cause::new(
                    CauseId::Foreign,
                    Sure::Likely,
                    "It is not a token of the platform.",
                    "If an identity provider issued it, exchange it for one of the platform (`token exchange`); else fetch one by signing in.",
                )
                .because(format!("It is opaque, {length} characters; {platform} issues signed tokens of three parts only (platform-api §3.4).")),
            );
        }
        Ok(Token::Encrypted(_)) => why.add(
            Cause::new(
                CauseId::Foreign,
                Sure::Likely,
                "It is not a token of the platform.",
                "Fetch one by signing in at the platform.",
            )
            .because("It is encrypted; the platform issues signed tokens only (platform-api §3.4)."),
        ),
        Ok(Token::Signed(_)) => why.add(
            Cause::new(
                CauseId::Malformed,
                Sure::Certain,
                "It is a signature in JSON, and tokens have three parts between dots (RFC 7519 §1).",
                "Fetch a token by signing in at the platform.",
            )
            .because("It came as an object with `payload` and `signature` (RFC 7515 §7.2)."),
        ),
    }
}

/// Kind, issuer, signature and time.
pub(super) fn look(case: &Case<'_>, why: &mut Why) {
    kind(case, why);
    issuer(case, why);
    signature(case, why);
    time(case, why);
}

// J8, platform-api §1.3
fn kind(case: &Case<'_>, why: &mut Why) {
    if let Some(given) = given_as(case) {
        return fits(case, given, why);
    }
    let told = tell(case.jws, case.lab.issuer());
    let (what, next) = match told.kind {
        Kind::Id => {
            ("Send the access token instead; the ID token goes to the client and no further.", "an ID token")
        }
        Kind::Refresh => (
            "Send the access token instead; the refresh token goes to the token endpoint only.",
            "a refresh token",
        ),
        Kind::ClientAssertion => (
            "Send it to the token endpoint as `client_assertion`, and the access token that comes back to the platform.",
            "a client assertion",
        ),
        Kind::Logout => (
            "Send the access token instead; this one tells a client that somebody signed out.",
            "a logout token",
        ),
        Kind::Access | Kind::Subject | Kind::Unclear => return,
    };
    let mut cause = Cause::new(
        CauseId::WrongKind,
        Sure::Certain,
        format!("It is {next}, and only access tokens are taken as bearers."),
        what,
    );
    for clause in told.evidence {
        cause = cause.because(format!("{}.", capital(&clause)));
    }
    why.add(cause.because("ID and refresh tokens are answered 401 (platform-api §1.3)."));
}

/// As what a token is given to the token endpoint, where it is no bearer (platform-api §3.3, §10.3).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Refresh,
    Assertion,
    Subject,
}

fn given_as(case: &Case<'_>) -> Option<Given> {
    if !case.target.as_ref().is_some_and(|target| target.here && target.area == Area::Tokens) {
        return None;
    }
    match case.from.trim_matches('`') {
        "refresh_token" => Some(Given::Refresh),
        "client_assertion" => Some(Given::Assertion),
        "subject_token" | "externalAccessToken" => Some(Given::Subject),
        _ => None,
    }
}

/// Whether it is of the kind that stands in its place.
fn fits(case: &Case<'_>, given: Given, why: &mut Why) {
    let kind = tell(case.jws, None).kind;
    let is = |wanted| kind == wanted || kind == Kind::Unclear;
    let words = kind.words();
    let wrong = |said: String, next: &str| Cause::new(CauseId::WrongKind, Sure::Likely, said, next);
    match given {
        Given::Refresh if !is(Kind::Refresh) => why.add(
            wrong(
                format!("It is {words}, and stands in the place of a refresh token."),
                "Give the refresh token of the same sign-in.",
            )
            .because("The platform takes only its own refresh tokens there: “Invalid refresh token” (platform-api §3.3)."),
        ),
        Given::Assertion if !is(Kind::ClientAssertion) => why.add(
            wrong(
                format!("It is {words}, and stands in the place of a client assertion."),
                "Make one whose issuer and subject are the client's id, and whose audience is the token endpoint.",
            )
            .because("The platform holds issuer, subject and audience against the client (platform-api §3.3)."),
        ),
        Given::Subject if whose(case.lab, case.jws) == Whose::Platform => why.add(
            wrong(
                "It is the platform's own token, and an exchange takes an identity provider's.".to_owned(),
                "Give the access token that the identity provider issued; this one needs no exchange.",
            )
            .because("The identity provider is asked whose token it is, and knows none of the platform's (platform-api §10.3)."),
        ),
        Given::Subject if !is(Kind::Access) => why.add(
            wrong(
                format!("It is {words}, and an exchange takes access tokens."),
                "Give the identity provider's access token.",
            )
            .because("The identity provider's userinfo is asked with it, which takes access tokens only (platform-api §10.3)."),
        ),
        Given::Refresh | Given::Assertion => {}
        Given::Subject => why.unknown.push(
            "What the identity provider says to the exchange: `doctor login --flow exchange` goes through it step by step."
                .to_owned(),
        ),
    }
}

fn issuer(case: &Case<'_>, why: &mut Why) {
    // Neither is of the platform: one is of the client, the other of its identity provider.
    if matches!(given_as(case), Some(Given::Assertion | Given::Subject)) {
        return;
    }
    let Some(platform) = case.lab.issuer() else { return };
    let iss = case.jws.claim_text("iss");
    let exact = iss.is_some_and(|iss| iss.raw() == platform);
    let shown = iss.map_or_else(|| "nobody".to_owned(), |iss| format!("`{}`", brief(iss)));
    if exact {
        of_address(case, why);
        return;
    }
    let host = |address: &str| Url::parse(address).ok().map(|url| url.origin());
    let here = iss.is_some_and(|iss| host(iss.raw()).is_some() && host(iss.raw()) == host(platform));
    if here {
        let iss = iss.map(Text::raw).unwrap_or_default();
        let difference = if iss.trim_end_matches('/') == platform.trim_end_matches('/') {
            "They differ by the slash at the end, and that counts."
        } else if iss.contains("/projects/") {
            "It is for addresses under that project alone (platform-api §1.1)."
        } else {
            "The platform compares the whole address, character by character."
        };
        why.add(
            Cause::new(
                CauseId::WrongIssuer,
                Sure::Certain,
                format!("It names {shown} as its issuer, and the platform calls itself `{}`.", Text::from(platform)),
                "Fetch the token at the platform's own address, and check how its base address is configured.",
            )
            .because(difference),
        );
        return;
    }
    why.add(
        Cause::new(
            CauseId::Foreign,
            Sure::Likely,
            format!("It is of another issuer, {shown}, and the platform takes its own tokens."),
            "Exchange it for one of the platform (`token exchange`), or follow it with `doctor login --flow bearer`.",
        )
        .because(format!("The platform is `{}`.", Text::from(platform)))
        .because("A foreign token is taken only where the platform's operator has set up that very issuer, and its subject or `fhirUser` names a member (platform-api §10.4). It was not sent there to find out."),
    );
}

/// The right issuer at the wrong address.
fn of_address(case: &Case<'_>, why: &mut Why) {
    let Some(target) = &case.target else { return };
    if let Some(project) = &target.project {
        why.add(
            Cause::new(
                CauseId::WrongIssuer,
                Sure::Certain,
                "The address begins with `projects/`, which is another issuer than the token's.",
                "Use the address without `projects/…`; the token says in which project it acts.",
            )
            .because(format!(
                "Under `projects/{}/` the platform takes only tokens that name that address as their issuer (platform-api §1.1).",
                Text::from(project.as_str())
            )),
        );
    }
    if !target.here {
        let host = Text::from(target.url.host_str().unwrap_or_default());
        why.add(
            Cause::new(
                CauseId::WrongIssuer,
                Sure::Likely,
                format!("The request goes to {host}, and the token is of the platform."),
                format!("Ask whoever runs {host} which issuer and audience it takes."),
            )
            .because(format!(
                "The token's issuer is `{}`.",
                Text::from(case.lab.issuer().unwrap_or_default())
            )),
        );
    }
}

fn signature(case: &Case<'_>, why: &mut Why) {
    // People cut it off before they send a token around.
    if case.jws.signature.is_empty() && case.rung(Rung::Signature) == Some(Holds::No) {
        why.add(
            Cause::new(
                CauseId::Malformed,
                Sure::Certain,
                "Its signature is missing, so nobody takes it as it stands.",
                "Copy it again, whole; the rest of it can be read, and may not be what was sent.",
            )
            .because("The third part of the token is empty."),
        );
        return;
    }
    for rung in [Rung::Structure, Rung::Algorithm, Rung::Key, Rung::Signature] {
        if case.rung(rung) != Some(Holds::No) {
            continue;
        }
        let (id, what, next) = match rung {
            // Its signature may well be good.
            Rung::Structure => (
                CauseId::Malformed,
                "It does not hold together as a token, whoever signed it.",
                "Ask its issuer; what it holds can be read in more than one way, or not at all.",
            ),
            Rung::Algorithm => (
                CauseId::Forged,
                "It is not signed in a way that can be believed.",
                "Do not trust what it says; fetch a new one.",
            ),
            Rung::Key => (
                CauseId::Forged,
                "It is signed with no key of its issuer that could be used.",
                "Fetch a new one: the issuer's keys have changed, or it comes from another installation.",
            ),
            _ => (
                CauseId::Forged,
                "It was not made by its issuer as it stands.",
                "Do not trust what it says. Fetch a new one, and find out where this one was changed.",
            ),
        };
        why.add(Cause::new(id, Sure::Certain, what, next).because(case.said(StepId::Rung(rung))));
        return;
    }
}

fn time(case: &Case<'_>, why: &mut Why) {
    let now = case.verified.at;
    let standing = standing(case.jws, now);
    let taken =
        case.holds(StepId::Me) == Some(Holds::Yes) || case.holds(StepId::Introspection) == Some(Holds::Yes);
    let off = matches!(standing, Standing::Ended(_) | Standing::JustEnded(_) | Standing::NotYet(_));
    // The platform holds it against its own clock, which is the one that decides.
    if off && taken && whose(case.lab, case.jws) == Whose::Platform {
        if case.rung(Rung::Time) == Some(Holds::Warning) && !matches!(standing, Standing::JustEnded(_)) {
            why.add(
                Cause::new(
                    CauseId::Clock,
                    Sure::Possible,
                    "This machine's clock is off: by it the token does not count now, and the platform takes it.",
                    "Set this machine's clock; nothing is wrong with the token's time.",
                )
                .because(case.said(StepId::Rung(Rung::Time))),
            );
        }
        return;
    }
    let cause = match standing {
        Standing::Ended(ago) => {
            Cause::new(CauseId::Expired, Sure::Certain, format!("It ended {} ago.", span(ago)), NEW_ONE)
        }
        Standing::JustEnded(ago) => {
            Cause::new(CauseId::Expired, Sure::Likely, format!("It ended {} ago.", span(ago)), NEW_ONE)
                .because("Clocks may differ by a minute, so its issuer may see it otherwise.")
        }
        Standing::NotYet(left) => Cause::new(
            CauseId::Expired,
            Sure::Likely,
            format!("It is not valid before {} from now.", span(left)),
            "Check the clocks of this machine and of its issuer.",
        ),
        Standing::Odd(claim) => Cause::new(
            CauseId::Malformed,
            Sure::Likely,
            format!("Its `{claim}` is no number."),
            "Ask its issuer; a token without a readable time should not be taken.",
        ),
        Standing::Valid(_) | Standing::FromTheFuture(_) | Standing::Endless => return,
    };
    let ended =
        case.jws.claim("exp").and_then(crate::token::time::When::of).and_then(crate::token::time::When::at);
    why.add(match ended {
        Some(at) => cause.because(format!("`exp` is {}.", at.strftime("%Y-%m-%d %H:%M:%S UTC"))),
        None => cause,
    });
}
