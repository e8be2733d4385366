//! The client applications: what each is set up to do, how old its secrets are, who it is, and everything that can be
//! done to it. No tab; reached from everywhere.

mod draw;
mod facts;
mod forms;
mod rows;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, ClientAnswer, ClientQuestion, Question};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::plan::PlanDialog;
use crate::console::overlays::reveal::Reveal;
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::list::{List, Rows};
use crate::identity::{ClientId, Role as Power};
use crate::workflows::clients::{ClientFacts, is_active};
use crate::workflows::intent::Intent;
use crate::workflows::intent::clients::{ClientEdit, ClientIntent};

/// The clients screen.
#[derive(Debug, Default)]
pub struct Clients {
    found: Remote<()>,
    rows: Rows<ClientFacts>,
    list: List<ClientId>,
    /// What only reading the selected one tells: the ages of its secrets.
    one: Option<(ClientId, Remote<Box<ClientFacts>>)>,
    /// The detail has the whole screen.
    open: bool,
}

impl Clients {
    fn read(&mut self, ctx: &mut Ctx) {
        self.found.ask(ctx.now);
        self.one = None;
        ctx.ask(Slot::Clients, Question::Clients(ClientQuestion::List));
    }

    /// The selected client, as fully as it is known.
    fn current(&self) -> Option<&ClientFacts> {
        let listed = self.rows.at(self.list.line())?;
        let read = self.one.as_ref().filter(|(id, _)| *id == listed.client.id);
        Some(read.and_then(|(_, read)| read.value()).map_or(listed, |read| &**read))
    }

    /// Asks for what the list does not tell of the selected one, once.
    fn read_current(&mut self, ctx: &mut Ctx) {
        let Some(id) = self.rows.at(self.list.line()).map(|facts| facts.client.id.clone()) else { return };
        if self.one.as_ref().is_some_and(|(known, _)| *known == id) {
            return;
        }
        let mut read = Remote::Idle;
        read.ask(ctx.now);
        ctx.ask(Slot::Client, Question::Clients(ClientQuestion::One(id.clone())));
        self.one = Some((id, read));
    }

    /// Straight to the plan of what is wanted of the selected client.
    fn wants(&self, make: impl FnOnce(ClientId) -> ClientIntent, ctx: &mut Ctx) {
        if let Some(facts) = self.current() {
            let intent = Intent::from(make(facts.client.id.clone()));
            let plan = PlanDialog::wanted(intent, facts.client.name.clone(), false, ctx.now);
            ctx.open(Overlay::Plan(Box::new(plan)));
        }
    }

    fn create(&self, ctx: &mut Ctx) {
        let Some(session) = &ctx.session else { return };
        let caller = session.caller.clone();
        let projects =
            if caller.role == Power::SuperAdmin { rows::projects(self.rows.all()) } else { Vec::new() };
        ctx.open(Overlay::Ask(Box::new(forms::create(&caller, &projects))));
    }

    fn ready(action: Action, facts: &ClientFacts) -> Availability {
        let settings = &facts.client.settings;
        match action {
            Action::ClientRotate | Action::ClientReveal if !settings.secret_set => {
                Availability::because("it has no secret: it is a public client")
            }
            Action::ClientRetire if !settings.retiring_secret_set => {
                Availability::because("it has no retiring secret")
            }
            Action::ClientNoProvider if facts.client.provider.is_none() => {
                Availability::because("it has no identity provider")
            }
            Action::ClientDelete if facts.own => {
                Availability::because("you are signed in through it; sign in through another client first")
            }
            _ => Availability::Ready,
        }
    }

    /// Nothing is opened, marked or filtered: back leads away from here.
    fn is_plain(&self) -> bool {
        !self.open && self.list.marks().is_empty() && self.list.filter().is_empty()
    }
}

impl Model for Clients {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Clients, Scope::List]
        }
    }

    fn entered(&mut self, ctx: &mut Ctx) {
        if ctx.session.is_some() && self.found.loading_since().is_none() {
            self.read(ctx);
        }
    }

    fn drawn(&mut self, ctx: &mut Ctx) {
        if self.found.value().is_some() {
            self.read_current(ctx);
        }
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        let current = self.current();
        match action {
            Action::ClientCreate => Availability::ready_if(self.found.value().is_some()),
            Action::ClientOpen => Availability::ready_if(current.is_some() && !self.open),
            Action::Back if self.open || self.is_plain() => Availability::Ready,
            Action::Copy => Availability::ready_if(current.is_some()),
            _ if action.row().scope == Scope::Clients => {
                current.map_or(Availability::Hidden, |facts| Self::ready(action, facts))
            }
            Action::Reload => match self.found.loading_since() {
                Some(_) => Availability::because("the client applications are being read already"),
                None => Availability::Ready,
            },
            _ => {
                let rows = self.found.value().map(|()| &self.rows);
                self.list.availability(action, rows).unwrap_or(Availability::Hidden)
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::ClientOpen => self.open = true,
            Action::Back if self.open => self.open = false,
            Action::Back if self.is_plain() => ctx.go_up(),
            Action::ClientCreate => self.create(ctx),
            Action::ClientEdit => {
                if let Some(facts) = self.current() {
                    ctx.open(Overlay::Ask(Box::new(forms::settings(facts))));
                }
            }
            Action::ClientRedirects => {
                if let Some(facts) = self.current() {
                    ctx.open(Overlay::Ask(Box::new(forms::redirects(facts))));
                }
            }
            Action::ClientProvider => {
                if let Some(facts) = self.current() {
                    ctx.open(Overlay::Ask(Box::new(forms::provider(facts))));
                }
            }
            Action::ClientNoProvider => {
                self.wants(|client| ClientIntent::Edit { client, edit: ClientEdit::NoProvider }, ctx);
            }
            Action::ClientStatus => {
                let active = self.current().is_some_and(|facts| !is_active(&facts.client));
                self.wants(|client| ClientIntent::Edit { client, edit: ClientEdit::Active(active) }, ctx);
            }
            Action::ClientRotate => self.wants(|client| ClientIntent::Rotate { client }, ctx),
            Action::ClientRetire => self.wants(|client| ClientIntent::Retire { client }, ctx),
            Action::ClientDelete => self.wants(|client| ClientIntent::Delete { client }, ctx),
            Action::ClientReveal => {
                if let Some(facts) = self.current() {
                    let reveal = Reveal::new(facts.client.id.clone(), facts.client.name.clone());
                    ctx.open(Overlay::Reveal(Box::new(reveal)));
                }
            }
            Action::Copy => {
                if let Some(facts) = self.current() {
                    ctx.copy("the client id", facts.client.id.as_str());
                }
            }
            Action::Reload => self.read(ctx),
            _ => {
                self.list.act(action, &mut self.rows, ctx);
            }
        }
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        match action {
            Action::Back if self.open => Some("list"),
            Action::Back if self.is_plain() => Some("back"),
            Action::Back => Some("clear"),
            Action::ClientStatus => {
                self.current().map(|facts| if is_active(&facts.client) { "off" } else { "active" })
            }
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.list.is_filtering()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.list.typed(key, &mut self.rows);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.list.pasted(text, &mut self.rows);
    }

    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        rows::FIELDS
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        if self.list.clicked(hit, &mut self.rows, ctx) {
            self.open = true;
        }
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        if self.open {
            self.list.detail.by(rows as isize);
        } else {
            self.list.scrolled(rows, &self.rows);
        }
    }

    fn answered(&mut self, slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match (slot, answer) {
            (Slot::Clients, Answer::Clients(ClientAnswer::List(found))) => {
                self.found.answer(Ok(()), ctx.now);
                self.rows.set(found);
                self.list.forget_gone(&self.rows);
                self.list.follow(&self.rows);
                self.open &= self.rows.at(self.list.line()).is_some();
            }
            (Slot::Clients, Answer::Failed(failure)) => self.found.answer(Err(failure), ctx.now),
            (Slot::Client, Answer::Clients(ClientAnswer::One(facts))) => {
                if let Some((id, read)) = &mut self.one
                    && *id == facts.client.id
                {
                    read.answer(Ok(facts), ctx.now);
                }
            }
            (Slot::Client, Answer::Failed(failure)) => {
                if let Some((_, read)) = &mut self.one {
                    read.answer(Err(failure), ctx.now);
                }
            }
            _ => {}
        }
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        // A client may have been written. Nobody has looked yet when it is idle.
        if matches!(note, Note::Written(_)) && self.found != Remote::Idle {
            self.read(ctx);
        }
        self.list.told(note, &mut self.rows, ctx);
    }

    fn status(&self, view: &View<'_>) -> Option<Line<'static>> {
        let failure = self.found.error()?;
        let words = format!("{} {}", view.glyphs.failed, failure.what);
        Some(Line::styled(words, view.style(Role::Danger)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.found.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
