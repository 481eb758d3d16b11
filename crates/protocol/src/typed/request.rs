//! How a visitor's request fares, for clients that opted in: its place, to whom it is given, how long its chat lives.

use std::time::Duration;

use helpline_desk::{
    actor::Side,
    chat::{Chat, Phase},
};
use serde::Serialize;

use crate::frame;

/// Opt-in: where a waiting visitor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// Its place; 1 is next.
    pub position: usize,
    /// How many wait.
    pub waiting: usize,
    /// How long it will probably wait still, if that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_seconds: Option<u64>,
    /// How many agents are at the desk.
    pub agents_online: usize,
}

/// Tells a waiting visitor where it stands.
pub fn queue(queue: &Queue) -> String {
    frame("Queue", queue)
}

/// How long the chat lives if nothing happens, and how long after something does; neither where it stays until
/// somebody ends it.
pub fn life_left(kept: bool, left: Duration, idle_timeout: Duration) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Life {
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_in_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        idle_timeout_ms: Option<u64>,
    }
    let time = |time: Duration| (!kept).then(|| time.as_millis().try_into().unwrap_or(u64::MAX));
    let life = Life {
        expires_in_ms: time(left),
        idle_timeout_ms: time(idle_timeout),
    };
    frame("Life", life)
}

/// For a visitor who waits for the agent it was given to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GivenExtras<'a> {
    handed_over_by: &'a str,
    handed_over_to: &'a str,
}

impl<'a> GivenExtras<'a> {
    pub(super) fn of(chat: &'a Chat, reader: Side) -> Option<Self> {
        let Phase::Waiting(request) = &chat.phase else {
            return None;
        };
        let over = request.handed_over.as_ref()?;
        let to = over.to.as_deref()?;
        (reader == Side::Visitor).then_some(Self {
            handed_over_by: &over.by,
            handed_over_to: to,
        })
    }
}
