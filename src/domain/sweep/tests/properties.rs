//! What holds whatever a sweep sees.

use proptest::prelude::*;

use super::*;

/// What the steps of a plan make of the world, and answers to its questions that change nothing.
fn apply(seen: &mut Seen, plan: &Plan) {
    for step in &plan.steps {
        let name = step.subject.as_str();
        match step.action {
            Action::Deny(denial) => {
                let look = seen.looks.get_mut(&seen.roles[name].arn).unwrap();
                if denial == Denial::ForGood {
                    (look.attached, look.inline) = (Vec::new(), Vec::new());
                }
                look.attached.push(account().deny_all_arn());
                if denial == Denial::ForGood && crate::domain::identifier::GrantId::parse(name).is_ok() {
                    seen.records.entry(name.to_owned()).or_default().is_marked = true;
                    seen.review_due.insert(name.to_owned(), Some("it was denied".to_owned()));
                }
            }
            Action::Revoke(_) | Action::RemoveEntity => {
                seen.roles.remove(name);
                seen.entities.remove(name);
                seen.policies.retain(|_, policy| policy.grant().is_none_or(|grant| grant.as_str() != name));
                seen.records.entry(name.to_owned()).or_default().is_over = true;
            }
            Action::RecordAgain | Action::BackFill => {
                let (role, policies) = (&seen.roles[name], &seen.looks[&seen.roles[name].arn].policy_digest);
                let record = RecordSeen {
                    trust_digest: Some(role.trust_digest.clone()),
                    policy_digest: policies.clone(),
                    from: Some(role.created),
                    ..RecordSeen::default()
                };
                seen.records.insert(name.to_owned(), record);
                seen.entities.entry(name.to_owned()).or_default().state = Some(GrantState::Live);
            }
            Action::MarkMissing => {
                let entity = seen.entities.get_mut(name).unwrap();
                (entity.state, entity.missing_since) = (Some(GrantState::Missing), Some(seen.now));
            }
            Action::UnmarkMissing => seen.entities.get_mut(name).unwrap().state = Some(GrantState::Live),
            Action::RemovePolicy => seen.policies.retain(|_, policy| policy.arn != name),
        }
    }
}

prop_compose! {
    /// One grant with anything about it changed.
    fn anything()(
        name in prop::sample::select(vec![
            "Permission-r_1", "Permission-r_3", "Permission-r_2.2", "Permission-bg-1", "not-a-grant", "Permission-",
        ]),
        parts in prop::collection::vec(prop::bool::weighted(0.75), 4),
        end in prop::option::of(-30_i64..90),
        age in 0_i64..200,
        sub_path in prop::bool::weighted(0.1),
        scope in prop::sample::select(vec![None, Some(SCOPE), Some(SCOPE), Some(SCOPE), Some("org_2/8"), Some("org_3/9")]),
        boundary in prop::bool::weighted(0.8),
        attached in prop_oneof![
            Just(vec!["own"]), prop::sample::subsequence(vec!["own", "AWSDenyAll", "other"], 0..=3),
        ],
        inline in prop::bool::weighted(0.1),
        policies in prop::sample::select(vec![None, Some("policies"), Some("others")]),
        trust in prop::sample::select(vec!["trust", "other"]),
        state in prop::sample::select(vec![GrantState::Live, GrantState::Live, GrantState::Missing, GrantState::RevokeFailed]),
        (since, requester, is_over) in (prop::option::of(-90_i64..0), any::<bool>(), prop::bool::weighted(0.2)),
        told_end in prop::option::of(-90_i64..90),
        (equal, settled, attachments, deny_foreign) in (any::<bool>(), prop::bool::weighted(0.1), 0_i32..3, any::<bool>()),
        held_elsewhere in any::<bool>(),
    ) -> Seen {
        let mut seen = nothing();
        seen.deny_foreign = deny_foreign;
        add(&mut seen, name);
        let role = seen.roles.get_mut(name).unwrap();
        role.end = end.map(later);
        role.created = later(-age);
        role.trust_digest = trust.to_owned();
        if sub_path {
            role.arn = account().iam_arn("role/port-iam/deeper", name);
        }
        let all = |word: &&str| match *word {
            "own" => arn("policy", name),
            word => format!("arn:aws:iam::aws:policy/{word}"),
        };
        let look = Look {
            is_settled: settled,
            scope: scope.map(str::to_owned),
            requester: None,
            boundary: boundary.then(|| account().boundary_arn(&Names::default())),
            attached: attached.iter().map(all).collect(),
            inline: inline.then(|| "inline".to_owned()).into_iter().collect(),
            policy_digest: policies.map(str::to_owned),
        };
        seen.looks.insert(role.arn.clone(), look.clone());
        let policy = seen.policies.get_mut(name).unwrap();
        policy.created = later(-age);
        policy.attachments = attachments;
        seen.held_elsewhere.insert(policy.arn.clone(), held_elsewhere);
        seen.looks.insert(policy.arn.clone(), look);
        let entity = seen.entities.get_mut(name).unwrap();
        entity.state = Some(state.to_owned());
        entity.missing_since = since.map(later);
        entity.end = told_end.map(later);
        entity.requester = Some(if requester { "dana@acme.example" } else { "gone@acme.example" }.to_owned());
        seen.records.get_mut(name).unwrap().is_over = is_over;
        let verdict = if equal { Verdict::Equal } else { Verdict::Differs("no".to_owned()) };
        seen.verdicts.insert(name.to_owned(), verdict);
        if !parts[0] { seen.roles.remove(name); }
        if !parts[1] { seen.policies.remove(name); }
        if !parts[2] { seen.entities.remove(name); }
        if !parts[3] { seen.records.remove(name); }
        seen
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn after_a_sweep_there_is_nothing_left_to_do(mut seen in anything()) {
        let plan = judge(&seen);
        prop_assert!(plan.questions.is_empty(), "{:?}", plan.questions);
        apply(&mut seen, &plan);
        // What was denied can do nothing any more, and is taken away like anything that a revocation has left.
        let denied: BTreeSet<&str> = plan.steps.iter().filter(|step| matches!(step.action, Action::Deny(_))).map(|step| step.subject.as_str()).collect();
        let again = judge(&seen);
        for step in &again.steps {
            let is_rest = matches!(
                step.action,
                Action::Revoke(Reason::Unfinished | Reason::Denied | Reason::NeverUsed | Reason::Unlisted)
            );
            prop_assert!(is_rest && denied.contains(step.subject.as_str()), "{:?} and then {:?}", plan, again);
        }
        apply(&mut seen, &again);
        prop_assert!(judge(&seen).steps.is_empty(), "{:?} and then {:?}", plan, again);
    }

    #[test]
    fn only_what_is_ours_by_name_and_place_is_taken_and_only_roles_under_our_path_are_denied(seen in anything()) {
        for step in judge(&seen).steps {
            match step.action {
                Action::RemovePolicy => prop_assert!(step.subject.starts_with(&arn("policy", "Permission-"))),
                Action::Deny(_) => prop_assert!(seen.roles[&step.subject].arn.contains(":role/port-iam/")),
                Action::Revoke(_) | Action::RecordAgain | Action::BackFill | Action::UnmarkMissing => {
                    prop_assert!(seen.grant_of(&seen.roles[&step.subject]).is_some());
                }
                Action::MarkMissing | Action::RemoveEntity => {
                    let role = seen.roles.get(&step.subject);
                    prop_assert!(role.is_none_or(|role| seen.grant_of(role).is_none()));
                    prop_assert!(step.subject.starts_with("Permission-"));
                }
            }
        }
    }

    #[test]
    fn what_another_installation_made_and_port_does_not_know_is_never_touched(mut seen in anything()) {
        seen.entities.clear();
        seen.records.clear();
        for look in seen.looks.values_mut() {
            look.scope = Some("org_2/8".to_owned());
        }
        let plan = judge(&seen);
        prop_assert!(plan.steps.is_empty(), "{:?}", plan);
    }

    #[test]
    fn nothing_that_works_and_has_expired_or_differs_is_passed_over_in_silence(
        mut seen in anything(), is_changed in any::<bool>(),
    ) {
        if is_changed {
            seen.looks.values_mut().for_each(|look| look.inline.push("inline".to_owned()));
        }
        let plan = judge(&seen);
        for role in seen.roles.values() {
            let look = &seen.looks[&role.arn];
            // What bears the tag of a listed installation, and is not on record, is that one's to judge.
            let is_another = look.scope.as_deref() == Some("org_2/8") && !seen.records.contains_key(&role.name);
            let is_ours = seen.grant_of(role).is_some() && seen.is_known(&role.name) && !is_another;
            let bad = role.end.is_none_or(|end| end <= seen.now) || !look.inline.is_empty();
            let told = plan.steps.iter().any(|step| step.subject == role.name)
                || plan.findings.iter().any(|finding| finding.subject == role.arn);
            prop_assert!(!is_ours || !bad || look.is_settled || told, "{:?}", plan);
        }
    }
}
