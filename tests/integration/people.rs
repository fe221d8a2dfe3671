//! Who can use a grant, and who cannot take it out of the revoker's reach: asked of STS and IAM themselves.

use aws_sdk_iam::error::ProvideErrorMetadata as _;
use aws_sdk_iam::types::Tag;
use aws_sdk_sts::config::{Credentials, Region};
use port_iam::sandbox::cast::{self, Person};
use serde_json::{Value, json};

use crate::harness::cast_account;
use crate::installed::{Installed, REPOSITORY};
use crate::sweep::{found, role_arn};

/// The keys that somebody calls AWS with.
#[derive(Clone)]
struct Keys(Credentials);

impl Keys {
    fn of(person: Person) -> Self {
        Self(Credentials::new(person.aws_access_key_id, person.aws_secret_access_key, None, None, "integration test"))
    }

    fn signed_in(installed: &Installed, user: &str) -> Self {
        let keys = installed.harness.sandbox.aws.sign_in("Developer", user);
        let token = Some(keys.session_token);
        Self(Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "integration test"))
    }
}

fn sts(installed: &Installed, keys: &Keys) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version_latest()
        .region(Region::new(cast::AWS_REGION))
        .credentials_provider(keys.0.clone())
        .endpoint_url(installed.harness.variable("AWS_ENDPOINT_URL"))
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Assumes a role; returns the session's keys, or AWS's code.
fn assume(installed: &Installed, keys: &Keys, role: &str, source_identity: Option<&str>) -> Result<Keys, String> {
    assume_tagged(installed, keys, role, source_identity, &[])
}

/// The same with session tags, which are passed on to further sessions.
fn assume_tagged(
    installed: &Installed,
    keys: &Keys,
    role: &str,
    source_identity: Option<&str>,
    tags: &[(&str, &str)],
) -> Result<Keys, String> {
    let mut request = sts(installed, keys)
        .assume_role()
        .role_arn(format!("arn:aws:iam::{}:role/{role}", cast::AWS_ACCOUNT_ID))
        .role_session_name("session")
        .set_source_identity(source_identity.map(str::to_owned));
    for (key, value) in tags {
        let tag = aws_sdk_sts::types::Tag::builder().key(*key).value(*value).build().unwrap();
        request = request.tags(tag).transitive_tag_keys(*key);
    }
    match block_on(request.send()) {
        Ok(answer) => {
            let keys = answer.credentials.unwrap();
            let token = Some(keys.session_token);
            Ok(Keys(Credentials::new(keys.access_key_id, keys.secret_access_key, token, None, "integration test")))
        }
        Err(error) => Err(error.code().unwrap_or_default().to_owned()),
    }
}

/// One trust mode: its lines in the rules file, how a person calls AWS, and whether a colleague is let in.
struct Mode {
    name: &'static str,
    prepare: fn(&Installed),
    trust: fn(&Installed) -> String,
    keys: fn(&Installed, Person) -> Result<Keys, String>,
    admits_colleagues: bool,
}

fn own_keys(_: &Installed, person: Person) -> Result<Keys, String> {
    Ok(Keys::of(person))
}

fn by_identity_center(installed: &Installed, person: Person) -> Result<Keys, String> {
    Ok(Keys::signed_in(installed, person.email))
}

/// People who prove themselves by a source identity come through a role that takes nothing but their own name.
fn by_source_identity(installed: &Installed, person: Person) -> Result<Keys, String> {
    assume(installed, &Keys::of(person), "people", Some(person.iam_user))
}

fn make_role_of_people(installed: &Installed) {
    let users = [cast::DANA, cast::MAX].map(|person| format!("arn:aws:iam::123456789012:user/{}", person.iam_user));
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": users },
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
        "Condition": { "StringEquals": { "sts:SourceIdentity": "${aws:username}" } } }] });
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"], "Resource": "arn:aws:iam::123456789012:role/port-iam/*" }] });
    installed.harness.with_aws(async |iam| {
        iam.create_role().role_name("people").assume_role_policy_document(trust.to_string()).send().await.unwrap();
        let put = iam.put_role_policy().role_name("people").policy_name("grants");
        put.policy_document(policy.to_string()).send().await.unwrap();
    });
}

fn write_trust_template(installed: &Installed) {
    let template = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "AWS": "arn:aws:iam::123456789012:user/<REQUESTER>" } }] });
    let (github, path) = (&installed.harness.sandbox.github, ".github/templates/iamTrustPolicy.json");
    github.commit_file(REPOSITORY, "main", path, Some(template.to_string().as_bytes())).unwrap();
}

const NAMES: &str = "  name: local-part\n  domains: [acme.example]";

fn modes() -> Vec<Mode> {
    vec![
        // The guide's: it proves nothing about the person, and says so.
        Mode {
            name: "account",
            prepare: |_| {},
            trust: |_| "  mode: account".to_owned(),
            keys: own_keys,
            admits_colleagues: true,
        },
        Mode {
            name: "iam-user",
            prepare: |_| {},
            trust: |_| format!("  mode: iam-user\n{NAMES}"),
            keys: own_keys,
            admits_colleagues: false,
        },
        Mode {
            name: "identity-center by role",
            prepare: |_| {},
            trust: |installed| {
                let role = installed.harness.sandbox.aws.sign_in("Developer", "nobody").role;
                format!("  mode: identity-center\n  role: {role}\n  name: email")
            },
            keys: by_identity_center,
            admits_colleagues: false,
        },
        Mode {
            name: "identity-center by permission set",
            prepare: |_| {},
            trust: |_| "  mode: identity-center\n  permission-set: Developer\n  name: email".to_owned(),
            keys: by_identity_center,
            admits_colleagues: false,
        },
        Mode {
            name: "source-identity",
            prepare: make_role_of_people,
            trust: |_| format!("  mode: source-identity\n{NAMES}"),
            keys: by_source_identity,
            admits_colleagues: false,
        },
        Mode {
            name: "template",
            prepare: write_trust_template,
            trust: |_| format!("  mode: template\n{NAMES}"),
            keys: own_keys,
            admits_colleagues: false,
        },
    ]
}

#[test]
fn in_every_trust_mode_the_requester_alone_is_let_in_and_after_the_end_nobody() {
    for mode in modes() {
        let Mode { name, prepare, trust, keys, admits_colleagues } = mode;
        let installed = Installed::new();
        prepare(&installed);
        let lines = trust(&installed);
        if name != "account" {
            installed.set_rules(|rules| rules.replacen("trust:\n  mode: account\n", &format!("trust:\n{lines}\n"), 1));
        }
        let role = format!("port-iam/{}", installed.granted().grant());
        let try_it = |person: Person| {
            let keys = keys(&installed, person).unwrap_or_else(|code| panic!("{name}: {code}"));
            assume(&installed, &keys, &role, None).map(|_| ())
        };
        assert_eq!(try_it(cast::DANA), Ok(()), "{name}: who asked");
        let colleague = if admits_colleagues { Ok(()) } else { Err("AccessDenied".to_owned()) };
        assert_eq!(try_it(cast::MAX), colleague, "{name}: a colleague in the same account");
        // Even an administrator of the account does not come in under another name.
        let ada = || assume(&installed, &Keys::of(cast::ADA), &role, None).map(drop);
        assert_eq!(ada(), colleague, "{name}: an administrator");
        installed.pass(61);
        for person in [cast::DANA, cast::MAX] {
            assert_eq!(try_it(person), Err("AccessDenied".to_owned()), "{name}: {} after the end", person.name);
        }
        // By her own policies she may assume every role: where the trust is for the account, its end alone keeps her out.
        assert_eq!(ada(), Err("AccessDenied".to_owned()), "{name}: an administrator after the end");
    }
}

/// What a policy elsewhere lets tagged sessions do is not for the requester to take: tags are the caller's own choice.
#[test]
fn a_session_by_source_identity_brings_tags_only_where_the_reviewed_template_lets_it() {
    let project = [("project", "payments")];
    for lets_tag in [false, true] {
        let installed = Installed::new();
        make_role_of_people(&installed);
        if lets_tag {
            let template = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
                "Action": ["sts:AssumeRole", "sts:TagSession"] }] });
            let (github, path) = (&installed.harness.sandbox.github, ".github/templates/iamTrustPolicy.json");
            github.commit_file(REPOSITORY, "main", path, Some(template.to_string().as_bytes())).unwrap();
        }
        let trust = format!("trust:\n  mode: source-identity\n{NAMES}\n");
        installed.set_rules(|rules| rules.replacen("trust:\n  mode: account\n", &trust, 1));
        let role = format!("port-iam/{}", installed.granted().grant());
        let dana = Some(cast::DANA.iam_user);
        let plain = assume(&installed, &Keys::of(cast::DANA), "people", dana).unwrap();
        let tagged = assume_tagged(&installed, &Keys::of(cast::DANA), "people", dana, &project).unwrap();
        let outcome = if lets_tag { Ok(()) } else { Err("AccessDenied".to_owned()) };
        assert_eq!(assume(&installed, &plain, &role, None).map(drop), Ok(()), "without tags");
        assert_eq!(assume_tagged(&installed, &plain, &role, None, &project).map(drop), outcome, "with new tags");
        assert_eq!(assume(&installed, &tagged, &role, None).map(drop), outcome, "with tags that are passed on");
    }
}

#[test]
fn another_permission_set_of_the_same_beginning_is_another_one() {
    let installed = Installed::new();
    let trust = "trust:\n  mode: identity-center\n  permission-set: Developer\n  name: email\n";
    installed.set_rules(|rules| rules.replacen("trust:\n  mode: account\n", trust, 1));
    let role = format!("port-iam/{}", installed.granted().grant());
    let keys = installed.harness.sandbox.aws.sign_in("Developer_Admin", cast::DANA.email);
    let keys = Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test");
    assert_eq!(assume(&installed, &Keys(keys), &role, None).map(|_| ()), Err("AccessDenied".to_owned()));
}

/// What the granter tries, so that the revoker could not take a grant away any more, and AWS's code.
async fn tries(iam: &aws_sdk_iam::Client, grant: &str) -> Vec<(&'static str, String)> {
    let everything =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }] });
    let (everything, trust) = (everything.to_string(), trust.to_string());
    let own = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    let boundary = "arn:aws:iam::123456789012:policy/port-iam-boundary";
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
    // Without our mark; what comes of it with the mark has a test of its own.
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let scope = tag("port-iam:scope", "org_other/7");
    // With our mark, and a tag that a policy elsewhere may take for a proof.
    let of_a_team = [tag("managed-by", "port-iam"), tag("team", "payments")].to_vec();
    macro_rules! code {
        ($request:expr) => {
            $request.send().await.err().map_or("ok".to_owned(), |error| error.code().unwrap_or_default().to_owned())
        };
    }
    vec![
        ("take the boundary off", code!(iam.delete_role_permissions_boundary().role_name(grant))),
        (
            "set another boundary",
            code!(iam.put_role_permissions_boundary().role_name(grant).permissions_boundary(admin)),
        ),
        ("edit the trust", code!(iam.update_assume_role_policy().role_name(grant).policy_document(&trust))),
        (
            "write an inline policy",
            code!(iam.put_role_policy().role_name(grant).policy_name("x").policy_document(&everything)),
        ),
        ("attach what is not ours", code!(iam.attach_role_policy().role_name(grant).policy_arn(admin))),
        (
            "give our policy another version",
            code!(iam.create_policy_version().policy_arn(&own).policy_document(&everything).set_as_default(true)),
        ),
        (
            "give the boundary another version",
            code!(iam.create_policy_version().policy_arn(boundary).policy_document(&everything).set_as_default(true)),
        ),
        ("delete the boundary", code!(iam.delete_policy().policy_arn(boundary))),
        ("take the revoker's deny off", code!(iam.detach_role_policy().role_name(grant).policy_arn(deny))),
        ("lengthen the sessions", code!(iam.update_role().role_name(grant).max_session_duration(43_200))),
        ("take the mark off", code!(iam.untag_role().role_name(grant).tag_keys("managed-by"))),
        ("give it to another installation", code!(iam.tag_role().role_name(grant).tags(scope))),
        ("give it a tag of a team", code!(iam.tag_role().role_name(grant).set_tags(Some(of_a_team)))),
        (
            "keep it in an instance profile",
            code!(iam.add_role_to_instance_profile().role_name(grant).instance_profile_name("keep")),
        ),
        (
            "make a role without a boundary",
            code!(iam.create_role().path("/port-iam/").role_name("Permission-x").assume_role_policy_document(&trust)),
        ),
        (
            "give itself more",
            code!(iam.put_role_policy().role_name("granter-alone").policy_name("x").policy_document(&everything)),
        ),
    ]
}

/// Returns a client of somebody who may do what the granter may, and nothing else.
fn granter_alone(installed: &Installed) -> aws_sdk_iam::Client {
    let policies =
        port_iam::assets::manager_policies(&port_iam::domain::names::Names::default(), &cast_account()).unwrap();
    let trust: Value = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }] });
    installed.harness.with_aws(async |iam| {
        let role = iam.create_role().role_name("granter-alone").assume_role_policy_document(trust.to_string());
        role.send().await.unwrap();
        let policy = iam.create_policy().policy_name("granter-alone").policy_document(policies.granter.to_string());
        let arn = policy.send().await.unwrap().policy.unwrap().arn.unwrap();
        iam.attach_role_policy().role_name("granter-alone").policy_arn(arn).send().await.unwrap();
    });
    let keys = assume(installed, &Keys::of(cast::ADA), "granter-alone", None).unwrap();
    let config = aws_sdk_iam::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_iam::config::Region::new(cast::AWS_REGION))
        .credentials_provider(keys.0)
        .endpoint_url(installed.harness.variable("AWS_ENDPOINT_URL"))
        .build();
    aws_sdk_iam::Client::from_conf(config)
}

#[test]
fn the_granter_cannot_make_a_grant_that_the_revoker_cannot_end() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let granter = granter_alone(&installed);
    installed.harness.with_aws(async |iam| {
        iam.create_instance_profile().instance_profile_name("keep").send().await.unwrap();
        // A revocation that has begun.
        let deny = iam.attach_role_policy().role_name(&grant).policy_arn("arn:aws:iam::aws:policy/AWSDenyAll");
        deny.send().await.unwrap();
    });
    let tried = block_on(tries(&granter, &grant));
    for (what, code) in &tried {
        assert_eq!(code, "AccessDenied", "{what}");
    }
    assert_eq!(tried.len(), 16);
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

/// No condition holds the tag to be this installation's, so that this one attempt of the granter succeeds.
#[test]
fn a_grant_that_the_granter_gives_to_another_installation_is_told_by_the_sweep_and_ends_all_the_same() {
    for (is_listed, kind) in [(false, "tampered"), (true, "doubtful")] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        if is_listed {
            installed.set_rules(|rules| format!("{rules}\nother-installations: [\"org_other/7\"]\n"));
        }
        let tag = |(key, value): (&str, &str)| Tag::builder().key(key).value(value).build().unwrap();
        let tags = [("managed-by", "port-iam"), ("port-iam:scope", "org_other/7")].map(tag);
        let request = granter_alone(&installed).tag_role().role_name(&grant).set_tags(Some(tags.to_vec()));
        block_on(request.send()).unwrap();
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("{kind} {}", role_arn(&grant))], "{is_listed}: {}", ran.stdout);
        // A listed installation's own sweep is to judge it: it is told, and left as it is.
        assert_eq!(installed.is_denied(&grant), !is_listed, "{is_listed}: {:?}", installed.attached(&grant));
        installed.revoke(&installed.give_back(&grant)).exits(0);
        installed.assert_no_grant();
    }
}
