//! Keys and clicks: which action they mean here.

use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::layout::Position;

use super::App;
use crate::console::action::{Action, Availability, Group, Scope};
use crate::console::effect::Effect;
use crate::console::key::Key;
use crate::console::keymap::Meaning;
use crate::console::model::Hit;

impl App {
    /// The scopes whose keys are live, innermost first.
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes = self.top().scopes();
        scopes.push(Scope::Global);
        scopes
    }

    pub(super) fn key(&mut self, key: Key) -> Vec<Effect> {
        let typing = self.top().takes_text();
        if typing && self.pressed.is_empty() && edits_text(key) {
            return self.with_top(|model, ctx| model.typed(key, ctx));
        }
        let scopes = self.scopes();
        let guarded = typing || !self.overlays.is_empty();
        self.pressed.push(key);
        let meaning = {
            // In a dialog or while typing, only such global keys work that nobody types by accident.
            let skip = |action: Action| {
                (guarded && action.row().scope == Scope::Global && !reaches_through(action, key))
                    || self.availability(action) == Availability::Hidden
            };
            self.look.keymap.meaning(&scopes, &self.pressed, skip)
        };
        match meaning {
            Meaning::Prefix => Vec::new(),
            Meaning::Action(action) => {
                self.pressed.clear();
                self.act(action)
            }
            Meaning::Nothing => {
                let begun = self.pressed.len() > 1;
                self.pressed.clear();
                if begun {
                    // A chord that leads nowhere is dropped; its last key still counts for itself.
                    return self.key(key);
                }
                Vec::new()
            }
        }
    }

    pub(super) fn clicked(&mut self, at: Position) -> Vec<Effect> {
        let hit = self.hits.borrow().iter().rev().find(|(area, _)| area.contains(at)).map(|(_, hit)| *hit);
        match hit {
            Some(Hit::Action(action)) => self.act(action),
            Some(Hit::Tab(place)) if self.overlays.is_empty() => self.go(place),
            Some(hit @ (Hit::Row(_) | Hit::Part(_))) => self.with_top(|model, ctx| model.clicked(hit, ctx)),
            Some(Hit::Tab(_) | Hit::Nothing) | None => {
                self.dirty = self.owed;
                Vec::new()
            }
        }
    }
}

/// Keys that edit a line of text and are not looked up while one is being typed.
fn edits_text(key: Key) -> bool {
    match (key.code, key.modifiers) {
        (KeyCode::Char(_), KeyModifiers::NONE)
        | (
            KeyCode::Backspace
            | KeyCode::Delete
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::Home
            | KeyCode::End,
            _,
        ) => true,
        (KeyCode::Char(c), KeyModifiers::CONTROL) => matches!(c, 'a' | 'e' | 'w' | 'u' | 'k' | 'h'),
        (KeyCode::Char(c), KeyModifiers::ALT) => matches!(c, 'b' | 'f' | 'd'),
        _ => false,
    }
}

/// Global keys that work even in a dialog: those of the console itself that type nothing.
fn reaches_through(action: Action, key: Key) -> bool {
    action.row().group == Group::Console
        && action != Action::Palette
        && action != Action::Help
        && key.typed().is_none()
}
