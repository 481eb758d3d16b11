//! The names people go by, and what they want to talk about.

use std::fmt;

/// The most characters a name has.
pub const MAX_CHARACTERS: usize = 64;

/// A visitor's or agent's name: 1 to 64 characters after trimming, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// Trims and checks a name.
    pub fn parse(text: &str) -> Option<Self> {
        short_text(text, MAX_CHARACTERS).map(Self)
    }

    /// The name that is left of whatever somebody is called elsewhere, if any is.
    pub fn cut(text: &str) -> Option<Self> {
        let visible = text.trim().chars().filter(|it| !it.is_control());
        Self::parse(&visible.take(MAX_CHARACTERS).collect::<String>())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most characters a topic has.
pub const MAX_TOPIC_CHARACTERS: usize = 120;

/// What a chat is about, in the words of whoever made its link: 1 to 120 characters after trimming, none of them a
/// control character.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Topic(String);

impl Topic {
    /// Trims and checks a topic.
    pub fn parse(text: &str) -> Option<Self> {
        short_text(text, MAX_TOPIC_CHARACTERS).map(Self)
    }

    /// The topic as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The most characters an e-mail address has.
pub const MAX_EMAIL_CHARACTERS: usize = 254;

/// An e-mail address, as far as one can tell without writing to it: something, an `@`, something; no blanks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Trims and checks an address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = short_text(text, MAX_EMAIL_CHARACTERS)?;
        let (user, host) = text.rsplit_once('@')?;
        let whole = !user.is_empty() && !host.is_empty();
        (whole && !text.contains(char::is_whitespace)).then_some(Self(text))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn short_text(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let fits = (1..=longest).contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_sides() {
        assert_eq!(Email::parse(" a@b ").unwrap().as_str(), "a@b");
        for bad in ["", "a", "@b", "a@", "a b@c", "a\nb@c"] {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn of_a_name_from_elsewhere_what_fits_is_left() {
        let cut = |text: &str| Name::cut(text).map(|name| name.to_string());
        assert_eq!(cut(" Mi\nna "), Some("Mina".to_owned()));
        assert_eq!(cut(&"é".repeat(90)), Some("é".repeat(64)));
        assert_eq!(cut(" \u{7f} "), None);
    }

    #[test]
    fn a_name_is_trimmed_and_counted_in_characters() {
        assert_eq!(Name::parse("  Mina ").unwrap().as_str(), "Mina");
        assert!(Name::parse(&"é".repeat(64)).is_some());
        assert!(Name::parse(&"é".repeat(65)).is_none());
        for bad in ["", "   ", "a\nb", "a\u{7f}b"] {
            assert!(Name::parse(bad).is_none(), "{bad:?}");
        }
    }
}
