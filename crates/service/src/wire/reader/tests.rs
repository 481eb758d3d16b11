//! The reader, fed by hand with whatever bytes there are.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use futures_util::{FutureExt, stream};
use tokio::task::coop::unconstrained;

use super::*;

/// The largest frame, in these tests.
const MOST: usize = 1000;

/// What came of some bytes.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    frames: Vec<Incoming>,
    /// `false`: it waits for more bytes.
    ended: bool,
}

/// Feeds chunks and then leaves the connection open.
async fn read(chunks: &[&[u8]]) -> Read {
    let (connection, _held) = mpsc::channel(1);
    let chunks: VecDeque<_> = chunks
        .iter()
        .map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk)))
        .collect();
    let payload = stream::iter(chunks).chain(stream::pending());
    let mut reader = Reader::new(payload, connection, MOST);
    let mut frames = Vec::new();
    loop {
        // More frames than bytes is a reader that makes them up.
        assert!(frames.len() <= 64, "{frames:?}");
        // A task that has run for long waits for its next turn, which is none of what is looked at here.
        match unconstrained(reader.next()).now_or_never() {
            Some(Some(frame)) => frames.push(frame),
            Some(None) => {
                return Read {
                    frames,
                    ended: true,
                };
            }
            None => {
                return Read {
                    frames,
                    ended: false,
                };
            }
        }
    }
}

/// A frame of a client, with this mask.
fn frame(first: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut bytes = header(first, payload.len(), true);
    bytes.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    bytes.extend(masked.map(|(byte, mask)| byte ^ mask));
    bytes
}

fn header(first: u8, length: usize, masked: bool) -> Vec<u8> {
    let mask = u8::from(masked) << 7;
    let length = u64::try_from(length).unwrap();
    let mut bytes = vec![first];
    match length {
        0..126 => bytes.push(mask | u8::try_from(length).unwrap()),
        126..65_536 => {
            bytes.push(mask | 126);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            bytes.push(mask | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes
}

fn broken(close: Close) -> Vec<Incoming> {
    vec![Incoming::Broken(close)]
}

fn said(text: &str) -> Incoming {
    Incoming::Text(text.into())
}

/// At most one `Broken`, and nothing after it.
fn assert_sound(read: &Read, bytes: &[u8]) {
    let broken = |frame: &Incoming| matches!(frame, Incoming::Broken(_) | Incoming::Close);
    if let Some(at) = read.frames.iter().position(broken) {
        assert_eq!(at + 1, read.frames.len(), "{bytes:02x?}: {read:?}");
        assert!(!read.ended, "it waits until the client hangs up: {read:?}");
    }
}

#[tokio::test]
async fn whatever_a_header_says_it_is_a_frame_a_wait_or_the_end() {
    let lengths: [u64; 10] = [
        0,
        1,
        125,
        999,
        1000,
        1001,
        65_535,
        1 << 32,
        (1 << 63) - 1,
        u64::MAX,
    ];
    for two in 0..=u16::MAX {
        let [first, second] = two.to_be_bytes();
        for length in lengths.iter().chain([&(1 << 63)]) {
            let mut bytes = vec![first, second];
            match second & 0x7f {
                126 => bytes.extend(u16::try_from(*length).unwrap_or(u16::MAX).to_be_bytes()),
                127 => bytes.extend(length.to_be_bytes()),
                _ if *length > 0 => continue,
                _ => {}
            }
            // As it is, and with bytes behind it that may be a mask, a payload and another frame.
            for behind in [&[] as &[u8], &[0x81, 0x80, 0, 0, 0, 0, 0xff]] {
                let bytes = [&bytes, behind].concat();
                assert_sound(&read(&[&bytes]).await, &bytes);
            }
        }
    }
}

#[tokio::test]
async fn random_bytes_in_random_pieces_are_frames_a_wait_or_the_end() {
    for _ in 0..2000 {
        let mut bytes = vec![0; rand::random_range(0..64)];
        rand::fill(&mut bytes[..]);
        // Mostly masked and short, or nothing would get past the first header.
        for at in (0..bytes.len()).step_by(2) {
            bytes[at] &= 0x8f;
            if let Some(second) = bytes.get_mut(at + 1) {
                *second = 0x80 | *second & 0x07;
            }
        }
        let size = rand::random_range(1..8);
        let pieces: Vec<_> = bytes.chunks(size).collect();
        let in_pieces = read(&pieces).await;
        assert_sound(&in_pieces, &bytes);
        assert_eq!(in_pieces, read(&[&bytes]).await, "{bytes:02x?}");
    }
}

#[tokio::test]
async fn a_frame_that_announces_too_much_is_refused_before_it_comes() {
    for length in [
        MOST + 1,
        65_535,
        65_536,
        1 << 32,
        (1 << 63) - 1,
        1 << 63,
        usize::MAX,
    ] {
        // No mask and no payload has come yet.
        let header = header(0x81, length, true);
        assert_eq!(read(&[&header]).await.frames, broken(Close::TooLarge));
        let (most, last) = header.split_at(header.len() - 1);
        assert_eq!(read(&[most]).await.frames, []);
        assert_eq!(read(&[most, last]).await.frames, broken(Close::TooLarge));
    }
    let whole = frame(0x81, &[b'x'; MOST], [1, 2, 3, 4]);
    assert_eq!(read(&[&whole]).await.frames, [said(&"x".repeat(MOST))]);
}

#[tokio::test]
async fn the_parts_of_a_message_are_bounded_together() {
    let mask = [9, 8, 7, 6];
    let half = "x".repeat(MOST / 2);
    let first = frame(0x01, half.as_bytes(), mask);
    let second = frame(0x80, half.as_bytes(), mask);
    let whole = read(&[&first, &second]).await.frames;
    assert_eq!(whole, [said(&half.repeat(2))]);
    // A ping between the parts is none of them.
    let ping = frame(0x89, b"are you there", mask);
    let both = read(&[&first, &ping, &second]).await.frames;
    let pinged = Incoming::Ping(b"are you there".to_vec());
    assert_eq!(both, [pinged, said(&half.repeat(2))]);
    let too_much = header(0x80, MOST / 2 + 1, true);
    assert_eq!(
        read(&[&first, &too_much]).await.frames,
        broken(Close::TooLarge)
    );
}

#[tokio::test]
async fn what_no_client_may_send_is_the_end() {
    let mask = [1, 1, 1, 1];
    let bytes = |it: &[u8]| it.to_vec();
    for broken_frame in [
        // Without a mask, whatever it says of its length.
        bytes(&[0x81, 0x05]),
        header(0x81, 1 << 63, false),
        // Bits and opcodes without a meaning.
        frame(0xc1, b"x", mask),
        frame(0x91, b"x", mask),
        frame(0xa1, b"x", mask),
        frame(0x83, b"x", mask),
        frame(0x8b, b"x", mask),
        // Pings, pongs and closes in parts, or too long.
        frame(0x09, b"", mask),
        frame(0x0a, b"", mask),
        frame(0x08, b"", mask),
        header(0x89, 126, true),
        header(0x8a, 70_000, true),
        header(0x88, 1 << 63, true),
        // A part of nothing, and another message within one.
        frame(0x80, b"x", mask),
        frame(0x00, b"x", mask),
        [frame(0x01, b"x", mask), frame(0x81, b"x", mask)].concat(),
        [frame(0x01, b"x", mask), frame(0x02, b"x", mask)].concat(),
        // A close whose reason is none.
        frame(0x88, b"x", mask),
        frame(0x88, &[0x03, 0xe8, 0xff], mask),
    ] {
        let good = frame(0x81, b"hello", mask);
        let read = read(&[&broken_frame, &good, &good]).await;
        assert_eq!(
            read.frames,
            broken(Close::Unreadable),
            "{broken_frame:02x?}"
        );
    }
    let not_text = frame(0x81, &[0xff], mask);
    let read = read(&[&not_text, &frame(0x81, b"hello", mask)]).await;
    assert_eq!(read.frames, broken(Close::NotText));
}

#[tokio::test]
async fn after_the_end_it_ends_when_the_client_hangs_up_or_goes_on_for_too_long() {
    let refused = Bytes::from(header(0x81, usize::MAX, true));
    let (connection, _held) = mpsc::channel(1);
    let payload = stream::iter([Ok::<_, Infallible>(refused.clone())]);
    let mut reader = Reader::new(payload, connection, MOST);
    assert_eq!(reader.next().await, Some(Incoming::Broken(Close::TooLarge)));
    for _ in 0..3 {
        assert_eq!(reader.next().await, None);
    }
    // A client that never stops, and whose bytes are always there.
    let (connection, _held) = mpsc::channel(1);
    let flood = stream::repeat(Ok::<_, Infallible>(Bytes::from_static(&[0xff; 65_536])));
    let payload = stream::iter([Ok(refused)]).chain(flood);
    let mut reader = Reader::new(payload, connection, MOST);
    assert_eq!(reader.next().await, Some(Incoming::Broken(Close::TooLarge)));
    let ended = tokio::time::timeout(Duration::from_secs(30), reader.next());
    assert_eq!(ended.await, Ok(None));
}

#[tokio::test]
async fn a_deadline_holds_although_bytes_are_always_there() {
    let (connection, _held) = mpsc::channel(1);
    let refused = Bytes::from(header(0x81, usize::MAX, true));
    // So little at a time that the end of what is thrown away is far off.
    let flood = stream::repeat(Ok::<_, Infallible>(Bytes::new()));
    let payload = stream::iter([Ok(refused)]).chain(flood);
    let mut reader = Reader::new(payload, connection, MOST);
    assert_eq!(reader.next().await, Some(Incoming::Broken(Close::TooLarge)));
    let ended = tokio::time::timeout(Duration::from_millis(50), reader.next());
    assert!(ended.await.is_err());
}
