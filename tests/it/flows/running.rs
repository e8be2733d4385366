//! The loop itself: what it draws, when it ends, what it passes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures::stream;
use idconsole::config::{Environment, Paths};
use idconsole::console::{App, Console, Input, Look, World};
use idconsole::ports::{Clock, FixedClock};
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use crate::harness::{Copied, Opened, Suspensions, beginning};

/// Counts the frames that are drawn.
struct Counting {
    inner: TestBackend,
    frames: Arc<AtomicUsize>,
}

impl Backend for Counting {
    type Error = <TestBackend as Backend>::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), Self::Error> {
        self.frames.fetch_add(1, Ordering::SeqCst);
        self.inner.draw(content)
    }
    fn hide_cursor(&mut self) -> Result<(), Self::Error> {
        self.inner.hide_cursor()
    }
    fn show_cursor(&mut self) -> Result<(), Self::Error> {
        self.inner.show_cursor()
    }
    fn get_cursor_position(&mut self) -> Result<Position, Self::Error> {
        self.inner.get_cursor_position()
    }
    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Self::Error> {
        self.inner.set_cursor_position(position)
    }
    fn clear(&mut self) -> Result<(), Self::Error> {
        self.inner.clear()
    }
    fn clear_region(&mut self, clear: ClearType) -> Result<(), Self::Error> {
        self.inner.clear_region(clear)
    }
    fn size(&self) -> Result<Size, Self::Error> {
        self.inner.size()
    }
    fn window_size(&mut self) -> Result<WindowSize, Self::Error> {
        self.inner.window_size()
    }
    fn flush(&mut self) -> Result<(), Self::Error> {
        self.inner.flush()
    }
}

fn console(folder: &tempfile::TempDir) -> (Console<Counting, Suspensions>, Arc<AtomicUsize>) {
    let clock = FixedClock::at(beginning());
    let world = World::new(
        Arc::new(clock.clone()),
        Arc::new(Opened::default()),
        Arc::new(Copied::default()),
        Paths::under(folder.path()),
        Environment::default(),
    );
    let frames = Arc::new(AtomicUsize::new(0));
    let backend = Counting { inner: TestBackend::new(80, 24), frames: Arc::clone(&frames) };
    let app = App::new(Look::default(), clock.now());
    (Console::new(app, backend, Suspensions::default(), world).unwrap(), frames)
}

fn key(c: char) -> Input {
    Input::Terminal(Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)))
}

#[tokio::test]
async fn everything_that_came_together_is_drawn_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut console, frames) = console(&folder);
    // Help opens, is scrolled forty times and is left with the console; all of it is there at once.
    let mut events = vec![Ok(key('?'))];
    events.extend((0..40).map(|_| Ok(key('j'))));
    events.push(Ok(Input::Terminate));
    console.run(Box::pin(stream::iter(events))).await.unwrap();
    let drawn = frames.load(Ordering::SeqCst);
    assert!(drawn <= 2, "{drawn} frames");
}

#[tokio::test]
async fn the_loop_ends_when_the_input_does() {
    let folder = tempfile::tempdir().unwrap();
    let (mut console, _) = console(&folder);
    console.run(Box::pin(stream::empty())).await.unwrap();
    assert!(console.app.is_finished());
}

#[tokio::test]
async fn being_stopped_from_outside_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let (mut console, _) = console(&folder);
    let events = vec![Ok(Input::Suspend), Ok(Input::Terminate)];
    console.run(Box::pin(stream::iter(events))).await.unwrap();
    assert_eq!(console.host().0, 1);
}

#[tokio::test]
async fn what_does_not_concern_the_screen_is_not_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let (mut console, frames) = console(&folder);
    console.begin().unwrap();
    console.settle().await.unwrap();
    let before = frames.load(Ordering::SeqCst);
    for event in [Event::FocusLost, Event::FocusGained] {
        console.input(Input::Terminal(event)).unwrap();
        console.draw().unwrap();
    }
    assert_eq!(frames.load(Ordering::SeqCst), before);
}
