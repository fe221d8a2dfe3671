//! Policies under our path.

use super::*;

#[test]
fn a_policy_that_no_role_explains_is_removed_or_told() {
    fn alone(seen: &mut Seen) {
        seen.roles.clear();
        seen.entities.clear();
        policy(seen).attachments = 0;
    }
    fn of(seen: &mut Seen, scope: Option<&str>) {
        alone(seen);
        seen.records.clear();
        let arn = policy(seen).arn.clone();
        let scope = scope.map(str::to_owned);
        seen.looks.insert(arn, Look { scope, ..Look::default() });
    }
    fn numbered_one(seen: &mut Seen) {
        let (name, arn) = ("Permission-r_1.1".to_owned(), arn("policy", "Permission-r_1.1"));
        let policy = ListedPolicy { name: name.clone(), arn, ..policy(seen).clone() };
        seen.policies.insert(name, policy);
    }
    fn held(seen: &mut Seen, is_elsewhere: bool) {
        let arn = policy(seen).arn.clone();
        seen.held_elsewhere.insert(arn, is_elsewhere);
    }
    const REMOVED: &[&str] = &["remove-policy:"];
    check(
        NAME,
        &[
            ("attached to two, not asked", |it| policy(it).attachments = 2, &["Holders(", "Run("]),
            (
                "attached to two",
                |it| (held(it, true), policy(it).attachments = 2).1,
                &["tampered: it is attached to more", "Run("],
            ),
            ("attached to two as it is made", |it| (held(it, false), policy(it).attachments = 2).1, &["Run("]),
            ("attached to its role alone", |it| drop(it.looks.insert(arn("role", NAME), look(NAME))), &[]),
            (
                "attached to another in the place of its role",
                |it| {
                    held(it, true);
                    it.looks.insert(arn("role", NAME), Look { attached: Vec::new(), ..look(NAME) });
                },
                &[UNFINISHED, "tampered: it is attached to more"],
            ),
            (
                "detached from its role since it was listed",
                |it| {
                    held(it, false);
                    it.looks.insert(arn("role", NAME), Look { attached: Vec::new(), ..look(NAME) });
                },
                &[UNFINISHED],
            ),
            ("of a number that is never given", numbered_one, &["Policy("]),
            (
                "of a number that is never given, ours",
                |it| {
                    numbered_one(it);
                    it.looks.insert(arn("policy", "Permission-r_1.1"), look(NAME));
                },
                &["tampered: it bears our tag and is no policy of a grant"],
            ),
            ("alone", alone, REMOVED),
            ("for an hour", |it| (alone(it), policy(it).created = later(-60)).1, REMOVED),
            ("since just now", |it| (alone(it), policy(it).created = later(-59)).1, &["waits: its grant has no role"]),
            (
                "attached to a role of its name elsewhere under our path",
                |it| {
                    held(it, true);
                    it.entities.clear();
                    record(it).is_reviewed = false;
                    role(it).arn = account().iam_arn("role/port-iam/x", NAME);
                    it.looks =
                        [(role(it).arn.clone(), Look { scope: Some("org_2/8".to_owned()), ..look(NAME) })].into();
                },
                &["tampered: it is attached to something, and the role of its grant is gone"],
            ),
            (
                "attached to nothing, and a role of its name elsewhere under our path",
                |it| {
                    role(it).arn = account().iam_arn("role/port-iam/x", NAME);
                    it.entities.clear();
                    policy(it).attachments = 0;
                    it.looks =
                        [(role(it).arn.clone(), Look { scope: Some("org_2/8".to_owned()), ..look(NAME) })].into();
                },
                REMOVED,
            ),
            ("attached, not asked", |it| (alone(it), policy(it).attachments = 1).1, &["Holders("]),
            (
                "attached",
                |it| (alone(it), held(it, true), policy(it).attachments = 1).2,
                &["tampered: it is attached to something"],
            ),
            ("attached when it was listed", |it| (alone(it), held(it, false), policy(it).attachments = 1).2, REMOVED),
            (
                "attached when it was listed, just made",
                |it| {
                    alone(it);
                    held(it, false);
                    (policy(it).attachments, policy(it).created) = (1, later(-59));
                },
                &["waits: its grant has no role"],
            ),
            (
                "attached to whom nobody can tell",
                |it| {
                    alone(it);
                    policy(it).attachments = 1;
                    it.unanswered.insert(Question::Holders(NAME.to_owned()), "no answer".to_owned());
                },
                &["doubtful: whom it is attached to could not be listed (no answer)"],
            ),
            ("unknown", |it| (alone(it), it.records.clear()).1, &["Policy("]),
            (
                "of which a sweep's note alone tells, seen by somebody",
                |it| (alone(it), record(it).trust_digest = None).1,
                &["Policy("],
            ),
            (
                "of which a sweep's note alone tells",
                |it| {
                    alone(it);
                    record(it).trust_digest = None;
                    (record(it).is_reviewed, record(it).is_marked) = (false, true);
                },
                &["Policy("],
            ),
            (
                "of which an entity alone tells",
                |it| {
                    let entities = it.entities.clone();
                    alone(it);
                    it.records.clear();
                    it.entities = entities;
                },
                &["mark-missing:", "Policy("],
            ),
            ("unknown, ours", |it| of(it, Some(SCOPE)), REMOVED),
            ("unknown, listed", |it| of(it, Some("org_2/8")), &[]),
            ("unknown, not listed", |it| of(it, Some("org_3/9")), &["foreign: it lies under our path"]),
            ("unknown, without a tag", |it| of(it, None), &["foreign: it lies under our path"]),
            ("unknown, at work", |it| (of(it, None), it.looks.values_mut().for_each(|it| it.is_settled = true)).1, &[]),
            (
                "elsewhere under our path, not looked at",
                |it| (alone(it), policy(it).arn = account().iam_arn("policy/port-iam/x", NAME)).1,
                &["Policy("],
            ),
            (
                "elsewhere under our path, ours",
                |it| {
                    alone(it);
                    policy(it).arn = account().iam_arn("policy/port-iam/x", NAME);
                    let arn = policy(it).arn.clone();
                    it.looks.insert(arn, look(NAME));
                },
                &["tampered: it bears our tag and is no policy of a grant"],
            ),
        ],
    );
}
