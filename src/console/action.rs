//! The action table: every action once, with everything that is ever said about it.
//!
//! Key dispatch, the keys line, the help overlay, the palette, the key table in README and
//! `assets/keymap.toml` all derive from [`TABLE`]. To add an action, add a row; the enum follows by itself.

use super::key::Chord;

/// Where an action's keys are live. A screen or overlay names its scopes, innermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere except while a dialog is open.
    Global,
    /// Anything with rows.
    List,
    /// The sign-in screen.
    SignIn,
    /// The overview.
    Overview,
    /// The members screen.
    Members,
    /// A member's record.
    Record,
    /// Wherever a person is selected or open.
    Person,
    /// The MFA screen.
    Mfa,
    /// One's own second factor.
    OwnFactor,
    /// The token lab.
    Tokens,
    /// The sessions screen.
    Sessions,
    /// The client applications.
    Clients,
    /// The linkage screen.
    Linkage,
    /// The domains screen.
    Domains,
    /// Bringing a partner on.
    Onboarding,
    /// Whom a route meets.
    Impact,
    /// The doctor screen.
    Doctor,
    /// The findings.
    Findings,
    /// The flow lab.
    FlowLab,
    /// The snapshots screen.
    Snapshots,
    /// The journal screen.
    Journal,
    /// What a member may do.
    Access,
    /// The test of a domain route.
    RouteTest,
    /// Any dialog.
    Dialog,
    /// A dialog with fields to fill in.
    Form,
    /// A plan before it is applied.
    Plan,
    /// The columns of a list.
    Columns,
    /// The palette.
    Palette,
    /// The help overlay.
    Help,
    /// While a text is being typed.
    Typing,
}

impl Scope {
    /// Every scope, in the order of the key tables.
    pub const ALL: &[Self] = &[
        Self::Global,
        Self::List,
        Self::SignIn,
        Self::Overview,
        Self::Members,
        Self::Record,
        Self::Person,
        Self::Mfa,
        Self::OwnFactor,
        Self::Tokens,
        Self::Sessions,
        Self::Clients,
        Self::Linkage,
        Self::Domains,
        Self::Onboarding,
        Self::Impact,
        Self::Doctor,
        Self::Findings,
        Self::FlowLab,
        Self::Snapshots,
        Self::Journal,
        Self::Access,
        Self::RouteTest,
        Self::Dialog,
        Self::Form,
        Self::Plan,
        Self::Columns,
        Self::Palette,
        Self::Help,
        Self::Typing,
    ];

    /// The name in key files.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::List => "list",
            Self::SignIn => "sign-in",
            Self::Overview => "overview",
            Self::Members => "members",
            Self::Record => "record",
            Self::Person => "person",
            Self::Mfa => "mfa",
            Self::OwnFactor => "own-factor",
            Self::Tokens => "tokens",
            Self::Sessions => "sessions",
            Self::Clients => "clients",
            Self::Linkage => "linkage",
            Self::Domains => "domains",
            Self::Onboarding => "onboarding",
            Self::Impact => "impact",
            Self::Doctor => "doctor",
            Self::Findings => "findings",
            Self::FlowLab => "flow-lab",
            Self::Snapshots => "snapshots",
            Self::Journal => "journal",
            Self::Access => "access",
            Self::RouteTest => "route-test",
            Self::Dialog => "dialog",
            Self::Form => "form",
            Self::Plan => "plan",
            Self::Columns => "columns",
            Self::Palette => "palette",
            Self::Help => "help",
            Self::Typing => "typing",
        }
    }

    /// The heading in key tables.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::List => "In a list",
            Self::SignIn => "Sign in",
            Self::Overview => "Overview",
            Self::Members => "Members",
            Self::Record => "Record",
            Self::Person => "A person",
            Self::Mfa => "MFA",
            Self::OwnFactor => "Your own second factor",
            Self::Tokens => "Tokens",
            Self::Sessions => "Sessions",
            Self::Clients => "Client applications",
            Self::Linkage => "Linkage",
            Self::Domains => "Domains",
            Self::Onboarding => "Bringing a partner on",
            Self::Impact => "Whom a route meets",
            Self::Doctor => "Doctor",
            Self::Findings => "Findings",
            Self::FlowLab => "Flow lab",
            Self::Snapshots => "Snapshots",
            Self::Journal => "Journal",
            Self::Access => "What somebody may do",
            Self::RouteTest => "The test of a route",
            Self::Dialog => "In a dialog",
            Self::Form => "In a form",
            Self::Plan => "Plan",
            Self::Columns => "Columns",
            Self::Palette => "Palette",
            Self::Help => "Help",
            Self::Typing => "While typing",
        }
    }
}

/// What an action is about; the headings of help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Changes something on the platform or in the journal.
    Act,
    /// Opens, goes, comes back.
    Go,
    /// Moves within what is shown.
    Move,
    /// Filters, sorts, marks, copies.
    View,
    /// The console itself.
    Console,
}

impl Group {
    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Act => "Act",
            Self::Go => "Go",
            Self::Move => "Move",
            Self::View => "View",
            Self::Console => "Console",
        }
    }
}

/// What sets an action apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of one row")]
pub struct Flags {
    /// Shown in the keys line.
    pub footer: bool,
    /// Leads to a write; refused in read-only mode.
    pub writes: bool,
    /// Destroys or breaks something.
    pub dangerous: bool,
    /// Only a project admin or super admin may; `needs.rs` says which capability it is.
    pub admin: bool,
    /// Not offered in the palette: moving and typing keys that make no sense there.
    pub quiet: bool,
}

impl Flags {
    const NONE: Self = Self { footer: false, writes: false, dangerous: false, admin: false, quiet: false };
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its name in key files.
    pub id: &'static str,
    /// One or two words, for the keys line and the palette.
    pub label: &'static str,
    /// One sentence, for help.
    pub help: &'static str,
    /// Where its keys are live.
    pub scope: Scope,
    /// Default keys, as [`Chord`]s are written. The first one is shown.
    pub keys: &'static [&'static str],
    /// What it is about.
    pub group: Group,
    /// What sets it apart.
    pub flags: Flags,
}

impl Row {
    /// The default keys, read. A row with a misspelt key fails the table's test.
    pub fn chords(&self) -> impl Iterator<Item = Chord> + '_ {
        self.keys.iter().filter_map(|written| written.parse().ok())
    }
}

macro_rules! actions {
    ($($name:ident $id:literal $label:literal $help:literal $scope:ident [$($key:literal),*] $group:ident ($($flag:ident),*);)+) => {
        /// Everything that can be done with a key, a click or the palette; see [`TABLE`] for what each one is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $help] $name,)+
        }

        /// Every action, in the order of footer and help.
        pub const TABLE: &[Row] = &[
            $(Row {
                action: Action::$name, id: $id, label: $label, help: $help, scope: Scope::$scope,
                keys: &[$($key),*], group: Group::$group,
                flags: Flags { $($flag: true,)* ..Flags::NONE },
            },)+
        ];
    };
}

// name id "label" "help" Scope ["keys"] Group (flags);
actions! {
    // The sign-in screen.
    SignInStart "sign-in" "sign in" "Sign in by the selected method." SignIn ["Enter"] Act (footer);
    SignInCancel "cancel-sign-in" "cancel" "Stop the sign-in that is under way; nothing is kept of it." SignIn ["Esc"] Act (footer);
    SignInOpenAgain "open-again" "open again" "Open the sign-in page in the browser once more." SignIn ["o", "Ctrl-o"] Act ();
    SignInCopy "copy-sign-in" "copy address" "Copy the address of the sign-in page." SignIn ["y", "Ctrl-y"] View ();
    SignInMailCode "mail-code" "mail me a code" "Send the code by mail instead." SignIn ["Ctrl-e"] Act ();
    ConnectionOther "other-connection" "switch" "Choose another connection." SignIn ["c"] Go (footer);
    ConnectionAdd "add-connection" "add" "Add a connection." SignIn ["a"] Act (footer);
    ConnectionEdit "edit-connection" "edit" "Edit the selected connection." SignIn ["e"] Act (footer);
    ConnectionRemove "remove-connection" "remove" "Remove the selected connection and its stored session." SignIn ["d"] Act (footer, dangerous);

    // The overview.
    OverviewOpen "open-number" "open" "Open the rows behind the selected number." Overview ["Enter"] Go (footer);
    OverviewNext "next-number" "next number" "Go to the next number." Overview ["Right"] Move (footer);
    OverviewPrevious "previous-number" "previous number" "Go to the previous number." Overview ["Left"] Move (quiet);

    // Members and a member's record.
    MemberOpen "open-member" "open" "Open the record of the selected member." Members ["Enter"] Go (footer);
    Invite "invite" "invite" "Invite somebody new; shows a plan first." Members ["i"] Act (writes, admin);
    ImportMembers "import-members" "import CSV" "Do what the rows of a CSV file say: emails, external ids, invitations, rights; looks at every row first, then shows a plan." Members ["U"] Act (writes, admin);
    RecordLeft "facts" "facts" "Go to the facts of the record." Record ["Left"] Move (footer);
    RecordRight "history" "history" "Go to the history of the record." Record ["Right"] Move (footer);

    // A person, wherever one is selected.
    EmailChange "change-email" "email" "Change the email of this person; shows a plan first." Person ["e"] Act (footer, writes, admin);
    Link "link" "link" "Set, change or clear the external id of this person; shows a plan first." Person ["l"] Act (footer, writes, admin);
    Activate "activate" "on/off" "Keep this person out of the project, or let them in again; shows a plan first." Person ["x"] Act (writes, admin, dangerous);
    WhatTheyMay "what-they-may" "may they" "Show what this person may do, asked of the platform on their behalf; reads only." Person ["V"] Go (admin);

    // What a member may do.
    AccessAsk "ask-access" "ask" "Ask whether they may do what is typed; nothing is written." Access ["Enter"] Act (footer, quiet);
    AccessDown "access-down" "scroll down" "Scroll down." Access ["Down", "PageDown"] Move (quiet);
    AccessUp "access-up" "scroll up" "Scroll up." Access ["Up", "PageUp"] Move (quiet);

    // The test of a route.
    CheckDown "next-check" "down" "Go to the next check." RouteTest ["Down", "j"] Move (quiet);
    CheckUp "previous-check" "up" "Go to the check before." RouteTest ["Up", "k"] Move (quiet);
    CheckPageDown "scroll-check" "scroll" "Scroll what was sent and received on." RouteTest ["PageDown", "Ctrl-f", "Space"] Move (quiet);
    CheckPageUp "scroll-check-back" "scroll back" "Scroll what was sent and received back." RouteTest ["PageUp", "Ctrl-b"] Move (quiet);
    CheckFailed "next-problem" "next problem" "Go to the next check that did not pass." RouteTest ["n", "Tab"] Move (footer, quiet);
    TestAgain "test-again" "test again" "Ask the provider everything once more." RouteTest ["r"] Act (footer, quiet);

    // Linkage.
    LinkageOpen "open-linked" "open" "Open the record of the selected member." Linkage ["Enter"] Go (footer);
    LinkRestore "restore-link" "restore" "Put the erased external ids of the marked members back, or that of the selected one; shows a plan first." Linkage ["r"] Act (footer, writes, admin);
    ImportLinks "import-links" "import CSV" "Do what the rows of a CSV file say; looks at every row first, then shows a plan." Linkage ["U"] Act (writes, admin);
    LinkHistories "look-for-erased" "histories" "Read more histories, of members without an external id first: whose id was erased, and who had which one once." Linkage ["h"] View (footer);

    // Domains.
    DomainMembers "domain-members" "members" "Show the members with an address of the selected domain." Domains ["Enter"] Go (footer);
    RouteAdd "add-route" "add" "Add a domain route; the client secret is sent once and kept nowhere else; shows a plan first." Domains ["a"] Act (footer, writes, admin);
    RouteEdit "edit-route" "edit" "Change the identity provider of the selected route or client application; shows a plan first." Domains ["e"] Act (footer, writes, admin);
    RouteFix "fix-route" "fix" "Mend what is wrong with the selected route; shows a plan first." Domains ["f"] Act (footer, writes, admin);
    RouteRename "rename-route" "domain" "Write another domain into the selected route; shows a plan first." Domains ["r"] Act (writes, admin);
    RouteTry "test-route" "test" "Test the selected route at its live identity provider; reads only." Domains ["t"] Act (footer);
    RouteSignIn "try-route" "test sign-in" "Try a real sign-in with the selected route or client in the flow lab; nothing is written." Domains ["s"] Act (footer);
    RouteRemove "remove-route" "remove" "Remove the selected route; shows a plan first, and can be taken back." Domains ["D"] Act (footer, writes, admin, dangerous);

    RouteImpact "route-impact" "whom" "Show whom the selected route meets: how its people sign in, and what becomes of them without it; reads only." Domains ["i"] Go (footer, admin);
    RouteOnboard "onboard-domain" "onboard" "Bring the selected domain onto its own identity provider, step by step." Domains ["o"] Go (footer, admin);
    RouteRequest "open-request" "open request" "Open a file in which somebody asks for a route: it is tested again, compared, and written by a plan." Domains ["x"] Act (writes, admin);

    // Bringing a partner on.
    OnboardDo "do-step" "go on" "Do what the step is for; on a step that is done, go to the next one." Onboarding ["Enter"] Act (footer);
    OnboardEdit "edit-step" "answers" "Change the answers of the step." Onboarding ["e"] Act (footer);
    OnboardAgain "repeat-step" "again" "Do the step once more." Onboarding ["r"] Act ();
    OnboardPeople "step-people" "people" "Show whom the route meets, to open and mend them." Onboarding ["i"] Go (footer);
    OnboardWrite "write-step" "to a file" "Write the text for the partner's IT to a file." Onboarding ["w"] Act (footer);
    OnboardSkip "skip-step" "leave out" "Go on without the step, for a reason." Onboarding ["x"] Act ();
    OnboardNew "new-partner" "new" "Begin with another domain." Onboarding ["n"] Act (footer);
    OnboardOver "start-over" "start over" "Set aside what cannot be read of the selected partner, and begin anew." Onboarding ["S"] Act (dangerous);
    StepDown "next-step" "next step" "Go to the next step or partner." Onboarding ["Down", "j"] Move (quiet);
    StepUp "previous-step" "previous step" "Go to the previous step or partner." Onboarding ["Up", "k"] Move (quiet);

    // Whom a route meets.
    MetOpen "open-met" "open" "Open the record of the selected member." Impact ["Enter"] Go (footer, quiet);
    MetNext "next-met" "next of them" "Show only those whom the next sentence is about, and past the last one all." Impact ["Right", "Tab"] View (footer, quiet);
    MetPrevious "previous-met" "previous of them" "Show only those whom the previous sentence is about." Impact ["Left", "Shift-Tab"] View (quiet);
    MetOther "other-change" "other" "Look at the other case: as it is, or without the route." Impact ["t"] View (footer, quiet);

    Admin "admin" "admin" "Make this person a project admin, or no longer one; shows a plan first." Person ["a"] Act (writes, admin, dangerous);
    Policy "access-policy" "policy" "Give this person another access policy; shows a plan first." Person ["p"] Act (writes, admin);
    Access "more-access" "more access" "Add or take away a parameterised policy of this person; shows a plan first." Person ["A"] Act (writes, admin);
    UserName "user-name" "user name" "Set, change or clear the SCIM user name of this person; shows a plan first." Person ["n"] Act (writes, admin);
    MailPassword "mail-password" "password mail" "Mail this person a link to set a password; shows a plan first." Person ["w"] Act (writes, admin);
    ResendInvitation "resend-invitation" "invite again" "Mail this person the invitation once more; shows a plan first." Person ["W"] Act (writes, admin);
    SetPassword "set-password" "set password" "Set the password of this person; it is shown and kept nowhere." Person ["P"] Act (writes, admin, dangerous);
    Rescope "rescope" "scope" "Make this person's account server-scoped or project-scoped; shows a plan first." Person ["v"] Act (writes, admin, dangerous);
    RefreshDisplay "refresh-names" "refresh names" "Take name and email in lists anew from the records that they are copies of." Person ["f"] Act (writes, admin);
    Remove "remove-member" "remove" "Remove this person from the project for good; shows a plan first." Person ["D"] Act (writes, admin, dangerous);
    ResetFactor "reset-factor" "reset MFA" "Reset a second factor of this person; asks how their identity was checked." Person ["m"] Act (footer, writes, admin, dangerous);
    Diagnose "diagnose" "doctor" "Examine every way by which this person would sign in, and why one fails; reads only." Person ["d"] Go (footer);
    Offboard "offboard" "offboard" "Keep this person out everywhere you can; says what is left to do by others." Person ["O"] Act (writes, admin, dangerous);

    // Second factors and sessions.
    RequireFactor "require-factor" "require" "Require a second factor of the marked members, or of the selected one, or no longer; shows a plan first." Mfa ["r"] Act (footer, writes, admin);
    RequireFactorOfProject "require-factor-of-project" "require of all" "Require a second factor of everybody in the project, or no longer; tells beforehand whom it meets." Mfa ["P"] Act (footer, writes, admin);
    EnrolOwnApp "enrol-own-app" "enrol an app" "Enrol an authenticator app of your own: scan the QR code, type the code." OwnFactor ["a"] Act (footer, quiet, writes);
    EnrolOwnMail "enrol-own-mail" "enrol mail" "Enrol codes by mail for yourself: a code is mailed to you." OwnFactor ["m"] Act (footer, quiet, writes);
    DisableOwn "disable-own-factor" "disable" "Disable a second factor of your own, or all, with a code; shows a plan first." OwnFactor ["x"] Act (footer, quiet, writes, dangerous);
    MailOwnCode "mail-own-code" "mail a code" "Have a code mailed to you." OwnFactor ["Ctrl-r"] Act (quiet, writes);
    ShowOwnKey "show-own-key" "the key" "Show the key of your authenticator app as text, or hide it." OwnFactor ["Ctrl-t"] View (quiet);
    SessionEnd "end-session" "end" "End the marked sessions, or the selected one; shows a plan first." Sessions ["x"] Act (footer, writes, dangerous);
    SessionEndAll "end-sessions-of-user" "end all of user" "End every session of the users of the marked ones, or of the selected one; shows a plan first." Sessions ["X"] Act (footer, writes, dangerous);

    // The token lab.
    TokenOpen "open-of-token" "open" "Open the record that the selected claim or cause names." Tokens ["Enter"] Go (footer);
    TokenPaste "paste-token" "paste" "Paste a token, alone or in whatever was copied with it; pasting works anywhere on the screen." Tokens ["p", "i"] Act (footer);
    TokenOwn "own-tokens" "mine" "Take the tokens of your own session; the refresh token stays where it is." Tokens ["m"] Act (footer);
    TokenFile "token-file" "from a file" "Take the tokens of a file." Tokens ["f"] Act ();
    TokenTried "what-was-tried" "tried" "Say what was tried with the token: an address, or like `search Patient`; then why it is refused." Tokens ["t"] Act (footer);
    TokenAgree "ask-issuer" "ask issuer" "Contact a strange issuer for its keys and show it the token; asks you first." Tokens ["a"] Act (footer);
    TokenCompare "compare-tokens" "compare" "Compare with another token, else with your own session's; once more takes the next one." Tokens ["c"] View (footer);
    TokenWhy "why-refused" "why" "Show what says why the token is refused." Tokens ["w"] View ();
    TokenHide "hide-values" "hide values" "Hide every value while others look on, or show them again." Tokens ["H"] View (footer);
    TokenWatch "watch-token" "watch" "Keep an eye on the token: tell when it ends, is revoked or refused, and when its issuer's keys change." Tokens ["W"] Act ();
    TokenReveal "show-token" "show token" "Show the token itself, for a minute; it is kept nowhere." Tokens ["v"] View ();
    TokenForget "forget-token" "forget" "Forget the token; it was kept nowhere else." Tokens ["x"] Act ();
    TokenNext "next-token" "next token" "Go to the next token." Tokens ["n"] Move ();
    TokenPrevious "previous-token" "previous token" "Go to the token before." Tokens ["N"] Move (quiet);
    TokenRight "next-token-view" "next view" "Go on: why, claims, times, checks, comparison, raw." Tokens ["Right", "l"] Move (footer);
    TokenLeft "previous-token-view" "previous view" "Go back to the view before." Tokens ["Left", "h"] Move (quiet);

    // Client applications.
    ClientOpen "open-client" "open" "Show everything about the selected client application." Clients ["Enter"] Go (footer);
    ClientCreate "create-client" "create" "Make a client application; shows a plan first." Clients ["a"] Act (footer, writes, admin);
    ClientEdit "edit-client" "edit" "Change name, description, token lifetimes, PKCE or allowed origins of the selected client; shows a plan first." Clients ["e"] Act (footer, writes, admin);
    ClientRedirects "client-redirects" "redirects" "Add, replace or remove a redirect address; says which sign-ins break." Clients ["r"] Act (footer, writes, admin);
    ClientProvider "client-provider" "provider" "Bind an identity provider to the selected client, or change it; its secret is written only." Clients ["i"] Act (footer, writes, admin);
    ClientNoProvider "client-without-provider" "no provider" "Take the identity provider of the selected client away; shows a plan first." Clients ["N"] Act (writes, admin, dangerous);
    ClientStatus "client-status" "status" "Let the selected client sign in by itself, or not; browser sign-ins go on either way." Clients ["x"] Act (writes, admin, dangerous);
    ClientReveal "show-secret" "show secret" "Show the secret of the selected client once; it is kept nowhere." Clients ["v"] View (admin);
    ClientRotate "rotate-secret" "rotate" "Make a new secret; the present one retires and still works at the token endpoint. Shows a plan first." Clients ["t"] Act (footer, writes, admin, dangerous);
    ClientRetire "retire-secret" "end old secret" "End the retiring secret; shows a plan first." Clients ["T"] Act (writes, admin, dangerous);
    ClientDelete "delete-client" "delete" "Delete the selected client with its membership; says who uses it. Shows a plan first." Clients ["D"] Act (writes, admin, dangerous);

    // The doctor.
    DoctorOpen "open-here" "open" "Go deeper: the steps of the way, the evidence of the step, the record behind it; on a fix, its plan." Doctor ["Enter"] Act (footer);
    DoctorFix "fix" "fix" "Show the plan of the selected fix." Doctor ["f"] Act (footer, writes, admin);
    DoctorWhom "whom" "person" "Type whom it is about: email, external id, name, reference, or paste an identity provider's token." Doctor ["/", "i"] Act (footer);
    DoctorClaim "claimed-email" "IdP's email" "Type the address that the identity provider sends." Doctor ["c"] Act (footer);
    DoctorSubject "claimed-subject" "IdP's subject" "Type the subject that the identity provider sends." Doctor ["s"] Act ();
    DoctorWay "way" "way" "Choose flow, client and project." Doctor ["w"] Act (footer);
    DoctorRight "next-part" "next part" "Go on: from the ways to the steps, the evidence, the fixes." Doctor ["Right", "l"] Move (quiet);
    DoctorLeft "previous-part" "previous part" "Go back to the part before." Doctor ["Left", "h"] Move (quiet);
    // The findings.
    FindingOpen "open-finding" "open" "Open the record of whom the selected finding is about." Findings ["Enter"] Go (footer);
    FindingFix "fix-finding" "fix" "Mend the marked findings, or the selected one, where a change follows from the rule; shows a plan first." Findings ["f"] Act (footer, writes, admin);
    FindingFixAll "fix-all-findings" "fix all shown" "Mend every finding that the filter shows, where a change follows from the rule; shows a plan first." Findings ["F"] Act (footer, writes, admin);

    // The flow lab.
    LabWhat "what-to-try" "try another" "Choose what to try: at an identity provider, three-legged, token exchange, device." FlowLab ["i", "/"] Act (footer);
    LabPaste "paste-ending" "paste" "Paste the address on which the browser ended, or what its page says." FlowLab ["p"] Act ();
    LabOpenAgain "lab-open-again" "open again" "Open the sign-in page in the browser once more." FlowLab ["o", "Ctrl-o"] Act ();
    LabCopy "lab-copy" "copy address" "Copy the address of the sign-in page; when it is over, the report. Neither holds a secret." FlowLab ["y", "Ctrl-y"] View (footer);
    LabTokens "lab-tokens" "tokens" "Take the tokens of the run to the token lab." FlowLab ["t"] Go (footer);
    LabSignOut "sign-out-test" "sign test out" "End the test session at the platform; your own goes on." FlowLab ["x"] Act (footer);
    LabStop "stop-run" "stop" "Stop the run that is under way; nothing is kept of it." FlowLab ["Esc"] Act (footer);
    LabRight "lab-next-part" "next part" "Go on: from the steps to what went over the wire, to what came of it." FlowLab ["Right", "l"] Move (footer);
    LabLeft "lab-previous-part" "previous part" "Go back to the part before." FlowLab ["Left", "h"] Move (quiet);

    // Snapshots.
    SnapshotOpen "open-difference" "open" "Show the selected difference with what was and what is." Snapshots ["Enter"] Go (footer);
    SnapshotCompare "compare-exports" "compare" "Compare two exports, or an export and the platform as it is now; reads only." Snapshots ["c"] Act (footer);
    SnapshotWrite "write-export" "export project" "Write the identity configuration of the project to a folder, to be compared later; reads only." Snapshots ["w"] Act (footer);

    // The journal.
    EntryOpen "open-entry" "open" "Show every step of the selected entry." Journal ["Enter"] Go (footer);
    EntryUndo "undo-entry" "undo" "Take the selected entry back; shows a plan first." Journal ["u"] Act (footer, writes, admin);
    EntryResume "resume-entry" "go on" "Go on with what is left of an entry that was cut off or only partly done; shows a plan first." Journal ["c"] Act (writes, admin);
    EntrySettle "settle-entry" "settle" "Find out by reading back how an interrupted change ended; writes nothing to the platform." Journal ["t"] Act (footer, admin);

    // Lists.
    Down "down" "down" "Go to the next row." List ["Down", "j"] Move (quiet);
    Up "up" "up" "Go to the previous row." List ["Up", "k"] Move (quiet);
    PageDown "page-down" "page down" "Go a page down." List ["PageDown", "Ctrl-f"] Move (quiet);
    PageUp "page-up" "page up" "Go a page up." List ["PageUp", "Ctrl-b"] Move (quiet);
    First "first" "first" "Go to the first row." List ["Home", "g g"] Move (quiet);
    Last "last" "last" "Go to the last row." List ["End", "G"] Move (quiet);
    Mark "mark" "mark" "Mark or unmark the selected row." List ["Space"] View (footer);
    Filter "filter" "filter" "Show only rows that match what you type." List ["/"] View (footer);
    Sort "sort" "sort" "Sort by the next column." List ["s"] View ();
    SortReverse "sort-reverse" "reverse" "Turn the sort order round." List ["S"] View ();
    MarkAll "mark-all" "mark all" "Mark every row that is shown." List ["*", "Ctrl-a"] View ();
    MarkInvert "mark-invert" "turn marks" "Mark what is not marked of the rows that are shown, and unmark the others." List ["I"] View ();
    MarkNone "unmark-all" "unmark all" "Unmark every row, shown or not." List ["Backspace"] View ();
    Columns "columns" "columns" "Choose the columns of this list, their order, and by which one it is sorted." List ["C"] View ();
    CopyRow "copy-row" "copy row" "Copy the marked rows, else the selected one, cell by cell with tabs between." List ["Y"] View ();
    CopyJson "copy-json" "copy JSON" "Copy the marked rows, else the selected one, as JSON." List ["Ctrl-y"] View ();
    Export "export" "export" "Write the marked rows, else all that are shown, to a CSV or JSON file." List ["E"] View ();

    // Dialogs and forms.
    Confirm "confirm" "continue" "Say yes to what the dialog says." Dialog ["Enter"] Act (footer, quiet);
    Close "close" "close" "Close the dialog; nothing happens." Dialog ["Esc"] Go (footer, quiet);
    DialogCopy "copy-dialog" "copy" "Copy what the dialog says." Dialog ["y"] View (quiet);
    Details "details" "details" "Show or hide details." Dialog ["d"] View (quiet);
    NextField "next-field" "next field" "Go to the next field." Form ["Tab", "Down"] Move (quiet);
    PreviousField "previous-field" "previous field" "Go to the previous field." Form ["Shift-Tab", "Up"] Move (quiet);
    NextChoice "next-choice" "change" "Take the next choice." Form ["Right", "Space"] Move (quiet);
    PreviousChoice "previous-choice" "previous choice" "Take the previous choice." Form ["Left"] Move (quiet);
    TryForm "test-form" "test" "Test the route that the form holds at its live identity provider, before it is saved." Form ["Ctrl-t"] Act (quiet);
    SignInForm "try-form" "test sign-in" "Try a real sign-in with the route that the form holds, before it is saved." Form ["Ctrl-s"] Act (quiet);
    Submit "submit" "continue" "Continue with what the form holds." Form ["Enter"] Act (footer, quiet);
    ScrollDown "scroll-down" "scroll down" "Scroll down." Plan ["PageDown", "Ctrl-d"] Move (quiet);
    ScrollUp "scroll-up" "scroll up" "Scroll up." Plan ["PageUp", "Ctrl-u"] Move (quiet);
    PlanAgain "plan-again" "plan again" "Make the plan anew from what the platform holds now; what you typed stays." Plan ["r"] Act (quiet);
    PlanImpact "plan-impact" "whom" "Show whom the planned change of a route meets, one by one." Plan ["Ctrl-t"] Go (quiet);
    RunPause "pause-run" "pause" "Hold the run of many rows after those on their way, or let it go on." Plan ["p"] Act (quiet);
    RunStop "stop-rows" "stop" "Stop the run of many rows after those on their way; the journal goes on with the rest." Plan ["s"] Act (quiet);
    PlanVerdicts "write-verdicts" "verdicts" "Write what became of every row into a new CSV file." Plan ["w"] View (quiet);
    PlanReveal "show-new-secret" "show secret" "Show the secret that has just come to be, once; it is kept nowhere." Plan ["v"] View (quiet);
    PlanUndo "undo-applied" "undo" "Take back what was just applied; shows a plan first." Plan ["u"] Act (quiet, writes);
    Apply "apply" "apply" "Apply the plan." Plan ["Enter"] Act (footer, quiet, writes);
    ColumnShow "show-column" "show/hide" "Show or hide the selected column." Columns ["Space"] View (footer, quiet);
    ColumnEarlier "column-earlier" "earlier" "Move the selected column one place to the front." Columns ["Shift-Up", "<"] View (quiet);
    ColumnLater "column-later" "later" "Move the selected column one place to the end." Columns ["Shift-Down", ">"] View (quiet);
    ColumnSort "sort-by-column" "sort" "Sort by the selected column; once more turns the order round." Columns ["s"] View (footer, quiet);
    ColumnsReset "reset-columns" "reset" "Show all columns in their own order." Columns ["r"] View (footer, quiet);
    PaletteRun "run" "run" "Run the selected action." Palette ["Enter"] Act (footer, quiet);
    PaletteDown "next-match" "next" "Go to the next match." Palette ["Down", "Ctrl-n", "Tab"] Move (quiet);
    PaletteUp "previous-match" "previous" "Go to the previous match." Palette ["Up", "Ctrl-p", "Shift-Tab"] Move (quiet);
    HelpDown "help-down" "scroll down" "Scroll down." Help ["Down", "j", "PageDown"] Move (quiet);
    HelpUp "help-up" "scroll up" "Scroll up." Help ["Up", "k", "PageUp"] Move (quiet);
    Done "done" "done" "Finish typing and keep what was typed." Typing ["Enter"] Go (footer, quiet);
    Abandon "abandon" "clear" "Finish typing and drop what was typed." Typing ["Esc"] Go (footer, quiet);

    // Everywhere.
    GoOverview "go-overview" "Overview" "Go to the overview." Global ["1", "g o"] Go ();
    GoMembers "go-members" "Members" "Go to the members." Global ["2", "g m"] Go ();
    GoDomains "go-domains" "Domains" "Go to the domains and their identity providers." Global ["4", "g r"] Go ();
    GoOnboarding "go-onboarding" "partners" "Go to the partners that are being brought onto their own identity providers." Global ["g p"] Go (admin);
    GoMfa "go-mfa" "MFA" "Go to the second factors." Global ["5", "g f"] Go ();
    GoTokens "go-tokens" "Tokens" "Go to the token lab: what a token says, and why it is refused." Global ["6", "g t"] Go ();
    GoSessions "go-sessions" "Sessions" "Go to the sessions." Global ["7", "g e"] Go ();
    GoClients "go-clients" "clients" "Go to the client applications." Global ["g c"] Go ();
    GoLinkage "go-linkage" "Linkage" "Go to the external ids." Global ["3", "g l"] Go ();
    GoDoctor "go-doctor" "Doctor" "Go to the sign-in doctor." Global ["8", "g d"] Go ();
    GoFindings "go-findings" "findings" "Hold every rule against every member: who cannot sign in and why, ghosts, doubles, orphans." Global ["!"] Go ();
    GoJournal "go-journal" "Journal" "Go to the journal." Global ["9", "g j"] Go ();
    GoFlowLab "go-flow-lab" "flow lab" "Try a sign-in for real, step by step, with everything that goes over the wire." Global ["g b"] Go ();
    GoSnapshots "go-snapshots" "snapshots" "Export the project, or see what is different between two exports or an export and now." Global ["g n"] Go ();
    OwnFactor "own-factor" "own factor" "Show, enrol or disable your own second factor." Global ["F"] Go ();
    GoSignIn "go-sign-in" "sign in again" "Sign in again or with another connection; everything stays as it is." Global ["g s"] Go ();
    SignOut "sign-out" "sign out" "End this session at the platform and forget it here." Global ["g x"] Act (dangerous);
    NextTab "next-tab" "next screen" "Go to the next screen." Global ["Tab"] Go (quiet);
    PreviousTab "previous-tab" "previous screen" "Go to the previous screen." Global ["Shift-Tab"] Go (quiet);
    Back "back" "back" "Go back: leave the record, clear the filter, close what is open." Global ["Esc"] Go (footer, quiet);
    Reload "reload" "reload" "Load what is shown again." Global ["R"] View ();
    Copy "copy" "copy" "Copy the selected value." Global ["y"] View ();
    OpenInBrowser "open-in-browser" "browser" "Open what is selected in the platform's web app." Global ["o"] Go ();
    Palette "palette" "palette" "Find any action by name." Global [":", "Ctrl-p"] Console (footer, quiet);
    Help "help" "help" "Show the keys of this screen." Global ["?", "F1"] Console (footer, quiet);
    Redraw "redraw" "redraw" "Draw the whole screen again." Global ["Ctrl-l"] Console ();
    Suspend "suspend" "suspend" "Put the console to sleep and return to the shell; `fg` wakes it." Global ["Ctrl-z"] Console ();
    Quit "quit" "leave" "Leave idconsole. A write that is under way is finished first." Global ["q", "Ctrl-c"] Console (footer);
}

impl Action {
    /// Its row.
    pub fn row(self) -> &'static Row {
        // The macro writes both lists in the same order.
        &TABLE[self as usize]
    }

    /// Finds an action by its name in key files.
    pub fn by_id(id: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.id == id).map(|row| row.action)
    }
}

/// Whether an action can be done now. Dispatch and display ask the same function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// It can.
    Ready,
    /// It cannot; why, in a sentence that is shown when it is tried.
    Disabled(String),
    /// It makes no sense here and is not mentioned.
    Hidden,
}

impl Availability {
    /// `Ready` when `ready`, else not mentioned.
    pub fn ready_if(ready: bool) -> Self {
        if ready { Self::Ready } else { Self::Hidden }
    }

    /// Disabled with a reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self::Disabled(reason.into())
    }
}
