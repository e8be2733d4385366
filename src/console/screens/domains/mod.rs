//! The domains screen: every stored route for super admins; for others where their members' domains go, and the
//! identity providers on the client applications that they see.

mod draw;
mod facts;
pub(super) mod forms;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line as TextLine;

use super::Place;
use super::members::Members;
use crate::console::action::{Action, Availability, Scope};
use crate::console::effect::{Answer, Question};
use crate::console::key::Key as Pressed;
use crate::console::model::{Ctx, Hit, Model, NewRoute, Note, View};
use crate::console::overlays::Overlay;
use crate::console::overlays::impact::{About, ImpactView};
use crate::console::overlays::onboard::{OnboardForm, Purpose};
use crate::console::overlays::plan::PlanDialog;
use crate::console::overlays::route_test::RouteTest;
use crate::console::remote::Remote;
use crate::console::session::Session;
use crate::console::slot::Slot;
use crate::console::theme::Role;
use crate::console::widgets::list::{List, Rows, Source as _};
use crate::identity::capability::{self, Capability};
use crate::identity::route::RouteMend;
use crate::identity::route_test::RouteReport;
use crate::identity::sign_in::impact::RouteChange;
use crate::identity::{DomainRouteId, Role as Power, Seen, Text};
use crate::workflows::domains::{self, Domains, Key, Line, People, What};
use crate::workflows::flow_lab::Config;
use crate::workflows::intent::Intent;

/// The domains screen.
#[derive(Debug, Default)]
pub struct DomainsScreen {
    found: Remote<Box<Domains>>,
    /// Everybody by domain, and which state of the members that is.
    people: BTreeMap<String, People>,
    seen: u64,
    /// Members are still on their way.
    partial: bool,
    rows: Rows<Line>,
    list: List<Key>,
    /// A domain whose line is to be selected once it is there.
    wanted: Option<Text>,
    /// What testing the stored routes came to, since this session began.
    tested: BTreeMap<DomainRouteId, Arc<RouteReport>>,
}

impl DomainsScreen {
    /// Takes over what the members screen knows now, and asks for the rest.
    pub(super) fn look(&mut self, members: &Members, ctx: &mut Ctx) {
        let (directory, seen, complete) = members.people();
        self.partial = !complete;
        if let Some(directory) = directory.filter(|_| seen != self.seen) {
            self.seen = seen;
            self.people = domains::people(directory);
            self.arrange();
        }
        // Which domains are worth asking about is known once all members are; stored routes are not asked one by one.
        let all = ctx.session.as_ref().is_some_and(|session| session.caller.role == Power::SuperAdmin);
        if self.found == Remote::Idle && (all || complete) {
            self.read(ctx);
        }
    }

    fn read(&mut self, ctx: &mut Ctx) {
        self.found.ask(ctx.now);
        ctx.ask(Slot::Domains, Question::Domains(domains::most_used(&self.people)));
    }

    /// Lists what is known now; the selected line stays selected.
    fn arrange(&mut self) {
        let Some(found) = self.found.value() else { return };
        let mut lines = domains::lines(found, &self.people);
        for line in &mut lines {
            let report = line.route().and_then(|route| self.tested.get(&route.id));
            if let Some(report) = report {
                line.take_test(report);
            }
        }
        self.rows.set(lines);
        self.list.forget_gone(&self.rows);
        self.list.follow(&self.rows);
        self.select_wanted();
    }

    /// Selects the line of the domain that somebody came for.
    fn select_wanted(&mut self) {
        let Some(wanted) = &self.wanted else { return };
        let folded = wanted.raw().to_lowercase();
        let at = (0..self.rows.shown())
            .find(|line| self.rows.at(*line).is_some_and(|row| row.name.raw().to_lowercase() == folded));
        if let Some(at) = at {
            self.list.moved(&self.rows, |table, _| table.select(at));
            self.wanted = None;
        }
    }

    /// The selected line.
    fn current(&self) -> Option<&Line> {
        self.rows.at(self.list.line())
    }

    /// Routes are read, not only observed.
    fn sees_routes(&self) -> bool {
        self.found.value().is_some_and(|found| matches!(found.routes, Seen::Known(_)))
    }

    /// What mends the selected line without a decision.
    fn mend(&self) -> Option<&RouteMend> {
        self.current()?.flaws.first().map(|flaw| &flaw.mend)
    }

    fn fix(&self, ctx: &mut Ctx) {
        let Some(line) = self.current().filter(|line| !line.flaws.is_empty()) else { return };
        match line.mending() {
            Some(intent) => plan(intent, line, ctx),
            None => self.edit(ctx),
        }
    }

    fn edit(&self, ctx: &mut Ctx) {
        if let Some(form) = self.current().and_then(forms::edit) {
            ctx.open(Overlay::Ask(Box::new(form)));
        }
    }

    fn add(&self, new: Option<&NewRoute>, ctx: &mut Ctx) {
        let form = if let Some((new, bare)) = new.and_then(|new| Some((new, new.bare.as_ref()?))) {
            forms::give(new, bare)
        } else {
            let routes = self.found.value().and_then(|found| found.routes.known());
            forms::add(new, routes.map_or(&[][..], Vec::as_slice))
        };
        ctx.open(Overlay::Ask(Box::new(form)));
    }

    /// Whether a line can be changed, and by whom.
    fn changeable(line: &Line, session: Option<&Session>) -> Availability {
        match &line.what {
            What::Client(client) => match session.map(|session| &session.caller) {
                Some(caller)
                    if client.project.as_ref().is_some_and(|own| *own != caller.project)
                        && caller.role != Power::SuperAdmin =>
                {
                    Availability::because(format!("{} belongs to another project", client.name))
                }
                _ => Availability::Ready,
            },
            What::Route(_) | What::Observed(_) => {
                match session.map(|session| capability::check(&session.caller, Capability::DomainRoutes)) {
                    Some(Err(why)) => Availability::because(why),
                    _ => Availability::ready_if(line.record().is_some()),
                }
            }
        }
    }
}

/// Straight to the plan: there is nothing to ask.
fn plan(intent: Intent, line: &Line, ctx: &mut Ctx) {
    let plan = PlanDialog::wanted(intent, line.name.clone(), false, ctx.now);
    ctx.open(Overlay::Plan(Box::new(plan)));
}

impl Model for DomainsScreen {
    fn scopes(&self) -> Vec<Scope> {
        if self.list.is_filtering() {
            vec![Scope::Typing, Scope::List]
        } else {
            vec![Scope::Domains, Scope::List]
        }
    }

    fn availability(&self, action: Action, session: Option<&Session>) -> Availability {
        let line = self.current();
        match action {
            Action::RouteAdd => Availability::ready_if(self.found != Remote::Idle),
            Action::DomainMembers => match line.map(|line| (&line.people, &line.name)) {
                None => Availability::Hidden,
                Some((None, name)) => Availability::because(format!("anybody may come through {name}")),
                Some((Some(people), name)) if people.members == 0 => {
                    Availability::because(format!("no member has an address of {name}"))
                }
                Some((Some(_), _)) => Availability::Ready,
            },
            Action::RouteEdit => line.map_or(Availability::Hidden, |line| Self::changeable(line, session)),
            Action::RouteFix => match (line, self.mend()) {
                (None, _) => Availability::Hidden,
                (Some(_), None) => Availability::because("nothing is seen to be wrong with it"),
                (Some(line), Some(_)) => Self::changeable(line, session),
            },
            Action::RouteRename | Action::RouteRemove => {
                Availability::ready_if(line.is_some_and(|line| line.route().is_some()))
            }
            Action::RouteTry => match line.map(|line| (line, line.route())) {
                None => Availability::Hidden,
                Some((_, Some(route))) if route.provider.is_some() => Availability::Ready,
                Some((line, Some(_))) => {
                    Availability::because(format!("{} has no identity provider to be tested", line.name))
                }
                Some((_, None)) => Availability::because(
                    "only domain routes are tested here; super admins see the stored ones",
                ),
            },
            Action::RouteImpact | Action::RouteOnboard => match line.map(|line| &line.what) {
                None if action == Action::RouteOnboard => Availability::Ready,
                None => Availability::Hidden,
                Some(What::Client(_)) => {
                    Availability::because("anybody may come through a client application")
                }
                Some(What::Route(_) | What::Observed(_)) => Availability::Ready,
            },
            Action::RouteRequest => Availability::Ready,
            Action::RouteSignIn => match line {
                None => Availability::Hidden,
                Some(Line { what: What::Observed(_), .. }) => {
                    Availability::because("only super admins read what a sign-in is tried with")
                }
                Some(line) if line.provider().is_none() => {
                    Availability::because(format!("{} has no identity provider to sign in at", line.name))
                }
                Some(_) => Availability::Ready,
            },
            Action::Copy => Availability::ready_if(line.is_some()),
            Action::Reload => match self.found.loading_since() {
                Some(_) => Availability::because("the domains are being read already"),
                None => Availability::Ready,
            },
            _ => {
                let rows = self.found.value().map(|_| &self.rows);
                self.list.availability(action, rows).unwrap_or(Availability::Hidden)
            }
        }
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::RouteAdd => self.add(None, ctx),
            Action::RouteEdit => self.edit(ctx),
            Action::RouteFix => self.fix(ctx),
            Action::RouteRename => {
                if let Some((line, route)) = self.current().and_then(|line| Some((line, line.route()?))) {
                    ctx.open(Overlay::Ask(Box::new(forms::rename(line, route))));
                }
            }
            Action::RouteRemove => {
                if let Some((line, route)) = self.current().and_then(|line| Some((line, line.route()?))) {
                    plan(Intent::RemoveRoute { route: route.id.clone() }, line, ctx);
                }
            }
            Action::RouteTry => {
                if let Some((route, draft)) =
                    self.current().and_then(Line::route).and_then(|route| Some((route, route.draft()?)))
                {
                    let test = RouteTest::new(draft, None, Some(route.id.clone()));
                    ctx.open(Overlay::RouteTest(Box::new(test)));
                }
            }
            Action::RouteSignIn => {
                let config = match self.current().map(|line| &line.what) {
                    Some(What::Route(route)) => Config::Route(route.domain.clone()),
                    Some(What::Client(client)) => Config::Client(client.id.clone()),
                    Some(What::Observed(_)) | None => return,
                };
                ctx.tell(Note::TestSignIn { config: Box::new(config), of_a_form: false });
            }
            Action::DomainMembers => {
                if let Some(line) = self.current() {
                    ctx.tell(Note::ShowMatching(format!("domain:{}", line.name.raw().to_lowercase())));
                }
            }
            Action::RouteImpact => {
                if let Some(line) = self.current() {
                    let (name, route) = (line.name.raw(), line.route().map(|route| route.id.clone()));
                    let case = |change| About::Change(Box::new(change));
                    let about = vec![
                        ("as it is", case(RouteChange::none(name))),
                        ("without it", case(RouteChange::removal(name, route))),
                    ];
                    ctx.open(Overlay::Impact(Box::new(ImpactView::new(line.name.clone(), about, true))));
                }
            }
            Action::RouteOnboard => {
                ctx.tell(Note::OnboardDomain(self.current().map(|line| line.name.clone())));
            }
            Action::RouteRequest => {
                ctx.open(Overlay::Onboard(Box::new(OnboardForm::new(Purpose::Open, None))));
            }
            Action::Copy => {
                if let Some(line) = self.current() {
                    ctx.copy("the name", line.name.raw());
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
            Action::Back => Some("clear"),
            Action::RouteFix => match self.mend() {
                Some(RouteMend::Rename(_)) => Some("correct"),
                _ => None,
            },
            _ => None,
        }
    }

    fn takes_text(&self) -> bool {
        self.list.is_filtering()
    }

    fn typed(&mut self, key: Pressed, _ctx: &mut Ctx) {
        self.list.typed(key, &mut self.rows);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.list.pasted(text, &mut self.rows);
    }

    fn filter_fields(&self) -> &'static [(&'static str, &'static str)] {
        rows::FIELDS
    }

    fn clicked(&mut self, hit: Hit, ctx: &mut Ctx) {
        self.list.clicked(hit, &mut self.rows, ctx);
    }

    fn scrolled(&mut self, rows: i32, _ctx: &mut Ctx) {
        self.list.scrolled(rows, &self.rows);
    }

    fn answered(&mut self, _slot: Slot, answer: Answer, ctx: &mut Ctx) {
        match answer {
            Answer::Domains(found) => self.found.answer(Ok(found), ctx.now),
            Answer::Failed(failure) => self.found.answer(Err(failure), ctx.now),
            _ => return,
        }
        self.arrange();
    }

    fn told(&mut self, note: &Note, ctx: &mut Ctx) {
        match note {
            // A route or a client is nobody's membership. Nobody has looked yet when it is idle.
            Note::Written(None) if self.found != Remote::Idle => self.read(ctx),
            Note::ShowDomain(domain) => {
                self.wanted = Some(domain.clone());
                self.select_wanted();
                ctx.go(Place::Domains);
            }
            Note::RouteTested(route, report) => {
                self.tested.insert(route.clone(), Arc::clone(report));
                self.arrange();
            }
            Note::AddRoute(new) => self.add(Some(new), ctx),
            _ => self.list.told(note, &mut self.rows, ctx),
        }
    }

    fn status(&self, view: &View<'_>) -> Option<TextLine<'static>> {
        if let Some(failure) = self.found.error() {
            let words = format!("{} {}", view.glyphs.failed, failure.what);
            return Some(TextLine::styled(words, view.style(Role::Danger)));
        }
        let words = "members are still being loaded; the numbers grow";
        self.partial.then(|| TextLine::styled(words, view.style(Role::Muted)))
    }

    fn waiting_since(&self) -> Option<Timestamp> {
        self.found.loading_since()
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        self.draw_screen(frame, area, view);
    }
}
