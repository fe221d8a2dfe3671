//! OpenID Connect providers: `CreateOpenIDConnectProvider` and its kin.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ARN, CLIENT_ID, PROVIDER_URL, THUMBPRINT};
use super::super::failure::Failure;
use super::super::oidc_provider::{OidcProvider, arn};
use super::super::state::{State, quota};
use super::super::tags::Tags;
use super::super::xml::Xml;

/// Entries of a provider's lists (IAM API reference, "CreateOpenIDConnectProvider").
const CLIENT_IDS: usize = 100;
const THUMBPRINTS: usize = 5;

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let url = call.parameters.required("Url", &PROVIDER_URL)?;
    let client_ids = call.parameters.list("ClientIDList", CLIENT_IDS, &CLIENT_ID)?;
    let thumbprints = call.parameters.list("ThumbprintList", THUMBPRINTS, &THUMBPRINT)?;
    let tags = Tags::from_parameters(call.parameters)?;
    let arn = arn(call.state().account, &url);
    let now = call.now;
    let asked = Asked::on("iam:CreateOpenIDConnectProvider", arn.as_str()).request_tags(&tags);
    let state = call.authorize(&[asked])?;
    if state.oidc_providers.contains_key(&arn) {
        return Err(Failure::entity_already_exists(format!("Provider with url {url} already exists.")));
    }
    if state.oidc_providers.len() >= quota::OIDC_PROVIDERS {
        return Err(Failure::limit_exceeded(format!(
            "Cannot exceed quota for OpenIdConnectProvidersPerAccount: {}",
            quota::OIDC_PROVIDERS
        )));
    }
    let url = url.trim_start_matches("https://").to_owned();
    let provider = OidcProvider { url, client_ids, thumbprints, created: now, tags };
    state.oidc_providers.insert(arn.clone(), provider);
    Ok(Xml::new().text("OpenIDConnectProviderArn", arn))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("OpenIDConnectProviderArn", &ARN)?;
    let state = call.authorize(&[asked("iam:GetOpenIDConnectProvider", call.state(), &arn)])?;
    let provider = state.oidc_providers.get(&arn).ok_or_else(|| missing(&arn))?;
    let tags = provider.tags.iter().map(|(key, value)| Xml::new().text("Key", key).text("Value", value));
    Ok(Xml::new()
        .text("Url", &provider.url)
        .values("ClientIDList", &provider.client_ids)
        .values("ThumbprintList", &provider.thumbprints)
        .time("CreateDate", provider.created)
        .list("Tags", tags))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let state = call.authorize(&[Asked::on_everything("iam:ListOpenIDConnectProviders")])?;
    let arns = state.oidc_providers.keys().map(|arn| Xml::new().text("Arn", arn));
    Ok(Xml::new().list("OpenIDConnectProviderList", arns))
}

/// Deleting what is not there succeeds, as IAM documents it.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let arn = call.parameters.required("OpenIDConnectProviderArn", &ARN)?;
    let state = call.authorize(&[asked("iam:DeleteOpenIDConnectProvider", call.state(), &arn)])?;
    state.oidc_providers.remove(&arn);
    Ok(Xml::new())
}

pub(super) fn add_client_id(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (arn, client_id) = named(call)?;
    let state = call.authorize(&[asked("iam:AddClientIDToOpenIDConnectProvider", call.state(), &arn)])?;
    let provider = state.oidc_providers.get_mut(&arn).ok_or_else(|| missing(&arn))?;
    if !provider.client_ids.contains(&client_id) {
        if provider.client_ids.len() >= CLIENT_IDS {
            return Err(Failure::limit_exceeded(format!(
                "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {CLIENT_IDS}"
            )));
        }
        provider.client_ids.push(client_id);
    }
    Ok(Xml::new())
}

pub(super) fn remove_client_id(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (arn, client_id) = named(call)?;
    let state = call.authorize(&[asked("iam:RemoveClientIDFromOpenIDConnectProvider", call.state(), &arn)])?;
    let provider = state.oidc_providers.get_mut(&arn).ok_or_else(|| missing(&arn))?;
    provider.client_ids.retain(|known| *known != client_id);
    Ok(Xml::new())
}

fn named(call: &Call<'_>) -> Result<(String, String), Failure> {
    let arn = call.parameters.required("OpenIDConnectProviderArn", &ARN)?;
    Ok((arn, call.parameters.required("ClientID", &CLIENT_ID)?))
}

fn asked(action: &'static str, state: &State, arn: &str) -> Asked {
    let asked = Asked::on(action, arn);
    match state.oidc_providers.get(arn) {
        Some(provider) => asked.tagged("aws:ResourceTag", &provider.tags),
        None => asked,
    }
}

fn missing(arn: &str) -> Failure {
    Failure::no_such_entity(format!("OpenIDConnect Provider not found for arn {arn}"))
}
