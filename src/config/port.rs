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
