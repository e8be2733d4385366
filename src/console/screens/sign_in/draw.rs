//! How the sign-in screen looks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::{DeviceCode, Field, Secret, SignIn, Stage, Step};
use crate::config::Connection;
use crate::console::action::Action;
use crate::console::failure::Failure;
use crate::console::model::{Hit, View};
use crate::console::theme::Role;
use crate::console::widgets::qr;
use crate::console::words::{countdown, shorten_end, shorten_middle};
use crate::identity::Text;

/// A column that is filled from top to bottom.
struct Column<'f, 'b> {
    frame: &'f mut Frame<'b>,
    area: Rect,
    y: u16,
}

impl Column<'_, '_> {
    fn row(&mut self) -> Rect {
        let row = Rect { y: self.y, height: u16::from(self.y < self.area.bottom()), ..self.area };
        self.y = self.y.saturating_add(1);
        row
    }

    fn line(&mut self, line: impl Into<Line<'static>>) -> Rect {
        let row = self.row();
        self.frame.render_widget(line.into(), row);
        row
    }

    fn gap(&mut self) {
        self.y = self.y.saturating_add(1);
    }

    fn rest(&self) -> Rect {
        Rect {
            y: self.y.min(self.area.bottom()),
            height: self.area.bottom().saturating_sub(self.y),
            ..self.area
        }
    }

    /// Text over as many lines as it needs, `most` at the utmost.
    fn wrapped(&mut self, line: Line<'static>, most: u16) {
        let text = Paragraph::new(line).wrap(Wrap { trim: true });
        let wanted = u16::try_from(text.line_count(self.area.width)).unwrap_or(most).min(most);
        let place = Rect { height: wanted.min(self.rest().height), ..self.rest() };
        self.frame.render_widget(text, place);
        self.y = self.y.saturating_add(wanted);
    }
}

const WIDTH: u16 = 72;

pub(super) fn draw(screen: &SignIn, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    // A device code with its QR code needs all the room there is.
    let roomy = !matches!(screen.stage, Stage::Live { step: Step::Device(_) | Step::Enroll { .. }, .. });
    let above = if roomy { area.height.saturating_sub(14) / 3 } else { area.height.saturating_sub(22) / 3 };
    let width = if roomy { WIDTH } else { WIDTH + 12 }.min(area.width.saturating_sub(4));
    let area = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + above,
        width,
        height: area.height.saturating_sub(above),
    };
    let mut column = Column { frame, area, y: area.y };
    if roomy {
        column.line(Line::styled("idconsole", view.style(Role::Title)).centered());
        column.gap();
    }
    if let Some(failure) = &screen.wrong_file {
        column.gap();
        return tell(&mut column, failure, view);
    }
    match &screen.stage {
        Stage::Connections => connections(screen, &mut column, view),
        Stage::Methods => {
            heading(screen, &mut column, view);
            methods(screen, &mut column, view);
        }
        Stage::Failed(failure) => {
            heading(screen, &mut column, view);
            methods(screen, &mut column, view);
            column.gap();
            tell(&mut column, failure, view);
        }
        Stage::Live { step, since, fields, field, row, answered, notes } => {
            heading(screen, &mut column, view);
            let waiting = answered.then_some(*since);
            live(screen, &mut column, step, *since, view);
            draw_fields(&mut column, fields, *field, waiting.is_none(), view);
            if let Step::Choose { memberships } = step {
                for (n, one) in memberships.iter().enumerate() {
                    let place = column.row();
                    let words = vec![
                        Span::styled(fit(&one.project, 32, view), view.style(Role::Text)),
                        Span::styled(
                            shorten_end(&one.profile.shown(), 30, view.glyphs.ellipsis),
                            view.style(Role::Muted),
                        ),
                    ];
                    choice(column.frame, place, n, n == *row, words, view);
                }
            }
            if let Some(since) = waiting {
                column.gap();
                column.line(busy("Asking the platform", since, view));
            }
            if !notes.is_empty() {
                column.gap();
            }
            for note in notes {
                let words = format!("{} {note}", view.glyphs.dot);
                column.wrapped(Line::styled(words, view.style(Role::Muted)), 3);
            }
        }
    }
}

fn fit(text: &Text, width: usize, view: &View<'_>) -> String {
    let short = shorten_end(&text.shown(), width - 2, view.glyphs.ellipsis);
    let blank = " ".repeat(width.saturating_sub(short.width()));
    format!("{short}{blank}")
}

/// A row of a list: accent bar and selection background when it is the selected one.
fn choice(
    frame: &mut Frame<'_>,
    place: Rect,
    n: usize,
    selected: bool,
    words: Vec<Span<'static>>,
    view: &View<'_>,
) {
    if place.is_empty() {
        return;
    }
    let mut spans = vec![if selected {
        Span::styled(format!("{} ", view.glyphs.bar), view.style(Role::Accent))
    } else {
        Span::raw("  ")
    }];
    spans.extend(words);
    if selected {
        frame.buffer_mut().set_style(place, view.style(Role::Selection));
    }
    frame.render_widget(Line::from(spans), place);
    view.hit(place, Hit::Row(n));
}

fn connections(screen: &SignIn, column: &mut Column<'_, '_>, view: &View<'_>) {
    if !screen.loaded {
        return;
    }
    if screen.connections.is_empty() {
        column.line(
            Line::styled("Identity administration for Medplum platforms", view.style(Role::Muted)).centered(),
        );
        column.gap();
        column.gap();
        let add = Line::from(vec![
            Span::styled(view.key(Action::ConnectionAdd), view.style(Role::Key)),
            Span::styled(" adds a connection: a platform and a way in.", view.style(Role::Text)),
        ]);
        let place = column.line(add);
        view.hit(place, Hit::Action(Action::ConnectionAdd));
        column.gap();
        column.wrapped(
            Line::styled(
                "To look around first, leave and run `idconsole demo`: it brings a platform of its own, with people whose sign-in is broken in every way there is.",
                view.style(Role::Muted),
            ),
            3,
        );
        return;
    }
    column.line(Line::styled("Choose a connection", view.style(Role::Muted)).centered());
    column.gap();
    for (n, one) in screen.connections.iter().enumerate() {
        let place = column.row();
        choice(column.frame, place, n, n == screen.connection, described(one, view), view);
    }
}

fn described(one: &Connection, view: &View<'_>) -> Vec<Span<'static>> {
    let mut spans = vec![
        Span::styled(fit(&Text::from(one.name.as_str()), 22, view), view.style(Role::Text)),
        Span::styled(fit(&Text::from(one.base_url.host()), 30, view), view.style(Role::Muted)),
    ];
    if one.production {
        spans.push(Span::styled(" PRODUCTION ", view.style(Role::Production)));
    } else if one.read_only {
        spans.push(Span::styled("read-only", view.style(Role::Muted)));
    }
    spans
}

/// `Sign in to  clinic-demo  api.clinic.example`
fn heading(screen: &SignIn, column: &mut Column<'_, '_>, view: &View<'_>) {
    let Some(one) = screen.selected() else { return };
    let mut spans = vec![
        Span::styled("Sign in to  ", view.style(Role::Muted)),
        Span::styled(
            shorten_end(&Text::from(one.name.as_str()).shown(), 24, view.glyphs.ellipsis),
            view.style(Role::Title),
        ),
        Span::raw("  "),
        Span::styled(shorten_middle(&one.base_url.host(), 34, view.glyphs.ellipsis), view.style(Role::Muted)),
    ];
    if one.production {
        spans.push(Span::raw("  "));
        spans.push(Span::styled(" PRODUCTION ", view.style(Role::Production)));
    }
    column.line(Line::from(spans).centered());
    column.gap();
}

fn methods(screen: &SignIn, column: &mut Column<'_, '_>, view: &View<'_>) {
    for (n, method) in screen.methods().into_iter().enumerate() {
        let selected = n == screen.method;
        let label = format!("{:<19}", method.label());
        let words = vec![
            Span::styled(label, view.style(if selected { Role::Title } else { Role::Text })),
            Span::styled(method.help(), view.style(Role::Muted)),
        ];
        let place = column.row();
        choice(column.frame, place, n, selected, words, view);
    }
}

fn busy(words: &str, since: jiff::Timestamp, view: &View<'_>) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("{} ", view.spinner(since)), view.style(Role::Accent)),
        Span::styled(format!("{words}{}", view.glyphs.ellipsis), view.style(Role::Text)),
    ])
}

fn key_hint(view: &View<'_>, keys: &[(Action, &str)]) -> Line<'static> {
    let mut spans = Vec::new();
    for (action, label) in keys {
        if !spans.is_empty() {
            spans.push(Span::raw("   "));
        }
        spans.push(Span::styled(view.key(*action), view.style(Role::Key)));
        spans.push(Span::styled(format!(" {label}"), view.style(Role::Muted)));
    }
    Line::from(spans)
}

fn live(screen: &SignIn, column: &mut Column<'_, '_>, step: &Step, since: jiff::Timestamp, view: &View<'_>) {
    let text = view.style(Role::Text);
    let muted = view.style(Role::Muted);
    match step {
        Step::Asking { what } => {
            methods(screen, column, view);
            column.gap();
            column.line(busy(what, since, view));
        }
        Step::Browser { url, until, opened } => {
            methods(screen, column, view);
            column.gap();
            let mut waiting =
                vec![Span::styled(format!("Waiting for the browser{}", view.glyphs.ellipsis), text)];
            if let Some(until) = until {
                waiting.push(Span::styled(format!("  {} left", countdown(*until, view.now)), muted));
            }
            column.line(Line::from(waiting));
            if *opened {
                let width = usize::from(column.area.width);
                let address = shorten_end(&url.shown(), width, view.glyphs.ellipsis);
                column.line(Line::styled(address, muted));
                column.line(key_hint(
                    view,
                    &[(Action::SignInOpenAgain, "open again"), (Action::SignInCopy, "copy")],
                ));
            } else {
                column.line(Line::from(vec![
                    Span::styled(format!("{} ", view.glyphs.warning), view.style(Role::Warn)),
                    Span::styled("No browser could be started from here. Open this address yourself:", text),
                ]));
                column.line(key_hint(
                    view,
                    &[(Action::SignInOpenAgain, "try again"), (Action::SignInCopy, "copy the address")],
                ));
                column.gap();
                column.wrapped(Line::styled(url.shown().into_owned(), view.style(Role::Accent)), 8);
            }
        }
        Step::Paste { url, wrong } => {
            column.line(Line::styled("1  Open this address in a browser anywhere and sign in there.", text));
            column.gap();
            column.wrapped(Line::styled(url.shown().into_owned(), view.style(Role::Accent)), 8);
            column.gap();
            column.line(key_hint(
                view,
                &[(Action::SignInOpenAgain, "open here"), (Action::SignInCopy, "copy")],
            ));
            column.gap();
            column.wrapped(
                Line::styled(
                    "2  The browser ends on a page that does not load. Paste the address of that page here.",
                    text,
                ),
                2,
            );
            column.gap();
            complaint(column, wrong.as_deref(), view);
        }
        Step::Device(code) => device(column, code, view),
        Step::Password { wrong, .. } => {
            column.line(Line::styled(
                "Your account at the platform itself, not at an identity provider.",
                muted,
            ));
            column.gap();
            complaint(column, wrong.as_deref(), view);
        }
        Step::Factor { by_app, by_mail, email, wrong } => {
            let to = email.as_ref().map(|email| format!(" to {email}")).unwrap_or_default();
            let words = match (by_app, by_mail) {
                (true, true) => format!("The code of your authenticator app, or one sent{to} by mail."),
                (true, false) => "The code of your authenticator app.".to_owned(),
                (false, _) => format!("The code that was sent{to} by mail."),
            };
            column.wrapped(Line::styled(words, text), 2);
            if *by_mail {
                column.line(key_hint(view, &[(Action::SignInMailCode, "mail me a code")]));
            }
            column.gap();
            complaint(column, wrong.as_deref(), view);
        }
        Step::Enroll { uri, key, by_mail, wrong } => {
            enroll(column, uri.as_ref(), key.as_ref(), *by_mail, wrong.as_deref(), view);
        }
        Step::Choose { .. } => {
            column.line(Line::styled("You are a member of several projects. Which one is it today?", text));
            column.gap();
        }
        Step::Client { client, wrong } => {
            column.line(Line::from(vec![
                Span::styled("Client  ", muted),
                Span::styled(client.shown().into_owned(), text),
            ]));
            column.gap();
            complaint(column, wrong.as_deref(), view);
        }
    }
}

fn enroll(
    column: &mut Column<'_, '_>,
    uri: Option<&Secret>,
    key: Option<&Secret>,
    by_mail: bool,
    wrong: Option<&str>,
    view: &View<'_>,
) {
    use secrecy::ExposeSecret as _;
    let text = view.style(Role::Text);
    let muted = view.style(Role::Muted);
    let room = column.rest();
    let qr_room = Rect { width: room.width.saturating_sub(28), ..room };
    let qr = uri.and_then(|uri| draw_qr(column.frame, qr_room, uri.0.expose_secret(), view));
    let left = qr.map_or(0, |place| place.width + 3);
    let area = Rect { x: room.x + left, width: room.width.saturating_sub(left), ..room };
    let mut side = Column { frame: column.frame, area, y: area.y };
    let scan = if qr.is_some() {
        "Scan this with an authenticator app"
    } else {
        "Add this key to an authenticator app"
    };
    side.wrapped(
        Line::styled(
            format!("This platform asks for a second factor. {scan}, then type the code that it shows."),
            text,
        ),
        5,
    );
    // The key is for whoever cannot scan; without a picture it is the only way.
    if let Some(key) = key {
        side.gap();
        side.wrapped(
            Line::from(vec![
                Span::styled("Key  ", muted),
                Span::styled(key.0.expose_secret().to_owned(), text),
            ]),
            3,
        );
    }
    if by_mail {
        side.gap();
        side.line(key_hint(view, &[(Action::SignInMailCode, "codes by mail instead")]));
    }
    side.gap();
    complaint(&mut side, wrong, view);
    // The field for the code stands beside the picture, too.
    let (area, y) = (side.area, side.y);
    column.area = area;
    column.y = y;
}

fn complaint(column: &mut Column<'_, '_>, wrong: Option<&str>, view: &View<'_>) {
    if let Some(wrong) = wrong {
        column.wrapped(
            Line::from(vec![
                Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
                Span::styled(wrong.to_owned(), view.style(Role::Text)),
            ]),
            3,
        );
        column.gap();
    }
}

fn draw_fields(
    column: &mut Column<'_, '_>,
    fields: &[Field],
    focused: usize,
    editable: bool,
    view: &View<'_>,
) {
    let labels = fields.iter().map(|field| field.label.width()).max().unwrap_or(0);
    let labels = u16::try_from(labels).unwrap_or(0) + 4;
    for (n, field) in fields.iter().enumerate() {
        let row = column.row();
        if row.is_empty() {
            continue;
        }
        let here = n == focused && editable;
        let bar = if here {
            Span::styled(format!("{} ", view.glyphs.bar), view.style(Role::Accent))
        } else {
            Span::raw("  ")
        };
        let label = Span::styled(field.label, view.style(if here { Role::Title } else { Role::Muted }));
        column.frame.render_widget(Line::from(vec![bar, label]), row);
        let place = Rect { x: row.x + labels, width: row.width.saturating_sub(labels), ..row };
        field.input.draw(column.frame, place, view, here, field.hint);
        view.hit(row, Hit::Part(n));
    }
}

/// Draws a QR code as large as it is; `None` when there is no room for it.
fn draw_qr(frame: &mut Frame<'_>, room: Rect, text: &str, view: &View<'_>) -> Option<Rect> {
    let rows = qr::fitting(text, room, view.glyphs.ascii)?;
    let (width, height) = qr::size(&rows);
    let place = Rect { width, height, ..room };
    qr::draw(frame, place, rows, view);
    Some(place)
}

fn device(column: &mut Column<'_, '_>, code: &DeviceCode, view: &View<'_>) {
    let text = view.style(Role::Text);
    let muted = view.style(Role::Muted);
    let address = code.verification_uri.shown().into_owned();
    let room = column.rest();
    let target = code.complete.as_ref().unwrap_or(&code.verification_uri);
    // 26 columns are the least for the words beside it.
    let qr_room = Rect { width: room.width.saturating_sub(26), ..room };
    let qr = draw_qr(column.frame, qr_room, target.raw(), view);
    let left = qr.map_or(0, |place| place.width + 3);
    let side = Rect { x: room.x + left, width: room.width.saturating_sub(left), ..room };
    let mut side = Column { frame: column.frame, area: side, y: side.y };
    if qr.is_some() {
        side.gap();
    }
    side.line(Line::styled("On any device, go to", muted));
    side.wrapped(Line::styled(address, view.style(Role::Accent)), 3);
    side.gap();
    side.line(Line::styled("and check that it shows", muted));
    side.line(Line::styled(code.user_code.shown().into_owned(), view.style(Role::Title)));
    side.gap();
    // D7
    side.wrapped(
        Line::from(vec![
            Span::styled(format!("{} ", view.glyphs.warning), view.style(Role::Warn)),
            Span::styled("Only continue if you started this sign-in just now.", text),
        ]),
        3,
    );
    side.gap();
    for (label, value) in [("At      ", &code.host), ("Client  ", &code.client), ("Asks for", &code.scopes)] {
        side.wrapped(
            Line::from(vec![
                Span::styled(format!("{label}  "), muted),
                Span::styled(Text::from(value.as_str()).shown().into_owned(), text),
            ]),
            3,
        );
    }
    side.gap();
    let clock =
        vec![Span::styled("Expires in ", muted), Span::styled(countdown(code.expires_at, view.now), text)];
    side.line(Line::from(clock));
    if let Some(next) = code.next_poll_at.filter(|next| *next > view.now) {
        let seconds = next.duration_since(view.now).as_secs().max(1);
        side.line(Line::styled(format!("Next look in {seconds} s"), muted));
    }
    side.gap();
    side.line(key_hint(view, &[(Action::SignInOpenAgain, "open here"), (Action::SignInCopy, "copy")]));
    let y = side.y;
    column.y = y.max(qr.map_or(0, Rect::bottom));
}

/// What went wrong, in place.
fn tell(column: &mut Column<'_, '_>, failure: &Failure, view: &View<'_>) {
    column.wrapped(
        Line::from(vec![
            Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger)),
            Span::styled(failure.what.clone(), view.style(Role::Title)),
        ]),
        3,
    );
    for (words, role) in [(&failure.why, Role::Text), (&failure.next, Role::Text)] {
        if !words.is_empty() {
            column.wrapped(Line::styled(words.clone(), view.style(role)), 4);
        }
    }
    if let Some(id) = &failure.request_id {
        column.line(Line::styled(format!("request {id}"), view.style(Role::Muted)));
    }
}
