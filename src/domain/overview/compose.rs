//! Puts together what Port and AWS say of each grant.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::{AwsSeen, OverviewSeen, PortSeen, RoleSeen, RoleTold, Row, State};
use crate::domain::catalog::Entity;
use crate::domain::tags::tag_value;
use crate::domain::time::utc;

/// What is known of one grant.
#[derive(Clone, Copy)]
struct Known<'a> {
    entity: Option<&'a Entity>,
    record: Option<&'a Entity>,
    /// Whether its time is over by Port's clock.
    is_over_in_port: bool,
    role: Option<&'a RoleSeen>,
    /// What AWS was asked; none where it was not, or where the grant is of another account.
    aws: Option<&'a AwsSeen>,
    /// The account that Port names and that was not asked.
    unasked: Option<&'a str>,
    /// Whether Port was asked.
    port: bool,
}

/// Returns a row for every grant that Port or AWS tells of, those that end first in front.
pub fn compose(seen: &OverviewSeen) -> Vec<Row> {
    let nothing = PortSeen::default();
    let port = seen.port.as_ref().unwrap_or(&nothing);
    let accounts = || seen.aws.iter().chain(&seen.further);
    let roles = accounts().flat_map(|aws| aws.roles.keys());
    let names: BTreeSet<&String> = port.entities.keys().chain(port.records.keys()).chain(roles).collect();
    let row = |name: &String| {
        let (entity, record) = (port.entities.get(name), port.records.get(name));
        // Whoever writes an entity may name any account in it; so a role is missed only where both were looked at.
        let named: Vec<&str> = [record, entity].into_iter().flatten().filter_map(|it| it.text("account")).collect();
        let is_named = |aws: &&AwsSeen| named.first().is_none_or(|account| *account == aws.account.id.as_str());
        let is_asked = |account: &&&str| accounts().any(|aws| aws.account.id.as_str() == **account);
        let unasked = named.iter().find(|account| !is_asked(account)).copied();
        let mut holders = accounts().filter(|aws| aws.roles.contains_key(name));
        // Where a role is, AWS tells; an entity can name any account.
        let aws = accounts().find(|aws| is_named(aws) && aws.roles.contains_key(name));
        let aws = aws.or_else(|| holders.next()).or_else(|| accounts().find(is_named).filter(|_| unasked.is_none()));
        let elsewhere = accounts()
            .filter(|other| other.roles.contains_key(name) && aws.is_none_or(|aws| aws.account.id != other.account.id));
        let elsewhere: Vec<&str> = elsewhere.map(|other| other.account.id.as_str()).collect();
        let known = Known {
            entity,
            record,
            is_over_in_port: port.expired.contains(name),
            role: aws.and_then(|aws| aws.roles.get(name)),
            aws,
            unasked,
            port: seen.port.is_some(),
        };
        let mut row = known.row(name, accounts().next().is_some());
        row.differences
            .extend(elsewhere.iter().map(|other| format!("a role of this name is in the account {other} too")));
        row
    };
    let mut rows: Vec<Row> = names.into_iter().map(row).collect();
    // What tells no end stands last, where it is seen.
    rows.sort_by_key(|row| (row.until.is_none(), row.until, row.grant.clone()));
    rows
}

impl Known<'_> {
    fn row(&self, name: &str, aws_was_asked: bool) -> Row {
        let nothing = RoleTold::default();
        let told = self.role.and_then(|role| role.told.as_ref()).unwrap_or(&nothing);
        let text =
            |key: &str| self.record.and_then(|it| it.text(key)).or_else(|| self.entity.and_then(|it| it.text(key)));
        let state = self.state();
        let mut differences = self.differences(state, told);
        if aws_was_asked && self.aws.is_none() {
            differences.push(format!(
                "it is of the account {}, at which these credentials did not look",
                self.unasked.unwrap_or("?")
            ));
        }
        let held = self.aws.filter(|_| self.role.is_some()).map(|aws| aws.account.id.as_str());
        if let (Some(held), Some(told)) = (held, text("account"))
            && held != told
        {
            differences.push(format!("Port says that it is in the account {told}, and its role is in {held}"));
        }
        Row {
            grant: name.to_owned(),
            requesters: self.requesters(told),
            resources: self.resources(told),
            actions: self.actions(told),
            account: held
                .or_else(|| text("account"))
                .or_else(|| Some(self.aws?.account.id.as_str()))
                .map(str::to_owned),
            from: text("granted_from").and_then(|time| time.parse().ok()),
            until: self.until(),
            ended: self.record.filter(|_| self.role.is_none()).and_then(|it| it.text("revoked_at")?.parse().ok()),
            state,
            is_listed: self.entity.is_some(),
            is_recorded: self.record.is_some(),
            reason: text("reason").map(str::to_owned),
            extends: text("extends").map(str::to_owned),
            scope: told.scope.clone(),
            differences,
        }
    }

    fn word_of_port(&self) -> Option<&str> {
        let record = || self.record.and_then(|record| record.text("state"));
        self.entity.and_then(|entity| entity.text("state")).or_else(record)
    }

    fn in_port(&self) -> State {
        match self.word_of_port().map_or(State::Unknown, State::of_port) {
            State::Live if self.entity.is_some() && self.is_over_in_port => State::Expired,
            state => state,
        }
    }

    fn state(&self) -> State {
        let in_port = self.in_port();
        let Some(aws) = self.aws else { return in_port };
        match (self.role, in_port) {
            (Some(role), _) if role.end.is_some_and(|end| end <= aws.now) => State::Expired,
            (Some(role), _) if role.is_denied => State::Denied,
            (Some(role), _) if role.holds_policies => State::Live,
            (Some(_), State::Granting) => State::Granting,
            (Some(_), _) => State::Powerless,
            (None, State::Live | State::Granting) => State::Missing,
            (None, other) => other,
        }
    }

    fn until(&self) -> Option<Timestamp> {
        let moment = |entity: Option<&Entity>, key: &str| entity?.text(key)?.parse().ok();
        let in_aws = self.role.and_then(|role| role.end);
        in_aws.or_else(|| moment(self.record, "granted_until")).or_else(|| moment(self.entity, "expiry_time"))
    }

    fn requesters(&self, told: &RoleTold) -> Vec<String> {
        let of = |entity: Option<&Entity>| entity.and_then(|entity| entity.text("requester")).map(str::to_owned);
        let mut requesters: Vec<String> = Vec::new();
        for email in [of(self.record), of(self.entity), told.requester.clone()].into_iter().flatten() {
            // A tag takes fewer characters than an address may have.
            let is_known = |known: &String| {
                let email = email.to_lowercase();
                known.to_lowercase() == email || tag_value(known).to_lowercase() == email
            };
            if !requesters.iter().any(is_known) {
                requesters.push(email);
            }
        }
        requesters
    }

    fn resources(&self, told: &RoleTold) -> Vec<String> {
        let named = self.record.and_then(|record| record.text("resource"));
        let related = self.entity.and_then(|entity| entity.relations["aws_resource"].as_str());
        let further = self.record.map(|record| texts(&record.properties["additional_resources"])).unwrap_or_default();
        let all = named.map(str::to_owned).into_iter().chain(further).chain(related.map(str::to_owned));
        // A policy names a resource and what lies under it, which is one to people.
        let is_own = |one: &&String| {
            let above = one.strip_suffix("/*").or_else(|| one.strip_suffix(":*"));
            !above.is_some_and(|above| told.resources.iter().any(|other| other == above))
        };
        distinct(all.chain(told.resources.iter().filter(is_own).cloned()))
    }

    fn actions(&self, told: &RoleTold) -> Vec<String> {
        let recorded = self.record.map(|record| texts(&record.properties["actions"])).unwrap_or_default();
        let related = || self.entity.map(|entity| texts(&entity.relations["permissions"])).unwrap_or_default();
        let in_port = if recorded.is_empty() { related() } else { recorded };
        if in_port.is_empty() { told.actions.clone() } else { in_port }
    }

    fn differences(&self, state: State, told: &RoleTold) -> Vec<String> {
        let mut differences = Vec::new();
        let on_record = self.word_of_port();
        if self.port && self.role.is_some() && self.entity.is_none() {
            let by =
                told.scope.as_ref().map(|scope| format!("; its tag says that {scope} made it")).unwrap_or_default();
            differences.push(match on_record {
                Some(word) => format!("AWS has the role, Port lists no such grant, and its record says {word}{by}"),
                None => format!("AWS has the role, and Port knows no such grant{by}"),
            });
        }
        if let Some(word) = on_record.filter(|_| self.aws.is_some() && self.entity.is_some()) {
            let in_port = self.in_port();
            let agrees = in_port == state
                // Port's timer and AWS's clock may be a moment apart, and what ends is taken away soon after.
                || (word == "live" && (in_port, state) == (State::Expired, State::Live))
                || matches!(
                    (in_port, state),
                    (State::Revoking | State::RevokeFailed, State::Denied | State::Powerless | State::Expired)
                );
            match (agrees, self.role) {
                (true, _) => {}
                (false, Some(_)) => {
                    differences.push(format!("Port says {word}, and in AWS the role is {}", state.word()));
                }
                (false, None) => differences.push(format!("Port says {word}, and AWS has no such role")),
            }
        }
        if self.entity.is_none() && self.role.is_none() && state == State::Missing {
            differences.push("its record says that it is live, and neither Port's catalog nor AWS has it".to_owned());
        }
        differences.extend(self.ends());
        let requesters = self.requesters(told);
        if let [first, others @ ..] = requesters.as_slice()
            && !others.is_empty()
        {
            differences.push(format!("its requester is told as {first}, and elsewhere as {}", others.join(", ")));
        }
        differences
    }

    /// The end that AWS enforces is in the role; whoever reads another one in Port is misled.
    fn ends(&self) -> Vec<String> {
        let Some(end) = self.role.and_then(|role| role.end) else {
            let is_endless = self.role.is_some();
            return is_endless.then(|| "the role's trust policy carries no end".to_owned()).into_iter().collect();
        };
        let told = [("entity", self.entity, "expiry_time"), ("record", self.record, "granted_until")];
        let differs = |(what, entity, key): (&str, Option<&Entity>, &str)| {
            let text = entity?.text(key)?;
            let is_same = text.parse::<Timestamp>().is_ok_and(|told| told.as_second() == end.as_second());
            (!is_same).then(|| format!("its {what} says until {text}, and the role until {}", utc(end)))
        };
        told.into_iter().filter_map(differs).collect()
    }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns the texts without repetitions, be they written as a tag can have them.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    texts.for_each(|text| {
        if !distinct.iter().any(|known| *known == text || tag_value(known) == text) {
            distinct.push(text);
        }
    });
    distinct
}
