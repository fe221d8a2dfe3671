//! How those of a person, or on a resource, end together, where Port answers and no sweep has put them on record.

use aws_sdk_iam::types::Tag;

use super::ended::{DENY_ALL, recorded, tells_of_the_grant};
use super::*;

const OF_DANA: [&str; 2] = ["--requester", "dana@acme.example"];

#[test]
fn those_of_a_person_or_on_a_resource_are_put_on_record_and_revoked_where_port_answers() {
    for selection in [OF_DANA, ["--resource", BUCKET]] {
        let installed = Installed::new();
        let grant = granted(&installed);
        let ran = installed.harness.run(&[&["revoke", "--yes"], &selection[..]].concat()).exits(0);
        assert!(ran.stdout.contains(&format!("{grant} is revoked")), "{}", ran.stdout);
        for told in ["kept ", "on no record", "has not been told"] {
            assert!(!ran.stdout.contains(told), "{told}: {}", ran.stdout);
        }
        assert_eq!((installed.roles(), installed.policies()), (Vec::new(), Vec::new()));
        let record = recorded(&installed, &grant);
        tells_of_the_grant(&record);
        let by = json!("arn:aws:iam::123456789012:user/ada");
        assert_eq!((&record["state"], &record["revoked_by"]), (&json!("revoked"), &by));
        assert!(found(&installed.sweep(&[])).contains(&format!("review-due {grant}")));
    }
}

#[test]
fn one_of_another_installation_stays_denied_and_empty_for_its_own_sweep() {
    let installed = Installed::new();
    let grant = granted(&installed);
    installed.harness.with_aws(async |iam| {
        let tag = Tag::builder().key("port-iam:scope").value("org_other/42").build().unwrap();
        iam.tag_role().role_name(&grant).tags(tag).send().await.unwrap();
    });
    let ran = installed.harness.run(&[&["revoke", "--yes"], &OF_DANA[..]].concat()).exits(0);
    for told in [format!("kept {}", role_arn(&grant)), "the next sweep of its own installation".to_owned()] {
        assert!(ran.stdout.contains(&told), "{told}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("when Port is back"), "{}", ran.stdout);
    assert_eq!((installed.attached(&grant), installed.record(&grant)), (vec![DENY_ALL.to_owned()], Value::Null));
}
