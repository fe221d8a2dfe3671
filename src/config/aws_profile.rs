//! Whose credentials a profile of the AWS CLI brings, as far as that matters here.

use std::path::PathBuf;

use super::variables::{
    AWS_ACCESS_KEY_ID, AWS_CONFIG_FILE, AWS_PROFILE, AWS_SECRET_ACCESS_KEY, AWS_SHARED_CREDENTIALS_FILE, HOME,
    PORT_IAM_AWS_ROLE_ARN,
};
use super::{Setting, Source};
use crate::clients::aws::PROFILE_ADDRESS;
#[cfg(feature = "full")]
use crate::clients::aws::profile_address;
use crate::clients::http::ApiUrl;
use crate::failure::Failure;
use crate::world::World;

/// Returns the address that takes the place of AWS's own, if there is one: that of the environment, else, where the
/// credentials may come from a profile, the profile's. `chosen` is the profile that the caller named.
///
/// # Errors
///
/// Fails on a wrong address.
pub async fn address(world: &World, chosen: Option<&str>) -> Result<Setting<Option<ApiUrl>>, Failure> {
    let of_environment = super::aws::endpoint(world)?;
    let has_others =
        [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, PORT_IAM_AWS_ROLE_ARN].iter().any(|it| world.variable(it).is_some());
    let is_of_profile = world.may_look_around && (chosen.is_some() || !has_others);
    if of_environment.value.is_some() || !is_of_profile {
        return Ok(of_environment);
    }
    let of_profile = of_profile(chosen).await?;
    let source = if of_profile.is_some() { Source::File(PROFILE_ADDRESS) } else { Source::Default };
    Ok(Setting::new(of_profile, source))
}

#[cfg(feature = "full")]
async fn of_profile(chosen: Option<&str>) -> Result<Option<ApiUrl>, Failure> {
    // On the heap: the SDK's futures are too large to be nested in those of whole flows.
    Box::pin(profile_address(chosen)).await
}

/// The runtime of the workflows takes no profile.
#[cfg(not(feature = "full"))]
async fn of_profile(_: Option<&str>) -> Result<Option<ApiUrl>, Failure> {
    Ok(None)
}

/// Refuses a profile that gets its credentials from `port-iam credentials`: the SDK would start this program anew, and
/// that one the next. `chosen` is the profile that the caller named.
///
/// # Errors
///
/// Fails on such a profile.
pub fn check_is_not_our_own(world: &World, chosen: Option<&str>) -> Result<(), Failure> {
    if chosen.is_none() && [AWS_ACCESS_KEY_ID, PORT_IAM_AWS_ROLE_ARN].iter().any(|name| world.variable(name).is_some())
    {
        return Ok(());
    }
    let profile = chosen.or_else(|| world.variable(AWS_PROFILE)).unwrap_or("default");
    let at_home = || world.variable(HOME).map(|home| PathBuf::from(home).join(".aws/config"));
    let file = world.variable(AWS_CONFIG_FILE).map(PathBuf::from).or_else(at_home);
    let text = file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    if !asks_us(&text, profile) {
        return Ok(());
    }
    Err(Failure::usage(format!("the profile {profile:?} gets its credentials from this very command"))
        .hint("name the profile that holds your own with --profile NAME, in `credential_process` too"))
}

/// Returns the names of the profiles that bring credentials, `default` first. None are looked for where credentials may
/// come from the environment alone.
pub fn names(world: &World) -> Vec<String> {
    if !world.may_look_around {
        return Vec::new();
    }
    let files = [(AWS_CONFIG_FILE, "config"), (AWS_SHARED_CREDENTIALS_FILE, "credentials")];
    let texts = files.map(|(variable, name)| {
        let at_home = || world.variable(HOME).map(|home| PathBuf::from(home).join(".aws").join(name));
        let file = world.variable(variable).map(PathBuf::from).or_else(at_home);
        file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default()
    });
    let mut names: Vec<String> =
        texts.iter().flat_map(|text| profiles(text)).filter(|name| !asks_us(&texts[0], name)).collect();
    names.sort_by_key(|name| (name != "default", name.clone()));
    names.dedup();
    names
}

/// Returns the profiles of a file; other sections of it are no profiles.
fn profiles(text: &str) -> Vec<String> {
    let section = |line: &str| Some(line.trim().strip_prefix('[')?.split(']').next()?.trim().to_owned());
    let is_other = |name: &String| ["sso-session ", "services ", "plugins"].iter().any(|word| name.starts_with(word));
    let name =
        |section: String| section.strip_prefix("profile ").map_or(section.clone(), |name| name.trim().to_owned());
    text.lines().filter_map(section).filter(|section| !is_other(section)).map(name).collect()
}

/// Returns whether a profile, or one that it builds on, gets its credentials from this command.
fn asks_us(config: &str, profile: &str) -> bool {
    let mut name = profile.to_owned();
    // A circle of profiles is the SDK's to refuse.
    for _ in 0..10 {
        let of_profile = settings(config, &name);
        let value = |key: &str| of_profile.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
        if value("credential_process")
            .is_some_and(|command| command.contains("port-iam") && command.contains("credentials"))
        {
            return true;
        }
        match value("source_profile") {
            Some(source) if source != name => source.clone_into(&mut name),
            _ => return false,
        }
    }
    false
}

/// Returns the settings of a profile (AWS SDKs and Tools Reference Guide, "Using shared config and credentials files").
fn settings<'a>(config: &'a str, profile: &str) -> Vec<(&'a str, &'a str)> {
    let mut is_in = false;
    let mut found = Vec::new();
    for line in config.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let section = section.trim();
            let name = section.strip_prefix("profile").map_or(section, str::trim);
            is_in = name == profile;
        } else if is_in && let Some((key, value)) = line.split_once('=') {
            found.push((key.trim(), value.trim()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_told_apart_from_other_sections() {
        let text = "[default]\nregion = x\n[profile work]\n[ profile inner ]\n[sso-session s]\n[services t]\n[old]\n";
        assert_eq!(profiles(text), ["default", "work", "inner", "old"]);
    }

    #[test]
    fn a_profile_that_would_start_this_program_anew_is_known_and_others_are_not() {
        let config = "[default]\nregion = eu-west-1\n\n[profile work]\nsource_profile = inner\n[ profile inner ]\n\
                      credential_process=/usr/bin/port-iam credentials Permission-r_1\n[profile circle]\n\
                      source_profile = other\n[profile other]\nsource_profile = circle\n[profile self]\n\
                      source_profile = self\naws_access_key_id = x\n[profile vault]\ncredential_process = vault exec";
        for (profile, is_ours) in [
            ("default", false),
            ("inner", true),
            ("work", true),
            ("circle", false),
            ("self", false),
            ("vault", false),
            ("nobody", false),
        ] {
            assert_eq!(asks_us(config, profile), is_ours, "{profile}");
        }
    }
}
