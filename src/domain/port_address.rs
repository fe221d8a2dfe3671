//! The addresses of Port: of its API, and of what a person opens.

/// The addresses under which Port's API answers: of Europe and of the US, with the older names of both.
const API: [&str; 4] =
    ["https://api.port.io", "https://api.us.port.io", "https://api.getport.io", "https://api.us.getport.io"];

/// What to open where it is not known in which region an organisation is.
pub const PORTAL: &str = "https://app.port.io (https://app.us.port.io in the US)";

/// Returns whether Port's API answers under an address.
pub fn is_port(address: &str) -> bool {
    API.contains(&address)
}

/// Returns the address of the portal that belongs to an API.
pub fn portal_of(api: &str) -> &'static str {
    if api.starts_with("https://api.us.") { "https://app.us.port.io" } else { "https://app.port.io" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_in_the_us_is_sent_to_its_own_portal() {
        assert_eq!(portal_of("https://api.us.port.io"), "https://app.us.port.io");
        assert_eq!(portal_of("https://api.port.io"), "https://app.port.io");
        assert!(is_port("https://api.us.port.io") && !is_port("https://api.us.port.io.evil.example"));
    }
}
