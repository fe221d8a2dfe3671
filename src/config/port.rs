//! Port's address and credentials.

use secrecy::SecretString;
use serde::Deserialize;

use super::variables::{HOME, PORT_API_URL, PORT_BASE_URL, PORT_CLIENT_ID, PORT_CLIENT_SECRET, PORT_REGION};
use super::{Setting, Source, flag_or_variable, trace_credentials};
use crate::clients::http::ApiUrl;
use crate::failure::Failure;
use crate::world::World;

const EU: &str = "https://api.port.io";
const US: &str = "https://api.us.port.io";
const CLI_FILE: &str = "~/.port/config.yaml";

/// How Port is reached.
#[derive(Clone, Debug)]
pub struct PortSettings {
    /// The address, without `/v1`.
    pub url: ApiUrl,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: SecretString,
}

#[derive(Deserialize)]
struct CliFile {
    default_org: Option<String>,
    #[serde(default)]
    organizations: std::collections::BTreeMap<String, CliOrganization>,
}

#[derive(Clone, Deserialize)]
struct CliOrganization {
    client_id: Option<String>,
    client_secret: Option<String>,
    api_url: Option<String>,
}

impl PortSettings {
    /// Reads the settings: environment before the file of Port's own CLI; a person is asked for what is missing.
    ///
    /// # Errors
    ///
    /// Fails on a wrong address, and with "login needed" when there are no credentials and nobody to ask.
    pub fn read(world: &World) -> Result<Self, Failure> {
        if let Some(found) = Self::find(world)? {
            return Ok(found);
        }
        let url = address(world)?.value;
        let (id, secret) = (world.variable(PORT_CLIENT_ID), world.variable(PORT_CLIENT_SECRET));
        let missing = if id.is_none() { PORT_CLIENT_ID } else { PORT_CLIENT_SECRET };
        if !world.terminal.is_interactive() {
            return Err(Failure::login(format!("{missing} is not set"))
                .hint("set PORT_CLIENT_ID and PORT_CLIENT_SECRET (in Port: ... > Credentials)"));
        }
        let failed = |error: std::io::Error| Failure::login(format!("could not ask for {missing}: {error}"));
        let client_id = match id {
            Some(id) => id.to_owned(),
            None => world.terminal.text("Port client id").map_err(failed)?,
        };
        let client_secret = match secret {
            Some(secret) => secret.to_owned().into(),
            None => world.terminal.secret("Port client secret").map_err(failed)?,
        };
        trace_credentials("Port", Source::Prompt);
        Ok(Self { url, client_id, client_secret })
    }

    /// Reads the settings without asking anybody; none when the credentials are not all there.
    ///
    /// # Errors
    ///
    /// Fails on a wrong address.
    pub fn find(world: &World) -> Result<Option<Self>, Failure> {
        let file = cli_organization(world);
        let url = url(world, file.as_ref())?.value;
        match (world.variable(PORT_CLIENT_ID), world.variable(PORT_CLIENT_SECRET)) {
            (Some(id), Some(secret)) => {
                trace_credentials("Port", Source::Variable(PORT_CLIENT_ID));
                Ok(Some(Self { url, client_id: id.to_owned(), client_secret: secret.to_owned().into() }))
            }
            (None, None) => Ok(file.and_then(|file| {
                let (id, secret) = (file.client_id?, file.client_secret?);
                trace_credentials("Port", Source::File(CLI_FILE));
                Some(Self { url, client_id: id, client_secret: secret.into() })
            })),
            _ => Ok(None),
        }
    }
}

/// Returns Port's address alone. Nobody is asked for anything.
///
/// # Errors
///
/// Fails on a wrong address.
pub fn address(world: &World) -> Result<Setting<ApiUrl>, Failure> {
    url(world, cli_organization(world).as_ref())
}

fn url(world: &World, file: Option<&CliOrganization>) -> Result<Setting<ApiUrl>, Failure> {
    if let Some(given) = flag_or_variable(world, None, &[PORT_API_URL, PORT_BASE_URL]) {
        let name = if given.source == Source::Variable(PORT_API_URL) { PORT_API_URL } else { PORT_BASE_URL };
        return Ok(Setting::new(ApiUrl::parse(name, &given.value)?.without_suffix("/v1"), given.source));
    }
    if let Some(region) = world.variable(PORT_REGION) {
        let address = match region.to_lowercase().as_str() {
            "eu" => EU,
            "us" => US,
            _ => return Err(Failure::usage(format!("{PORT_REGION} is {region:?}")).hint("set it to `eu` or `us`")),
        };
        return Ok(Setting::new(ApiUrl::parse(PORT_REGION, address)?, Source::Variable(PORT_REGION)));
    }
    if let Some(address) = file.and_then(|file| file.api_url.as_deref()) {
        return Ok(Setting::new(ApiUrl::parse(CLI_FILE, address)?.without_suffix("/v1"), Source::File(CLI_FILE)));
    }
    Ok(Setting::new(ApiUrl::parse("the default", EU)?, Source::Default))
}

/// Returns the default organisation of Port's own CLI, when its file is there and can be read.
fn cli_organization(world: &World) -> Option<CliOrganization> {
    let path = std::path::Path::new(world.variable(HOME)?).join(".port/config.yaml");
    let file: CliFile = serde_saphyr::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let name = file.default_org.or_else(|| file.organizations.keys().next().cloned())?;
    file.organizations.get(&name).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Sink;

    fn world(variables: &[(&str, &str)]) -> World {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let nowhere = || Sink::new(std::io::sink());
        World::isolated(environment.collect(), "port-iam".into(), nowhere(), nowhere())
    }

    fn address_of(variables: &[(&str, &str)]) -> String {
        address(&world(variables)).unwrap().value.as_str().to_owned()
    }

    #[test]
    fn a_region_is_an_address_and_europe_is_the_default() {
        assert_eq!(address_of(&[]), "https://api.port.io");
        assert_eq!(address_of(&[(PORT_REGION, "eu")]), "https://api.port.io");
        assert_eq!(address_of(&[(PORT_REGION, "US")]), "https://api.us.port.io");
        let failure = address(&world(&[(PORT_REGION, "mars")])).unwrap_err();
        assert_eq!((failure.kind.exit_code(), failure.message.as_str()), (2, "PORT_REGION is \"mars\""));
    }

    #[test]
    fn an_address_is_the_same_with_and_without_its_version_and_comes_before_the_region() {
        for name in [PORT_API_URL, PORT_BASE_URL] {
            for text in ["https://port.acme.example", "https://port.acme.example/", "https://port.acme.example/v1"] {
                let variables = [(name, text), (PORT_REGION, "us")];
                assert_eq!(address_of(&variables), "https://port.acme.example", "{name} {text}");
                let source = address(&world(&variables)).unwrap().source;
                assert_eq!(source, Source::Variable(name));
            }
        }
        assert_eq!(address_of(&[(PORT_API_URL, "https://port.acme.example/v1/")]), "https://port.acme.example");
        let both = [(PORT_API_URL, "https://one.example"), (PORT_BASE_URL, "https://other.example")];
        assert_eq!(address_of(&both), "https://one.example");
    }

    #[test]
    fn plain_http_reaches_this_machine_alone() {
        for text in ["http://127.0.0.1:8080/v1", "http://localhost:8080", "http://[::1]:8080"] {
            assert_eq!(address_of(&[(PORT_API_URL, text)]), text.trim_end_matches("/v1"));
        }
        for text in ["http://port.acme.example", "http://localhost.acme.example", "http://10.0.0.1", "ftp://127.0.0.1"]
        {
            let failure = address(&world(&[(PORT_API_URL, text)])).unwrap_err();
            assert_eq!(failure.kind.exit_code(), 2, "{text}");
            assert!(failure.message.starts_with(PORT_API_URL), "{text}: {failure}");
        }
    }

    #[test]
    fn credentials_that_are_half_there_are_none() {
        let whole = world(&[(PORT_CLIENT_ID, "id"), (PORT_CLIENT_SECRET, "secret")]);
        assert_eq!(PortSettings::find(&whole).unwrap().unwrap().client_id, "id");
        for (given, missing) in [(PORT_CLIENT_ID, PORT_CLIENT_SECRET), (PORT_CLIENT_SECRET, PORT_CLIENT_ID)] {
            let failure = PortSettings::read(&world(&[(given, "x")])).unwrap_err();
            assert_eq!((failure.kind.exit_code(), failure.message), (4, format!("{missing} is not set")));
        }
    }
}
