//! The frame around every screen: identity, tabs, keys, status; and the overlays above it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use unicode_width::UnicodeWidthStr as _;

use super::action::{Action, Availability, TABLE};
use super::app::App;
use super::model::{Hit, View};
use super::screens::Place;
use super::theme::Role;
use super::words::{shorten_end, shorten_middle};

/// The least room in which the console can be used.
pub const LEAST: (u16, u16) = (60, 16);

pub(super) fn draw(app: &App, frame: &mut Frame<'_>, view: &View<'_>) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, view.theme.base());
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(frame, area, view);
    }
    // The sign-in screen has no identity to show and no tabs, and needs the room for QR codes.
    let bands = u16::from(app.place() != Place::SignIn);
    let [top, tabs_area, body, keys_area, status_area] = Layout::vertical([
        Constraint::Length(bands),
        Constraint::Length(bands),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    if app.place() != Place::SignIn {
        identity(frame, inset(top), view);
        tabs(app, frame, inset(tabs_area), view);
    }
    app.screens.get(app.place()).draw(frame, body, view);
    if app.overlays().is_empty() {
        keys(app, frame, inset(keys_area), view);
    }
    let mut chord = chord(app, usize::from(inset(status_area).width), view);
    let going_on = chord.pop();
    if let Some(first) = chord.pop() {
        frame.render_widget(ratatui::widgets::Clear, keys_area);
        frame.buffer_mut().set_style(keys_area, view.theme.base());
        frame.render_widget(first, inset(keys_area));
    }
    status(app, going_on, frame, inset(status_area), view);
    let last = app.overlays().len().saturating_sub(1);
    for (i, overlay) in app.overlays().iter().enumerate() {
        let view = View { focused: i == last, hits: view.hits, ..*view };
        view.hit(area, Hit::Nothing);
        overlay.model().draw(frame, area, &view);
    }
}

fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn too_small(frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    let words = format!(
        "idconsole needs {} columns and {} rows; this terminal has {} by {}.",
        LEAST.0, LEAST.1, area.width, area.height
    );
    frame.render_widget(Paragraph::new(words).style(view.style(Role::Warn)).wrap(Wrap { trim: true }), area);
}

/// `idconsole   clinic-demo · api.clinic.example   Pat Admin · project admin   ● session 54m      PRODUCTION`
fn identity(frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    let mut spans = vec![Span::styled("idconsole", view.style(Role::Title))];
    let Some(session) = view.session else {
        frame.render_widget(Line::from(spans), area);
        return;
    };
    let mark = if session.production { " PRODUCTION " } else { "" };
    let read_only = if session.read_only.is_some() { " read-only " } else { "" };
    let caller = &session.caller;
    let ends_soon = session.ends_soon(view.now);
    let state = if ends_soon { Role::Warn } else { Role::Ok };
    let words = session.words(view.now);
    let name = caller.name.to_string();
    // What goes first when it is narrow: the host, the role, the program's name. Mark, person and session stay.
    let all = usize::from(area.width);
    // Two gaps of three, and one blank before the marks.
    let fixed = 6 + view.glyphs.mark.width() + 1 + words.width() + mark.width() + read_only.width() + 1;
    let host = format!(" {} {}", view.glyphs.dot, session.host);
    let role = format!(" {} {}", view.glyphs.dot, caller.role.words());
    let connection = shorten_middle(&session.connection, 24, view.glyphs.ellipsis);
    let least = fixed + connection.width() + name.width();
    let show_program = least + 12 <= all;
    let show_role = show_program && least + 12 + role.width() <= all;
    let show_host = show_role && least + 12 + role.width() + host.width() <= all;
    let too_wide = least.saturating_sub(all);
    let name = shorten_end(&name, name.width().saturating_sub(too_wide).max(8), view.glyphs.ellipsis);

    if !show_program {
        spans.clear();
    }
    if show_program {
        spans.push(Span::raw("   "));
    }
    spans.push(Span::styled(connection, view.style(Role::Text)));
    if show_host {
        spans.push(Span::styled(host, view.style(Role::Muted)));
    }
    spans.push(Span::raw("   "));
    spans.push(Span::styled(name, view.style(Role::Text)));
    if show_role {
        spans.push(Span::styled(role, view.style(Role::Muted)));
    }
    spans.push(Span::raw("   "));
    spans.push(Span::styled(format!("{} ", view.glyphs.mark), view.style(state)));
    spans.push(Span::styled(words, view.style(if ends_soon { Role::Warn } else { Role::Muted })));
    frame.render_widget(Line::from(spans), area);
    let mut marks = Vec::new();
    if !read_only.is_empty() {
        marks.push(Span::styled(read_only, view.style(Role::Info)));
    }
    if !mark.is_empty() {
        marks.push(Span::styled(mark, view.style(Role::Production)));
    }
    frame.render_widget(Line::from(marks).right_aligned(), area);
}

fn tabs(app: &App, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    let mut x = area.x;
    let numbers: Vec<String> =
        Place::TABS.iter().map(|place| view.keymap.shown(place.action()).unwrap_or_default()).collect();
    let room = |(gap, blank): (usize, usize), most: usize| {
        let wide = |(place, number): (&Place, &String)| {
            number.width() + blank.min(number.width()) + place.title().width().min(most)
        };
        Place::TABS.iter().zip(&numbers).map(wide).sum::<usize>() + gap * (numbers.len().saturating_sub(1))
    };
    // Where it is narrow the tabs move together, then each number to its name, then the names get shorter, never the
    // one that is shown.
    let all = usize::from(area.width);
    let spaced = [(2, 1), (1, 1)].into_iter().find(|gaps| room(*gaps, usize::MAX) <= all);
    let (gap, blank) = spaced.unwrap_or((1, 0));
    let most = (3..=10).rev().find(|most| room((gap, blank), *most) <= all).unwrap_or(3);
    for (place, number) in Place::TABS.iter().zip(numbers) {
        let number = if number.is_empty() { number } else { format!("{number}{}", " ".repeat(blank)) };
        let here = *place == app.place();
        let (key, title) = if here { (Role::Accent, Role::Title) } else { (Role::Muted, Role::Muted) };
        let name = if here {
            place.title().to_owned()
        } else {
            shorten_end(place.title(), most, view.glyphs.ellipsis)
        };
        let line =
            Line::from(vec![Span::styled(number, view.style(key)), Span::styled(name, view.style(title))]);
        let width = u16::try_from(line.width()).unwrap_or(0).min(area.right().saturating_sub(x));
        let at = Rect { x, width, ..area };
        frame.render_widget(line, at);
        view.hit(at, Hit::Tab(*place));
        x = x.saturating_add(width + gap as u16);
    }
}

/// What closes the keys line: those of `always` that can be done and whose key means nothing else here.
fn tail<'a>(
    app: &App,
    always: &[(Action, &'a str)],
    shown: &[(Action, &str, bool)],
    view: &View<'_>,
) -> Vec<(Action, &'a str, bool)> {
    let free = |action: Action| !shown.iter().any(|(other, ..)| view.key_now(*other) == view.key_now(action));
    let usable =
        always.iter().filter(|(action, _)| app.availability(*action) == Availability::Ready && free(*action));
    usable.map(|(action, label)| (*action, *label, true)).collect()
}

/// The keys of what has the focus. Keys that cannot be used now are dim; they say why when pressed.
fn keys(app: &App, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    // The way back and the two ways to everything else stay, however narrow it is.
    let always = [
        (Action::Back, app.top_model().label(Action::Back).unwrap_or("back")),
        (Action::Palette, "palette"),
        (Action::Help, "help"),
    ];
    let typing = app.top_model().takes_text();
    let mut shown: Vec<(Action, &str, bool)> = Vec::new();
    for scope in app.scopes() {
        // An action of everywhere is told where it belongs, too: on the screen that has its own word for it.
        let told = |action: Action| app.top_model().label(action).is_some();
        let of_scope = TABLE.iter().filter(|row| row.scope == scope);
        for row in of_scope.filter(|row| row.flags.footer || told(row.action)) {
            if always.iter().any(|(action, _)| *action == row.action) {
                continue;
            }
            // While typing only those keys are told that are no letters.
            let unusable =
                typing && view.keymap.of(row.action).first().is_none_or(|c| c.0[0].typed().is_some());
            match app.availability(row.action) {
                _ if unusable => {}
                // An inner scope has the key: pressing it never gets as far as here.
                _ if shown.iter().any(|(other, ..)| view.key_now(*other) == view.key_now(row.action)) => {}
                Availability::Ready => {
                    shown.push((row.action, app.top_model().label(row.action).unwrap_or(row.label), true));
                }
                Availability::Disabled(_) => shown.push((row.action, row.label, false)),
                Availability::Hidden => {}
            }
        }
    }
    if !typing && view.session.is_some_and(|session| session.is_over(view.now)) {
        let action = Action::GoSignIn;
        if app.availability(action) == Availability::Ready {
            shown.insert(0, (action, action.row().label, true));
        }
    }
    let width_of = |action: Action, label: &str| {
        u16::try_from(view.key_now(action).unwrap_or_default().width() + 1 + label.width())
            .unwrap_or(u16::MAX)
    };
    let tail: Vec<(Action, &str, bool)> = if typing { Vec::new() } else { tail(app, &always, &shown, view) };
    let tail_width: u16 = tail.iter().map(|(action, label, _)| width_of(*action, label) + 2).sum();
    // Each key has its gap behind it; the last one of the line needs none.
    let room = (area.width + 2).saturating_sub(tail_width);
    let is_wanted = |action: Action| app.top_model().wanted() == Some(action);
    let wanted = shown.iter().find(|(action, ..)| is_wanted(*action));
    let mut kept = wanted.map_or(0, |(action, label, _)| width_of(*action, label) + 2);
    let mut used = 0;
    let mut fitting = Vec::new();
    for item in shown {
        let width = width_of(item.0, item.1) + 2;
        if is_wanted(item.0) {
            kept = 0;
        }
        if used + width + kept > room {
            // What is wanted still comes; without it, what has no room ends the line.
            if kept > 0 {
                continue;
            }
            break;
        }
        used += width;
        fitting.push(item);
    }
    let mut x = area.x;
    for (action, label, ready) in fitting.into_iter().chain(tail) {
        let width = width_of(action, label);
        if x + width > area.right() {
            break;
        }
        let (key, text) = if ready { (Role::Key, Role::Text) } else { (Role::Muted, Role::Muted) };
        let at = Rect { x, width, ..area };
        let line = Line::from(vec![
            Span::styled(view.key_now(action).unwrap_or_default(), view.style(key)),
            Span::styled(format!(" {label}"), view.style(text)),
        ]);
        frame.render_widget(line, at);
        view.hit(at, Hit::Action(action));
        x += width + 2;
    }
}

fn status(app: &App, chord: Option<Line<'static>>, frame: &mut Frame<'_>, area: Rect, view: &View<'_>) {
    let left = chord.unwrap_or_else(|| progress(app, view));
    let left_width = left.width();
    frame.render_widget(left, area);
    if let Some(toast) = app.newest_toast() {
        let line = toast.line(view);
        let room = usize::from(area.width).saturating_sub(left_width + usize::from(left_width > 0) * 2);
        let wanted = line.width();
        // A toast is read, a count can wait: it takes the line when both do not fit.
        let (width, clear) =
            if wanted <= room { (wanted, false) } else { (wanted.min(usize::from(area.width)), true) };
        let width = u16::try_from(width).unwrap_or(area.width);
        let at = Rect { x: area.right() - width, width, ..area };
        if clear {
            frame.render_widget(ratatui::widgets::Clear, area);
            frame.buffer_mut().set_style(area, view.theme.base());
        }
        let line = if wanted > usize::from(area.width) {
            let glyph = line.spans[0].clone();
            let words =
                shorten_end(&toast.words, usize::from(area.width) - glyph.width(), view.glyphs.ellipsis);
            Line::from(vec![glyph, Span::styled(words, view.style(Role::Text))])
        } else {
            line
        };
        frame.render_widget(line, at);
    }
}

fn progress(app: &App, view: &View<'_>) -> Line<'static> {
    let model = app.screens.get(app.place());
    let mut spans = Vec::new();
    if let Some(since) = model.waiting_since()
        && view.now.duration_since(since) >= super::SPINNER_AFTER
    {
        spans.push(Span::styled(format!("{} ", view.spinner(since)), view.style(Role::Accent)));
    }
    if let Some(line) = model.status(view) {
        spans.extend(line.spans);
    }
    Line::from(spans)
}

/// How a chord that has been begun can go on: one line, or two where there is no room; nothing where none was begun.
fn chord(app: &App, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    if app.pressed().is_empty() {
        return Vec::new();
    }
    let so_far: Vec<String> = app.pressed().iter().map(ToString::to_string).collect();
    let front = format!("{} ", so_far.join(" "));
    let indent = front.width();
    let mut lines = vec![Line::from(Span::styled(front, view.style(Role::Key)))];
    for (key, action) in app.look().keymap.continuations(&app.scopes(), app.pressed()) {
        if app.availability(action) == Availability::Hidden {
            continue;
        }
        let words = [
            Span::styled("  ", Style::new()),
            Span::styled(key, view.style(Role::Key)),
            Span::styled(format!(" {}", action.row().label), view.style(Role::Text)),
        ];
        let wanted: usize = words.iter().map(Span::width).sum();
        if lines.len() == 1 && lines[0].width() + wanted > width {
            lines.push(Line::from(" ".repeat(indent)));
        }
        if let Some(line) = lines.last_mut() {
            line.spans.extend(words);
        }
    }
    lines
}
