//! Text as both databases can hold and find it.

use unicode_normalization::UnicodeNormalization;

/// The text, without what PostgreSQL cannot hold.
pub(crate) fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The same for a text that may be absent.
pub(crate) fn clean_option(text: Option<&String>) -> Option<String> {
    text.map(|text| clean(text))
}

/// The text made ready for searching: two texts find each other if they are the same but for the case of letters, for how
/// accents are put together, for a letter's width and for the dot of an i. Neither database does that by itself. The
/// pages' own search fields do the same (`shared/fold.ts`), by the same table; what is stored was folded like this, so whoever
/// changes it adds a step to the tables that folds it anew.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return clean(text).to_ascii_lowercase();
    }
    let apart: String = clean(text).nfkd().collect();
    // By way of the capitals, so that what has the same capital is the same letter; the capital of a small letter, as ß has.
    let small = apart.to_lowercase().to_uppercase().to_lowercase();
    let small = small.replace('\u{3c2}', "\u{3c3}").replace("i\u{307}", "i");
    small.nfkc().collect()
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
    fn a_search_finds_what_its_table_says_and_nothing_else() {
        let table: serde_json::Value =
            serde_json::from_str(include_str!("../../../../tests/golden/search.json")).unwrap();
        let groups: Vec<Vec<String>> = serde_json::from_value(table["groups"].clone()).unwrap();
        let mut seen = std::collections::BTreeMap::new();
        for (number, group) in groups.iter().enumerate() {
            for text in group {
                assert_eq!(fold(text), fold(&group[0]), "{text}");
                assert_eq!(fold(&fold(text)), fold(text), "{text}");
                let first = *seen.entry(fold(text)).or_insert(number);
                assert_eq!(first, number, "{text} finds {:?}", groups[first]);
            }
        }
    }

    #[test]
    fn a_pattern_means_what_was_typed() {
        assert_eq!(like(r"50%_\Ä"), r"%50\%\_\\ä%");
        assert_eq!(clean("a\0b"), "a\u{fffd}b");
    }
}
