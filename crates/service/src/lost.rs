//! Kept chats that have gone from the store while nobody was disconnected from it. They have no time to live whose end
//! would be noticed, so every process that can put them back looks for them.

use std::{collections::HashSet, time::Duration};

use helpline_desk::{actor::Actor, command::Command, id::ChatId};
use helpline_live::store::StoreError;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

use crate::handler::{Failure, Handler, Request};

/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many chats are looked at together.
const PAGE: usize = 500;

/// Looks for ever, if this process can do anything about it.
pub(crate) async fn look_for_lost(handler: &Handler) {
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What the records did not know either. They may be late, so it counts when it is found once more.
    let mut unknown = HashSet::new();
    loop {
        tick.tick().await;
        if !handler.decides_what_is_lost() {
            continue;
        }
        let mut found = HashSet::new();
        let partitions = handler.store().keys().partitions();
        for partition in 0..partitions {
            if let Err(reason) = look_at(handler, partition, &unknown, &mut found).await {
                debug!(%reason, "what is lost could not be looked for yet");
            }
        }
        unknown = found;
    }
}

async fn look_at(
    handler: &Handler,
    partition: u16,
    unknown: &HashSet<ChatId>,
    found: &mut HashSet<ChatId>,
) -> Result<(), StoreError> {
    let store = handler.store();
    for from in (0..).step_by(PAGE) {
        let kept = store.kept_in(partition, from, PAGE).await?;
        let epochs = store.epochs(&kept).await?;
        let gone = kept.iter().zip(epochs).filter(|(_, epoch)| epoch.is_none());
        for (chat, _) in gone {
            if handler.restore(*chat).await? {
                continue;
            }
            if !unknown.contains(chat) {
                found.insert(*chat);
                continue;
            }
            warn!(%chat, "a chat is gone from the store and not in the records: it is over");
            let expire = Request::new(*chat, Actor::Desk, Command::Expire);
            if let Err(Failure::Store(error)) = handler.handle(expire).await {
                return Err(error);
            }
        }
        if kept.len() < PAGE {
            break;
        }
    }
    Ok(())
}
