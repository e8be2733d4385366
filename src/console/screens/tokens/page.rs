//! The views of a token, and what is selected in each.

use crate::console::widgets::scroll::Scroll;

/// One view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Page {
    /// Why it is refused.
    Why,
    /// What it says.
    #[default]
    Claims,
    /// Its times.
    Times,
    /// Whether it is true, step by step.
    Checks,
    /// Beside another.
    Compare,
    /// As it stands, without its secrets.
    Raw,
}

impl Page {
    pub const ALL: &[Self] = &[Self::Why, Self::Claims, Self::Times, Self::Checks, Self::Compare, Self::Raw];

    pub fn title(self) -> &'static str {
        match self {
            Self::Why => "Why",
            Self::Claims => "Claims",
            Self::Times => "Times",
            Self::Checks => "Checks",
            Self::Compare => "Compare",
            Self::Raw => "Raw",
        }
    }

    /// Its lines can be selected; the others are only scrolled.
    pub fn selects(self) -> bool {
        matches!(self, Self::Why | Self::Claims)
    }
}

/// Which view is shown, and where one is in each.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub page: Page,
    at: [usize; 6],
    scrolls: [Scroll; 6],
    /// Scrolled by hand: the selected line may be out of view.
    pub free: bool,
}

impl Reading {
    /// Another token: from the top.
    pub fn restart(&mut self, page: Page) {
        *self = Self { page, ..Self::default() };
    }

    pub fn at(&self) -> usize {
        self.at[self.page as usize]
    }

    pub fn choose(&mut self, at: usize) {
        self.free = false;
        self.at[self.page as usize] = at;
    }

    pub fn scroll(&self) -> &Scroll {
        &self.scrolls[self.page as usize]
    }

    pub fn turn(&mut self, by: isize) {
        let at = Page::ALL.iter().position(|page| *page == self.page).unwrap_or(0);
        self.page = Page::ALL[at.saturating_add_signed(by).min(Page::ALL.len() - 1)];
        self.free = false;
    }

    pub fn by(&mut self, rows: isize) {
        self.free = true;
        self.scrolls[self.page as usize].by(rows.clamp(-100_000, 100_000));
    }

    pub fn pages(&mut self, pages: isize) {
        self.free = true;
        self.scrolls[self.page as usize].pages(pages);
    }
}
