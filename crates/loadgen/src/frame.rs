//! WebSocket frames as a client needs them (RFC 6455), without I/O.
//!
//! A library would copy each message, check its UTF-8 and allocate; the generator shares the machine with what it
//! measures, so it does none of that. Fragmented messages are an error: Helpline sends none.

use std::ops::Range;

use crate::problem::Problem;

/// The mask of every frame we send. It need not be secret from a server that we own.
pub(crate) const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Longer frames than this mean that we have lost track of the stream.
const LONGEST: usize = 16 << 20;

/// Room made before each read.
const READ: usize = 4 << 10;

/// What a server sent. [`Inbox::payload`] shows the bytes, until the next [`Inbox::space`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(Range<usize>),
    Ping(Range<usize>),
    Pong,
    Close(Option<u16>),
}

/// A masked text frame.
pub(crate) fn text(payload: &[u8]) -> Vec<u8> {
    encode(TEXT, payload)
}

/// The answer to a ping.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    encode(PONG, payload)
}

/// The bytes in front of the payload of a frame we send.
pub(crate) fn header_len(payload: usize) -> usize {
    match payload {
        0..=125 => 6,
        126..=0xffff => 8,
        _ => 14,
    }
}

fn encode(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = Vec::with_capacity(header_len(length) + length);
    frame.push(0x80 | opcode);
    match length {
        0..=125 => frame.push(0x80 | length as u8),
        126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(b, m)| b ^ m));
    frame
}

/// Bytes that have arrived and the frames in them.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    read: usize,
}

impl Inbox {
    /// Where the next bytes go: append to it.
    pub(crate) fn space(&mut self) -> &mut Vec<u8> {
        if self.read == self.bytes.len() {
            self.bytes.clear();
        } else {
            self.bytes.drain(..self.read);
        }
        self.read = 0;
        self.bytes.reserve(READ);
        &mut self.bytes
    }

    /// The payload of a frame that [`Inbox::next`] found.
    pub(crate) fn payload(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// Gives back the memory of a large frame that has been read: for sockets that are silent afterwards.
    pub(crate) fn shrink(&mut self) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.shrink_to_fit();
    }

    /// The next whole frame, if it is here.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, Problem> {
        let bytes = &self.bytes[self.read..];
        let &[first, second, ..] = bytes else {
            return Ok(None);
        };
        let (start, length) = match second {
            0..=125 => (2, usize::from(second)),
            126 => match bytes.get(2..4) {
                Some(&[a, b]) => (4, usize::from(u16::from_be_bytes([a, b]))),
                _ => return Ok(None),
            },
            127 => match bytes.get(2..10).and_then(|b| b.try_into().ok()) {
                Some(eight) => (10, u64::from_be_bytes(eight) as usize),
                None => return Ok(None),
            },
            _ => return Err(Problem::Protocol("a masked frame from a server".into())),
        };
        if first & 0xf0 != 0x80 || length > LONGEST {
            return Err(Problem::Protocol(format!(
                "a frame that starts with {first:#x} and has {length} bytes"
            )));
        }
        let Some(payload) = bytes.get(start..start + length) else {
            return Ok(None);
        };
        let close_code = match payload {
            &[a, b, ..] => Some(u16::from_be_bytes([a, b])),
            _ => None,
        };
        let range = self.read + start..self.read + start + length;
        self.read = range.end;
        match first & 0x0f {
            TEXT => Ok(Some(Frame::Text(range))),
            PING => Ok(Some(Frame::Ping(range))),
            PONG => Ok(Some(Frame::Pong)),
            CLOSE => Ok(Some(Frame::Close(close_code))),
            other => Err(Problem::Protocol(format!("opcode {other}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
        // A server's frame is a client's without the mask.
        let masked = encode(opcode, payload);
        let mask_at = header_len(payload.len()) - 4;
        let mut frame = masked[..mask_at].to_vec();
        frame[1] &= 0x7f;
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn frames_of_every_length_arrive_in_any_pieces() {
        for length in [0, 1, 125, 126, 220, 65_535, 65_536, 70_000] {
            let payload = vec![b'x'; length];
            let mut stream = from_server(TEXT, &payload);
            stream.extend(from_server(PING, b"!"));
            let mut inbox = Inbox::default();
            let (head, tail) = stream.split_at(stream.len() / 3);
            inbox.space().extend_from_slice(head);
            assert_eq!(inbox.next().unwrap(), None);
            inbox.space().extend_from_slice(tail);
            let Some(Frame::Text(text)) = inbox.next().unwrap() else {
                panic!("no text of {length} bytes");
            };
            assert_eq!(inbox.payload(text), payload);
            let Some(Frame::Ping(ping)) = inbox.next().unwrap() else {
                panic!("no ping after {length} bytes");
            };
            assert_eq!(inbox.payload(ping), b"!");
            assert_eq!(inbox.next().unwrap(), None);
        }
    }

    #[test]
    fn a_close_frame_tells_its_code() {
        let mut inbox = Inbox::default();
        inbox
            .space()
            .extend(from_server(CLOSE, &1012u16.to_be_bytes()));
        assert_eq!(inbox.next().unwrap(), Some(Frame::Close(Some(1012))));
        inbox.space().extend(from_server(CLOSE, b""));
        assert_eq!(inbox.next().unwrap(), Some(Frame::Close(None)));
    }

    #[test]
    fn a_fragment_is_an_error() {
        let mut inbox = Inbox::default();
        inbox.space().extend_from_slice(&[TEXT, 1, b'x']);
        assert!(inbox.next().is_err());
    }
}
