//! Identifiers: 128 random bits, written as 32 lower-case hex digits.
//!
//! Ids are made outside this crate (the rules are deterministic) and handed in with the command.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The id nobody has: what an id that cannot be one is read as, so that it equals none.
            pub const NOBODY: Self = Self(0);

            /// Makes an id of 128 (random) bits.
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            /// The bits it was made of.
            pub const fn bits(self) -> u128 {
                self.0
            }

            /// Reads exactly 32 lower-case hex digits.
            pub fn parse(text: &str) -> Option<Self> {
                parse_hex(text).map(Self)
            }

            /// Reads what a client claims; whatever is not an id becomes [`Self::NOBODY`].
            pub fn claimed(text: &str) -> Self {
                Self::parse(text).unwrap_or(Self::NOBODY)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }
    };
}

id!(
    /// Names one chat.
    ChatId
);
impl ChatId {
    /// The standing chat of a visitor. It follows from the visitor's id, so every process knows it before anything
    /// was stored, and no two visitors have the same.
    pub const fn standing(visitor: VisitorId) -> Self {
        const MARK: u128 = 0x9d5c_0f27_6ab1_4e83_b2f4_71c6_0e9a_d538;
        Self(visitor.0.rotate_left(41) ^ MARK)
    }
}

id!(
    /// Names one visitor (`userId` on the wire).
    VisitorId
);
id!(
    /// Names an agent's part in one chat (`supportId` on the wire): made by the claim that won.
    SupportId
);
id!(
    /// Names one message.
    MessageId
);

/// Names an agent across chats: an account, or in open mode one socket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentId(pub String);

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn parse_hex(text: &str) -> Option<u128> {
    let well_formed = text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    well_formed
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let text = "00c9a1b2c3d4e5f60718293a4b5c6d7e";
        assert_eq!(ChatId::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn what_is_not_an_id_equals_none() {
        for text in [
            "",
            "abc",
            "00C9A1B2C3D4E5F60718293A4B5C6D7E",
            "+0c9a1b2c3d4e5f60718293a4b5c6d7e",
            "00c9a1b2-c3d4-e5f6-0718-293a4b5c6d7e",
        ] {
            assert_eq!(ChatId::parse(text), None, "{text}");
            assert_eq!(ChatId::claimed(text), ChatId::NOBODY);
        }
    }
}
