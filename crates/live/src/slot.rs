//! In which slot of a cluster a key lives, and so to which server a command goes.

use redis::{Arg, Cmd};

/// How many slots a cluster has.
pub(crate) const COUNT: u16 = 16_384;

/// The slot of a key or a channel: the CRC16 (XMODEM) of what is in its first braces.
pub(crate) fn of(key: &[u8]) -> u16 {
    crc16(tag(key)) % COUNT
}

/// The slot of what a command touches: all of it is in one. A command without a key may go anywhere.
pub(crate) fn of_command(command: &Cmd) -> u16 {
    let mut arguments = command.args_iter().map(|argument| match argument {
        Arg::Simple(bytes) => bytes,
        _ => &[],
    });
    let key = match arguments.next() {
        Some(b"EVALSHA" | b"EVAL") => arguments.nth(2),
        Some(b"MEMORY") => arguments.nth(1),
        Some(b"XREAD") => arguments
            .find(|argument| *argument == b"STREAMS")
            .and_then(|_| arguments.next()),
        _ => arguments.next(),
    };
    key.map_or(0, of)
}

fn tag(key: &[u8]) -> &[u8] {
    let position = |bytes: &[u8], wanted| bytes.iter().position(|byte| *byte == wanted);
    let Some(begin) = position(key, b'{').map(|brace| brace + 1) else {
        return key;
    };
    match position(&key[begin..], b'}') {
        None | Some(0) => key,
        Some(length) => &key[begin..begin + length],
    }
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc >> 15 {
            1 => (crc << 1) ^ 0x1021,
            _ => crc << 1,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(of(b"foo{}{bar}"), crc16(b"foo{}{bar}") % COUNT);
        assert_eq!(of(b"{user1000}.following"), of(b"{user1000}.followers"));
        assert_eq!(of(b"foo{bar}{zap}"), of(b"bar"));
        assert_eq!(of(b"foo{bar"), crc16(b"foo{bar") % COUNT);
    }

    #[test]
    fn a_command_goes_where_its_first_key_is() {
        let expected = of(b"helpline:{7}:x");
        for text in [
            "GET helpline:{7}:x",
            "SPUBLISH helpline:{7}:x text",
            "EVALSHA 0123 2 helpline:{7}:x helpline:{7}:y",
            "EVAL code 1 helpline:{7}:x",
            "MEMORY USAGE helpline:{7}:x",
            "XREAD COUNT 1 BLOCK 500 STREAMS helpline:{7}:x 0-0",
        ] {
            let mut words = text.split(' ');
            let mut command = redis::cmd(words.next().unwrap());
            command.arg(words.collect::<Vec<_>>());
            assert_eq!(of_command(&command), expected, "{text}");
        }
        assert_eq!(of_command(&redis::cmd("INFO")), 0);
    }
}
