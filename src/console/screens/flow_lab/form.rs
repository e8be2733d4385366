//! What is to be tried: kind, configuration or client, who, and how the answer comes back.

use crate::auth::lab::at_idp::Way;
use crate::auth::lab::swap::Subject;
use crate::auth::{BUILT_IN_CLIENT, Redirects};
use crate::config::Idp;
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::flow_lab::Kind;
use crate::identity::{ClientId, RouteDraft, Secret, Text};
use crate::workflows::flow_lab::{Choices, Config, Want};

/// Stands for a configuration that is not saved.
const DRAFT: &str = "draft";
const IDP: &[&str] = &["idp"];
const THREE: &[&str] = &["three-legged"];
const EXCHANGE: &[&str] = &["exchange"];
const DEVICE: &[&str] = &["device"];
const BY_CLIENT: &[&str] = &["three-legged", "exchange", "device"];

/// The form and what stands behind it.
#[derive(Debug)]
pub(super) struct Trial {
    pub form: Form,
    /// A route that is not saved, with its secret.
    draft: Option<(Box<RouteDraft>, Option<Secret>)>,
    known: Choices,
}

impl Default for Trial {
    fn default() -> Self {
        Self::new(Kind::ThreeLegged)
    }
}

fn choice(value: &str, words: impl Into<String>, help: &str) -> Choice {
    Choice { value: value.to_owned(), words: words.into(), help: help.to_owned() }
}

impl Trial {
    pub fn new(kind: Kind) -> Self {
        let kinds = Kind::ALL.into_iter().map(|kind| choice(kind.id(), kind.title(), ""));
        let ways = vec![
            choice("paste", "paste back", "nothing more has to be registered"),
            choice("loopback", "on this machine", "http://127.0.0.1:9615/callback must be registered there"),
            choice("device", "on another device", "where the identity provider offers it"),
        ];
        let leads = vec![
            choice("direct", "straight to the identity provider", "no web app is needed"),
            choice("page", "through the platform's own page", ""),
        ];
        let from = vec![
            choice("device", "a device sign-in at the identity provider", ""),
            choice("given", "a token that I paste", ""),
            choice("held", "the token of the run before", ""),
        ];
        let form = Form::new(vec![
            Field::choice("kind", "try", kinds.collect(), Some(kind.id())),
            Field::choice("config", "with", Vec::new(), None)
                .hint("no identity provider is seen; super admins see routes")
                .required("Choose a route or a client application.")
                .when("kind", IDP),
            Field::choice("client", "client", Vec::new(), None)
                .required("Choose a client application.")
                .when("kind", BY_CLIENT),
            Field::text("email", "who signs in", "")
                .hint("address as typed on the page; empty: the page asks")
                .when("kind", THREE),
            Field::text("hint", "who signs in", "").hint("for the page there, if you like").when("kind", IDP),
            Field::choice("way", "answer comes", ways, Some("paste")).when("kind", IDP),
            Field::text("issuer", "issuer", "")
                .hint("found by itself where the addresses tell")
                .when("kind", IDP),
            Field::choice("lead", "goes", leads, Some("direct")).when("kind", THREE),
            Field::text("redirect", "returns to", "").hint("the client's own address").when("kind", THREE),
            Field::choice("from", "token from", from, Some("device")).when("kind", EXCHANGE),
            Field::secret("token", "IdP's token")
                .hint("access token of the identity provider; kept in memory only")
                .required("Paste the token.")
                .when("from", &["given"]),
            Field::text("at", "IdP's issuer", "")
                .hint("https://login.partner.example")
                .required("Name the identity provider by its issuer.")
                .when("from", &["device"]),
            Field::text("as", "client there", "")
                .hint("a client that may use the device sign-in")
                .required("Name the client at the identity provider.")
                .when("from", &["device"]),
            Field::text("at-idp", "IdP's issuer", "")
                .hint("only where the platform offers none")
                .when("kind", DEVICE),
            Field::text("as-idp", "client there", "")
                .hint("a client that may use the device sign-in")
                .when("kind", DEVICE),
        ]);
        let mut trial = Self { form, draft: None, known: Choices::default() };
        trial.offer(Choices::default());
        trial
    }

    /// What can be chosen.
    pub fn offer(&mut self, choices: Choices) {
        let mut configs = Vec::new();
        if let Some((draft, _)) = &self.draft {
            configs.push(choice(DRAFT, format!("{}, not saved", draft.domain), "as it stands in the form"));
        }
        configs.extend(
            choices
                .routes
                .iter()
                .map(|domain| choice(&format!("route:{}", domain.raw()), format!("route {domain}"), "saved")),
        );
        let with_idp = choices.clients.iter().filter(|client| client.has_idp);
        configs.extend(with_idp.map(|client| {
            choice(
                &format!("client:{}", client.id.as_str()),
                format!("client {}", client.name),
                "its own identity provider",
            )
        }));
        let first = configs.first().map(|choice| choice.value.clone());
        self.form.offer("config", configs);
        if self.form.value("config").is_empty()
            && let Some(first) = first
        {
            self.form.choose("config", &first);
        }
        let mut clients: Vec<Choice> = choices
            .clients
            .iter()
            .map(|client| {
                let help = if client.has_idp { "with an identity provider" } else { "" };
                choice(client.id.as_str(), client.name.to_string(), help)
            })
            .collect();
        clients.push(choice(BUILT_IN_CLIENT, "Medplum CLI", "built in"));
        let own = choices.own.clone();
        self.form.offer("client", clients);
        if self.form.value("client").is_empty() {
            self.form.choose("client", own.as_deref().unwrap_or(BUILT_IN_CLIENT));
        }
        if let Some(idp) = &choices.idp {
            for (issuer, client) in [("at", "as"), ("at-idp", "as-idp")] {
                self.form.fill_empty(issuer, &idp.issuer);
                self.form.fill_empty(client, &idp.client_id);
            }
        }
        self.known = choices;
    }

    /// A configuration that was handed over from another screen.
    pub fn begin_with(&mut self, config: &Config) {
        let known = std::mem::take(&mut self.known);
        *self = Self::new(Kind::Idp);
        if let Config::Draft { draft, secret } = config {
            self.draft = Some((draft.clone(), secret.clone()));
        }
        self.offer(known);
        match config {
            Config::Draft { draft, .. } => {
                self.form.choose("config", DRAFT);
                if let Some(issuer) = &draft.issuer {
                    self.form.fill("issuer", issuer.raw());
                }
            }
            Config::Route(domain) => {
                self.choose_or_add(&format!("route:{}", domain.raw()), format!("route {domain}"));
            }
            Config::Client(client) => {
                self.choose_or_add(&format!("client:{}", client.as_str()), format!("client {client}"));
            }
        }
        self.form.focus_on("way");
    }

    fn choose_or_add(&mut self, value: &str, words: String) {
        if !self.form.choose("config", value) {
            self.form.offer("config", vec![choice(value, words, "")]);
            self.form.choose("config", value);
        }
    }

    /// What the form holds; `None` while something is missing. True when the token of the run before is meant.
    pub fn want(&mut self) -> Option<(Want, bool)> {
        if !self.form.complete() {
            return None;
        }
        let form = &self.form;
        let given = |field: &str| form.given(field).map(str::to_owned);
        let client = form.value("client").to_owned();
        Some(match form.value("kind") {
            "idp" => {
                let config = match form.value("config").split_once(':') {
                    Some(("route", domain)) => Config::Route(Text::from(domain)),
                    Some((_, client)) => Config::Client(ClientId::new(client)),
                    None => {
                        let (draft, secret) = self.draft.clone()?;
                        Config::Draft { draft, secret }
                    }
                };
                let way = match form.value("way") {
                    "loopback" => Way::Loopback(Redirects::own()),
                    "device" => Way::Device,
                    _ => Way::Paste,
                };
                (Want::Idp { config, issuer: given("issuer"), way, email: given("hint") }, false)
            }
            "exchange" => {
                let held = form.value("from") == "held";
                let subject = match form.value("from") {
                    "given" => Subject::Given(Secret::from(form.value("token"))),
                    // Put in by the runtime, which has it.
                    "held" => Subject::Given(Secret::from("")),
                    _ => Subject::Device {
                        issuer: given("at").unwrap_or_default(),
                        client_id: given("as").unwrap_or_default(),
                        scope: self.scope(),
                    },
                };
                (Want::Exchange { client, subject, membership: None, scope: None }, held)
            }
            "device" => {
                let idp = given("at-idp").zip(given("as-idp"));
                let idp = idp.map(|(issuer, client_id)| Idp { issuer, client_id, scope: self.scope() });
                (Want::Device { client, idp, scope: None }, false)
            }
            _ => (
                Want::ThreeLegged {
                    client,
                    redirect: given("redirect"),
                    scope: None,
                    email: given("email"),
                    project: None,
                    by_page: form.value("lead") == "page",
                    paste: false,
                },
                false,
            ),
        })
    }

    fn scope(&self) -> String {
        let known = self.known.idp.as_ref().map(|idp| idp.scope.clone());
        known.unwrap_or_else(|| crate::auth::lab::at_idp::SCOPE.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdentityProvider;
    use crate::workflows::checkup::ClientChoice;

    fn trial() -> Trial {
        let mut trial = Trial::default();
        trial.offer(Choices {
            routes: vec!["partner.example".into()],
            clients: vec![ClientChoice { id: "c1".into(), name: "Portal".into(), has_idp: true }],
            own: Some("c1".to_owned()),
            idp: None,
        });
        trial
    }

    #[test]
    fn the_connections_own_client_stands_there_already() {
        let (want, held) = trial().want().unwrap();
        assert!(matches!(&want, Want::ThreeLegged { client, email: None, .. } if client == "c1"), "{want:?}");
        assert!(!held);
    }

    // S2
    #[test]
    fn a_draft_that_was_handed_over_is_tried_with_its_secret_which_is_never_shown() {
        let mut trial = trial();
        let at = |path: &str| Text::from(format!("https://idp.example/{path}"));
        let provider = IdentityProvider {
            authorize_url: at("authorize"),
            token_url: at("token"),
            user_info_url: at("userinfo"),
            client_id: "platform".into(),
            use_subject: None,
            identity_source: None,
            identity_mapping_mode: None,
            token_auth_method: None,
            use_pkce: None,
            user_info_mode: None,
            user_info_key_set: false,
        };
        let draft = RouteDraft {
            domain: "new.example".into(),
            provider,
            issuer: Some("https://idp.example".into()),
            post_login: Vec::new(),
        };
        let config = Config::Draft { draft: Box::new(draft), secret: Some(Secret::from("hush-1")) };
        trial.begin_with(&config);
        let (want, _) = trial.want().unwrap();
        let Want::Idp { config: Config::Draft { secret, .. }, issuer, way, .. } = &want else {
            panic!("{want:?}")
        };
        assert_eq!(secret.as_ref().unwrap().expose(), "hush-1");
        assert_eq!((issuer.as_deref(), way), (Some("https://idp.example"), &Way::Paste));
        assert!(!format!("{trial:?} {want:?}").contains("hush-1"));
    }

    #[test]
    fn a_route_that_is_not_among_the_choices_is_tried_all_the_same() {
        let mut trial = Trial::default();
        trial.begin_with(&Config::Route("other.example".into()));
        let (want, _) = trial.want().unwrap();
        assert!(
            matches!(&want, Want::Idp { config: Config::Route(domain), .. } if domain.raw() == "other.example")
        );
    }

    #[test]
    fn a_token_is_asked_for_where_one_is_to_be_pasted() {
        let mut trial = trial();
        trial.form.choose("kind", "exchange");
        trial.form.choose("from", "given");
        assert!(trial.want().is_none());
        trial.form.fill("token", "opaque-token");
        let (want, _) = trial.want().unwrap();
        assert!(!format!("{want:?} {trial:?}").contains("opaque-token"));
    }
}
