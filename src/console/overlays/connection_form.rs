//! The form for a connection: add or edit.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::config::{BaseUrl, Connection, Idp, Method, StoreKind};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::Effect;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, View};
use crate::console::screens::sign_in::SignInEffect;
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::form::{Choice, Field, Form};

const WIDTH: u16 = 74;

const DIRECT: &[&str] = &[Method::Direct.word()];
const EXCHANGE: &[&str] = &[Method::DeviceExchange.word()];

/// Adds or edits a connection.
#[derive(Debug, Clone)]
pub struct ConnectionForm {
    before: Option<Connection>,
    form: Form,
}

impl ConnectionForm {
    /// A form for a new connection, or for an existing one. `taken` are the names in use.
    pub fn new(before: Option<&Connection>, mut taken: Vec<String>) -> Self {
        taken.retain(|taken| before.is_none_or(|before| before.name != *taken));
        let idp = before.and_then(|one| one.idp.as_ref());
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let client = text(before.and_then(|one| one.client_id.as_deref()));
        // The token of the environment is chosen by the environment.
        let methods = Method::ALL.into_iter().filter(|method| *method != Method::Environment);
        let methods = methods.map(|method| Choice {
            value: method.word().to_owned(),
            words: method.label().to_owned(),
            help: method.help().to_owned(),
        });
        let stores = StoreKind::ALL.into_iter().map(|store| Choice::new(store.word(), store.help()));
        let fields = vec![
            Field::text("name", "name", &text(before.map(|one| one.name.as_str())))
                .hint("a short name for it, e.g. clinic")
                .required("A connection needs a name.")
                .check(name)
                .not_among(taken, |name| format!("There is a connection {name} already.")),
            Field::text("address", "address", &text(before.map(|one| one.base_url.as_str())))
                .hint("https://api.clinic.example/")
                .required("Where is the platform?")
                .check(|address| BaseUrl::parse(address).err().map(|wrong| format!("{wrong}."))),
            Field::choice(
                "method",
                "way in",
                methods.collect(),
                Some(before.map_or(Method::Browser, |one| one.method).word()),
            ),
            // Must be chosen: nothing is kept anywhere by accident (S2).
            Field::choice("store", "session kept in", stores.collect(), before.map(|one| one.store.word()))
                .hint("keyring, file or memory?")
                .required("Choose one; nothing is kept anywhere by accident."),
            Field::text("client", "client id", &client)
                .hint("empty: the platform's built-in client")
                .required_when(
                    "method",
                    EXCHANGE,
                    "Needed: the client at the platform that this IdP is set on.",
                ),
            Field::text("email", "email", &text(before.and_then(|one| one.email.as_deref())))
                .hint("suggested at sign-in; may be empty")
                .when("method", DIRECT),
            Field::text("issuer", "IdP issuer", &text(idp.map(|idp| idp.issuer.as_str())))
                .hint("https://login.clinic.example")
                .required("Needed: the IdP's issuer, exactly as it names itself.")
                .when("method", EXCHANGE),
            Field::text("idp-client", "IdP client id", &text(idp.map(|idp| idp.client_id.as_str())))
                .hint("client id at the IdP")
                .required("Needed: the client id of idconsole at the IdP.")
                .when("method", EXCHANGE),
            Field::yes_no(
                "production",
                "production",
                before.is_some_and(|one| one.production),
                "marked on every screen; writes ask twice",
            ),
            Field::yes_no(
                "read-only",
                "read-only",
                before.is_some_and(|one| one.read_only),
                "nothing can be written",
            ),
        ];
        Self { before: before.cloned(), form: Form::new(fields) }
    }

    /// The connection; `None` while something is missing or wrong.
    fn connection(&mut self) -> Option<Connection> {
        if !self.form.complete() {
            return None;
        }
        let form = &self.form;
        let owned = |id: &str| form.given(id).map(str::to_owned);
        let method = Method::ALL.into_iter().find(|method| method.word() == form.value("method"))?;
        let store = StoreKind::ALL.into_iter().find(|store| store.word() == form.value("store"))?;
        let base_url = BaseUrl::parse(form.value("address")).ok()?;
        let name = owned("name")?;
        let mut made = match &self.before {
            // What the form does not show stays as it is.
            Some(before) => Connection { name, base_url, ..before.clone() },
            None => Connection::new(name, base_url, method, store),
        };
        made.method = method;
        made.store = store;
        made.client_id = owned("client");
        if method == Method::Direct {
            made.email = owned("email");
        }
        made.production = form.says_yes("production");
        made.read_only = form.says_yes("read-only");
        if let Some((issuer, client_id)) = owned("issuer").zip(owned("idp-client")) {
            let scope = made.idp.take().map_or_else(|| "openid profile email".to_owned(), |idp| idp.scope);
            made.idp = Some(Idp { issuer, client_id, scope });
        }
        Some(made)
    }

    fn save(&mut self, ctx: &mut Ctx) {
        let Some(connection) = self.connection() else { return };
        let replaces = self.before.as_ref().map(|one| one.name.clone());
        ctx.effect(Effect::SignIn(SignInEffect::SaveConnection {
            connection: Box::new(connection),
            replaces,
        }));
        ctx.close();
    }
}

fn name(name: &str) -> Option<String> {
    let plain = name.trim().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (!plain).then(|| "Letters, digits, `-`, `_` and `.` only.".to_owned())
}

impl Model for ConnectionForm {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Form, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        self.form.availability(action)
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.save(ctx),
            Action::Close => ctx.close(),
            _ => self.form.act(action),
        }
    }

    fn takes_text(&self) -> bool {
        self.form.takes_text()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.form.typed(key);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.form.pasted(text);
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        self.form.clicked(hit);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let width = WIDTH.min(area.width.saturating_sub(2));
        let height = self.form.height(width.saturating_sub(4), view).saturating_add(4);
        let place = dialog::centred(area, width, height);
        let title = if self.before.is_some() { "Edit connection" } else { "Add connection" };
        let title = Line::styled(title, view.style(Role::Title));
        let inner = dialog::frame(frame, place, title, Role::BorderFocus, view);
        self.form.draw(frame, inner, view);
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        dialog::keys(frame, last, &self.form.keys("save"), view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::key::parse_typed;

    fn typed(form: &mut ConnectionForm, keys: &str) {
        for key in parse_typed(keys).unwrap() {
            form.form.typed(key);
        }
    }

    /// Name and address typed, the second store chosen.
    fn filled(name: &str, address: &str) -> ConnectionForm {
        let mut form = ConnectionForm::new(None, vec!["taken".into()]);
        typed(&mut form, name);
        form.form.act(Action::NextField);
        typed(&mut form, address);
        form.form.act(Action::NextField);
        form.form.act(Action::NextField);
        form.form.act(Action::NextChoice);
        form.form.act(Action::NextChoice);
        form
    }

    #[test]
    fn a_filled_form_makes_a_connection() {
        let made = filled("clinic", "api.clinic.example").connection().unwrap();
        assert_eq!(made.base_url.as_str(), "https://api.clinic.example/");
        assert_eq!((made.method, made.store, made.client_id), (Method::Browser, StoreKind::File, None));
    }

    // S2
    #[test]
    fn where_a_session_is_kept_must_be_chosen() {
        let mut form = ConnectionForm::new(None, Vec::new());
        typed(&mut form, "clinic");
        form.form.act(Action::NextField);
        typed(&mut form, "api.clinic.example");
        assert_eq!(form.connection(), None);
    }

    #[test]
    fn a_name_in_use_and_an_address_without_encryption_are_refused() {
        assert_eq!(filled("taken", "api.clinic.example").connection(), None);
        assert_eq!(filled("clinic", "http://api.clinic.example").connection(), None);
    }

    #[test]
    fn editing_keeps_what_the_form_does_not_show() {
        let mut before = filled("clinic", "api.clinic.example").connection().unwrap();
        before.scope = Some("openid".into());
        before.email = Some("pat@clinic.example".into());
        let mut form = ConnectionForm::new(Some(&before), vec!["clinic".into()]);
        assert_eq!(form.connection(), Some(before));
    }
}
