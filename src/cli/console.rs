//! Opens the console on the real terminal.
//!
//! Before the first frame only small files are read: settings, theme, keys.

use std::fs;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use crossterm::event::{Event, KeyCode};
use futures::{Stream, StreamExt as _};
use ratatui::backend::CrosstermBackend;

use crate::config::{ReadOnly, suggestion};
use crate::console::glyphs::Glyphs;
use crate::console::keymap::Keymap;
use crate::console::mistake::Mistake;
use crate::console::runtime::Beginning;
use crate::console::theme::Theme;
use crate::console::{App, Console, Failure as Said, Input, Look, World, terminal};
use crate::ports::{Clock, SystemClock};

use super::clipboard::SystemClipboard;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;

/// Large enough for a full frame of a large terminal, so that a frame is one write.
const FRAME: usize = 256 * 1024;

/// Runs the console on the connection that is meant until the person leaves.
pub fn open(context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let beginning = context.shared.profile.clone().map_or(Beginning::Meant, Beginning::Named);
    run(context, beginning, io)
}

/// Runs the console, or the conversation that stands in for it, until the person leaves.
pub fn run(context: &Context, beginning: Beginning, io: &mut Io<'_>) -> Result<Exit, Failure> {
    if context.shared.plain || !fits(context, io)? {
        talk(context, beginning, io)
    } else {
        draw(context, beginning)
    }
}

/// Whether the terminal can show the console. Where it cannot, the conversation is offered, never forced on anybody.
fn fits(context: &Context, io: &mut Io<'_>) -> Result<bool, Failure> {
    let plain = "`idconsole --plain` asks line by line instead; `idconsole --help` lists the commands.";
    if !io::stdin().is_terminal() || !io.out_is_terminal {
        let which = if io.out_is_terminal { "input" } else { "output" };
        return Err(Failure::new(
            Exit::Local,
            format!("The console needs a terminal, and standard {which} is none."),
        )
        .next(plain));
    }
    if std::env::var_os("TERM").is_none_or(|term| term != "dumb") {
        return Ok(true);
    }
    let what = "This terminal (TERM=dumb) cannot show the console: nothing can be drawn on it.";
    if context.shared.no_input || !io.can_ask {
        return Err(Failure::new(Exit::Local, what).next(plain));
    }
    io.note(what)?;
    if io.confirm("Go on line by line, as `idconsole --plain` does?", plain)? {
        return Ok(false);
    }
    Err(Failure::new(Exit::Local, "The console was not opened.").next(plain))
}

/// The conversation, on a runtime of its own.
fn talk(context: &Context, beginning: Beginning, io: &mut Io<'_>) -> Result<Exit, Failure> {
    if context.shared.no_input {
        return Err(Failure::usage("--plain is made of questions, and --no-input forbids them."));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(super::plain::run(context, beginning, io.out));
    runtime.shutdown_background();
    result
}

fn draw(context: &Context, beginning: Beginning) -> Result<Exit, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (look, mistakes) = look(context);
    let mut app = App::new(look, clock.now());
    for mistake in mistakes {
        app.begin_with(mistake);
    }
    let clipboard = SystemClipboard { by_terminal: context.config.settings().osc52 };
    let world = World::new(
        clock,
        Arc::new(crate::auth::SystemBrowser),
        Arc::new(clipboard),
        context.paths.clone(),
        context.environment.clone(),
    )
    .beginning(beginning)
    .read_only(ReadOnly::of_run(context.shared.read_only, context.config.settings()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    terminal::restore_on_panic();
    let result = runtime.block_on(async {
        let host = terminal::take()?;
        let backend = CrosstermBackend::new(io::BufWriter::with_capacity(FRAME, io::stdout()));
        let mut console = Console::new(app, backend, host, world)?;
        console.run(with_panic_key(terminal::input()?)).await
    });
    terminal::give_back();
    // A question that is still on its way must not keep anybody waiting.
    runtime.shutdown_background();
    result?;
    Ok(Exit::Done)
}

/// In debug builds F12 panics when `IDCONSOLE_TEST_PANIC` is set: the test that the terminal comes back needs a
/// fault of the loop at a moment of its choice.
fn with_panic_key(
    input: impl Stream<Item = io::Result<Input>> + Send + Unpin,
) -> impl Stream<Item = io::Result<Input>> + Unpin {
    let armed = cfg!(debug_assertions) && std::env::var_os("IDCONSOLE_TEST_PANIC").is_some();
    input.inspect(move |input| {
        let pressed = matches!(input, Ok(Input::Terminal(Event::Key(key))) if key.code == KeyCode::F(12));
        assert!(!(armed && pressed), "asked for by a test");
    })
}

/// Theme, signs and keys: what the command line says, then the settings. A file with a mistake is said and
/// replaced by what comes with the console.
fn look(context: &Context) -> (Look, Vec<Said>) {
    let settings = context.config.settings();
    let mut mistakes = Vec::new();
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let named = match (&context.shared.theme, &settings.theme) {
        (Some(name), _) => Some(name.as_str()),
        (None, _) if no_colour => Some("mono"),
        (None, name) => name.as_deref(),
    };
    let theme = match named {
        None | Some("default") => Theme::default(),
        Some(name) => theme(name, context).unwrap_or_else(|failure| {
            mistakes.push(failure);
            Theme::default()
        }),
    };
    let keys = context.paths.keys_file();
    let keymap = match fs::read_to_string(&keys) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Keymap::default(),
        Err(error) => {
            mistakes.push(unreadable(&keys.display().to_string(), &error));
            Keymap::default()
        }
        Ok(written) => Keymap::read(&keys.display().to_string(), &written).unwrap_or_else(|wrongs| {
            let instead = "The console's own keys are used until it is corrected.";
            let more = match wrongs.len() {
                0 | 1 => instead.to_owned(),
                n => format!("{} more in the file; `idconsole config check` tells them. {instead}", n - 1),
            };
            mistakes.extend(wrongs.first().map(|first| wrong(first, &more)));
            Keymap::default()
        }),
    };
    let ascii = context.shared.ascii || settings.ascii || !speaks_utf8();
    let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
    (
        Look {
            theme,
            glyphs,
            keymap,
            layouts: Arc::new(settings.columns.clone()),
            zone: crate::ports::local_zone(),
        },
        mistakes,
    )
}

/// A theme of one's own goes before one of the same name that comes with the console, and lies over it.
fn theme(name: &str, context: &Context) -> Result<Theme, Said> {
    let file = if name.contains(['/', '.']) {
        name.into()
    } else {
        context.paths.themes_dir().join(format!("{name}.toml"))
    };
    let shown = crate::identity::text::shown(&file.display().to_string()).into_owned();
    let written = match fs::read_to_string(&file) {
        Ok(written) => written,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Theme::embedded(name).ok_or_else(|| no_theme(name, &shown, &context.paths.themes_dir()));
        }
        Err(error) => return Err(unreadable(&shown, &error)),
    };
    Theme::read(name, &shown, &written)
        .map_err(|mistake| wrong(&mistake, "The default theme is used until it is corrected."))
}

/// Nothing has that name.
fn no_theme(name: &str, file: &str, folder: &std::path::Path) -> Said {
    let own = themes_in(folder);
    let known: Vec<&str> = Theme::names().into_iter().chain(own.iter().map(String::as_str)).collect();
    let meant = suggestion(name, &known);
    Said::new(format!("There is no theme `{}`: {meant}", crate::identity::text::shown(name)))
        .because(format!("Looked for {file}."))
        .then("The default theme is used.")
}

/// The names of the theme files in a folder.
pub(super) fn themes_in(folder: &std::path::Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".toml")?.to_owned())).collect();
    names.sort();
    names
}

fn wrong(mistake: &Mistake, instead: &str) -> Said {
    Said::new(mistake.to_string()).then(instead)
}

fn unreadable(file: &str, error: &io::Error) -> Said {
    Said::new(format!("{file} cannot be read: {error}.")).then("What comes with the console is used instead.")
}

/// The locale's encoding, as the C library would find it. Systems without these variables speak UTF-8.
pub(super) fn speaks_utf8() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set) {
        None => true,
        Some(locale) => {
            let locale = locale.to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
    }
}
