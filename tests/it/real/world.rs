//! What `tests/real/run` started, and how a person signs in there.

use idconsole::auth::{Redirects, SignIn, Tokens};
use idconsole::config::{BaseUrl, Connection, Idp, Method, StoreKind};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::chromium::{Chromium, Page};
use crate::auth::support::{browser_client, free_ports};

/// Whose protocol answers they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// `oidc-provider`, of npm.
    OidcProvider,
    /// Authlib, of Python.
    Authlib,
    /// Authlib, without RFC 9207.
    Plain,
}

use Made::{Authlib, OidcProvider, Plain};

/// Everything that was started.
#[derive(Debug)]
pub struct World(Value);

impl World {
    /// As the file says that the environment names. Fails where there is none: nothing is skipped in silence.
    pub fn here() -> Self {
        let place =
            std::env::var("IDCONSOLE_REAL").expect("start `tests/real/run`, which sets IDCONSOLE_REAL");
        Self(serde_json::from_slice(&std::fs::read(place).unwrap()).unwrap())
    }

    pub fn text(&self, pointer: &str) -> String {
        self.0.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}")).to_owned()
    }

    /// A person with a browser of their own.
    pub fn browser(&self) -> Chromium {
        Chromium::of(&self.text("/browser"))
    }

    pub fn provider(&self, made: Made) -> Provider {
        let name = if made == OidcProvider { "oidc_provider" } else { "authlib" };
        let text = |field: &str| self.text(&format!("/{name}/{field}"));
        Provider {
            made,
            issuer: if made == Plain { self.text("/plain_issuer") } else { text("issuer") },
            login: text("person/login"),
            email: text("person/email"),
            name: text("person/name"),
            exchange_client: text("exchange_client"),
        }
    }

    /// A way in to the platform.
    pub fn platform(&self, method: Method, client_id: &str) -> Connection {
        let base = BaseUrl::parse(&self.text("/platform/base_url")).unwrap();
        let mut connection = Connection::new("platform", base, method, StoreKind::File);
        connection.client_id = Some(client_id.to_owned());
        connection
    }

    /// The loopback addresses that a client of the platform is registered with.
    pub fn registered(&self) -> Redirects {
        let ports = self.0["ports"].as_array().unwrap();
        let ports = ports.iter().map(|port| u16::try_from(port.as_u64().unwrap()).unwrap()).collect();
        Redirects { ports, ..Redirects::own() }
    }

    /// What the platform says about the owner of a token.
    pub async fn me(&self, token: &str) -> Value {
        let address = format!("{}auth/me", self.text("/platform/base_url"));
        let answer = browser_client().get(address).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }
}

/// An identity provider with one person.
#[derive(Debug, Clone)]
pub struct Provider {
    pub made: Made,
    pub issuer: String,
    pub login: String,
    pub email: String,
    pub name: String,
    /// Client on the platform that knows this provider.
    pub exchange_client: String,
}

impl Provider {
    /// Straight at the provider, as if it were the platform.
    pub fn sign_in(&self, method: Method) -> SignIn {
        let base = BaseUrl::parse(&self.issuer).unwrap();
        let mut connection = Connection::new("provider", base, method, StoreKind::Memory);
        connection.client_id = Some("idconsole".to_owned());
        connection.scope = Some("openid profile email".to_owned());
        let mut request = SignIn::new(connection);
        request.redirects.ports = free_ports(4);
        request
    }

    /// The console's public client there.
    pub fn idp(&self) -> Idp {
        Idp {
            issuer: self.issuer.clone(),
            client_id: "idconsole".to_owned(),
            scope: "openid email".to_owned(),
        }
    }

    /// The address that its discovery gives for something.
    pub async fn endpoint(&self, member: &str) -> String {
        let place = format!("{}.well-known/openid-configuration", self.issuer);
        let found: Value = browser_client().get(place).send().await.unwrap().json().await.unwrap();
        found[member].as_str().unwrap_or_else(|| panic!("no {member} in {found}")).to_owned()
    }

    /// What it says about the owner of a token.
    pub async fn claims(&self, tokens: &Tokens) -> Value {
        let address = self.endpoint("userinfo_endpoint").await;
        let answer =
            browser_client().get(address).bearer_auth(tokens.access.expose_secret()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// On its page for signing in: who, and then what is asked for is allowed.
    pub async fn allow(&self, browser: &Chromium) {
        self.allow_as(browser, &self.login).await;
    }

    /// The same as somebody else.
    pub async fn allow_as(&self, browser: &Chromium, login: &str) {
        browser.fill("input[name=login]", login).await;
        browser.fill("input[name=password]", "any password").await;
        match self.made {
            OidcProvider => {
                browser.click("text=Sign-in >> visible=true >> nth=-1").await;
                browser.read("Authorize").await;
                browser.click("text=Continue").await;
            }
            Authlib | Plain => browser.click("text=Allow").await,
        }
    }

    /// Signs in, and says no at the page that asks for consent.
    pub async fn refuse(&self, browser: &Chromium) {
        if self.made == OidcProvider {
            browser.fill("input[name=login]", &self.login).await;
            browser.fill("input[name=password]", "any password").await;
            browser.click("text=Sign-in >> visible=true >> nth=-1").await;
            browser.read("Authorize").await;
            browser.click("text=[ Cancel ]").await;
        } else {
            browser.click("text=Refuse").await;
        }
    }

    /// At the address that the device showed: compares the code (D6), signs in, allows.
    pub async fn allow_device(&self, browser: &Chromium, address: &str, code: &str) -> Page {
        self.compare(browser, address, code).await;
        if self.made == OidcProvider {
            browser.click("text=Continue").await;
            self.allow(browser).await;
            browser.read("Sign-in Success").await
        } else {
            self.allow(browser).await;
            browser.read("The device is signed in.").await
        }
    }

    /// At the address that the device showed: says no.
    pub async fn refuse_device(&self, browser: &Chromium, address: &str, code: &str) {
        self.compare(browser, address, code).await;
        if self.made == OidcProvider {
            browser.click("text=[ Abort ]").await;
            browser.read("interrupted").await;
        } else {
            browser.click("text=Refuse").await;
            browser.read("The device is not signed in.").await;
        }
    }

    async fn compare(&self, browser: &Chromium, address: &str, code: &str) {
        browser.goto(address).await;
        if self.made == OidcProvider {
            // Without the code in the address it is typed, as it was shown (D9).
            if !address.contains(code) {
                browser.fill("input[name=user_code]", code).await;
                browser.click("text=Continue").await;
            }
            browser.read("Confirm Device").await;
            assert!(browser.look().await.text.contains(code), "another code is on the page");
        } else {
            if !address.contains(code) {
                browser.fill("input[name=user_code]", code).await;
            }
            assert_eq!(browser.value("input[name=user_code]").await, code);
        }
    }
}
