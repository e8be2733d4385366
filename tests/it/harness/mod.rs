//! The real app on a `TestBackend`: key strings in, text and styles out.
//!
//! ```ignore
//! let mut console = Harness::new(80, 24);
//! console.keys("/jane<Enter>e").await;   // every key is handled, then everything settles
//! assert!(console.text().contains("Change email"));
//! insta::assert_snapshot!(console.picture());
//! ```
//!
//! Nothing sleeps: [`Harness::settle`] handles messages until nothing is under way, [`Harness::until`] until the
//! screen says something, and time stands still until [`Harness::advance`].

mod picture;
pub mod svg;

use std::sync::{Arc, Mutex};

use idconsole::config::{Environment, Paths};
use idconsole::console::key::parse_typed;
use idconsole::console::{App, Console, Host, Input, Look, Msg, World};
use idconsole::ports::{Browser, Clipboard, Clock, FixedClock, SystemClock};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ratatui::backend::TestBackend;

/// The console under test.
pub struct Harness {
    /// The real loop's parts.
    pub console: Console<TestBackend, Suspensions>,
    /// The clock, standing still.
    pub clock: FixedClock,
    /// What was opened in the browser.
    pub browser: Opened,
    /// What was copied.
    pub clipboard: Copied,
    /// Configuration and data, gone with the harness.
    pub folder: tempfile::TempDir,
}

/// Counts how often the console was suspended.
#[derive(Debug, Default)]
pub struct Suspensions(pub usize);

impl Host for Suspensions {
    fn suspend(&mut self) -> std::io::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

/// A browser that only remembers.
#[derive(Debug, Clone, Default)]
pub struct Opened(Arc<Mutex<Vec<String>>>);

impl Opened {
    /// Every address, oldest first.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Browser for Opened {
    fn open(&self, url: &str) -> std::io::Result<()> {
        self.0.lock().unwrap().push(url.to_owned());
        Ok(())
    }
}

/// A clipboard that only remembers.
#[derive(Debug, Clone, Default)]
pub struct Copied(Arc<Mutex<Vec<String>>>);

impl Copied {
    /// Every text, oldest first.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Clipboard for Copied {
    fn put(&self, text: &str) -> std::io::Result<()> {
        self.0.lock().unwrap().push(text.to_owned());
        Ok(())
    }
}

/// 2026-01-05 10:00 UTC, when every test begins.
pub fn beginning() -> Timestamp {
    "2026-01-05T10:00:00Z".parse().unwrap()
}

impl Harness {
    /// A console of this size with the default look and nothing configured, begun.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with_look(width, height, Look::default())
    }

    /// A console with another look.
    pub fn with_look(width: u16, height: u16, look: Look) -> Self {
        Self::start(width, height, look, "", |world| world)
    }

    /// A console that finds this `config.toml`; begun and settled.
    pub async fn with_config(width: u16, height: u16, config: &str) -> Self {
        let mut console = Self::start(width, height, Look::default(), config, |world| world);
        console.settle().await;
        console
    }

    /// A console with everything chosen. It has drawn its first frame and asked its first questions.
    pub fn start(
        width: u16,
        height: u16,
        look: Look,
        config: &str,
        change: impl FnOnce(World) -> World,
    ) -> Self {
        Self::start_at(beginning(), width, height, look, config, change)
    }

    /// The same, beginning at the present: the embedded platform has a clock of its own.
    pub fn start_now(
        width: u16,
        height: u16,
        look: Look,
        config: &str,
        change: impl FnOnce(World) -> World,
    ) -> Self {
        Self::start_at(SystemClock.now(), width, height, look, config, change)
    }

    fn start_at(
        at: Timestamp,
        width: u16,
        height: u16,
        look: Look,
        config: &str,
        change: impl FnOnce(World) -> World,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::under(folder.path());
        std::fs::create_dir_all(paths.config_dir()).unwrap();
        std::fs::write(paths.config_file(), config).unwrap();
        Self::start_in(folder, at, width, height, look, change)
    }

    /// The process is gone, whatever was under way; a new one on the same folders.
    pub fn killed_and_started(self) -> Self {
        let size = self.console.terminal.size().unwrap();
        let Self { console, clock, folder, .. } = self;
        drop(console);
        Self::start_in(folder, clock.now(), size.width, size.height, Look::default(), |world| world)
    }

    fn start_in(
        folder: tempfile::TempDir,
        at: Timestamp,
        width: u16,
        height: u16,
        look: Look,
        change: impl FnOnce(World) -> World,
    ) -> Self {
        let clock = FixedClock::at(at);
        let (browser, clipboard) = (Opened::default(), Copied::default());
        let paths = Paths::under(folder.path());
        let world = World::new(
            Arc::new(clock.clone()),
            Arc::new(browser.clone()),
            Arc::new(clipboard.clone()),
            paths,
            Environment::default(),
        );
        // The same time zone on every machine.
        let look = Look { zone: TimeZone::fixed(jiff::tz::offset(1)), ..look };
        let app = App::new(look, clock.now());
        let backend = TestBackend::new(width, height);
        let mut console = Console::new(app, backend, Suspensions::default(), change(world)).unwrap();
        console.begin().unwrap();
        console.draw().unwrap();
        Self { console, clock, browser, clipboard, folder }
    }

    /// Presses the keys of a key string, one by one, settling after each.
    pub async fn keys(&mut self, written: &str) -> &mut Self {
        for key in parse_typed(written).unwrap() {
            self.console.handle(Msg::Key(key)).unwrap();
            self.settle().await;
        }
        self
    }

    /// Hands the console a message as the runtime would.
    pub async fn tell(&mut self, msg: Msg) -> &mut Self {
        self.console.handle(msg).unwrap();
        self.settle().await;
        self
    }

    /// Hands the console an event as the terminal would.
    pub async fn input(&mut self, input: Input) -> &mut Self {
        self.console.input(input).unwrap();
        self.settle().await;
        self
    }

    /// Clicks on the first place where the screen says `words`.
    pub async fn click(&mut self, words: &str) -> &mut Self {
        let at =
            picture::find(self.buffer(), words).unwrap_or_else(|| panic!("no `{words}` in\n{}", self.text()));
        self.tell(Msg::Clicked(at)).await
    }

    /// Handles messages until nothing is under way.
    pub async fn settle(&mut self) -> &mut Self {
        let limit = std::time::Duration::from_secs(60);
        let settled = tokio::time::timeout(limit, self.console.settle()).await.is_ok();
        assert!(settled, "does not settle; the screen:\n{}", self.text());
        self
    }

    /// Handles messages until the screen says `words`; for flows that wait for somebody outside.
    pub async fn until(&mut self, words: &str) -> &mut Self {
        self.until_any(&[words]).await
    }

    /// Handles messages until the screen says one of these.
    pub async fn until_any(&mut self, words: &[&str]) -> &mut Self {
        let limit = std::time::Duration::from_secs(60);
        let seen = tokio::time::timeout(limit, async {
            while !words.iter().any(|words| self.text().contains(words)) {
                self.console.next_message().await.unwrap();
            }
        });
        let seen = seen.await.is_ok();
        assert!(seen, "never says {words:?}; the screen:\n{}", self.text());
        self
    }

    /// Lets time pass, waking the console at every moment it asked for, as the loop does.
    pub async fn advance(&mut self, by: SignedDuration) -> &mut Self {
        let end = self.clock.now().checked_add(by).unwrap();
        while let Some(at) = self.console.app.next_change(self.clock.now()).filter(|at| *at <= end) {
            self.clock.set(at);
            self.tell(Msg::Woke).await;
        }
        self.clock.set(end);
        self
    }

    /// Gives the terminal another size.
    pub async fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.console.terminal.backend_mut().resize(width, height);
        self.tell(Msg::Resized).await
    }

    /// What is drawn.
    pub fn buffer(&self) -> &ratatui::buffer::Buffer {
        self.console.terminal.backend().buffer()
    }

    /// The screen as text, without the blanks at the ends of lines.
    pub fn text(&self) -> String {
        picture::text(self.buffer())
    }

    /// Writes the screen as an SVG into the folder that `PICTURES` names, for looking at it. Does nothing without.
    pub fn keep(&self, name: &str) -> &Self {
        if let Some(folder) = std::env::var_os("PICTURES") {
            let path = std::path::Path::new(&folder).join(format!("{name}.svg"));
            std::fs::write(path, self.svg()).unwrap();
        }
        self
    }

    /// The screen as an SVG.
    pub fn svg(&self) -> String {
        svg::picture(self.buffer())
    }

    /// Text and styles, to be kept as a snapshot: below each line that is styled stands a line of letters, and a
    /// legend says which style each letter is.
    pub fn picture(&self) -> String {
        picture::styled(self.buffer())
    }
}
