//! Engine.IO, revisions 3 and 4: packets, and the payloads that carry several of them in one HTTP body.
//!
//! A packet is one digit and what follows it. Revision 4 joins packets by 0x1E; revision 3 writes the length before each, as text
//! or, in a body that begins with a byte below 2, as digits in bytes.

use serde::Serialize;

use super::Malformed;
use crate::json;

/// Between the packets of a payload of revision 4.
const SEPARATOR: char = '\u{1e}';

/// Which revision a client speaks: `EIO` in its handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// The client pings, and is in the default namespace unasked.
    V3,
    /// The server pings, and the client asks to come in.
    V4,
}

impl Revision {
    /// The revision of this number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "3" => Some(Self::V3),
            "4" => Some(Self::V4),
            _ => None,
        }
    }
}

/// What a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// It goes.
    Close,
    /// Is anybody there? With what the answer repeats.
    Ping(&'a str),
    /// Yes.
    Pong,
    /// Something for Socket.IO.
    Message(&'a str),
    /// The WebSocket carries everything from now on.
    Upgrade,
    /// Nothing.
    Noop,
}

impl<'a> Packet<'a> {
    /// Reads a packet.
    ///
    /// # Errors
    /// It is none that a client may send as text.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        let kind = text.get(..1).ok_or(Malformed)?;
        let rest = &text[1..];
        match (kind, rest) {
            ("1", "") => Ok(Self::Close),
            ("2", _) => Ok(Self::Ping(rest)),
            ("3", _) => Ok(Self::Pong),
            ("4", _) => Ok(Self::Message(rest)),
            ("5", "") => Ok(Self::Upgrade),
            ("6", "") => Ok(Self::Noop),
            _ => Err(Malformed),
        }
    }
}

/// The end.
pub const CLOSE: &str = "1";
/// Is anybody there?
pub const PING: &str = "2";
/// Nothing: it lets a waiting request go.
pub const NOOP: &str = "6";

/// The answer to a ping.
#[must_use]
pub fn pong(payload: &str) -> String {
    format!("3{payload}")
}

/// The terms of a connection.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Terms {
    /// Milliseconds between two pings.
    pub ping_interval: u64,
    /// Milliseconds until a ping that is not answered means that nobody is there.
    pub ping_timeout: u64,
    /// The largest body that a client may post, in bytes.
    pub max_payload: usize,
}

/// The first packet to a client; `may_upgrade` when it comes over HTTP.
#[must_use]
pub fn open(sid: &str, terms: &Terms, may_upgrade: bool) -> String {
    #[derive(Serialize)]
    struct Open<'a> {
        sid: &'a str,
        upgrades: &'a [&'static str],
        #[serde(flatten)]
        terms: &'a Terms,
    }
    let upgrades: &[_] = match may_upgrade {
        true => &["websocket"],
        false => &[],
    };
    let open = Open {
        sid,
        upgrades,
        terms,
    };
    format!("0{}", json(&open))
}

/// Takes a posted body apart.
///
/// # Errors
/// It is no payload.
pub fn read_payload(revision: Revision, body: &[u8]) -> Result<Vec<String>, Malformed> {
    if revision == Revision::V3 && body.first().is_some_and(|first| *first < 2) {
        return read_bytes(body);
    }
    let text = std::str::from_utf8(body).map_err(|_| Malformed)?;
    match revision {
        Revision::V4 => Ok(text.split(SEPARATOR).map(str::to_owned).collect()),
        // JavaScript counts UTF-16 units, others count characters; where that differs, one of the two makes no sense.
        Revision::V3 => read_counted(text, char::len_utf16).or_else(|_| read_counted(text, |_| 1)),
    }
}

/// Packets with their lengths before them.
fn read_counted(mut text: &str, width: impl Fn(char) -> usize) -> Result<Vec<String>, Malformed> {
    let mut packets = Vec::new();
    while !text.is_empty() {
        let (length, rest) = text.split_once(':').ok_or(Malformed)?;
        let mut length: usize = number(length)?;
        let mut end = 0;
        for char in rest.chars() {
            if length == 0 {
                break;
            }
            length = length.checked_sub(width(char)).ok_or(Malformed)?;
            end += char.len_utf8();
        }
        if length > 0 {
            return Err(Malformed);
        }
        packets.push(rest[..end].to_owned());
        text = &rest[end..];
    }
    match packets.is_empty() {
        true => Err(Malformed),
        false => Ok(packets),
    }
}

fn number(digits: &str) -> Result<usize, Malformed> {
    match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse().map_err(|_| Malformed),
        false => Err(Malformed),
    }
}

/// Packets with their kind and their lengths in bytes before them. Those that are no text are none for us.
fn read_bytes(mut body: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut packets = Vec::new();
    while let [kind, rest @ ..] = body {
        let digits = rest.iter().position(|byte| *byte == 0xff);
        let digits = digits.filter(|count| (1..=9).contains(count));
        let (length, rest) = rest.split_at(digits.ok_or(Malformed)?);
        if *kind != 0 || length.iter().any(|digit| *digit > 9) {
            return Err(Malformed);
        }
        let length = length
            .iter()
            .fold(0, |sum, digit| sum * 10 + usize::from(*digit));
        let packet = rest.get(1..=length).ok_or(Malformed)?;
        let packet = std::str::from_utf8(packet).map_err(|_| Malformed)?;
        packets.push(packet.to_owned());
        body = &rest[1 + length..];
    }
    Ok(packets)
}

/// Puts packets into one body.
#[must_use]
pub fn write_payload(revision: Revision, packets: &[&str]) -> String {
    match revision {
        Revision::V4 => packets.join(SEPARATOR.encode_utf8(&mut [0; 4])),
        Revision::V3 => {
            let mut body = String::new();
            for packet in packets {
                let packet = within_one_unit(packet);
                body.push_str(&format!("{}:{packet}", packet.chars().count()));
            }
            body
        }
    }
}

/// Writes what takes two UTF-16 units as JSON's escapes, so that everybody counts the same. It stands in JSON texts only.
fn within_one_unit(packet: &str) -> std::borrow::Cow<'_, str> {
    if packet.chars().all(|char| char.len_utf16() == 1) {
        return packet.into();
    }
    let mut escaped = String::with_capacity(packet.len() + 16);
    for char in packet.chars() {
        match char.encode_utf16(&mut [0; 2]) {
            [_] => escaped.push(char),
            units => {
                for unit in units {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_read_by_their_digit() {
        for (text, packet) in [
            ("1", Packet::Close),
            ("2", Packet::Ping("")),
            ("2probe", Packet::Ping("probe")),
            ("3", Packet::Pong),
            ("40", Packet::Message("0")),
            ("4", Packet::Message("")),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
        ] {
            assert_eq!(Packet::read(text), Ok(packet), "{text}");
        }
        for text in ["", "0{}", "7", "a", "é", "b4AAA=", "1x", "5x"] {
            assert_eq!(Packet::read(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn the_terms_stand_in_the_first_packet() {
        let terms = Terms {
            ping_interval: 25_000,
            ping_timeout: 20_000,
            max_payload: 65_536,
        };
        assert_eq!(
            open("abc", &terms, true),
            r#"0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":65536}"#
        );
        assert!(open("abc", &terms, false).contains(r#""upgrades":[]"#));
    }

    #[test]
    fn a_payload_is_read_as_it_is_written() {
        let packets = ["40", "42[\"a\",{\"content\":\"Grüße\"}]", "3"];
        for revision in [Revision::V3, Revision::V4] {
            let body = write_payload(revision, &packets);
            let read = read_payload(revision, body.as_bytes()).unwrap();
            assert_eq!(read, packets, "{body}");
        }
        assert_eq!(write_payload(Revision::V3, &["40", "3"]), "2:401:3");
        assert_eq!(write_payload(Revision::V4, &["40", "3"]), "40\u{1e}3");
    }

    #[test]
    fn a_character_of_two_units_counts_as_each_client_counts() {
        let packet = "4\"😀\"";
        for body in [format!("5:{packet}1:2"), format!("4:{packet}1:2")] {
            let read = read_payload(Revision::V3, body.as_bytes()).unwrap();
            assert_eq!(read, [packet, "2"], "{body}");
        }
        let body = write_payload(Revision::V3, &[packet]);
        assert_eq!(body, "15:4\"\\ud83d\\ude00\"");
    }

    #[test]
    fn lengths_may_stand_in_bytes() {
        let body = b"\x00\x04\xff42[]\x00\x01\xff3";
        assert_eq!(
            read_payload(Revision::V3, body).unwrap(),
            ["42[]".to_owned(), "3".to_owned()]
        );
        for body in [
            &b"\x01\x04\xff42[]"[..],
            b"\x00\xff",
            b"\x00",
            b"\x00\x04",
            b"\x00\x05\xff42[]",
            b"\x00\x0a\xff42[]",
            b"\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4",
            b"\x00\x01\xff\xff",
        ] {
            assert_eq!(read_payload(Revision::V3, body), Err(Malformed), "{body:?}");
        }
    }

    #[test]
    fn what_is_no_payload_is_refused() {
        for body in [
            &b""[..],
            b"40",
            b":40",
            b"-1:4",
            b"+1:4",
            b"3:40",
            b"1:40",
            b"99999999999999999999:4",
        ] {
            assert_eq!(read_payload(Revision::V3, body), Err(Malformed), "{body:?}");
        }
        assert_eq!(read_payload(Revision::V4, b"\xff"), Err(Malformed));
    }
}
