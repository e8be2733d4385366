//! What a step of the onboarding assistant asks for. What is typed is checked by the assistant's own rules before it is
//! handed on; a secret goes on in memory only.

use std::path::PathBuf;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use crate::console::action::{Action, Availability, Scope};
use crate::console::key::Key;
use crate::console::model::{Ctx, Hit, Model, Note, View};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::form::{Choice, Field as Input, Form};
use crate::console::widgets::form_dialog::FormDialog;
use crate::console::words::home;
use crate::identity::Secret;
use crate::identity::text::shown;
use crate::workflows::onboard::{Act, Field, Idp, State, StepId};

const WIDTH: u16 = 78;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// A domain to begin with.
    Begin,
    /// The answers of a step.
    Answers(StepId),
    /// Why one goes on without a step.
    Skip(StepId),
    /// Where the text for the partner goes.
    HandOver,
    /// The client's secret, for the tests.
    Test,
    /// The client's secret, to write the route.
    Save,
    /// Why and where a request goes.
    Request,
    /// A request of somebody, to be opened.
    Open,
}

/// What the person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// Go on with a domain, or begin with it.
    Begin(String),
    /// An act.
    Act(Act),
    /// An act, and a secret to be kept in memory for the steps after it.
    WithSecret(Act, Secret),
    /// The plan of the route, with its secret.
    Save(Secret),
    /// Open a request.
    Open(PathBuf, Secret),
}

/// The form.
#[derive(Debug)]
pub struct OnboardForm {
    purpose: Purpose,
    state: Option<State>,
    about: String,
    form: Form,
    wrong: Option<String>,
}

impl OnboardForm {
    /// A form; `state` is the partner's, where one is open.
    pub fn new(purpose: Purpose, state: Option<&State>) -> Self {
        let (about, fields) = fields(&purpose, state);
        Self { purpose, state: state.cloned(), about, form: Form::new(fields), wrong: None }
    }

    fn title(&self) -> String {
        match &self.purpose {
            Purpose::Begin => "Bring a partner on".to_owned(),
            Purpose::Answers(step) => step.title().to_owned(),
            Purpose::Skip(step) => format!("Go on without: {}", step.title()),
            Purpose::HandOver => "Text for the partner".to_owned(),
            Purpose::Test => "Tests".to_owned(),
            Purpose::Save => "Save the route".to_owned(),
            Purpose::Request => "Ask a super admin".to_owned(),
            Purpose::Open => "Open a request for a route".to_owned(),
        }
    }

    /// What is wanted, or what is wrong with it.
    fn wanted(&self) -> Result<Wanted, String> {
        let secret = || self.form.given("secret").map(Secret::from);
        match &self.purpose {
            Purpose::Begin => Ok(Wanted::Begin(self.form.value("domain").trim().to_owned())),
            Purpose::Skip(step) => {
                Ok(Wanted::Act(Act::Skip(*step, self.form.value("why").trim().to_owned())))
            }
            Purpose::HandOver => Ok(Wanted::Act(Act::WriteHandOver(home(self.form.value("path").trim())))),
            Purpose::Test => Ok(match secret() {
                Some(secret) => Wanted::WithSecret(Act::Test(Some(secret.clone())), secret),
                None => Wanted::Act(Act::Test(None)),
            }),
            Purpose::Save => Ok(Wanted::Save(secret().unwrap_or_else(|| Secret::from("")))),
            Purpose::Open => {
                let path = home(self.form.value("path").trim());
                Ok(Wanted::Open(path, secret().unwrap_or_else(|| Secret::from(""))))
            }
            Purpose::Answers(step) => {
                let answers = self.answers(*step)?;
                let act = Act::Answer(answers);
                Ok(match secret() {
                    Some(secret) => Wanted::WithSecret(act, secret),
                    None => Wanted::Act(act),
                })
            }
            Purpose::Request => {
                let path = home(self.form.value("path").trim());
                Ok(Wanted::Act(Act::Request {
                    path,
                    secret: secret(),
                    why: self.form.value("reason").trim().to_owned(),
                }))
            }
        }
    }

    /// The answers of a step, tried on a copy of the state first.
    fn answers(&self, step: StepId) -> Result<Vec<(Field, String)>, String> {
        let mut answers = Vec::new();
        for field in Field::ALL.into_iter().filter(|field| field.step() == step) {
            // What another kind of provider asks for is not shown and stays as it is.
            if field == Field::Place && self.form.value("idp") == Idp::Google.id() {
                continue;
            }
            answers.push((field, self.form.value(field.id()).trim().to_owned()));
        }
        if let Some(mut state) = self.state.clone() {
            let now = state.changed;
            for (field, value) in &answers {
                state.set(*field, value, now).map_err(|not| format!("{not}."))?;
            }
        }
        Ok(answers)
    }

    fn submit(&mut self, ctx: &mut Ctx) {
        if !self.form.complete() {
            return;
        }
        match self.wanted() {
            Ok(wanted) => {
                ctx.close();
                ctx.tell(Note::Onboard(Box::new(wanted)));
            }
            Err(wrong) => self.wrong = Some(wrong),
        }
    }

    fn words(&self, view: &View<'_>) -> Paragraph<'static> {
        let mut lines = Vec::new();
        if !self.about.is_empty() {
            lines.push(Line::styled(self.about.clone(), view.style(Role::Muted)));
        }
        if let Some(wrong) = &self.wrong {
            let wrong = shown(wrong).into_owned();
            lines.push(Line::styled(format!("{} {wrong}", view.glyphs.failed), view.style(Role::Danger)));
        }
        Paragraph::new(lines).wrap(Wrap { trim: true })
    }
}

/// What to know before filling it in, and the fields.
fn fields(purpose: &Purpose, state: Option<&State>) -> (String, Vec<Input>) {
    const SECRET: &str = "kept in memory only, and asked for again when the console is opened anew";
    let answer = |field: Field| state.map_or_else(String::new, |state| state.answer(field));
    let secret = |complaint: Option<&'static str>| {
        let field = Input::secret("secret", "client secret").hint(SECRET);
        match complaint {
            Some(complaint) => field.required(complaint),
            None => field,
        }
    };
    let domain = state.map_or_else(String::new, |state| state.domain.to_string());
    match purpose {
        Purpose::Begin => (
            "The mail domain whose people are to sign in with their own identity provider. What was begun can be left and taken up again.".to_owned(),
            vec![Input::text("domain", "domain", "").hint("partner.example").required("Type the domain.").check(
                |typed| State::begin("https://platform.example/", typed, jiff::Timestamp::UNIX_EPOCH).err(),
            )],
        ),
        Purpose::Answers(StepId::Provider) => {
            let kinds = Idp::ALL.into_iter().map(|idp| Choice {
                value: idp.id().to_owned(),
                words: idp.name().to_owned(),
                help: String::new(),
            });
            let mut all = vec![
                Input::choice("idp", "provider", kinds.collect(), Some(&answer(Field::Idp)))
                    .hint("Right shows one after another")
                    .required("Choose what the partner signs in with."),
            ];
            all.push(
                Input::text("place", "where it is", &answer(Field::Place))
                    .when("idp", &["okta", "entra", "auth0", "keycloak", "other"])
                    .hint("Okta or Auth0 domain, tenant id, realm or issuer; may follow later"),
            );
            for (field, label) in [
                (Field::AuthorizeUrl, "authorize address"),
                (Field::TokenUrl, "token address"),
                (Field::UserInfoUrl, "userinfo address"),
            ] {
                all.push(
                    Input::text(field.id(), label, &answer(field))
                        .when("idp", &["other"])
                        .hint("only where the provider does not describe itself"),
                );
            }
            ("What do the partner's people sign in with? What is not known yet is asked for in the text for their IT.".to_owned(), all)
        }
        Purpose::Answers(StepId::HandOver) => (
            "The text for the partner names whom to ask on either side.".to_owned(),
            vec![
                Input::text("our-contact", "on your side", &answer(Field::OurContact))
                    .hint("a name, an address, a telephone number")
                    .required("Say whom the partner's people can ask."),
                Input::text("their-contact", "on their side", &answer(Field::TheirContact)),
            ],
        ),
        Purpose::Answers(StepId::Credentials) => (
            "The partner's IT sends the client id by mail, and the secret by another way.".to_owned(),
            vec![
                Input::text("client-id", "client id", &answer(Field::ClientId)).required("Type the client id."),
                Input::choice(
                    "auth-method",
                    "secret is sent",
                    vec![
                        Choice { value: String::new(), words: "as the provider describes".into(), help: String::new() },
                        Choice::new("client_secret_basic", "in a header"),
                        Choice::new("client_secret_post", "in the form"),
                    ],
                    Some(&answer(Field::AuthMethod)),
                ),
                secret(None),
            ],
        ),
        Purpose::Answers(_) => (String::new(), Vec::new()),
        Purpose::Skip(step) => (
            format!("{} can be left out for a reason. It counts until an answer that it rests on changes.", step.title()),
            vec![Input::text("why", "why", "").required("Say why it is left out.")],
        ),
        Purpose::HandOver => (
            "Writes the text for the partner's IT into a new file. No secret is in it.".to_owned(),
            vec![Input::text("path", "file", &format!("sign-in-{domain}.txt")).required("Give the file a name.")],
        ),
        Purpose::Test => (
            "With the secret the tests also see whether the provider takes it. Without it that cannot be told.".to_owned(),
            vec![secret(None)],
        ),
        Purpose::Save => (
            "The secret goes to the platform beside the plan and is kept nowhere else.".to_owned(),
            vec![secret(Some("The platform needs the secret to swap codes at the provider."))],
        ),
        Purpose::Request => (
            "Writes what a super admin needs: the exact record, what is tested now, whom it meets, and why. No secret is in it; hand that over by another way.".to_owned(),
            vec![
                Input::text("reason", "why", &answer(Field::Reason)).required("Say why it is asked for."),
                Input::text("path", "file", &format!("route-{domain}.json")).required("Give the file a name."),
                secret(None),
            ],
        ),
        Purpose::Open => (
            "Everything in the file is tested again and looked at again; nothing of it is believed.".to_owned(),
            vec![
                Input::text("path", "file", "").required("Name the file.").hint("route-partner.example.json"),
                secret(Some("The platform needs the secret to swap codes at the provider.")),
            ],
        ),
    }
}

impl Model for OnboardForm {
    fn scopes(&self) -> Vec<Scope> {
        vec![Scope::Form, Scope::Dialog]
    }

    fn availability(&self, action: Action, _session: Option<&Session>) -> Availability {
        self.form.availability(action)
    }

    fn act(&mut self, action: Action, ctx: &mut Ctx) {
        match action {
            Action::Submit => self.submit(ctx),
            Action::Close => ctx.close(),
            _ => {
                self.wrong = None;
                self.form.act(action);
            }
        }
    }

    fn takes_text(&self) -> bool {
        self.form.takes_text()
    }

    fn typed(&mut self, key: Key, _ctx: &mut Ctx) {
        self.wrong = None;
        self.form.typed(key);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx) {
        self.wrong = None;
        self.form.pasted(text);
    }

    fn clicked(&mut self, hit: Hit, _ctx: &mut Ctx) {
        self.form.clicked(hit);
    }

    fn draw(&self, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
        let mut title = self.title();
        if let Some(state) = &self.state {
            title = format!("{title} {} {}", view.glyphs.dot, state.domain);
        }
        let says = !self.about.is_empty() || self.wrong.is_some();
        let words = says.then(|| self.words(view));
        let keys = self.form.keys("continue");
        FormDialog { title, width: WIDTH, words, form: &self.form, keys }.draw(frame, area, view);
    }
}
