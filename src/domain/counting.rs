//! Numbers with the nouns that they take.

/// Returns a number with its noun: `1 grant`, `2 grants`.
pub fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn one_is_no_several_and_nothing_is() {
        let told = [0, 1, 2].map(|number| count(number, "entity", "entities"));
        assert_eq!(told, ["0 entities", "1 entity", "2 entities"]);
    }
}
