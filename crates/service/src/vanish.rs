//! What becomes of somebody who does not come back: whose last socket is gone, and whose grace is over.
//!
//! The order is fixed: first what somebody leaves behind, then that it is gone. Any process may see to it, and doing it
//! twice changes nothing.

use helpline_desk::{
    actor::{Actor, Side},
    command::Command,
    id::{AgentId, ChatId},
};
use helpline_live::{keys::Person, people::Settled, store::StoreError};
use tracing::{debug, info};

use crate::{
    handler::{Failure, Handled, Handler, Request},
    keeper::review,
};

/// What has to be done with somebody's chats before it is told that it is gone (contract 004: each of its chats first,
/// then that it is offline). Somebody who has come back meanwhile counts as having left all the same.
///
/// # Errors
/// When the store does not confirm: then nobody is told yet, and it is done again.
pub async fn before_offline(handler: &Handler, person: &Person) -> Result<(), StoreError> {
    match person {
        Person::Staff(agent) => {
            for chat in handler.store().chats_of(agent).await? {
                leave_behind(handler, chat, agent).await?;
            }
            Ok(())
        }
        // A session of its standing chat is over; any other chat has graces of its own.
        Person::Visitor(visitor) => {
            let chat = ChatId::standing(*visitor);
            if handler.store().load(chat, 0).await?.is_none() {
                return Ok(());
            }
            let leave = Request::new(chat, Actor::Visitor(*visitor), Command::Leave);
            done(handler.handle(leave).await)
        }
    }
}

/// A session of a standing chat is over with its agent (contract 004, section 3). Any other chat may still be attended by
/// a socket at it; if it is not, its agent counts as having left, and it is another's when it does not come back.
async fn leave_behind(handler: &Handler, chat: ChatId, agent: &AgentId) -> Result<(), StoreError> {
    let Some(held) = handler.load(chat).await? else {
        return Ok(());
    };
    let Some(state) = held.chat.as_deref() else {
        return Ok(());
    };
    let own = state
        .support
        .as_ref()
        .is_some_and(|own| own.agent == *agent);
    let command = match state.standing {
        _ if !own => return Ok(()),
        true => Command::Abandon,
        false if handler.store().is_at(chat, Side::Support).await? => return Ok(()),
        false => Command::Absent(Side::Support),
    };
    done(
        handler
            .handle(Request::new(chat, Actor::Desk, command))
            .await,
    )
}

fn done(outcome: Result<Handled, Failure>) -> Result<(), StoreError> {
    match outcome {
        // There is nothing to leave, or somebody else has seen to it.
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(Failure::Store(error)) => Err(error),
    }
}

/// Somebody's grace is over: unless there is a socket after all, it goes. Says whether somebody of the staff takes no
/// requests any more, so that those that wait have to be looked at.
///
/// # Errors
/// When the store does not confirm: the timer comes again.
pub async fn goes(handler: &Handler, person: &Person) -> Result<bool, StoreError> {
    let store = handler.store();
    if !store.has_sockets(person).await? {
        before_offline(handler, person).await?;
    }
    let settled = store.settle(person).await?;
    if settled == Settled::Gone {
        info!(kind = kind(person), "somebody is not online any more");
    }
    Ok(settled != Settled::Same && matches!(person, Person::Staff(_)))
}

/// The same at once, for those who have no grace, with one look at those who wait.
pub(crate) async fn go_now(handler: &Handler, people: Vec<Person>) {
    let mut an_agent_left = false;
    for person in people {
        match goes(handler, &person).await {
            Ok(left) => an_agent_left |= left,
            // Its timer is due, and comes to somebody.
            Err(reason) => debug!(%reason, "somebody could not be seen off yet"),
        }
    }
    if an_agent_left && let Err(reason) = review(handler).await {
        debug!(%reason, "requests were not reviewed after an agent left");
    }
}

fn kind(person: &Person) -> &'static str {
    match person {
        Person::Staff(_) => "staff",
        Person::Visitor(_) => "visitor",
    }
}
