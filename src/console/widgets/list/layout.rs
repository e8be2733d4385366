//! Which columns of a list are shown, and in which order. Kept in `config.toml` by the titles of the columns.

use std::collections::BTreeMap;

use crate::console::widgets::table::Column;

/// What was chosen, by the name of the list: titles in order, those that are hidden with a `-` in front.
pub type Layouts = BTreeMap<String, Vec<String>>;

/// Every column of a list in the order in which somebody wants them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout(Vec<(usize, bool)>);

impl Layout {
    /// The layout of a list as it was kept. Titles that no column has are passed over; columns that it does not name
    /// come last and are shown, as a newer idconsole may have more of them. The column with priority 0 is always
    /// shown.
    pub fn of(columns: &[Column], kept: Option<&Vec<String>>) -> Self {
        let mut order = Vec::with_capacity(columns.len());
        for written in kept.into_iter().flatten() {
            let (title, shown) = match written.strip_prefix('-') {
                Some(title) => (title, false),
                None => (written.as_str(), true),
            };
            let at = columns.iter().position(|column| column.title == title);
            if let Some(at) = at.filter(|at| !order.iter().any(|(known, _)| known == at)) {
                order.push((at, shown || columns[at].priority == 0));
            }
        }
        let missing: Vec<usize> =
            (0..columns.len()).filter(|at| !order.iter().any(|(known, _)| known == at)).collect();
        order.extend(missing.into_iter().map(|at| (at, true)));
        Self(order)
    }

    /// As it is kept.
    pub fn written(&self, columns: &[Column]) -> Vec<String> {
        let written = |(at, shown): &(usize, bool)| {
            let sign = if *shown { "" } else { "-" };
            columns.get(*at).map(|column| format!("{sign}{}", column.title))
        };
        self.0.iter().filter_map(written).collect()
    }

    /// Every column in order: its number and whether it is shown.
    pub fn all(&self) -> &[(usize, bool)] {
        &self.0
    }

    /// The columns that are shown, in order.
    pub fn shown(&self) -> Vec<usize> {
        self.0.iter().filter(|(_, shown)| *shown).map(|(at, _)| *at).collect()
    }

    /// Shows or hides the column at a place; the one with priority 0 stays. False when nothing changed.
    pub fn toggle(&mut self, place: usize, columns: &[Column]) -> bool {
        match self.0.get_mut(place) {
            Some((at, shown)) if columns.get(*at).is_some_and(|column| column.priority > 0) => {
                *shown = !*shown;
                true
            }
            _ => false,
        }
    }

    /// Moves the column at a place by one; the place where it is then.
    pub fn shift(&mut self, place: usize, later: bool) -> usize {
        let other = if later { place + 1 } else { place.saturating_sub(1) };
        if place < self.0.len() && other < self.0.len() {
            self.0.swap(place, other);
            other
        } else {
            place
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::widgets::shorten::Cut;

    const fn column(title: &'static str, priority: u8) -> Column {
        Column { title, priority, min: 4, max: 8, right: false, cut: Cut::End }
    }

    const COLUMNS: &[Column] = &[column("name", 0), column("email", 1), column("mfa", 2)];

    fn kept(titles: &[&str]) -> Layout {
        Layout::of(COLUMNS, Some(&titles.iter().map(|title| (*title).to_owned()).collect()))
    }

    #[test]
    fn what_was_kept_comes_back_and_what_is_new_is_shown_last() {
        let layout = kept(&["mfa", "-email"]);
        assert_eq!(layout.shown(), [2, 0]);
        assert_eq!(layout.written(COLUMNS), ["mfa", "-email", "name"]);
    }

    #[test]
    fn unknown_and_repeated_titles_do_no_harm_and_the_name_stays() {
        assert_eq!(kept(&["shoe size", "email", "email", "-name"]).shown(), [1, 0, 2]);
        let mut layout = Layout::of(COLUMNS, None);
        assert!(!layout.toggle(0, COLUMNS));
        assert!(layout.toggle(1, COLUMNS));
        assert_eq!(layout.shown(), [0, 2]);
    }

    #[test]
    fn columns_move_by_one_and_stop_at_the_ends() {
        let mut layout = Layout::of(COLUMNS, None);
        assert_eq!(layout.shift(0, false), 0);
        assert_eq!(layout.shift(0, true), 1);
        assert_eq!(layout.shift(1, true), 2);
        assert_eq!(layout.shift(2, true), 2);
        assert_eq!(layout.shown(), [1, 2, 0]);
    }
}
