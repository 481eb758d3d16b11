//! What becomes of somebody who does not come back: whose last socket is gone, and whose grace is over.
//!
//! The order is fixed: first what somebody leaves behind, then that it is gone. Any process may see to it, and doing it
//! twice changes nothing.

use helpline_live::{keys::Person, people::Settled, store::StoreError};
use tracing::{debug, info};

use crate::{handler::Handler, keeper::review};

/// What has to be done with somebody's chats before it is told that it is gone (contract 004: each of its chats first,
/// then that it is offline). Somebody who has come back meanwhile counts as having left all the same.
///
/// # Errors
/// When the store does not confirm: then nobody is told yet, and it is done again.
pub async fn before_offline(_handler: &Handler, _person: &Person) -> Result<(), StoreError> {
    Ok(())
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

/// The same at once, for whoever has no grace, with the look at those who wait.
pub(crate) async fn goes_now(handler: &Handler, person: &Person) {
    let gone: Result<(), StoreError> = async {
        if goes(handler, person).await? {
            review(handler).await?;
        }
        Ok(())
    }
    .await;
    if let Err(reason) = gone {
        // Its timer is due, and comes to somebody.
        debug!(%reason, "somebody could not be seen off yet");
    }
}

fn kind(person: &Person) -> &'static str {
    match person {
        Person::Staff(_) => "staff",
        Person::Visitor(_) => "visitor",
    }
}
