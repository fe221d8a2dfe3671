//! Lists that IAM gives page by page, as one.

use crate::clients::error::ApiError;

/// The longest page that IAM gives where more is asked for than its hundred (IAM API reference, ListRoles, ListPolicies).
pub(super) const LONGEST_PAGE: i32 = 1_000;

/// A page of a list, and where the next one begins.
pub(super) type Page<T> = Result<(Vec<T>, Option<String>), ApiError>;

/// Returns all pages of a list together, for lists that are kept whole.
pub(super) async fn pages<T>(page: impl AsyncFn(Option<String>) -> Page<T>) -> Result<Vec<T>, ApiError> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let (items, next) = page(marker).await?;
        all.extend(items);
        marker = next;
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// Returns where the page behind this one begins; none of the last.
pub(super) fn next(is_truncated: bool, marker: Option<&str>) -> Option<String> {
    marker.filter(|_| is_truncated).map(str::to_owned)
}
