//! The clinic group: projects, policies, clients, domain routes, and how a member is written down.

use serde_json::{Value, json};

use super::super::caller::reference_to as reference;
use super::super::idp::{CLIENT_SECRET, LAB_CLIENT, PARTNER_CLIENT, Person, STAFF_CLIENT};
use super::super::policies;
use super::book::{Book, SYSTEM};

/// 2024-03-04T08:00:00Z, the day on which the clinic group started, in milliseconds.
pub const FIRST_DAY: i64 = 1_709_539_200_000;
/// A day in milliseconds.
pub const DAY: i64 = 86_400_000;

/// A project with its four default policies.
#[derive(Debug, Clone)]
pub struct Project {
    /// The resource.
    pub resource: Value,
    /// Project id.
    pub id: String,
    /// Default policies by profile type, as references.
    pub defaults: Vec<(String, Value)>,
}

impl Project {
    /// The default policy of a profile type.
    pub fn default_policy(&self, profile_type: &str) -> Value {
        self.defaults.iter().find(|(t, _)| t == profile_type).map_or(Value::Null, |(_, p)| p.clone())
    }
}

/// Who a new member is.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact of the record that is written")]
#[derive(Debug, Clone)]
pub struct Spec<'a> {
    /// Given name.
    pub given: &'a str,
    /// Family name.
    pub family: &'a str,
    /// Address, in lower case.
    pub email: Option<&'a str>,
    /// `Practitioner` or `Patient`.
    pub kind: &'a str,
    /// Account of this project only.
    pub project_scoped: bool,
    /// External id on the membership.
    pub external: Option<&'a str>,
    /// Other policy than the project's default.
    pub policy: Option<Value>,
    /// Project admin.
    pub admin: bool,
    /// bcrypt hash of a password, if there is one.
    pub password: Option<&'a str>,
    /// Has enrolled an authenticator.
    pub totp: bool,
    /// Must enrol.
    pub mfa_required: bool,
    /// When they joined, in milliseconds.
    pub at: i64,
}

impl<'a> Spec<'a> {
    /// A practitioner with a server-scoped account and nothing special.
    pub fn staff(given: &'a str, family: &'a str, email: &'a str, at: i64) -> Self {
        Self {
            given,
            family,
            email: Some(email),
            kind: "Practitioner",
            project_scoped: false,
            external: None,
            policy: None,
            admin: false,
            password: None,
            totp: false,
            mfa_required: false,
            at,
        }
    }

    /// A patient with an account of the project.
    pub fn patient(given: &'a str, family: &'a str, email: &'a str, at: i64) -> Self {
        Self { kind: "Patient", project_scoped: true, ..Self::staff(given, family, email, at) }
    }
}

/// The three records of a member.
#[derive(Debug, Clone)]
pub struct Member {
    /// The User.
    pub user: Value,
    /// The profile.
    pub profile: Value,
    /// The ProjectMembership.
    pub membership: Value,
}

impl Book<'_> {
    /// A project, its default policies and default client, as `/auth/newproject` makes them.
    pub fn project(&mut self, name: &str, description: Option<&str>, owner: &Value, at: i64) -> Project {
        let mut body =
            json!({"resourceType": "Project", "name": name, "strictMode": true, "owner": reference(owner)});
        if let Some(description) = description {
            body["description"] = json!(description);
        }
        let resource = self.add(None, SYSTEM, at, body);
        let id = resource["id"].as_str().unwrap_or_default().to_owned();
        let mut defaults = Vec::new();
        for (profile_type, policy) in policies::DEFAULTS {
            let policy = self.add(Some(&id), SYSTEM, at + 10, policies::default_policy(profile_type, policy));
            defaults.push((profile_type.to_owned(), reference(&policy)));
        }
        let resource = self.revise(&resource, SYSTEM, at + 20, |p| {
            p["defaultPatientAccessPolicy"] = defaults[0].1.clone();
            p["defaultAccessPolicies"] =
                defaults.iter().map(|(t, p)| json!({"profileType": t, "accessPolicy": p})).collect();
        });
        let project = Project { resource, id, defaults };
        let secret = self.dice.base32();
        let client = json!({
            "resourceType": "ClientApplication",
            "name": format!("{name} Default Client"),
            "description": format!("Default client for {name}"),
            "secret": secret,
        });
        self.client(&project, client, false, at + 30);
        project
    }

    /// A ClientApplication with its membership.
    pub fn client(&mut self, project: &Project, body: Value, admin: bool, at: i64) -> Value {
        let client = self.add(Some(&project.id), SYSTEM, at, body);
        let mut membership = json!({
            "resourceType": "ProjectMembership",
            "project": reference(&project.resource),
            "user": reference(&client),
            "profile": reference(&client),
        });
        if admin {
            membership["admin"] = json!(true);
        }
        self.add(Some(&project.id), SYSTEM, at + 1, membership);
        client
    }

    /// A User.
    pub fn user(&mut self, project: &Project, who: &Spec<'_>) -> Value {
        let mut user = json!({"resourceType": "User", "firstName": who.given, "lastName": who.family});
        if let Some(email) = who.email {
            user["email"] = json!(email);
        }
        if let Some(hash) = who.password {
            user["passwordHash"] = json!(hash);
        }
        if who.project_scoped {
            user["project"] = reference(&project.resource);
        }
        if who.totp {
            user["mfaEnrolled"] = json!(true);
            user["mfaMethod"] = json!(["totp"]);
            user["mfaSecret"] = json!(self.dice.base32());
        }
        if who.mfa_required {
            user["mfaRequired"] = json!(true);
        }
        self.add(who.project_scoped.then_some(project.id.as_str()), SYSTEM, who.at, user)
    }

    /// A profile.
    pub fn profile(&mut self, project: &Project, who: &Spec<'_>) -> Value {
        let mut profile =
            json!({"resourceType": who.kind, "name": [{"given": [who.given], "family": who.family}]});
        if let Some(email) = who.email {
            profile["telecom"] = json!([{"system": "email", "use": "work", "value": email}]);
        }
        self.add(Some(&project.id), SYSTEM, who.at + 40, profile)
    }

    /// A membership that joins a user and a profile.
    pub fn join(
        &mut self,
        project: &Project,
        user: &Value,
        profile: &Value,
        who: &Spec<'_>,
        invited_by: &Value,
    ) -> Value {
        let mut membership = json!({
            "resourceType": "ProjectMembership",
            "project": reference(&project.resource),
            "user": reference(user),
            "profile": reference(profile),
        });
        if let Some(external) = who.external {
            membership["externalId"] = json!(external);
        }
        let default = || project.default_policy(if who.admin { "Admin" } else { who.kind });
        membership["accessPolicy"] = who.policy.clone().unwrap_or_else(default);
        if who.admin {
            membership["admin"] = json!(true);
        }
        if invited_by.is_object() {
            membership["invitedBy"] = invited_by.clone();
        }
        self.add(Some(&project.id), SYSTEM, who.at + 80, membership)
    }

    /// A whole member, as an invitation makes one.
    pub fn member(&mut self, project: &Project, who: &Spec<'_>, invited_by: &Value) -> Member {
        let user = self.user(project, who);
        let profile = self.profile(project, who);
        let membership = self.join(project, &user, &profile, who, invited_by);
        Member { user, profile, membership }
    }

    /// A DomainConfiguration; `provider` is its IdP, or null for none.
    pub fn domain(&mut self, domain: &str, provider: &Value, author: &str, at: i64) -> Value {
        let mut body = json!({"resourceType": "DomainConfiguration", "domain": domain});
        if provider.is_object() {
            body["identityProvider"] = provider.clone();
        }
        self.add(None, author, at, body)
    }
}

/// The IdP fields of one of the provider's clients.
pub fn provider(issuer: &str, client_id: &str) -> Value {
    json!({
        "authorizeUrl": format!("{issuer}/authorize"),
        "tokenUrl": format!("{issuer}/token"),
        "userInfoUrl": format!("{issuer}/userinfo"),
        "clientId": client_id,
        "clientSecret": CLIENT_SECRET,
    })
}

/// The IdP of a domain: staff, partner or laboratory.
pub fn provider_of(issuer: &str, domain: &str) -> Value {
    let client = match domain {
        "partner.example" => PARTNER_CLIENT,
        "lab.example" => LAB_CLIENT,
        _ => STAFF_CLIENT,
    };
    provider(issuer, client)
}

/// Somebody at the IdP.
pub fn person(sub: &str, email: &str, given: &str, family: &str) -> Person {
    Person {
        sub: sub.to_owned(),
        email: email.to_owned(),
        given: given.to_owned(),
        family: family.to_owned(),
    }
}
