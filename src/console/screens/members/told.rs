//! What other screens want of the members: a survey, whose an external id is, one member, a filter.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Load, Members};
use crate::console::model::{Ctx, Note};
use crate::console::screens::Place;
use crate::console::slot::Slot;
use crate::identity::linkage::{self, Histories, Idps, Survey, erased};
use crate::identity::{MembershipId, ProjectId};

/// Most members told of whom an external id comes near.
const NEAR: usize = 200;

/// The last survey, kept until a member changes. Nobody pays for one before a screen has wanted it.
#[derive(Debug, Default)]
pub(super) struct Surveys {
    wanted: bool,
    idps: Option<Arc<Idps>>,
    made: Option<Arc<Survey>>,
    /// The external ids of before, as far as histories were read since the members were loaded.
    histories: Histories,
}

impl Members {
    /// A member came, changed or left.
    pub(super) fn changed(&mut self) {
        self.surveys.made = None;
    }

    /// Tells a new survey where one was wanted before.
    pub(super) fn survey_again(&mut self, ctx: &mut Ctx) {
        self.changed();
        if self.surveys.wanted {
            self.tell_survey(ctx);
        }
    }

    pub(super) fn survey_wanted(&mut self, idps: Option<&Arc<Idps>>, ctx: &mut Ctx) {
        self.surveys.wanted = true;
        if let Some(idps) = idps
            && self.surveys.idps.as_ref() != Some(idps)
        {
            self.surveys.idps = Some(Arc::clone(idps));
            self.surveys.made = None;
        }
        self.tell_survey(ctx);
    }

    fn tell_survey(&mut self, ctx: &mut Ctx) {
        let Some(directory) = &self.directory else { return };
        let partial = self.load != Load::Ready;
        let survey = match &self.surveys.made {
            Some(made) => Arc::clone(made),
            None => Arc::new(linkage::survey(directory, self.surveys.idps.as_deref())),
        };
        self.surveys.made = Some(Arc::clone(&survey));
        let survey = if self.surveys.histories.values().any(|former| erased(former).is_some()) {
            let mut told = Survey::clone(&survey);
            told.add_erased(directory, &self.surveys.histories);
            Arc::new(told)
        } else {
            survey
        };
        ctx.tell(Note::Surveyed { survey, partial });
    }

    pub(super) fn look_up(&self, wanted: &str, ctx: &mut Ctx) {
        let Some(directory) = &self.directory else { return };
        let hits = linkage::find(directory, &self.surveys.histories, wanted, NEAR);
        ctx.tell(Note::LookedUp { wanted: wanted.to_owned(), hits });
    }

    /// The projects that members are seen of, that of the selected one first.
    pub(super) fn projects(&self) -> Vec<ProjectId> {
        let mut found: Vec<ProjectId> = self.current().map(|member| member.project()).into_iter().collect();
        let mut seen: BTreeSet<u16> =
            self.current().map(|member| member.project_number()).into_iter().collect();
        let directory = self.directory.iter();
        let members = directory
            .flat_map(|directory| (0..directory.len()).filter_map(|n| directory.member(directory.nth(n)?)));
        for member in members {
            if seen.insert(member.project_number()) {
                found.push(member.project());
            }
        }
        found
    }

    /// Histories told the external ids of before.
    pub(super) fn histories_read(&mut self, read: Histories, ctx: &mut Ctx) {
        let lost = read.values().any(|former| erased(former).is_some());
        self.surveys.histories.extend(read);
        if lost && self.surveys.wanted {
            self.tell_survey(ctx);
        }
    }

    /// What the histories told holds no longer: of this member, or of anybody.
    pub(super) fn forget_histories(&mut self, of: Option<&MembershipId>) {
        match of {
            Some(id) => drop(self.surveys.histories.remove(id)),
            None => self.surveys.histories.clear(),
        }
    }

    pub(super) fn histories_wanted(&self, most: usize, ctx: &mut Ctx) {
        let Some(directory) = &self.directory else { return };
        let next = linkage::worth_reading(directory, &self.surveys.histories, most);
        ctx.tell(Note::WorthReading(next));
    }

    /// Opens the record of a member.
    pub(super) fn show(&mut self, id: &MembershipId, ctx: &mut Ctx) {
        let Some(directory) = &mut self.directory else { return };
        let Some(row) = directory.find(id) else { return };
        let filter =
            if directory.line_of(row).is_none() { String::new() } else { self.list.filter().to_owned() };
        self.list.set_filter(&filter, directory);
        self.list.settle_on(row);
        self.follow();
        self.open_record(ctx);
        ctx.go(Place::Members);
    }

    /// Shows the members that match.
    pub(super) fn show_matching(&mut self, filter: &str, ctx: &mut Ctx) {
        if self.record.take().is_some() {
            ctx.cancel(Slot::Person);
            ctx.cancel(Slot::History);
        }
        if let Some(directory) = &mut self.directory {
            self.list.set_filter(filter, directory);
        }
        ctx.go(Place::Members);
    }
}
