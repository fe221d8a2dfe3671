//! Which resources there are: the Resource Groups Tagging API, and Resource Explorer where it is on.

use std::sync::Arc;

use aws_sdk_iam::config::Region;
use aws_sdk_resourceexplorer2::types::{Resource as Explored, SearchFilter};

use super::error::api_error;
use super::{Aws, Shared};
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::clients::retry::{Repeat, retrying};
use crate::domain::identifier::AccountId;
use crate::domain::seed::FoundResource;

/// The longest page (Resource Groups Tagging API reference, GetResources, `ResourcesPerPage`).
const TAGGED_PAGE: i32 = 100;
/// With 1,000, the most that it takes, Resource Explorer names no further page (API reference, ListResources).
const EXPLORED_PAGE: i32 = 500;
const NAME: &str = "Name";

impl Aws {
    /// Returns the resources of a region that are tagged or were tagged once, by filters such as `s3` or `ec2:instance`.
    /// AWS does not name what never had a tag (API reference, GetResources).
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn tagged_resources(&self, region: &str, filters: &[String]) -> Result<Vec<FoundResource>, ApiError> {
        let operation = format!("look for the tagged resources of {region}");
        let config = aws_sdk_resourcegroupstagging::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .interceptor(Shared(Arc::clone(&self.observed)));
        let client = aws_sdk_resourcegroupstagging::Client::from_conf(config.build());
        let (mut found, mut token): (Vec<FoundResource>, Option<String>) = (Vec::new(), None);
        let region: Arc<str> = Arc::from(region);
        loop {
            let answer = retrying(&self.world, Repeat::Safe, || async {
                let request =
                    client.get_resources().resources_per_page(TAGGED_PAGE).set_pagination_token(token.clone());
                let request = request.set_resource_type_filters(Some(filters.to_vec()));
                request.send().await.map_err(|error| api_error(&operation, &error))
            })
            .await?;
            for resource in answer.resource_tag_mapping_list() {
                let arn = resource.resource_arn().ok_or_else(|| unknown(&operation, "a resource has no ARN"))?;
                let name = resource.tags().iter().find(|tag| tag.key() == NAME).map(|tag| tag.value().to_owned());
                found.push(FoundResource { arn: arn.to_owned(), name, region: Arc::clone(&region) });
            }
            match following(&operation, token, answer.pagination_token())? {
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// Returns the resources of a region that Resource Explorer knows, tagged or not, by the same filters, without those
    /// of other accounts; none where it is off, that is, where the region has no default view.
    ///
    /// It is listed and not searched: a search ends after 1,000 results (API reference, Search).
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn explored_resources(
        &self,
        region: &str,
        filters: &[String],
        account: &AccountId,
    ) -> Result<Option<Vec<FoundResource>>, ApiError> {
        let operation = format!("ask Resource Explorer for the resources of {region}");
        let config = aws_sdk_resourceexplorer2::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .interceptor(Shared(Arc::clone(&self.observed)));
        let client = aws_sdk_resourceexplorer2::Client::from_conf(config.build());
        let view = retrying(&self.world, Repeat::Safe, || async {
            client.get_default_view().send().await.map_err(|error| api_error(&operation, &error))
        })
        .await?;
        let Some(view) = view.view_arn().filter(|view| !view.is_empty()) else { return Ok(None) };
        let mut found = Vec::new();
        for filter in filters {
            let field = if filter.contains(':') { "resourcetype" } else { "service" };
            // The view of an aggregating region knows all regions.
            let query = format!("region:{region} {field}:{filter}");
            for resource in self.listed(&client, &operation, view, &query).await? {
                let arn = resource.arn().ok_or_else(|| unknown(&operation, "a resource has no ARN"))?;
                // The ARN of a bucket does not tell the account, and a view may be one of the organisation.
                if resource.owning_account_id() == Some(account.as_str()) {
                    found.push(FoundResource { arn: arn.to_owned(), name: None, region: Arc::from(region) });
                }
            }
        }
        Ok(Some(found))
    }

    async fn listed(
        &self,
        client: &aws_sdk_resourceexplorer2::Client,
        operation: &str,
        view: &str,
        query: &str,
    ) -> Result<Vec<Explored>, ApiError> {
        let filter = SearchFilter::builder().filter_string(query).build();
        let filter = filter.map_err(|error| unknown(operation, &error.to_string()))?;
        let (mut resources, mut token): (Vec<Explored>, Option<String>) = (Vec::new(), None);
        loop {
            let answer = retrying(&self.world, Repeat::Safe, || async {
                let request = client.list_resources().view_arn(view).filters(filter.clone());
                let request = request.max_results(EXPLORED_PAGE).set_next_token(token.clone());
                request.send().await.map_err(|error| api_error(operation, &error))
            })
            .await?;
            resources.extend(answer.resources().iter().cloned());
            match following(operation, token, answer.next_token())? {
                Some(next) => token = Some(next),
                None => return Ok(resources),
            }
        }
    }
}

/// Returns the token of the page behind the one that `token` named; none behind the last one.
fn following(operation: &str, token: Option<String>, next: Option<&str>) -> Result<Option<String>, ApiError> {
    let next = next.filter(|next| !next.is_empty()).map(str::to_owned);
    if next.is_some() && next == token {
        return Err(unknown(operation, "a page names itself as the next one"));
    }
    Ok(next)
}

fn unknown(operation: &str, message: &str) -> ApiError {
    ApiError::new(Api::Aws, operation, ApiErrorKind::Undecodable, message)
}
