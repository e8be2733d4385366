//! The sweep over all members: counts, and what is wrong with external ids.

use std::borrow::Cow;
use std::collections::HashMap;

use super::find::without_prefix;
use super::former::{Histories, erased};
use super::idps::Idps;
use super::standing::{Plain, Works, standing};
use crate::identity::directory::{Directory, Linkage, Member, Severity};
use crate::identity::{Domain, MembershipId, Seen, Text, UserId};

/// A kind of finding, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Two members of a project carry the same id.
    SameId,
    /// A comma or a backslash: never found (platform-api §17).
    CannotMatch,
    /// This identifier against this IdP cannot work.
    CannotWork,
    /// The id was there once and was erased.
    Erased,
    /// The same id but for case, white space or a provider's prefix.
    NearId,
    /// White space around the id, which is compared byte for byte.
    Padded,
    /// The id is an address.
    LooksLikeEmail,
    /// Of another form than most ids of the project.
    OtherForm,
    /// One of a domain's staff without an id where others have one.
    WithoutId,
    /// `User.externalId`, from before memberships had one.
    Legacy,
}

impl Kind {
    /// All of them, the worst first.
    pub const ALL: [Self; 10] = [
        Self::SameId,
        Self::CannotMatch,
        Self::CannotWork,
        Self::Erased,
        Self::NearId,
        Self::Padded,
        Self::LooksLikeEmail,
        Self::OtherForm,
        Self::WithoutId,
        Self::Legacy,
    ];

    /// The heading of its group.
    pub fn words(self) -> &'static str {
        match self {
            Self::SameId => "same id twice",
            Self::CannotMatch => "id never matches",
            Self::CannotWork => "cannot sign in",
            Self::Erased => "id was erased",
            Self::NearId => "almost the same id",
            Self::Padded => "blanks around id",
            Self::LooksLikeEmail => "id is an address",
            Self::OtherForm => "id of another form",
            Self::WithoutId => "staff without id",
            Self::Legacy => "id on the user",
        }
    }

    /// One word for programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::SameId => "same-id",
            Self::CannotMatch => "cannot-match",
            Self::CannotWork => "cannot-work",
            Self::Erased => "erased",
            Self::NearId => "near-id",
            Self::Padded => "padded",
            Self::LooksLikeEmail => "looks-like-email",
            Self::OtherForm => "other-form",
            Self::WithoutId => "without-id",
            Self::Legacy => "legacy",
        }
    }

    /// How bad.
    pub fn severity(self) -> Severity {
        match self {
            Self::SameId | Self::CannotMatch | Self::CannotWork | Self::Erased => Severity::Error,
            Self::NearId
            | Self::Padded
            | Self::LooksLikeEmail
            | Self::OtherForm
            | Self::WithoutId
            | Self::Legacy => Severity::Warning,
        }
    }
}

/// A member as a finding holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The membership.
    pub membership: MembershipId,
    /// The user, when it is a person's.
    pub user: Option<UserId>,
    /// The name.
    pub name: Text,
    /// Whatever address is known.
    pub email: Text,
    /// The external id.
    pub external_id: Option<Text>,
    /// Let in.
    pub active: bool,
    /// Project admin.
    pub admin: bool,
}

impl Subject {
    /// Of a member.
    pub fn of(member: &Member<'_>) -> Self {
        Self {
            membership: member.id(),
            user: member.user_id(),
            name: member.name_text(),
            email: Text::from(member.email_raw()),
            external_id: member.external_id_text(),
            active: member.active(),
            admin: member.admin(),
        }
    }
}

/// Something wrong, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub kind: Kind,
    /// With whom.
    pub who: Subject,
    /// What was seen and what it means, in a sentence; safe to show.
    pub evidence: String,
    /// The id to put back, when one was erased.
    pub restore: Option<Text>,
}

/// By what people are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Members in all.
    pub members: u64,
    /// By external id.
    pub external_id: u64,
    /// By email.
    pub email: u64,
    /// By nothing that is known.
    pub none: u64,
    /// Carry an external id and an address: two doors.
    pub both: u64,
    /// Not active.
    pub inactive: u64,
    /// Project admins, active.
    pub admins: u64,
    /// Active, second factor known and not enrolled.
    pub no_factor: u64,
    /// Active, second factor not visible.
    pub factor_unknown: u64,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// By what people are recognised.
    pub counts: Counts,
    /// By kind, then by name.
    pub findings: Vec<Finding>,
    /// Active people by the domain of their address, the most first; without an address under the empty name.
    pub domains: Vec<(String, u64)>,
}

impl Survey {
    /// How many findings of a kind.
    pub fn of(&self, kind: Kind) -> usize {
        self.findings.iter().filter(|finding| finding.kind == kind).count()
    }

    /// Adds what histories told: who lost which id, and when. Such a member is no longer one who merely has none.
    pub fn add_erased(&mut self, directory: &Directory, read: &Histories) {
        let mut added = false;
        for lost in read.values().filter_map(|former| erased(former)) {
            let member = directory.find(&lost.member).and_then(|row| directory.member(row));
            // What stands there now decides, not what a history told before.
            let Some(member) = member.filter(|member| member.external_id_raw().is_empty()) else { continue };
            let when = lost.until.strftime("%Y-%m-%d %H:%M UTC");
            let id = &lost.external_id;
            let found = Finding {
                kind: Kind::Erased,
                who: Subject::of(&member),
                evidence: format!("{id} was there until {when}, when the membership was written without it"),
                restore: Some(id.clone()),
            };
            let known = self
                .findings
                .iter_mut()
                .find(|finding| finding.who.membership == lost.member && finding.kind == Kind::WithoutId);
            match known {
                Some(finding) => *finding = found,
                None => self.findings.push(found),
            }
            added = true;
        }
        if added {
            self.findings.sort_by(|a, b| (a.kind, a.who.name.raw()).cmp(&(b.kind, b.who.name.raw())));
        }
    }

    /// Members without an id of whom a history may tell that they had one.
    pub fn suspicious(&self) -> Vec<MembershipId> {
        let without = |finding: &&Finding| finding.kind == Kind::WithoutId;
        self.findings.iter().filter(without).map(|finding| finding.who.membership.clone()).collect()
    }
}

/// What one walk over the members gathers for the next.
#[derive(Default)]
struct Gathered<'a> {
    exact: HashMap<(u16, &'a str), (u32, Cow<'a, str>)>,
    near: HashMap<(u16, Cow<'a, str>), (u32, u32)>,
    /// Per project: ids with each prefix (empty for none).
    prefixes: HashMap<(u16, &'a str), u32>,
    ids: HashMap<u16, u32>,
    /// Per project and domain: active staff, and those of them with an id.
    staff: HashMap<(u16, Cow<'a, str>), (u32, u32)>,
    domains: HashMap<Cow<'a, str>, u64>,
}

/// Walks over all members twice: linear in their number. `idps` adds what cannot work; without it that is left out.
pub fn survey(directory: &Directory, idps: Option<&Idps>) -> Survey {
    let members = || (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?));
    let mut counts = Counts::default();
    let mut gathered = Gathered::default();
    for member in members() {
        count(&mut counts, &member);
        gathered.take(&member);
    }
    let mut findings = Vec::new();
    let mut plain = Plain::default();
    for member in members() {
        let mut note = |kind, evidence: String| {
            findings.push(Finding { kind, who: Subject::of(&member), evidence, restore: None });
        };
        gathered.judge(&member, &mut note);
        if let Some(idps) = idps
            && member.active()
            && member.is_person()
            && !plain.works(&member, idps)
            && let Works::No(why) = standing(&member, idps).works
        {
            // A comma has its own group.
            if !member.external_id_raw().contains([',', '\\']) {
                note(Kind::CannotWork, why);
            }
        }
    }
    findings.sort_by(|a, b| (a.kind, a.who.name.raw()).cmp(&(b.kind, b.who.name.raw())));
    let mut domains: Vec<(String, u64)> =
        gathered.domains.into_iter().map(|(domain, count)| (domain.into_owned(), count)).collect();
    domains.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Survey { counts, findings, domains }
}

fn count(counts: &mut Counts, member: &Member<'_>) {
    counts.members += 1;
    match member.linkage() {
        Linkage::ExternalId => counts.external_id += 1,
        Linkage::Email => counts.email += 1,
        Linkage::None => counts.none += 1,
    }
    if !member.external_id_raw().is_empty() && !member.email_raw().is_empty() {
        counts.both += 1;
    }
    if !member.active() {
        counts.inactive += 1;
        return;
    }
    if member.admin() {
        counts.admins += 1;
    }
    match member.mfa() {
        Seen::Known(mfa) if !mfa.enrolled => counts.no_factor += 1,
        Seen::Known(_) => {}
        Seen::Unknown(_) => counts.factor_unknown += 1,
    }
}

/// White space, case and a provider's prefix taken away: what people mistake for one another.
fn normal(id: &str) -> Cow<'_, str> {
    lower(without_prefix(id.trim()).trim())
}

/// In lower case; most texts are already, and cost nothing then.
fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

fn prefix(id: &str) -> &str {
    id.split_once('|').map_or("", |(prefix, _)| prefix)
}

fn domain_of<'a>(member: &Member<'a>) -> Option<Cow<'a, str>> {
    member.email_raw().rsplit_once('@').map(|(_, domain)| lower(domain))
}

fn is_staff(member: &Member<'_>) -> bool {
    member.active() && member.is_person() && member.kind() == "Practitioner"
}

impl<'a> Gathered<'a> {
    fn take(&mut self, member: &Member<'a>) {
        let project = member.project_number();
        let id = member.external_id_raw();
        if !id.is_empty() {
            let same = self.exact.entry((project, id)).or_insert_with(|| (0, member.name()));
            same.0 += 1;
            let near = self.near.entry((project, normal(id))).or_default();
            near.0 += 1;
            // How many different ones there are.
            near.1 += u32::from(same.0 == 1);
            *self.prefixes.entry((project, prefix(id))).or_default() += 1;
            *self.ids.entry(project).or_default() += 1;
        }
        if is_staff(member)
            && let Some(domain) = domain_of(member)
        {
            let staff = self.staff.entry((project, domain)).or_default();
            staff.0 += 1;
            staff.1 += u32::from(!id.is_empty());
        }
        if member.active() && member.is_person() {
            *self.domains.entry(domain_of(member).unwrap_or_default()).or_default() += 1;
        }
    }

    fn judge(&self, member: &Member<'a>, note: &mut impl FnMut(Kind, String)) {
        let project = member.project_number();
        let id = member.external_id_raw();
        if id.is_empty() {
            self.judge_without(member, note);
        } else {
            if let Some((count, first)) = self.exact.get(&(project, id))
                && *count > 1
            {
                note(
                    Kind::SameId,
                    format!("{count} members carry it, {first} among them; the platform takes any"),
                );
            } else if let Some((all, different)) = self.near.get(&(project, normal(id)))
                && *all > 1
                && *different > 1
            {
                note(
                    Kind::NearId,
                    format!(
                        "{all} members carry it in {different} spellings: case, blanks or a prefix apart; the \
                         platform compares letter by letter"
                    ),
                );
            }
            if id.contains([',', '\\']) {
                note(
                    Kind::CannotMatch,
                    "it holds a comma or a backslash; the platform never finds such an id".to_owned(),
                );
            }
            if id.trim() != id {
                note(
                    Kind::Padded,
                    "it begins or ends with a blank; the IdP would have to send it so".to_owned(),
                );
            }
            if without_prefix(id).contains('@') {
                note(
                    Kind::LooksLikeEmail,
                    "an IdP's subject rarely is an address, and addresses change".to_owned(),
                );
            }
            self.judge_form(project, id, note);
        }
        if let Seen::Known(true) = member.legacy_external_id() {
            let instead = if id.is_empty() {
                "the platform still finds the user by it; it belongs on the membership"
            } else {
                "the one on the membership comes first; this one is only in the way"
            };
            note(Kind::Legacy, format!("the user itself carries an external id: {instead}"));
        }
    }

    /// Ids of a project that mostly have a prefix, and one that has none; or the other way round.
    fn judge_form(&self, project: u16, id: &str, note: &mut impl FnMut(Kind, String)) {
        let own = prefix(id);
        let alike = self.prefixes.get(&(project, own)).copied().unwrap_or(0);
        let all = self.ids.get(&project).copied().unwrap_or(0);
        if all < 4 || alike * 4 > all {
            return;
        }
        let words = match crate::identity::text::shown(own).into_owned() {
            none if none.is_empty() => format!("no provider's prefix, as {alike} of {all} ids"),
            own => format!("begins with `{own}|`, as {alike} of {all} ids do"),
        };
        note(Kind::OtherForm, format!("{words}; it is right only if the IdP sends it so"));
    }

    fn judge_without(&self, member: &Member<'a>, note: &mut impl FnMut(Kind, String)) {
        if !is_staff(member) {
            return;
        }
        let Some(domain) = domain_of(member) else { return };
        let Some((staff, with)) = self.staff.get(&(member.project_number(), domain.clone())) else { return };
        // One is no custom; and people of a mail provider have nothing in common.
        if *with < 2 || with * 4 < *staff || Domain::parse(&domain).is_ok_and(|domain| domain.is_free_mail())
        {
            return;
        }
        let shown = crate::identity::text::shown(&domain).into_owned();
        note(Kind::WithoutId, format!("{with} of {staff} staff of {shown} have an external id"));
    }
}
