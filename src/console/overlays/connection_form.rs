//! The form for a connection: add or edit. Says what is wrong under the field, as it is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::config::{BaseUrl, Connection, Idp, Method, StoreKind};
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::Effect;
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, View};
use crate::console::screens::sign_in::SignInEffect;
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::dialog;
use crate::console::widgets::input::Input;

/// A field of the form, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Address,
    Method,
    Store,
    Client,
    Email,
    Issuer,
    IdpClient,
    Production,
    ReadOnly,
}

impl Field {
    const fn label(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Method => "way in",
            Self::Store => "session kept in",
            Self::Client => "client id",
            Self::Email => "email",
            Self::Issuer => "IdP issuer",
            Self::IdpClient => "IdP client id",
            Self::Production => "production",
            Self::ReadOnly => "read-only",
        }
    }

    const fn is_choice(self) -> bool {
        matches!(self, Self::Method | Self::Store | Self::Production | Self::ReadOnly)
    }
}

/// Adds or edits a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionForm {
    before: Option<Connection>,
    taken: Vec<String>,
    name: Input,
    address: Input,
    method: Method,
    /// Must be chosen: nothing is kept anywhere by accident (S2).
    store: Option<StoreKind>,
    client: Input,
    email: Input,
    issuer: Input,
    idp_client: Input,
    production: bool,
    read_only: bool,
    focus: Field,
    /// Complaints about fields that are still empty are made only after an attempt to save.
    tried: bool,
}

impl ConnectionForm {
    /// A form for a new connection, or for an existing one. `taken` are the names in use.
    pub fn new(before: Option<&Connection>, taken: Vec<String>) -> Self {
        let text = |text: Option<&str>| Input::new(text.unwrap_or_default());
        let idp = before.and_then(|one| one.idp.as_ref());
        Self {
            taken,
            name: text(before.map(|one| one.name.as_str())),
            address: text(before.map(|one| one.base_url.as_str())),
            method: before.map_or(Method::Browser, |one| one.method),
            store: before.map(|one| one.store),
            client: text(before.and_then(|one| one.client_id.as_deref())),
            email: text(before.and_then(|one| one.email.as_deref())),
            issuer: text(idp.map(|idp| idp.issuer.as_str())),
            idp_client: text(idp.map(|idp| idp.client_id.as_str())),
            production: before.is_some_and(|one| one.production),
            read_only: before.is_some_and(|one| one.read_only),
            focus: Field::Name,
            tried: false,
            before: before.cloned(),
        }
    }

    fn fields(&self) -> Vec<Field> {
        let mut fields = vec![Field::Name, Field::Address, Field::Method, Field::Store, Field::Client];
        if self.method == Method::Direct {
            fields.push(Field::Email);
        }
        if self.method == Method::DeviceExchange {
            fields.extend([Field::Issuer, Field::IdpClient]);
        }
        fields.extend([Field::Production, Field::ReadOnly]);
        fields
    }

    fn input(&self, field: Field) -> Option<&Input> {
        match field {
            Field::Name => Some(&self.name),
            Field::Address => Some(&self.address),
            Field::Client => Some(&self.client),
            Field::Email => Some(&self.email),
            Field::Issuer => Some(&self.issuer),
            Field::IdpClient => Some(&self.idp_client),
            Field::Method | Field::Store | Field::Production | Field::ReadOnly => None,
        }
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        match self.focus {
            Field::Name => Some(&mut self.name),
            Field::Address => Some(&mut self.address),
            Field::Client => Some(&mut self.client),
            Field::Email => Some(&mut self.email),
            Field::Issuer => Some(&mut self.issuer),
            Field::IdpClient => Some(&mut self.idp_client),
            Field::Method | Field::Store | Field::Production | Field::ReadOnly => None,
        }
    }

    fn hint(&self, field: Field) -> &'static str {
        match field {
            Field::Name => "a short name for it, e.g. clinic",
            Field::Address => "https://api.clinic.example/",
            Field::Client if self.method == Method::ClientCredentials => "required",
            Field::Client if self.method == Method::DeviceExchange => "the client that the IdP is set on",
            Field::Client => "empty: the platform's built-in client",
            Field::Email => "suggested at sign-in; may be empty",
            Field::Issuer => "https://login.clinic.example",
            Field::IdpClient => "client id at the IdP",
            Field::Method | Field::Store | Field::Production | Field::ReadOnly => "",
        }
    }

    /// What is wrong with a field, if anything.
    fn wrong(&self, field: Field) -> Option<String> {
        let empty = self.input(field).is_some_and(|input| input.text().trim().is_empty());
        match field {
            Field::Name if empty => Some("A connection needs a name.".into()),
            Field::Name => {
                let name = self.name.text().trim();
                let own = self.before.as_ref().is_some_and(|one| one.name == name);
                if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
                    Some("Letters, digits, `-`, `_` and `.` only.".into())
                } else if !own && self.taken.iter().any(|taken| taken == name) {
                    Some(format!("There is a connection {name} already."))
                } else {
                    None
                }
            }
            Field::Address if empty => Some("Where is the platform?".into()),
            Field::Address => BaseUrl::parse(self.address.text()).err().map(|wrong| format!("{wrong}.")),
            Field::Store if self.store.is_none() => {
                Some("Choose one; nothing is kept anywhere by accident.".into())
            }
            Field::Client if empty && self.method == Method::DeviceExchange => {
                Some("Needed: the client at the platform that this IdP is set on.".into())
            }
            Field::Issuer if empty => Some("Needed: the IdP's issuer, exactly as it names itself.".into()),
            Field::IdpClient if empty => Some("Needed: the client id of idconsole at the IdP.".into()),
            _ => None,
        }
    }

    /// Whether the complaint about a field is shown: mistakes at once, gaps only after an attempt to save.
    fn complaint(&self, field: Field) -> Option<String> {
        let gap = self.input(field).map_or(field == Field::Store, |input| input.text().trim().is_empty());
        self.wrong(field).filter(|_| self.tried || !gap)
    }

    fn connection(&self) -> Option<Connection> {
        if self.fields().into_iter().any(|field| self.wrong(field).is_some()) {
            return None;
        }
        let text = |input: &Input| Some(input.text().trim().to_owned()).filter(|text| !text.is_empty());
        let base_url = BaseUrl::parse(self.address.text()).ok()?;
        let name = self.name.text().trim();
        let mut made = match &self.before {
            // What the form does not show stays as it is.
            Some(before) => Connection { name: name.to_owned(), base_url, ..before.clone() },
            None => Connection::new(name, base_url, self.method, self.store?),
        };
        made.method = self.method;
        made.store = self.store?;
        made.client_id = text(&self.client);
        made.email = text(&self.email);
        made.production = self.production;
        made.read_only = self.read_only;
        if let Some((issuer, client_id)) = text(&self.issuer).zip(text(&self.idp_client)) {
            let scope = made.idp.take().map_or_else(|| "openid profile email".to_owned(), |idp| idp.scope);
            made.idp = Some(Idp { issuer, client_id, scope });
        }
        Some(made)
    }

    fn save(&mut self, ctx: &mut Ctx) {
        self.tried = true;
        let Some(connection) = self.connection() else {
            if let Some(field) = self.fields().into_iter().find(|field| self.wrong(*field).is_some()) {
                self.focus = field;
            }
            return;
        };
        let replaces = self.before.as_ref().map(|one| one.name.clone());
        ctx.effect(Effect::SignIn(SignInEffect::SaveConnection {
            connection: Box::new(connection),
            replaces,
        }));
        ctx.close();
    }

    fn move_focus(&mut self, by: isize) {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        self.focus = fields[(at + fields.len()).saturating_add_signed(by) % fields.len()];
    }

    fn cycle(&mut self, by: isize) {
        fn next<T: PartialEq + Copy>(all: &[T], now: Option<T>, by: isize) -> T {
            let count = all.len();
            match now.and_then(|now| all.iter().position(|one| *one == now)) {
                Some(at) => all[(at + count).saturating_add_signed(by) % count],
                None => all[0],
            }
        }
        match self.focus {
            Field::Method => {
                // The token of the environment is chosen by the environment.
                let offered: Vec<Method> =
                    Method::ALL.into_iter().filter(|method| *method != Method::Environment).collect();
                self.method = next(&offered, Some(self.method), by);
            }
            Field::Store => self.store = Some(next(&StoreKind::ALL, self.store, by)),
            Field::Production => self.production = !self.production,
            Field::ReadOnly => self.read_only = !self.read_only,
            _ => {}
        }
    }

    fn value(&self, field: Field) -> (String, &'static str) {
        let yes = |on: bool| if on { "yes" } else { "no" };
        match field {
            Field::Method => (self.method.label().to_owned(), self.method.help()),
            Field::Store => match self.store {
                Some(store) => (store.word().to_owned(), store.help()),
                None => (String::new(), "keyring, file or memory?"),
            },
            Field::Production => {
                (yes(self.production).to_owned(), "marked on every screen; writes ask twice")
            }
            Field::ReadOnly => (yes(self.read_only).to_owned(), "nothing can be written"),
            _ => (String::new(), ""),
        }
    }
}

const LABELS: u16 = 19;

fn complaint(wrong: &str, view: &View<'_>) -> Paragraph<'static> {
    Paragraph::new(Line::from(vec![
        Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
        Span::styled(wrong.to_owned(), view.style(Role::Text)),
    ]))
    .wrap(Wrap { trim: true })
}

impl Model for ConnectionForm {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Form, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        Availability::ready_if(match action {
            Action::NextField | Action::PreviousField | Action::Submit | Action::Close => true,
            Action::NextChoice | Action::PreviousChoice => self.focus.is_choice(),
            _ => false,
        })
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::NextField => self.move_focus(1),
            Action::PreviousField => self.move_focus(-1),
            Action::NextChoice => self.cycle(1),
            Action::PreviousChoice => self.cycle(-1),
            Action::Submit => self.save(ctx),
            _ => ctx.close(),
        }
    }

    fn takes_text(&self) -> bool {
        !self.focus.is_choice()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        if let Some(input) = self.input_mut() {
            input.typed(key);
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        if let Some(input) = self.input_mut() {
            input.pasted(text);
        }
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        if let Hit::Part(n) = hit
            && let Some(field) = self.fields().get(n)
        {
            if self.focus == *field {
                self.cycle(1);
            }
            self.focus = *field;
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let fields = self.fields();
        let width = 74.min(area.width.saturating_sub(2));
        let complaints: usize = fields
            .iter()
            .filter_map(|field| self.complaint(*field))
            .map(|wrong| complaint(&wrong, view).line_count(width.saturating_sub(LABELS + 4)))
            .sum();
        let height = u16::try_from(fields.len() + complaints + 4).unwrap_or(area.height);
        let place = dialog::centred(area, width, height);
        let title = if self.before.is_some() { "Edit connection" } else { "Add connection" };
        let inner = dialog::frame(
            frame,
            place,
            Line::styled(title, view.style(Role::Title)),
            Role::BorderFocus,
            view,
        );
        let mut y = inner.y;
        for (n, field) in fields.iter().enumerate() {
            if y >= inner.bottom() {
                break;
            }
            let row = Rect { y, height: 1, ..inner };
            let here = *field == self.focus;
            let bar = if here {
                Span::styled(format!("{} ", view.glyphs.bar), view.style(Role::Accent))
            } else {
                Span::raw("  ")
            };
            let label = Span::styled(field.label(), view.style(if here { Role::Title } else { Role::Muted }));
            frame.render_widget(Line::from(vec![bar, label]), row);
            let value = Rect { x: row.x + LABELS, width: row.width.saturating_sub(LABELS), ..row };
            if let Some(input) = self.input(*field) {
                input.draw(frame, value, view, here, self.hint(*field));
            } else {
                let (word, help) = self.value(*field);
                let mut spans = Vec::new();
                if !word.is_empty() {
                    spans.push(Span::styled(word, view.style(Role::Text)));
                    spans.push(Span::raw("  "));
                }
                spans.push(Span::styled(help, view.style(Role::Muted)));
                frame.render_widget(Line::from(spans), value);
            }
            view.hit(row, Hit::Part(n));
            y += 1;
            if let Some(wrong) = self.complaint(*field) {
                let text = complaint(&wrong, view);
                let height = u16::try_from(text.line_count(value.width)).unwrap_or(1);
                let height = height.min(inner.bottom().saturating_sub(y));
                frame.render_widget(text, Rect { y, height, ..value });
                y += height;
            }
        }
        let last = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        let keys: &[(Action, &str)] = if self.focus.is_choice() {
            &[
                (Action::Submit, "save"),
                (Action::NextChoice, "change"),
                (Action::NextField, "next"),
                (Action::Close, "cancel"),
            ]
        } else {
            &[(Action::Submit, "save"), (Action::NextField, "next"), (Action::Close, "cancel")]
        };
        dialog::keys(frame, last, keys, view);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(name: &str, address: &str) -> ConnectionForm {
        let mut form = ConnectionForm::new(None, vec!["taken".into()]);
        form.name.set(name);
        form.address.set(address);
        form.store = Some(StoreKind::File);
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
        let mut form = filled("clinic", "api.clinic.example");
        form.store = None;
        assert_eq!(form.connection(), None);
        form.tried = true;
        assert!(form.complaint(Field::Store).is_some());
    }

    #[test]
    fn mistakes_are_told_while_typing_and_gaps_only_when_saving() {
        let form = filled("taken", "http://api.clinic.example");
        assert_eq!(form.complaint(Field::Name).as_deref(), Some("There is a connection taken already."));
        assert!(form.complaint(Field::Address).is_some());
        let mut empty = ConnectionForm::new(None, vec![]);
        assert_eq!(empty.complaint(Field::Name), None);
        empty.tried = true;
        assert!(empty.complaint(Field::Name).is_some());
    }

    #[test]
    fn editing_keeps_what_the_form_does_not_show() {
        let mut before = filled("clinic", "api.clinic.example").connection().unwrap();
        before.scope = Some("openid".into());
        let form = ConnectionForm::new(Some(&before), vec!["clinic".into()]);
        assert_eq!(form.connection(), Some(before));
    }
}
