//! What a client has not been told yet, told from the log: the room may be late, and nothing may come before what
//! happened before it. The answer to a repeat comes in its place, and so does the end.

use std::sync::Arc;

use helpline_desk::actor::Side;
use helpline_live::store::StoreError;
use helpline_service::{
    hub::{Delivery, Reader},
    socket::Reply,
};

use super::{ChatSession, Place, Stage};

impl ChatSession {
    /// The chat is over, or is not there any more. Whoever has a seat is told the rest of it first.
    pub(super) async fn over(&mut self) -> Reply {
        let missed = match self.missed().await {
            Ok(missed) => together(missed.unwrap_or_default()),
            Err(error) => return self.store_failed(error),
        };
        match missed.close {
            Some(_) => missed,
            None => together([missed, self.expired()]),
        }
    }

    /// Tells what the log has and the client does not.
    pub(super) async fn read_on(&mut self) -> Reply {
        match self.missed().await {
            Ok(Some(missed)) => together(missed),
            Ok(None) => {
                if let Some(membership) = self.membership() {
                    membership.read_again();
                }
                Reply::nothing()
            }
            Err(error) => self.store_failed(error),
        }
    }

    /// What the log has and the client does not, event by event, up to the one that ends it for this client. What is told
    /// here the client has: it is not told again by the room. `None`: there is nothing left of the chat, or its log is
    /// not the one that this process knows.
    pub(super) async fn missed(&mut self) -> Result<Option<Vec<Reply>>, StoreError> {
        let (Place::Chat(chat, membership), Stage::Seated(seat)) = (&self.place, &self.stage)
        else {
            return Ok(None);
        };
        let (chat, after) = (*chat, seat.after);
        let reader = Reader::Typed(seat.reader(self.visit.level));
        let held = membership.held();
        let Some(loaded) = self.handler.store().load(chat, after).await? else {
            return Ok(None);
        };
        let Some((head, mut state)) = held.and_then(|held| Some((held.head, held.chat?))) else {
            return Ok(None);
        };
        if head.epoch != loaded.head.epoch || loaded.head.seq < after {
            return Ok(None);
        }
        let mut replies = Vec::new();
        for recorded in &loaded.recorded {
            if recorded.seq > head.seq {
                Arc::make_mut(&mut state).apply(&recorded.event);
            }
            let scene = self.scene(chat, Some(&state), &loaded.head);
            replies.push(told_of(reader.event(scene, recorded)));
            if replies.last().is_some_and(|reply| reply.close.is_some()) {
                break;
            }
        }
        if let Stage::Seated(seat) = &mut self.stage {
            seat.after = loaded.head.seq;
        }
        Ok(Some(replies))
    }
}

pub(super) fn told_of(delivery: Delivery) -> Reply {
    Reply {
        frames: delivery.frames,
        close: delivery.close,
    }
}

/// Several replies as one.
pub(super) fn together(replies: impl IntoIterator<Item = Reply>) -> Reply {
    let mut all = Reply::nothing();
    for reply in replies {
        all.frames.extend(reply.frames);
        all.close = all.close.or(reply.close);
    }
    all
}

/// The end as whoever made it is told of it: `UserLeft` is for the others; `SupportLeft` is for the leaver too.
pub(super) fn leavers(side: Side, mut end: Reply) -> Reply {
    if side == Side::Visitor && end.close.is_some() && !end.frames.is_empty() {
        end.frames.remove(0);
    }
    end
}
