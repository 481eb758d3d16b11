//! Text as both databases can hold and find it.

/// The text, without what PostgreSQL cannot hold.
pub(crate) fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The same for a text that may be absent.
pub(crate) fn clean_option(text: Option<&String>) -> Option<String> {
    text.map(|text| clean(text))
}

/// The text made ready for searching: neither database folds the case of all letters by itself.
pub(crate) fn fold(text: &str) -> String {
    clean(text).to_lowercase()
}

/// A pattern that finds a folded text which contains this one. Its escape is `\`.
pub(crate) fn like(text: &str) -> String {
    let folded = fold(text);
    let mut pattern = String::with_capacity(folded.len() + 2);
    pattern.push('%');
    for letter in folded.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_was_typed() {
        assert_eq!(like(r"50%_\Ä"), r"%50\%\_\\ä%");
        assert_eq!(clean("a\0b"), "a\u{fffd}b");
    }
}
