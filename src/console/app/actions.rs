//! Whether an action can be done now, and doing it.

use super::{App, Course};
use crate::console::action::{Action, Availability, TABLE};
use crate::console::effect::Effect;
use crate::console::needs;
use crate::console::overlays::toast::Toast;
use crate::console::overlays::{Overlay, help::Help, leaving::Leaving, palette::Palette};
use crate::console::screens::Place;
use crate::console::screens::sign_in::SignInEffect;

impl App {
    /// Whether an action can be done now: the one function that dispatch, keys line, help and palette ask.
    pub fn availability(&self, action: Action) -> Availability {
        let own = match action {
            Action::Quit | Action::Help | Action::Palette | Action::Redraw | Action::Suspend => {
                Availability::Ready
            }
            Action::NextTab | Action::PreviousTab => Availability::ready_if(self.session.is_some()),
            _ if Place::reached_by(action).is_some() => Availability::ready_if(self.session.is_some()),
            Action::GoSignIn => Availability::ready_if(
                self.place != Place::SignIn
                    && (self.overlays.is_empty()
                        || self.top().availability(action, None) == Availability::Ready),
            ),
            Action::SignOut if self.writing > 0 => Availability::because("a write is under way"),
            Action::SignOut => Availability::ready_if(self.session.is_some() && self.place != Place::SignIn),
            Action::OwnFactor => Availability::ready_if(
                self.session.is_some() && self.overlays.is_empty() && self.place != Place::SignIn,
            ),
            _ => self.top().availability(action, self.session.as_deref()),
        };
        if own == Availability::Hidden {
            return own;
        }
        let flags = action.row().flags;
        let Some(session) = &self.session else { return own };
        if let Some(why) = session.read_only_words().filter(|_| flags.writes) {
            return Availability::because(why);
        }
        match needs::check(action, session) {
            Ok(()) => own,
            Err(why) => Availability::because(why),
        }
    }

    /// Does an action if it can be done; says why not otherwise.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        match self.availability(action) {
            Availability::Hidden => return Vec::new(),
            Availability::Disabled(why) => {
                self.toast(Toast::warn(format!("{}: {why}", action.row().label), self.now));
                return Vec::new();
            }
            Availability::Ready => {}
        }
        match action {
            Action::Quit => self.quit(),
            Action::Help => {
                let scopes = self.scopes();
                let fields = self.top().filter_fields();
                let help = Help::new(self.title(), &scopes, fields, |action| self.availability(action));
                self.open(Overlay::Help(help))
            }
            Action::Palette => {
                let offers: Vec<_> = self
                    .scopes()
                    .into_iter()
                    .flat_map(|scope| TABLE.iter().filter(move |row| row.scope == scope))
                    .map(|row| (row.action, self.availability(row.action)))
                    .collect();
                self.open(Overlay::Palette(Box::new(Palette::new(offers))))
            }
            Action::OwnFactor => self.open(Overlay::OwnFactor(Box::default())),
            Action::Redraw => vec![Effect::Redraw],
            Action::Suspend => vec![Effect::Suspend],
            Action::NextTab => self.go(self.neighbour(1)),
            Action::PreviousTab => self.go(self.neighbour(-1)),
            Action::GoSignIn => {
                self.back_to = Some(self.place);
                self.go(Place::SignIn)
            }
            Action::SignOut => vec![Effect::SignIn(SignInEffect::SignOut)],
            Action::Back if self.dismiss_toast() => Vec::new(),
            _ => match Place::reached_by(action) {
                Some(place) => self.go(place),
                None => self.with_top(|model, ctx| model.act(action, ctx)),
            },
        }
    }

    /// The newest lasting toast goes first when somebody presses the key for back.
    fn dismiss_toast(&mut self) -> bool {
        let lasting = self.toasts.iter().rposition(|toast| toast.leaves_at().is_none());
        lasting.map(|i| self.toasts.remove(i)).is_some()
    }

    pub(super) fn title(&self) -> &'static str {
        self.place.title()
    }

    fn neighbour(&self, by: isize) -> Place {
        let tabs = Place::TABS;
        let at = tabs.iter().position(|place| *place == self.place).unwrap_or(0);
        tabs[(at + tabs.len()).saturating_add_signed(by) % tabs.len()]
    }

    fn quit(&mut self) -> Vec<Effect> {
        self.course = Course::Leaving;
        if self.writing > 0 && !matches!(self.overlays.last(), Some(Overlay::Leaving(_))) {
            return self.open(Overlay::Leaving(Leaving::new(self.now)));
        }
        Vec::new()
    }
}
