//! A grant without Port: AWS alone, in the same order, and told to a webhook before anything is made.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join3;
use jiff::Timestamp;

use super::again::{check_is_made, check_is_shown};
use super::apply::STEP_WITHIN;
use super::gravest::Held;
use super::{Granted, Place};
use crate::domain::account::AwsAccount;
use crate::domain::boundary;
use crate::domain::break_glass::{BreakGlass, Surroundings, switched_on};
use crate::domain::catalog::User;
use crate::domain::decision::Configuration;
use crate::domain::grant::Grant;
use crate::domain::iam::{ListedRole, Observed};
use crate::domain::identifier::GrantId;
use crate::domain::quotas::Quotas;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::tags::{REQUESTER, SCOPE, Scope, value_of};
use crate::domain::time::utc;
use crate::domain::vouching::{Asked, goes_no_further, unreadable};
use crate::engine::Engine;
use crate::engine::undo::Made;
use crate::failure::Failure;

/// So many roles are asked for their scope at most; those of one installation all bear the same.
const MOST_ROLES_ASKED: usize = 20;

/// A grant without Port that is decided and not made yet.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The grant.
    pub grant: Grant,
    /// AWS's time when it was decided.
    pub now: Timestamp,
    room: crate::domain::policy::Room,
}

impl Engine<'_> {
    /// Decides on a grant without Port. Nothing is changed.
    ///
    /// # Errors
    ///
    /// Refuses what the rules refuse, and what the account has no room for; fails when AWS cannot be asked.
    pub async fn decide_break_glass(
        &self,
        wish: &BreakGlass,
        configuration: &Configuration,
        account: &AwsAccount,
        scope: &Scope,
    ) -> Result<Decided, Failure> {
        let arn = account.boundary_arn(self.names);
        let looking = async {
            let (live, quotas, role) =
                join3(self.aws.policy(&arn), self.aws.quotas(), self.aws.role(wish.id.grant_id().as_str())).await;
            Ok::<_, Failure>((live?, quotas?, role?))
        };
        let (live, quotas, role) = self.world.stop.within(Duration::ZERO, looking).await?;
        let now = self.service_time()?;
        let limits: Option<&Quotas> = quotas.as_ref();
        let room = Quotas::room_of(limits);
        let surroundings = Surroundings { configuration, account, scope, room, now, first_end: None };
        let grant = wish.decide(&surroundings)?;
        let live = live.map(|policy| policy.document);
        boundary::check(live.as_ref(), &configuration.rules, &grant.policy(), &arn, now)?;
        let observed = Observed { role, ..Observed::default() };
        if let Some(quotas) = &quotas {
            quotas.check(&observed.needed(&grant))?;
        }
        Ok(Decided { grant, now, room })
    }

    /// Makes a grant that was decided, in the order of every grant, apart from the record, which a sweep makes up for.
    ///
    /// # Errors
    ///
    /// Fails when AWS does; what was made is then taken away again.
    pub async fn grant_break_glass(
        &self,
        wish: &BreakGlass,
        configuration: &Configuration,
        scope: &Scope,
        decided: Decided,
    ) -> Result<Granted, Failure> {
        let Decided { grant, now, room } = decided;
        self.say(&format!("Granting {} until {}", grant.id, utc(grant.expires)));
        let account = grant.account.clone();
        let again = |observed: &Observed| {
            let first_end = observed.first_end().or(Some(grant.expires));
            wish.decide(&Surroundings { configuration, account: &account, scope, room, now, first_end })
        };
        let mut made = Made::default();
        let steps = async {
            let grant = self.create(grant.clone(), &Observed::default(), again, &mut made).await?;
            self.world.stop.check()?;
            self.attach(&grant).await?;
            Ok(grant)
        };
        let grant = match self.world.stop.within(STEP_WITHIN, steps).await {
            Ok(grant) => grant,
            Err(failure) => return Err(self.undo(&made, failure).await),
        };
        let visible = async { Ok(self.wait_until_visible(&grant).await) };
        let visible = self.world.stop.within(STEP_WITHIN, visible).await.unwrap_or(false);
        Ok(Granted { grant, now, was_live: false, still_propagating: !visible, untold: None })
    }

    /// Returns the scope that the roles under our path bear: none without any role, and where they differ.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn scope_of_roles(&self, other_installations: &[String]) -> Result<Option<Scope>, Failure> {
        let mut roles: Vec<ListedRole> = Vec::new();
        self.aws.list_roles(&self.names.iam_path, |role| roles.push(role)).await?;
        roles.retain(|role| GrantId::parse(&role.name).is_ok());
        roles.sort_by_key(|role| std::cmp::Reverse(role.created));
        let mut scopes = BTreeSet::new();
        for role in roles.iter().take(MOST_ROLES_ASKED) {
            let Some(role) = self.aws.role(&role.name).await? else { continue };
            let scope = value_of(&role.tags, SCOPE).map(str::to_owned);
            scopes.extend(scope.filter(|scope| !other_installations.contains(scope)));
        }
        let first = scopes.pop_first();
        Ok(first.filter(|_| scopes.is_empty()).map(Scope))
    }

    /// Compiles once more what the tags of a role that was made without Port tell, as of the moment when it was made.
    ///
    /// # Errors
    ///
    /// Refuses where the rules file does not provide for such a grant, tags that are not those of one, a requester who is
    /// no active person in Port, what the rules of today do not allow, and a role that is something else; one that goes
    /// beyond what its tags tell, or whose tags no grant could have been made from, by the code
    /// [`BeyondItsRequest`](RefusalCode::BeyondItsRequest).
    pub(in crate::engine) async fn compile_break_glass_again(
        &self,
        place: &Place,
        grant: &GrantId,
        made: Timestamp,
    ) -> Result<Grant, Failure> {
        let account = &place.caller.account;
        let observed = self.observe_whole(account, grant).await?;
        check_is_shown(observed.role.is_some(), grant)?;
        let tags = observed.role.as_ref().map(|role| role.tags.as_slice()).unwrap_or_default();
        let user = self.named_in_tags(place, tags).await?;
        let wish = BreakGlass::from_tags(grant.run_id(), tags, user).map_err(|refusal| match refusal.code {
            RefusalCode::TagMissing => refusal,
            _ => unreadable(&refusal),
        })?;
        switched_on(&place.configuration.rules)?;
        let quotas = self.aws.quotas().await?;
        let surroundings = Surroundings {
            configuration: &place.configuration,
            account,
            scope: &place.scope,
            room: Quotas::room_of(quotas.as_ref()),
            now: made,
            first_end: observed.first_end(),
        };
        let judged = check_is_active_person(&wish.requester).and_then(|()| wish.decide(&surroundings));
        let judged = judged.and_then(|grant| check_is_made(&grant, self.names, &observed).map(|()| grant));
        match judged {
            Ok(made) => self.have_one_version(grant, &observed).await.map(|()| made),
            Err(refusal) => {
                let asked = Asked {
                    requester: &wish.requester.email,
                    resources: &wish.resources,
                    actions: &wish.actions,
                    end: wish.duration.after(made),
                };
                let further = goes_no_further(&asked, &place.configuration, account, &observed).map_err(Failure::from);
                Err(self.gravest(refusal.into(), further, Held { grant, place, observed: &observed }).await)
            }
        }
    }

    /// Returns whom the tags name, as Port tells them; whom Port does not know is nobody who may act.
    async fn named_in_tags(&self, place: &Place, tags: &[(String, String)]) -> Result<User, Failure> {
        let email = value_of(tags, REQUESTER).unwrap_or_default();
        let known = if email.is_empty() { None } else { self.port.user(email).await? };
        let known = known.map(|user| user.among_people(&place.configuration.rules.kinds_of_people));
        Ok(known.unwrap_or_else(|| User::unknown(email)))
    }
}

fn check_is_active_person(user: &User) -> Result<(), Refusal> {
    if user.is_active_human() {
        return Ok(());
    }
    let reason = format!("{} is no active person in Port", quoted(&user.email));
    Err(Refusal::new(RefusalCode::InactiveRequester, "requester", reason, "look at the role in IAM"))
}
