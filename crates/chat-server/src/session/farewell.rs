//! A Join that comes too late: the chat is over.
//!
//! Promised: whoever was in it and comes back while its end is still known, saying how far it had read (`resume`), is
//! told what it has missed first, and then the end. Anybody else is told the end alone (contract 001, section 2.1).

use helpline_desk::{
    audience::{Audience, sees},
    decide::was_in,
    event::{Event, Recorded},
    id::ChatId,
};
use helpline_live::store::Loaded;
use helpline_protocol::{
    close::Close,
    typed::{self, Join, Reader, Resumed, Scene},
};
use helpline_service::socket::Reply;

use super::{
    ChatSession, Stage,
    join::{Bearer, point},
};

impl ChatSession {
    pub(super) async fn too_late(&mut self, chat: ChatId, join: &Join, bearer: Bearer) -> Reply {
        if let Stage::Seated(_) = self.stage {
            return self.over().await;
        }
        if join.resume.is_none() {
            return self.expired();
        }
        match self.handler.store().load(chat, 0).await {
            Ok(Some(loaded)) => self
                .rest(chat, join, bearer, &loaded)
                .unwrap_or_else(|| self.expired()),
            Ok(None) => self.expired(),
            Err(error) => self.store_failed(error),
        }
    }

    /// What is left to be told to somebody who was in a chat that is over.
    fn rest(&self, chat: ChatId, join: &Join, bearer: Bearer, loaded: &Loaded) -> Option<Reply> {
        let state = loaded.chat(chat)?;
        let (actor, _) = self.ask(join, bearer);
        let policy = self.handler.policy();
        if !was_in(&state, &actor, join.visitor, join.support, &policy) {
            return None;
        }
        let head = &loaded.head;
        let after = point(join.resume.as_ref()?, head);
        let known = after.unwrap_or_default();
        let first = loaded.recorded.partition_point(|event| event.seq <= known);
        let missed = &loaded.recorded[first..];
        let reader = Reader {
            audience: Audience::Seat(join.side),
            level: self.visit.level,
            follows_request: false,
        };
        let mut frames = Vec::new();
        if missed.iter().any(|event| is_shown(reader, event)) {
            let resumed = Resumed {
                more: false,
                epoch: &head.epoch,
                last_seq: head.seq,
                partial: after.is_some(),
                seen: loaded.seen,
                idle_timeout: policy.idle_timeout,
                expires_in: loaded.ttl,
            };
            frames.push(typed::history(&state, missed, &resumed, reader));
        }
        let scene = Scene {
            id: chat,
            chat: Some(&state),
            epoch: &head.epoch,
            idle_timeout: policy.idle_timeout,
        };
        let end = loaded.recorded.last().filter(|_| state.is_over())?;
        // Who has left is no news to somebody who comes when all is over.
        frames.push(typed::event_frames(scene, end, reader).pop()?);
        Some(Reply::frames(frames).and_close(Close::Over))
    }
}

/// Whether a history shows the event.
fn is_shown(reader: Reader, recorded: &Recorded) -> bool {
    let event = &recorded.event;
    matches!(event, Event::Said(_) | Event::Whispered { .. }) && sees(reader.audience, event)
}
