//! Where a second factor bites: only a sign-in by password is asked for one (platform-api §5).

use std::collections::{BTreeMap, BTreeSet};

use super::{Factor, Mfa, ProjectId, Seen, Text, Unseen};

/// What decides for the members of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRules {
    /// Which project.
    pub id: ProjectId,
    /// `mfaRequired` of its settings.
    pub required: Seen<bool>,
    /// `allowedMfaMethods` of its settings; totp when absent.
    pub allowed: Seen<Vec<Factor>>,
    /// Identity providers of its client applications that know people by their external id: client and host.
    pub by_subject: Seen<Vec<(Text, Text)>>,
}

/// What decides for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FactorRules {
    /// Project by project; one that is missing has not been read.
    pub projects: Vec<ProjectRules>,
    /// Domains of which it is known where their people sign in: the IdP's host, or `None` for the platform itself.
    pub routes: BTreeMap<String, Option<Text>>,
}

/// What has to be asked about to know the rules for some members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whom {
    /// Their projects.
    pub projects: Vec<ProjectId>,
    /// One address of each domain.
    pub addresses: Vec<Text>,
    domains: BTreeSet<String>,
}

impl Whom {
    /// One member more, with the best that is known of their address.
    pub fn add(&mut self, project: &ProjectId, email: &str) {
        if !self.projects.contains(project) {
            self.projects.push(project.clone());
        }
        if let Some((_, domain)) = email.rsplit_once('@')
            && self.domains.insert(domain.to_lowercase())
        {
            self.addresses.push(Text::from(email));
        }
    }
}

/// Who wants a second factor of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequiredBy {
    /// Nobody.
    Nobody,
    /// The user's own flag.
    User,
    /// The project's setting.
    Project,
    /// Both.
    Both,
}

impl RequiredBy {
    /// For tables.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::User => "user",
            Self::Project => "project",
            Self::Both => "user and project",
        }
    }
}

/// By which IdP somebody comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComesBy {
    /// The domain of their address goes to this host.
    Domain(Text),
    /// A client application's own IdP knows them by their external id: client, host.
    Client(Text, Text),
}

impl ComesBy {
    /// The IdP.
    pub fn idp(&self) -> &Text {
        match self {
            Self::Domain(host) | Self::Client(_, host) => host,
        }
    }

    /// For people.
    pub fn words(&self) -> String {
        match self {
            Self::Domain(host) => format!("{host}, by the domain of the address"),
            Self::Client(client, host) => format!("{host}, by the client {client}"),
        }
    }
}

/// What the next sign-in by password asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// The factor that is enrolled.
    Factor,
    /// To enrol one first.
    Enrol,
    /// Nothing beside the password.
    Nothing,
    /// Not known.
    Unknown(Unseen),
}

/// How a member stands to the second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who requires it; unknown where the user cannot be read and the project does not.
    pub required: Seen<RequiredBy>,
    /// At a sign-in by password.
    pub asked: Asked,
    /// The IdP by which they come; such a sign-in is never asked for a factor.
    pub exempt: Option<ComesBy>,
}

impl Asked {
    /// For tables.
    pub fn words(self) -> &'static str {
        match self {
            Self::Factor => "the factor",
            Self::Enrol => "to enrol",
            Self::Nothing => "nothing",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// How many members a requirement meets, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Have a factor already.
    pub enrolled: usize,
    /// Are asked to enrol at the next sign-in by password.
    pub enrol: usize,
    /// Of these, people who come by an identity provider.
    pub exempt: usize,
    /// Cannot be seen.
    pub unknown: usize,
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, standing: &Standing) {
        match standing.asked {
            Asked::Factor => self.enrolled += 1,
            Asked::Enrol => {
                self.enrol += 1;
                self.exempt += usize::from(standing.exempt.is_some());
            }
            Asked::Nothing => {}
            Asked::Unknown(_) => self.unknown += 1,
        }
    }

    /// Whom it meets, for a plan.
    pub fn words(&self) -> Vec<String> {
        let exempt = match self.exempt {
            0 => String::new(),
            all if all == self.enrol => {
                "; all of them come by an identity provider, which asks nothing".to_owned()
            }
            some => format!("; {some} of them come by an identity provider, which asks nothing"),
        };
        let mut words = vec![
            format!("asked to enrol at their next password sign-in: {}{exempt}", self.enrol),
            format!("have a factor already and notice nothing: {}", self.enrolled),
        ];
        if self.unknown > 0 {
            words.push(format!("not visible to you, so perhaps asked too: {}", self.unknown));
        }
        words
    }
}

impl FactorRules {
    /// The same rules with a factor required in a project, or no longer.
    #[must_use]
    pub fn with_required(mut self, project: &ProjectId, required: bool) -> Self {
        for rules in self.projects.iter_mut().filter(|rules| rules.id == *project) {
            rules.required = Seen::Known(required);
        }
        self
    }

    /// The rules of a project, as far as they were read.
    pub fn of(&self, project: &ProjectId) -> Option<&ProjectRules> {
        self.projects.iter().find(|rules| rules.id == *project)
    }

    /// The rule. `email` is the present address or the best that is known of it.
    pub fn standing(&self, project: &ProjectId, mfa: &Seen<Mfa>, email: &str, external_id: bool) -> Standing {
        let of = self.of(project);
        let setting = of.map_or(Seen::Unknown(Unseen::NotLoaded), |rules| rules.required.clone());
        let by_project = setting.known().copied();
        let required = match (mfa, by_project) {
            (Seen::Known(mfa), Some(project)) => Seen::Known(match (mfa.required, project) {
                (false, false) => RequiredBy::Nobody,
                (true, false) => RequiredBy::User,
                (false, true) => RequiredBy::Project,
                (true, true) => RequiredBy::Both,
            }),
            (Seen::Known(mfa), None) if mfa.required => Seen::Known(RequiredBy::User),
            (Seen::Known(_), None) => setting.map(|_| RequiredBy::Nobody),
            (Seen::Unknown(_), Some(true)) => Seen::Known(RequiredBy::Project),
            (Seen::Unknown(why), _) => Seen::Unknown(*why),
        };
        let asked = match (mfa, &required) {
            (Seen::Known(mfa), _) if mfa.enrolled => Asked::Factor,
            (Seen::Known(_), Seen::Known(RequiredBy::Nobody)) => Asked::Nothing,
            (Seen::Known(_), Seen::Known(_)) => Asked::Enrol,
            (Seen::Known(_), Seen::Unknown(why)) | (Seen::Unknown(why), _) => Asked::Unknown(*why),
        };
        Standing { required, asked, exempt: self.comes_by(of, email, external_id) }
    }

    fn comes_by(&self, of: Option<&ProjectRules>, email: &str, external_id: bool) -> Option<ComesBy> {
        let domain = email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
        if let Some(Some(host)) = domain.and_then(|domain| self.routes.get(&domain)) {
            return Some(ComesBy::Domain(host.clone()));
        }
        let known = of?.by_subject.known().filter(|_| external_id)?;
        known.first().map(|(client, host)| ComesBy::Client(client.clone(), host.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn clinic() -> ProjectId {
        ProjectId::from("clinic")
    }

    fn rules(required: bool) -> FactorRules {
        FactorRules {
            projects: vec![ProjectRules {
                id: clinic(),
                required: Seen::Known(required),
                allowed: Seen::Known(vec![Factor::Totp]),
                by_subject: Seen::Known(vec![("Clinic Portal".into(), "okta.example".into())]),
            }],
            routes: BTreeMap::from([
                ("partner.example".to_owned(), Some(Text::from("login.partner.example"))),
                ("mail.example".to_owned(), None),
            ]),
        }
    }

    #[test]
    fn one_address_of_each_domain_is_enough_to_ask_about() {
        let mut whom = Whom::default();
        for email in ["a@mail.example", "b@Mail.Example", "", "no address", "c@partner.example"] {
            whom.add(&clinic(), email);
        }
        assert_eq!(whom.projects, [clinic()]);
        assert_eq!(whom.addresses, [Text::from("a@mail.example"), Text::from("c@partner.example")]);
    }

    fn mfa(required: bool, enrolled: bool) -> Seen<Mfa> {
        Seen::Known(Mfa { required, enrolled, methods: Vec::new() })
    }

    #[rstest]
    #[case(false, mfa(false, false), RequiredBy::Nobody, Asked::Nothing)]
    #[case(true, mfa(false, false), RequiredBy::Project, Asked::Enrol)]
    #[case(false, mfa(true, false), RequiredBy::User, Asked::Enrol)]
    #[case(true, mfa(true, false), RequiredBy::Both, Asked::Enrol)]
    // An enrolled user is asked whether or not anybody requires it.
    #[case(false, mfa(false, true), RequiredBy::Nobody, Asked::Factor)]
    #[case(true, mfa(true, true), RequiredBy::Both, Asked::Factor)]
    fn a_password_sign_in_is_asked_by_user_or_project(
        #[case] project: bool,
        #[case] mfa: Seen<Mfa>,
        #[case] required: RequiredBy,
        #[case] asked: Asked,
    ) {
        let standing = rules(project).standing(&clinic(), &mfa, "a@mail.example", false);
        assert_eq!(
            (standing.required, standing.asked, standing.exempt),
            (Seen::Known(required), asked, None)
        );
    }

    // platform-api §12: a project admin does not read a server-scoped user.
    #[test]
    fn what_is_not_seen_is_unknown_and_never_none() {
        let unseen = Seen::Unknown(Unseen::ServerScopedUser);
        let standing = rules(false).standing(&clinic(), &unseen, "", false);
        assert_eq!(standing.required, Seen::Unknown(Unseen::ServerScopedUser));
        assert_eq!(standing.asked, Asked::Unknown(Unseen::ServerScopedUser));
        let by_project = rules(true).standing(&clinic(), &unseen, "", false);
        assert_eq!(by_project.required, Seen::Known(RequiredBy::Project));
        assert_eq!(by_project.asked, Asked::Unknown(Unseen::ServerScopedUser));
        let nothing_read = FactorRules::default().standing(&clinic(), &mfa(false, false), "", false);
        assert_eq!(nothing_read.asked, Asked::Unknown(Unseen::NotLoaded));
    }

    #[test]
    fn a_requirement_tells_beforehand_whom_it_meets() {
        let rules = rules(false).with_required(&clinic(), true);
        let unseen = Seen::Unknown(Unseen::ServerScopedUser);
        let mut tally = Tally::default();
        for (mfa, email) in [
            (mfa(false, true), "a@mail.example"),
            (mfa(false, false), "b@mail.example"),
            (mfa(false, false), "c@partner.example"),
            (unseen, "d@mail.example"),
        ] {
            tally.add(&rules.standing(&clinic(), &mfa, email, false));
        }
        assert_eq!(tally, Tally { enrolled: 1, enrol: 2, exempt: 1, unknown: 1 });
        assert!(tally.words()[0].ends_with("2; 1 of them come by an identity provider, which asks nothing"));
    }

    // platform-api §5, §11: a sign-in by an IdP is not asked, and a password beside it still is.
    #[test]
    fn who_comes_by_an_idp_is_exempt_and_the_idp_is_named() {
        let by_domain = rules(true).standing(&clinic(), &mfa(false, false), "Jo@Partner.example", false);
        assert_eq!(by_domain.exempt.as_ref().unwrap().idp().raw(), "login.partner.example");
        assert_eq!(by_domain.asked, Asked::Enrol, "her password, if she has one, is asked");
        let by_client = rules(false).standing(&clinic(), &mfa(false, false), "jo@mail.example", true);
        assert_eq!(by_client.exempt.unwrap().words(), "okta.example, by the client Clinic Portal");
    }
}
