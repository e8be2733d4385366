//! The whole app with 100 000 members in it, fed with messages as the loop feeds it, drawn into memory.

use std::time::Duration;

use idconsole::config::{BaseUrl, Connection, Method, StoreKind};
use idconsole::console::effect::{Answer, Effect, MembersPage, Question};
use idconsole::console::key::parse_typed;
use idconsole::console::msg::Msg;
use idconsole::console::screens::sign_in::{Attempt, SignInEffect, SignInMsg};
use idconsole::console::session::Session;
use idconsole::console::{App, Look};
use idconsole::identity::{Caller, Reference, Role, Text};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::members;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const PAGE: usize = 500;

/// A signed-in app on the members screen, and the screen.
pub struct Drawn {
    app: App,
    screen: Terminal<TestBackend>,
}

impl Drawn {
    /// Before anybody is signed in.
    pub fn empty(width: u16, height: u16) -> Self {
        let screen = Terminal::new(TestBackend::new(width, height)).unwrap();
        Self { app: App::new(Look::default(), NOW), screen }
    }

    /// With so many members loaded.
    pub fn with_members(count: usize, width: u16, height: u16) -> Self {
        let mut drawn = Self::empty(width, height);
        let attempt = drawn.resume();
        let msg = SignInMsg::SignedIn { attempt, session: Box::new(session()), notes: Vec::new() };
        let effects = drawn.app.update(Msg::SignIn(msg), NOW);
        let (slot, id) = effects
            .into_iter()
            .find_map(|effect| match effect {
                Effect::Ask { slot, id, question: Question::Members } => Some((slot, id)),
                _ => None,
            })
            .unwrap();
        let (memberships, users) = members::make(count);
        let answers = memberships
            .chunks(PAGE)
            .zip(users.chunks(PAGE))
            .map(|(memberships, users)| {
                Answer::Members(Box::new(MembersPage {
                    memberships: memberships.to_vec(),
                    users: users.to_vec(),
                    names: Vec::new(),
                    total: Some(count as u64),
                }))
            })
            .chain([Answer::MembersEnd]);
        for answer in answers {
            let last = answer == Answer::MembersEnd;
            drawn.app.update(Msg::Answered { slot, id, answer, last, write: false }, NOW);
        }
        drawn.draw();
        drawn
    }

    /// The session of a connection is continued, as at every start after the first.
    fn resume(&mut self) -> Attempt {
        let base_url = BaseUrl::parse("https://api.clinic.example/").unwrap();
        let connection = Connection::new("clinic-demo", base_url, Method::Browser, StoreKind::File);
        let msg = SignInMsg::Connections {
            found: Ok(vec![connection]),
            meant: Some("clinic-demo".into()),
            saved: None,
        };
        let effects = self.app.update(Msg::SignIn(msg), NOW);
        let attempt = effects.into_iter().find_map(|effect| match effect {
            Effect::SignIn(SignInEffect::Resume { attempt, .. }) => Some(attempt),
            _ => None,
        });
        attempt.unwrap()
    }

    /// Presses keys; nothing is drawn.
    pub fn press(&mut self, keys: &str) {
        for key in parse_typed(keys).unwrap() {
            self.app.update(Msg::Key(key), NOW);
        }
    }

    /// Draws what stands.
    pub fn draw(&mut self) {
        self.screen.draw(|frame| self.app.draw(frame, NOW)).unwrap();
    }
}

fn session() -> Session {
    Session {
        connection: "clinic-demo".into(),
        host: "api.clinic.example".into(),
        production: false,
        read_only: None,
        caller: Caller {
            user: Some("u1".into()),
            email: Some(Text::from("pat@clinic.example")),
            name: Text::from("Pat Admin"),
            profile: Reference::parse("Practitioner/p1").unwrap(),
            membership: "m1".into(),
            project: "7f8a1c52-0000-4000-8000-000000000001".into(),
            project_name: Text::from("Clinic Demo"),
            role: Role::ProjectAdmin,
        },
        expires_at: NOW.checked_add(Duration::from_secs(3600)).ok(),
        renews: true,
        web_app: None,
        platform: idconsole::identity::Platform::default(),
    }
}
