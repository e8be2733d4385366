//! The platform's client as the workflows' [`Remote`].

use std::sync::Arc;

use futures::future::BoxFuture;

use super::refusals::Cause;
use super::remote::{Answer, DomainPeople, Remote, ScimPerson, Sent, Trouble};
use crate::identity::access::Policy;
use crate::identity::sign_in::Route;
use crate::identity::sign_in::doctor::Liveness;
use crate::identity::{
    Change, ClientApplication, ClientId, DomainRoute, Enrolment, Feature, LoginSession, Means, MemberAct,
    Membership, MembershipId, OwnFlags, Platform, ProjectId, Record, Reference, Secret, SecretAct,
    SecretHistory, SecretLike, Seen, SessionId, Text, Unseen, User, UserId, VersionId,
};
use crate::platform::{Client, Error, Invited, Kind, LARGEST_PAGE, Reach, SignInRoute};

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let cause = match &error.kind {
            Kind::Unauthorized | Kind::SignedOut => Cause::SignedOut,
            Kind::Forbidden => Cause::Forbidden,
            Kind::NotFound => Cause::NotFound,
            Kind::NoSuchRoute => Cause::NoRoute,
            Kind::Gone => Cause::Gone,
            Kind::Conflict => Cause::Conflict,
            Kind::Stale => Cause::Stale,
            Kind::AccountBroken => Cause::AccountBroken,
            Kind::Invalid | Kind::TooLarge => Cause::Invalid,
            Kind::DoneButFailed => Cause::Mail,
            Kind::Limited { .. } => Cause::Limited,
            Kind::Server => Cause::Server,
            Kind::Unreachable(Reach::Dns | Reach::Refused | Reach::Tls) | Kind::Local => Cause::NotSent,
            Kind::Unreachable(Reach::Timeout | Reach::Broken | Reach::Truncated | Reach::Other)
            | Kind::Unreadable
            | Kind::NotAPlatform => {
                if error.sent {
                    Cause::NoAnswer
                } else {
                    Cause::NotSent
                }
            }
        };
        Self { cause, said: error.to_string(), text: error.text, request_id: error.request_id }
    }
}

impl Remote for Client {
    fn in_background(&self) -> Option<Arc<dyn Remote>> {
        Some(Arc::new(Self::in_background(self)))
    }

    fn about(&self) -> Platform {
        Self::about(self)
    }

    fn about_with_version(&self) -> BoxFuture<'_, Platform> {
        Box::pin(Self::about_with_version(self))
    }

    fn found_lacking(&self, feature: Feature) {
        Self::found_lacking(self, feature);
    }

    fn membership<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, Membership> {
        Box::pin(async move { Ok(Self::membership(self, id).await?) })
    }

    fn user<'a>(&'a self, id: &'a UserId) -> Answer<'a, User> {
        Box::pin(async move { Ok(Self::user(self, id).await?) })
    }

    fn scim<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, ScimPerson> {
        Box::pin(async move {
            let user = self.scim_user(id).await?;
            Ok(ScimPerson { email: user.email, names: Some((user.given, user.family)) })
        })
    }

    fn memberships_of_user<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_of_user(self, id).await?) })
    }

    fn memberships_of_profile<'a>(&'a self, profile: &'a Reference) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_of_profile(self, profile).await?) })
    }

    fn memberships_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_by_email(self, email).await?) })
    }

    fn memberships_by_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_by_external_id(self, id).await?) })
    }

    fn memberships_like_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_like_external_id(self, id).await?) })
    }

    fn memberships_by_contact<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_by_contact(self, email).await?) })
    }

    fn memberships_by_name<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_by_name(self, name).await?) })
    }

    fn admins<'a>(&'a self, project: &'a ProjectId) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(self.admins_of(project).await?) })
    }

    fn users_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<User>> {
        Box::pin(async move { Ok(Self::users_by_email(self, email).await?) })
    }

    fn users_with_any<'a>(&'a self, emails: &'a [String]) -> Answer<'a, Vec<User>> {
        Box::pin(async move { Ok(Self::users_with_any(self, emails).await?) })
    }

    fn memberships_with_any<'a>(&'a self, external_ids: &'a [String]) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::memberships_with_any(self, external_ids).await?) })
    }

    fn users(&self, at_most: usize) -> Answer<'_, (Vec<User>, bool)> {
        Box::pin(async move { Ok(Self::users(self, at_most).await?) })
    }

    fn people_of_domain<'a>(&'a self, domain: &'a str, at_most: usize) -> Answer<'a, DomainPeople> {
        Box::pin(async move {
            let (users, memberships, listed) = futures::join!(
                self.users_of_domain(domain, at_most),
                self.memberships_of_domain(domain, at_most),
                // It stops at 1000 members (platform-api §7) and is no loss where it is refused.
                self.scim_users(),
            );
            let ((users, all_users), (memberships, all)) = (users?, memberships?);
            let told = listed.unwrap_or_default().into_iter();
            let addresses = told.filter_map(|person| Some((person.id, person.email?))).collect();
            Ok(DomainPeople { users, memberships, addresses, complete: all_users && all })
        })
    }

    fn count_members<'a>(&'a self, profile: &'a str, with_profile: bool) -> Answer<'a, u64> {
        Box::pin(async move { Ok(Self::count_members(self, profile, with_profile).await?) })
    }

    fn members_with_profile<'a>(
        &'a self,
        profile: &'a str,
        at_most: usize,
    ) -> Answer<'a, (Vec<MembershipId>, bool)> {
        Box::pin(async move { Ok(Self::members_with_profile(self, profile, at_most).await?) })
    }

    fn users_by_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<User>> {
        Box::pin(async move { Ok(Self::users_by_external_id(self, id).await?) })
    }

    fn addresses<'a>(&'a self, project: &'a ProjectId, at_most: usize) -> Answer<'a, (Vec<Text>, bool)> {
        Box::pin(async move {
            let mut members = self.members(Some(project), LARGEST_PAGE);
            // SCIM alone tells a project admin the present addresses of server-scoped users; it stops at 1000
            // members (platform-api §7) and is no loss where it is refused.
            let mut found: Vec<Text> = self
                .scim_users()
                .await
                .unwrap_or_default()
                .into_iter()
                .filter_map(|user| user.email)
                .collect();
            let mut seen = 0;
            while seen < at_most {
                let Some(page) = members.next().await else { return Ok((found, true)) };
                let page = page?;
                seen += page.memberships.len();
                found.extend(page.users.into_iter().filter_map(|user| user.email));
                found.extend(page.memberships.into_iter().filter_map(|membership| membership.user.display));
            }
            Ok((found, members.next().await.is_none()))
        })
    }

    fn user_history<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<User>> {
        Box::pin(async move { Ok(Self::user_history(self, id).await?) })
    }

    fn membership_history<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, Vec<Membership>> {
        Box::pin(async move { Ok(Self::membership_history(self, id).await?) })
    }

    fn clients(&self) -> Answer<'_, Vec<ClientApplication>> {
        Box::pin(async move { Ok(self.client_applications().await?) })
    }

    fn client<'a>(&'a self, id: &'a ClientId) -> Answer<'a, ClientApplication> {
        Box::pin(async move { Ok(self.client_application(id).await?) })
    }

    fn client_memberships(&self) -> Answer<'_, (Vec<Membership>, bool)> {
        Box::pin(async move { Ok(Self::client_memberships(self).await?) })
    }

    fn own_client(&self) -> Answer<'_, Option<ClientId>> {
        Box::pin(async move { Ok(Self::own_client(self).await?) })
    }

    fn secret_history<'a>(&'a self, id: &'a ClientId) -> Answer<'a, SecretHistory> {
        Box::pin(async move { Ok(Self::secret_history(self, id).await?) })
    }

    fn idp_secret<'a>(&'a self, of: &'a Reference) -> Answer<'a, Option<Secret>> {
        Box::pin(async move { Ok(Self::idp_secret(self, of).await?) })
    }

    fn client_secret<'a>(&'a self, id: &'a ClientId) -> Answer<'a, Option<Secret>> {
        Box::pin(async move { Ok(Self::client_secret(self, id).await?) })
    }

    fn client_exists<'a>(&'a self, id: &'a str) -> Answer<'a, Liveness> {
        Box::pin(async move { Ok(self.knows_client(id).await?) })
    }

    fn domain_routes(&self) -> Answer<'_, Vec<DomainRoute>> {
        Box::pin(async move { Ok(Self::domain_routes(self).await?) })
    }

    fn route<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Seen<Route>> {
        Box::pin(async move {
            match self.sign_in_route(email).await {
                Ok(SignInRoute::Password) => Seen::Known(Route::Password),
                Ok(SignInRoute::Idp { host, .. }) => Seen::Known(Route::Idp { host }),
                Ok(SignInRoute::Broken) => Seen::Known(Route::Broken),
                Err(_) => Seen::Unknown(Unseen::Failed),
            }
        })
    }

    fn own_policy(&self) -> Answer<'_, Policy> {
        Box::pin(async move { Ok(Self::own_policy(self).await?) })
    }

    fn policy_of<'a>(&'a self, member: &'a MembershipId) -> Answer<'a, Policy> {
        Box::pin(async move { Ok(self.on_behalf_of(member)?.policy().await?) })
    }

    fn search_on_behalf<'a>(&'a self, member: &'a MembershipId, kind: &'a str) -> Answer<'a, ()> {
        Box::pin(async move { Ok(self.on_behalf_of(member)?.search(kind).await?) })
    }

    fn read_on_behalf<'a>(&'a self, member: &'a MembershipId, kind: &'a str, id: &'a str) -> Answer<'a, ()> {
        Box::pin(async move { Ok(self.on_behalf_of(member)?.read(kind, id).await?) })
    }

    fn limits(&self) -> Vec<(String, u64, u64)> {
        let limits = self.rate_limits();
        limits.into_iter().map(|(which, limit)| (which, limit.remaining, limit.largest)).collect()
    }

    fn record<'a>(&'a self, reference: &'a Reference, pointers: &'a [&'a str]) -> Answer<'a, Record> {
        Box::pin(async move { Ok(Self::record(self, reference, pointers).await?) })
    }

    fn records_where<'a>(
        &'a self,
        kind: &'a str,
        parameter: &'a str,
        value: &'a str,
        pointers: &'a [&'a str],
    ) -> Answer<'a, Vec<Record>> {
        Box::pin(async move { Ok(Self::records_where(self, kind, parameter, value, pointers).await?) })
    }

    fn secret_is<'a>(
        &'a self,
        of: &'a Reference,
        pointer: &'a str,
        like: SecretLike<'a>,
    ) -> Answer<'a, bool> {
        Box::pin(async move { Ok(Self::secret_is(self, of, pointer, like).await?) })
    }

    fn sessions<'a>(
        &'a self,
        user: Option<&'a UserId>,
        at_most: usize,
    ) -> Answer<'a, (Vec<LoginSession>, bool)> {
        Box::pin(async move { Ok(Self::sessions(self, user, at_most).await?) })
    }

    fn own_sessions(&self) -> Answer<'_, Vec<LoginSession>> {
        Box::pin(async move { Ok(Self::own_sessions(self).await?) })
    }

    fn own_factor(&self) -> Answer<'_, Option<OwnFlags>> {
        Box::pin(async move { Ok(self.me().await?.factor) })
    }

    fn mail_own_code(&self) -> Answer<'_, ()> {
        Box::pin(async move { Ok(Self::mail_own_code(self).await?) })
    }

    fn own_enrolment(&self) -> Answer<'_, Enrolment> {
        Box::pin(async move { Ok(Self::own_enrolment(self).await?) })
    }

    fn send<'a>(
        &'a self,
        change: &'a Change,
        expected: Option<&'a VersionId>,
        secret: Option<&'a Secret>,
    ) -> Answer<'a, Sent> {
        Box::pin(async move {
            match &change.means {
                Means::Patch { fields, secret_at } => {
                    let hidden = hidden(secret_at.as_deref(), secret)?;
                    self.patch(&change.target, fields, hidden, expected).await?;
                }
                Means::Restore { version, fields } => {
                    self.restore(&change.target, version, fields.as_deref(), expected).await?;
                }
                Means::UpdateEmail { email, update_profile_telecom, skip_verification } => {
                    let id = UserId::new(change.target.id.clone());
                    self.update_email(&id, email.raw(), *update_profile_telecom, *skip_verification).await?;
                }
                Means::ScimEmail { membership, email } => {
                    self.scim_set_email(membership, email.raw()).await?;
                }
                Means::Invite { project, request } => {
                    return Ok(match self.invite(project, request).await? {
                        Invited::Made(id) => Sent { made: Some(id.reference()), remark: None },
                        Invited::WithoutMail(error) => self.look_for_invited(project, request, error).await?,
                    });
                }
                Means::Create { record, secret_at } => {
                    let hidden = hidden(secret_at.as_deref(), secret)?;
                    return Ok(Sent { made: Some(self.create(record, hidden).await?), remark: None });
                }
                Means::MakeClient { project, record } => {
                    return Ok(Sent { made: Some(self.make_client(project, record).await?), remark: None });
                }
                Means::ClientSecret { act } => {
                    let id = ClientId::new(change.target.id.clone());
                    match act {
                        SecretAct::Rotate => self.rotate_secret(&id).await?,
                        SecretAct::Retire => self.retire_secret(&id).await?,
                    }
                }
                Means::Delete => self.delete(&change.target).await?,
                Means::EndOwnSession => {
                    self.end_own_session(&SessionId::new(change.target.id.clone())).await?;
                }
                Means::Member { project, membership, act } => match act {
                    MemberAct::ResetMfa { factor } => self.reset_mfa(project, membership, *factor).await?,
                    MemberAct::MailPasswordReset => self.mail_password_reset(project, membership).await?,
                    MemberAct::Remove => self.remove_member(project, membership).await?,
                },
                Means::SetPassword { email, project, super_admin } => {
                    // What was cut off cannot be gone on with: the journal does not have the password.
                    let Some(password) = secret else {
                        let why = "the password is kept nowhere; set it anew";
                        return Err(Trouble::new(Cause::NotSent, why));
                    };
                    self.set_password(email.raw(), password, project.as_ref(), *super_admin).await?;
                }
                Means::Rescope { scope, .. } => {
                    self.rescope(&UserId::new(change.target.id.clone()), scope).await?;
                }
                Means::EnrolOwn { factor } => self.enrol_own(*factor, code(secret)?).await?,
                Means::DisableOwn { factor } => self.disable_own(*factor, code(secret)?).await?,
                Means::RefreshDisplay => self.refresh_display(&change.target).await?,
            }
            Ok(Sent::default())
        })
    }
}

/// What was cut off cannot be gone on with: the journal does not have the code.
fn code(secret: Option<&Secret>) -> Result<&Secret, Trouble> {
    secret.ok_or_else(|| Trouble::new(Cause::NotSent, "a code is kept nowhere; start anew with a fresh one"))
}

/// What goes in at the pointer. What was cut off cannot be gone on with: the journal does not have it.
fn hidden<'a>(
    pointer: Option<&'a str>,
    secret: Option<&'a Secret>,
) -> Result<Option<(&'a str, &'a Secret)>, Trouble> {
    match (pointer, secret) {
        (Some(pointer), Some(secret)) => Ok(Some((pointer, secret))),
        (Some(_), None) => Err(Trouble::new(Cause::NotSent, "a secret is kept nowhere; give it anew")),
        (None, _) => Ok(None),
    }
}

impl Client {
    /// The mail did not go out and the answer names nothing (platform-api §1.4 trap): what was made is looked up.
    async fn look_for_invited(
        &self,
        project: &ProjectId,
        request: &serde_json::Value,
        error: Error,
    ) -> Result<Sent, Trouble> {
        let address = request["email"].as_str().unwrap_or_default();
        let profile = request["membership"]["profile"]["reference"].as_str();
        let made = self.memberships_by_email(address).await?.into_iter().find(|found| {
            found.project == *project && profile.is_none_or(|profile| found.profile.to_string() == profile)
        });
        Ok(Sent { made: made.map(|membership| membership.id.reference()), remark: Some(error.text) })
    }
}
