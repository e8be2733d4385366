//! What is said beside the change itself: warnings, what follows, who has the address, the text to hand over.

use std::fmt::Write as _;

use super::facts::{EmailFacts, Holder, holder_words};
use super::meet::{Account, why_not_both};
use super::{Offer, Refusal, Way, WayKind};
use crate::identity::sign_in::Route;
use crate::identity::{Caller, Confirm, LookAlike, Plan, Role, Seen, Text, UserScope};
use crate::workflows::facts::PersonFacts;

/// Warnings and what follows, while a plan is being made.
pub(super) struct Findings {
    pub(super) warnings: Vec<String>,
    pub(super) also: Vec<String>,
    own: bool,
}

impl Findings {
    pub(super) fn finish(self, plan: &mut Plan, mut also: Vec<String>, typed: Option<Text>) {
        also.extend(self.also);
        plan.also = also;
        plan.warnings = self.warnings;
        plan.confirm = match typed {
            Some(text) => Confirm::Typed { text },
            None => Confirm::Enter,
        };
    }
}

/// The address has to be typed once more when it could be another one, when it is one's own, or when asked for.
pub(super) fn typed_when(findings: &Findings, new: &EmailFacts, also: bool) -> Option<Text> {
    (also || findings.own || !new.look_alikes.is_empty()).then(|| new.email.text())
}

/// What holds for every way.
pub(super) fn common(caller: &Caller, person: &PersonFacts, new: &EmailFacts) -> Findings {
    let mut warnings = Vec::new();
    let mut also = Vec::new();
    let own = person.is_own(caller);
    if own {
        warnings.push(format!(
            "this is your own account: from now on you sign in with {}, and a mistake locks you out",
            new.email
        ));
    }
    let old = person.email.known().and_then(Option::as_ref);
    for look_alike in &new.look_alikes {
        let own_address = matches!(look_alike, LookAlike::Address { known } if Some(known) == old);
        warnings.push(if own_address {
            format!(
                "{} looks like the present address but is another one; compare letter by letter",
                new.email
            )
        } else {
            format!("{} {look_alike}", new.email)
        });
    }
    warnings.extend(route_warning(person, new));
    let old_domain = old.and_then(|old| old.raw().rsplit_once('@')).map(|(_, domain)| domain.to_lowercase());
    let new_domain = new.email.domain();
    if new_domain.is_free_mail() && old_domain.as_deref() != Some(new_domain.ascii()) {
        warnings.push(format!(
            "{new_domain} gives addresses to anybody; the organisation does not control this one"
        ));
    }
    if !person.membership.active {
        warnings
            .push(format!("{}'s membership is not active; a new address alone lets nobody in", person.name));
    }
    for holder in &new.holders {
        warnings.push(format!(
            "{} has this address too, {}; the two do not meet at sign-in",
            holder_words(holder),
            scope_words(&holder.scope)
        ));
    }
    if matches!(new.all_holders, Seen::Unknown(_)) {
        also.push(
            "nobody visible has this address; server-scoped users outside this project are visible to super admins only"
                .to_owned(),
        );
    }
    if let (count, false) = new.compared {
        also.push(format!("look-alikes were searched among {count} addresses, not all"));
    }
    let external: Vec<&Text> = person.memberships.iter().filter_map(|m| m.external_id.as_ref()).collect();
    if !external.is_empty() {
        also.push("the external id stays as it is".to_owned());
    }
    let idp = matches!(new.route, Seen::Known(Route::Idp { .. }))
        || person.clients.known().into_iter().flatten().any(|client| client.provider.is_some());
    if idp && let Some(old) = old {
        also.push(format!(
            "taken as given: the identity provider sends {}; while it sends {old}, it finds nobody",
            new.email
        ));
    }
    if let Seen::Unknown(why) = &person.clients {
        also.push(format!("client applications with an identity provider of their own: {why}"));
    }
    Findings { warnings, also, own }
}

fn route_warning(person: &PersonFacts, new: &EmailFacts) -> Option<String> {
    let old = person.email.known().and_then(Option::as_ref)?;
    let (_, old_domain) = old.raw().rsplit_once('@')?;
    let new_domain = new.email.domain();
    if old_domain.eq_ignore_ascii_case(new_domain.ascii()) || old_domain == new_domain.unicode() {
        return match &new.route {
            Seen::Known(Route::Broken) => {
                Some(format!("the domain route of {new_domain} is broken: nobody gets in by it"))
            }
            Seen::Known(_) | Seen::Unknown(_) => None,
        };
    }
    let old_domain = Text::from(old_domain);
    match (&person.route, &new.route) {
        (_, Seen::Unknown(why)) => Some(format!(
            "the domain changes to {new_domain}; where it is sent at sign-in could not be asked ({why})"
        )),
        (_, Seen::Known(Route::Broken)) => {
            Some(format!("the domain changes to {new_domain}, whose route is broken: nobody gets in by it"))
        }
        (Seen::Known(Route::Idp { host }), Seen::Known(Route::Password)) => Some(format!(
            "the domain changes: {old_domain} goes to {host}, {new_domain} goes nowhere, so a password is asked for; \
             a super admin can add a domain route"
        )),
        (Seen::Known(Route::Idp { host: old }), Seen::Known(Route::Idp { host: new })) if old != new => {
            Some(format!(
                "the domain changes: {old_domain} goes to {old}, {new_domain} to {new}; the person needs an account there"
            ))
        }
        (Seen::Known(Route::Idp { .. }), Seen::Known(Route::Idp { .. }))
        | (Seen::Known(Route::Password), Seen::Known(Route::Password)) => Some(format!(
            "the domain changes from {old_domain} to {new_domain}; the way to sign in stays the same"
        )),
        (_, Seen::Known(Route::Idp { host })) => Some(format!(
            "the domain changes to {new_domain}, which is sent to {host} at sign-in; the person needs an account there"
        )),
        (_, Seen::Known(Route::Password)) => {
            Some(format!("the domain changes from {old_domain} to {new_domain}"))
        }
    }
}

/// What a super admin is told about a server-scoped user.
pub(super) fn other_projects(person: &PersonFacts) -> Option<String> {
    let count = person.projects().len();
    (count > 1).then(|| {
        format!("{} signs in to {count} projects with this address; it changes in all of them", person.name)
    })
}

fn scope_words(scope: &Seen<UserScope>) -> &'static str {
    match scope {
        Seen::Known(UserScope::Server) => "server-scoped",
        Seen::Known(UserScope::Project(_)) => "project-scoped",
        Seen::Unknown(_) => "scope not visible",
    }
}

/// No holder of the address gets in the person's way, nor the other way round.
pub(super) fn refuse_if_in_use(person: &PersonFacts, new: &EmailFacts) -> Result<(), Refusal> {
    let own = Account { scope: &person.scope, memberships: &person.memberships };
    for holder in &new.holders {
        let other = Account { scope: &holder.scope, memberships: &holder.memberships };
        if let Some(why) = why_not_both(own, other) {
            let holder = in_use_words(holder);
            return Err(Refusal::InUse { email: new.email.clone(), holder, why: why.to_owned() });
        }
    }
    Ok(())
}

fn in_use_words(holder: &Holder) -> String {
    format!("{}, {}", holder_words(holder), scope_words(&holder.scope))
}

/// A text for somebody with more power.
pub(super) fn hand_over(caller: &Caller, person: &PersonFacts, new: &EmailFacts) -> Way {
    let user = person.user_id.as_ref().map_or_else(String::new, |id| id.reference().to_string());
    let old = match &person.email {
        Seen::Known(Some(old)) => old.to_string(),
        Seen::Known(None) => "no address".to_owned(),
        Seen::Unknown(why) => format!("an address that I cannot see ({why})"),
    };
    let mut text = format!(
        "Please change a login email.\n\n\
         Person      {name}\n\
         User        {user} ({about})\n\
         Membership  {membership}\n\
         Project     {project} ({project_id})\n\
         From        {old}\n\
         To          {new}\n\n\
         With idconsole: idconsole users set-email {user} {new}\n\
         By the API: POST fhir/R4/{user}/$update-email with {{\"email\":\"{new}\"}}\n",
        name = person.name,
        about = person.about(),
        membership = person.membership.id.reference(),
        project = caller.project_name,
        project_id = caller.project,
        new = new.email,
    );
    let findings = common(caller, person, new);
    if !findings.warnings.is_empty() {
        text.push_str("\nTo think about\n");
        for warning in &findings.warnings {
            text.push_str("- ");
            text.push_str(warning);
            text.push('\n');
        }
    }
    let name = &caller.name;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\nAsked for by {name}, {} of {}.", caller.role.words(), caller.project_name);
    let mut points = vec!["nothing is changed here; copy the text and send it".to_owned()];
    if caller.role == Role::SuperAdmin {
        points.push("you are a super admin yourself".to_owned());
    }
    Way { kind: WayKind::HandOver, points, offer: Offer::Text(text), recommended: false }
}
