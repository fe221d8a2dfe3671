//! What tests and demonstrations set up in an account: its limits, its lag, and what happens beside IAM.

use std::time::Instant;

use jiff::SignedDuration;
use serde_json::Value;

use super::super::identity_center::{self, SessionKeys};
use super::super::resources::Resource;
use super::super::state::User;
use super::super::trail;
use super::bucket::{Bucket, Refill};
use super::{Account, in_seconds};

impl Account {
    /// Lets the first `reads` reads after each write answer what was there before it, as IAM may for some seconds.
    ///
    /// `AssumeRole` counts as a read: it fails while the role, its trust or the caller's right is not visible yet. Who
    /// calls and what he may do is always up to date.
    pub fn delay_visibility(&self, reads: usize) {
        self.lock().lag.set(reads);
    }

    /// Lets no read show a write before `delay` has passed by the sandbox's clock. Otherwise as
    /// [`Account::delay_visibility`].
    pub fn delay_visibility_for(&self, delay: SignedDuration) {
        self.lock().lag.set_delay(delay);
    }

    /// Lets `burst` requests pass, and throttles one whenever `refill` more have passed after it.
    pub fn throttle(&self, burst: u32, refill: u32) {
        self.set_bucket(burst, Refill::WhenRefused(refill.into()));
    }

    /// Lets `burst` requests pass at once and `rate` a second, by the clock of the machine, and throttles the others.
    pub fn throttle_by_time(&self, burst: u32, rate: u32) {
        self.set_bucket(burst, Refill::PerSecond(rate.into(), Instant::now()));
    }

    fn set_bucket(&self, burst: u32, refill: Refill) {
        self.lock().bucket = Some(Bucket::of(burst, refill));
    }

    /// Returns how many requests were throttled.
    pub fn throttled(&self) -> usize {
        self.lock().bucket.as_ref().map_or(0, Bucket::throttled)
    }

    /// Lets a role take this many managed policies, as an account may that asked AWS for it.
    pub fn set_attached_policies_quota(&self, quota: usize) {
        self.lock().state.attached_policies_quota = Some(quota);
    }

    /// Lets the account have this many roles, and as many policies, as one may that asked AWS for it.
    pub fn set_roles_quota(&self, quota: usize) {
        self.lock().state.roles_quota = Some(quota);
    }

    /// Gives a user an inline policy, as an administrator would. Returns whether there is such a user.
    pub fn give_user_policy(&self, user: &str, name: &str, document: &Value) -> bool {
        let given = |user: &mut User| user.inline.insert(name.to_owned(), document.to_string());
        self.lock().state.users.get_mut(user).map(given).is_some()
    }

    /// Makes a resource. Without tags, even none, it is one that never had any.
    pub fn add_resource(&self, region: &str, arn: &str, tags: Option<&[(&str, &str)]>) {
        let state = &mut self.lock().state;
        state.resources.push(Resource::new(state.account, region, arn, tags));
    }

    /// Makes a resource of another account, which a view of Resource Explorer over an organisation names too.
    pub fn add_foreign_resource(&self, owner: &str, region: &str, arn: &str) {
        let resource = Resource { owner: owner.to_owned(), ..Resource::new(owner, region, arn, None) };
        self.lock().state.resources.push(resource);
    }

    /// Deletes a resource. Returns whether there was one.
    pub fn remove_resource(&self, arn: &str) -> bool {
        let resources = &mut self.lock().state.resources;
        let before = resources.len();
        resources.retain(|resource| resource.arn != arn);
        resources.len() < before
    }

    /// Lets somebody switch to a role in the console, which CloudTrail logs in this region.
    pub fn switch_in_console(&self, role_name: &str, user: &str, region: &str) {
        let now = in_seconds(self.clock.now());
        trail::note_switched(&mut self.lock().state, role_name, user, region, now);
    }

    /// Lets a role be used with a service that the sandbox does not have. Returns whether there is such a role.
    pub fn use_role_with(&self, role_name: &str, service: &str) -> bool {
        let now = in_seconds(self.clock.now());
        let state = &mut self.lock().state;
        let Some(id) = state.role(role_name).map(|role| role.id.clone()) else { return false };
        state.accessed.entry(id).or_default().insert(service.to_owned(), now);
        true
    }

    /// Turns Resource Explorer on in a region, with a default view.
    pub fn turn_on_resource_explorer(&self, region: &str) {
        self.lock().state.explored_regions.insert(region.to_owned());
    }

    /// Signs a user of Identity Center in, and returns the keys of the session. The role of the permission set is made
    /// by AWS, where nobody else may make one; it lets its people assume what lies under `/port-iam/`.
    pub fn sign_in(&self, permission_set: &str, user: &str) -> SessionKeys {
        let now = in_seconds(self.clock.now());
        identity_center::sign_in(&mut self.lock().state, permission_set, user, now)
    }

    /// Moves a role to another path, also to a reserved one, where AWS alone makes roles.
    #[cfg(test)]
    pub(in crate::sandbox::aws) fn move_role(&self, name: &str, path: &str) {
        if let Some(role) = self.lock().state.roles.values_mut().find(|role| role.name == name) {
            path.clone_into(&mut role.path);
        }
    }
}
