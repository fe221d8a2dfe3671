//! Whether the three systems can be asked: addresses, credentials, allow-lists, the clock.

use jiff::SignedDuration;

use super::{AwsSeen, Bar, Barred, Check, ClockSeen, Outcome, PortSeen, Seen, Severity, bad, check, fine, unknown};

/// AWS refuses a request that was signed so long ago (IAM User Guide, "Signature Version 4"); Port's and GitHub's tokens
/// bear as little.
const TOO_FAR: SignedDuration = SignedDuration::from_mins(5);
/// From here on somebody should look at the clock before it is too late.
const FAR: SignedDuration = SignedDuration::from_secs(60);

pub(super) static CHECKS: [Check; 9] = [
    check("clock", clock),
    check("ip-allow-list", ip_allow_list),
    check("port-reachable", |seen| reachable("Port", seen.port.as_ref().err(), "PORT_REGION|PORT_API_URL")),
    check("port-credentials", port_credentials),
    check("github-reachable", |seen| reachable("GitHub", seen.github.as_ref().err(), "GITHUB_API_URL")),
    check("github-credentials", github_credentials),
    check("aws-reachable", |seen| reachable("AWS", seen.aws.as_ref().err(), "AWS_REGION|AWS_ENDPOINT_URL")),
    check("aws-region", aws_region),
    check("aws-credentials", aws_credentials),
];

fn clock(seen: &Seen) -> Outcome {
    let ahead = match seen.clock {
        ClockSeen::Ahead(ahead) => ahead,
        ClockSeen::Unknown => return unknown("AWS did not tell the time"),
    };
    let word = if ahead.is_negative() { "behind" } else { "ahead of" };
    let told = format!("this machine's clock is {} seconds {word} AWS's", ahead.abs().as_secs());
    match ahead.abs() {
        off if off >= TOO_FAR => bad(Severity::Error, told, "timedatectl set-ntp true"),
        off if off >= FAR => bad(Severity::Warning, told, "timedatectl set-ntp true"),
        _ => fine(told),
    }
}

/// Returns whether AWS rejects signatures for the clock's sake alone.
fn is_the_clock(seen: &Seen) -> bool {
    matches!(seen.clock, ClockSeen::Ahead(ahead) if ahead.abs() >= TOO_FAR)
}

fn ip_allow_list(seen: &Seen) -> Outcome {
    let barred = [("Port", seen.port.as_ref().err()), ("GitHub", seen.github.as_ref().err())];
    let refused = barred.into_iter().find_map(|(system, barred)| {
        let barred = barred.filter(|barred| barred.bar == Bar::Address)?;
        Some((system, barred))
    });
    match refused {
        Some((system, barred)) => bad(
            Severity::Error,
            format!(
                "{system} lets nobody in from this machine's address ({}); GitHub's own runners would be refused as well",
                barred.why
            ),
            format!(
                "gh api meta --jq .actions (the addresses of GitHub's runners); then add them, and this machine's, to the organisation's IP allow list in {system}"
            ),
        ),
        None if seen.port.is_err() && seen.github.is_err() => unknown("neither Port nor GitHub was asked"),
        None => fine("no allow-list keeps this machine out"),
    }
}

fn reachable(system: &str, barred: Option<&Barred>, settings: &str) -> Outcome {
    match barred {
        Some(Barred { bar: Bar::Unreachable, why, .. }) => {
            let remedy = format!("env | grep -E '{settings}|HTTPS_PROXY' (and look at the status page of {system})");
            bad(Severity::Error, format!("{system} does not answer: {why}"), remedy)
        }
        Some(Barred { bar: Bar::LeftOut | Bar::NoCredentials | Bar::NoRegion, why, .. }) => {
            unknown(format!("{system} was not asked: {why}"))
        }
        Some(Barred { bar: Bar::Address | Bar::Rejected, .. }) | None => fine(format!("{system} answers")),
    }
}

/// Judges credentials that did not lead to an answer.
fn credentials(system: &str, barred: &Barred, remedy: &str) -> Outcome {
    let Barred { bar, why, remedy: known } = barred;
    match bar {
        Bar::NoCredentials | Bar::Rejected => {
            let known = known.as_ref().map(|known| format!(" ({known})")).unwrap_or_default();
            bad(Severity::Error, why.clone(), format!("{remedy}{known}"))
        }
        Bar::LeftOut | Bar::NoRegion | Bar::Unreachable | Bar::Address => {
            unknown(format!("{system} did not judge them: {why}"))
        }
    }
}

fn port_credentials(seen: &Seen) -> Outcome {
    match &seen.port {
        Ok(PortSeen { organization, personal, address, .. }) => {
            let whose = match personal {
                Some(true) => "a person's",
                Some(false) => "a machine's",
                None => "somebody's",
            };
            fine(format!("they are {whose}, of the organisation {organization} at {address}"))
        }
        Err(barred) => credentials("Port", barred, "export PORT_CLIENT_ID=ID PORT_CLIENT_SECRET=SECRET"),
    }
}

fn github_credentials(seen: &Seen) -> Outcome {
    match &seen.github {
        Ok(github) => fine(format!("the token is of {}", github.login)),
        Err(barred) => credentials("GitHub", barred, "gh auth login -s workflow"),
    }
}

fn aws_region(seen: &Seen) -> Outcome {
    match &seen.aws {
        Ok(aws) => fine(format!("it is {}", aws.region)),
        Err(Barred { bar: Bar::NoRegion, why, .. }) => {
            bad(Severity::Error, why.clone(), "export AWS_REGION=eu-central-1 (the region of the account's resources)")
        }
        Err(barred) => unknown(format!("AWS was not asked: {}", barred.why)),
    }
}

fn aws_credentials(seen: &Seen) -> Outcome {
    match &seen.aws {
        Ok(AwsSeen { arn, .. }) => fine(format!("they are of {arn}")),
        Err(_) if is_the_clock(seen) => unknown("AWS rejects what a wrong clock signs"),
        Err(barred) => credentials("AWS", barred, "aws sts get-caller-identity"),
    }
}
