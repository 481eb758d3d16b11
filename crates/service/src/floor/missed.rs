//! What was missed of a chat, told from its log.

use helpline_desk::{
    event::{Event, Recorded},
    id::ChatId,
};
use helpline_live::store::Loaded;

use super::{
    Observer,
    chat::{self, OnFloor, tell},
};

/// Stands for the first event of the session that is open: all of it was missed.
pub(super) const ITS_SESSION: u64 = 0;

/// Tells what a chat that was here has missed, and gives it as it is now; `None` if its log does not go on from where it
/// stands. A log that was put back under another epoch does, if the last event that is known stands in it: times outlive
/// an epoch. A chat that has expired has its end.
pub(super) fn since(held: &OnFloor, loaded: &Loaded, observer: &Observer) -> Option<OnFloor> {
    let log = &loaded.recorded;
    let next = log.partition_point(|recorded| recorded.seq <= held.seq);
    let known = log[..next].last();
    let goes_on = known.is_some_and(|last| (last.seq, last.at) == (held.seq, held.at));
    let missed = match log.as_slice() {
        [end] if !goes_on && end.event.is_terminal() => log,
        _ if goes_on => &log[next..],
        _ => return None,
    };
    let mut chat = held.clone();
    chat.epoch = loaded.head.epoch.to_string();
    for recorded in missed {
        tell(&mut chat, recorded, observer);
    }
    Some(chat)
}

/// Tells what was heard of a chat that was not here, and what follows it: the events from `first` on. `None` if there is
/// none of them.
pub(super) fn from(
    id: ChatId,
    first: u64,
    loaded: &Loaded,
    observer: &Observer,
) -> Option<OnFloor> {
    let (epoch, log) = (&loaded.head.epoch, &loaded.recorded);
    let rests = |recorded: &Recorded| matches!(recorded.event, Event::Rested(_));
    let from = match first {
        ITS_SESSION => log.iter().rposition(rests).map_or(0, |rested| rested + 1),
        _ => log.iter().position(|recorded| recorded.seq >= first)?,
    };
    let (before, heard) = log.split_at(from);
    let mut heard = heard.iter();
    let mut chat = match OnFloor::of(id, epoch, before) {
        Some(chat) => chat,
        None => chat::begin(id, epoch, heard.next()?, observer)?,
    };
    heard.for_each(|recorded| tell(&mut chat, recorded, observer));
    Some(chat)
}
