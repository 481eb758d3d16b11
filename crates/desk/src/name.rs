//! The names people go by, and what they want to talk about.

use std::fmt;

/// The most characters a name has.
pub const MAX_CHARACTERS: usize = 64;

/// A visitor's or agent's name: 1 to 64 characters after trimming, one of them visible, none of them a control character and none
/// that breaks the line or turns its direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(String);

impl Name {
    /// Trims and checks a name.
    pub fn parse(text: &str) -> Option<Self> {
        short_text(text, MAX_CHARACTERS).map(Self)
    }

    /// The name that is left of whatever somebody is called elsewhere, if any is.
    pub fn cut(text: &str) -> Option<Self> {
        let visible = text.trim().chars().filter(|it| !moves_the_line(*it));
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

/// What a chat is about, in the words of whoever made its link: 1 to 120 characters after trimming, as a [`Name`]'s.
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
        let plain = !text.contains(|c: char| c.is_whitespace() || is_invisible(c));
        (whole && plain).then_some(Self(text))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn short_text(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let fits = (1..=longest).contains(&text.chars().count());
    let is_shown = text.chars().any(|c| !is_invisible(c) && !c.is_whitespace());
    (fits && is_shown && !text.contains(moves_the_line)).then(|| text.to_owned())
}

/// Whether a character does something to the line it stands in: control characters, line and paragraph separators, and all
/// that turn the direction of writing, by which a name could write over what stands beside it.
pub fn moves_the_line(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character shows nothing by itself: what Unicode says may be ignored where it is not known, and what is drawn as
/// nothing at all.
pub fn is_invisible(c: char) -> bool {
    moves_the_line(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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

    #[test]
    fn a_name_can_be_seen_and_stays_in_its_line() {
        for nothing in [
            "\u{200b}",
            "\u{200b}\u{200c}\u{200d}",
            "\u{ad}",
            "\u{3164}",
            "\u{115f} \u{1160}",
            "\u{2800}",
            "\u{feff}\u{2060}",
            "\u{fe0f}",
            "\u{e0041}",
            "\u{180e}",
            "\u{34f}",
            "\u{ffa0}",
            "\u{2063}",
        ] {
            assert_eq!(Name::parse(nothing), None, "{nothing:?}");
            assert_eq!(Name::cut(nothing), None, "{nothing:?}");
            assert_eq!(Topic::parse(nothing), None, "{nothing:?}");
            let address = format!("a{nothing}@b");
            assert_eq!(Email::parse(&address), None, "{nothing:?}");
        }
        for turning in [
            '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202d}',
            '\u{202e}', '\u{2066}', '\u{2069}',
        ] {
            let name = format!("Mi{turning}na");
            assert_eq!(Name::parse(&name), None, "{name:?}");
            assert_eq!(Topic::parse(&name), None, "{name:?}");
            assert_eq!(Name::cut(&name).unwrap().as_str(), "Mina");
        }
        // Letters that join, or stay apart, by what is not seen; and writing that goes the other way by itself.
        for good in [
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "\u{1f469}\u{200d}\u{1f4bb}",
            "\u{2764}\u{fe0f}",
            "\u{5d3}\u{5e0}\u{5d4}",
            "soft\u{ad}hyphen",
        ] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
    }
}
