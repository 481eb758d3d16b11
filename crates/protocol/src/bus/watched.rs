//! Everything that happens in a partition, on one channel: for whoever watches all chats.

use helpline_desk::id::ChatId;

use super::{Numbered, Unreadable, VERSION, number, read_numbered};

/// What arrives on the channel of everything that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are the large one, and none is kept"
)]
pub enum Watched<'a> {
    /// Something happened at a chat and is in its log.
    Happened {
        /// The chat.
        chat: ChatId,
        /// The chat's epoch.
        epoch: &'a str,
        /// What happened.
        numbered: Numbered<'a>,
    },
    /// A chat is there again after the store had lost it, or begins anew: it has to be read.
    Restored(ChatId),
}

/// Reads what arrived on the channel of everything that happens.
///
/// # Errors
/// When a newer process said it, or a broken one.
pub fn read_watched(text: &str) -> Result<Watched<'_>, Unreadable> {
    let mut parts = text.splitn(5, ' ');
    if parts.next() != Some(VERSION) {
        return Err(Unreadable);
    }
    let chat = parts.next().and_then(ChatId::parse).ok_or(Unreadable)?;
    let epoch = parts.next().ok_or(Unreadable)?;
    if epoch == "~" {
        return Ok(Watched::Restored(chat));
    }
    let _revision: u64 = number(parts.next())?;
    let numbered = read_numbered(parts.next().ok_or(Unreadable)?)?;
    Ok(Watched::Happened {
        chat,
        epoch,
        numbered,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &str = "000000000000000000000000000000c1";

    #[test]
    fn what_happened_is_read_with_its_chat() {
        let text = format!("1 {CHAT} epoch 3 4 2 5 {{\"visitorJoined\":{{}}}}");
        let Ok(Watched::Happened {
            chat,
            epoch,
            numbered,
        }) = read_watched(&text)
        else {
            panic!("unreadable");
        };
        assert_eq!(
            (chat, epoch),
            (ChatId::parse(CHAT).expect("an id"), "epoch")
        );
        assert_eq!((numbered.recorded.seq, numbered.msg_no), (4, 2));
        let restored = format!("1 {CHAT} ~");
        assert_eq!(read_watched(&restored), Ok(Watched::Restored(chat)));
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed_at() {
        for text in [
            "",
            "2 c ~",
            "1 c ~",
            "1",
            &format!("1 {CHAT} e 3 4 2 5 {{}}"),
        ] {
            assert_eq!(read_watched(text), Err(Unreadable), "{text}");
        }
    }
}
