//! A socket's way into a chat, from the moment it asks until it is gone.
//!
//! Promised: the store has a socket among those at a chat only while it was let in. An answer that was lost may have let
//! it in; so whoever is not confirmed is taken away again, at once and once more in the end, and whoever holds this
//! need not remember to.

use helpline_desk::{actor::Side, id::ChatId};
use helpline_live::{keys::Place, presence::Arrival};

use crate::{
    handler::{Failure, Handler},
    presence::Roster,
};

/// One socket's way into one side of one chat. Dropping it says that the socket is gone.
pub struct Admission {
    roster: Roster,
    handler: Handler,
    chat: ChatId,
    side: Side,
    socket: u64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The store has not answered yet.
    Asking,
    /// It did not confirm: it may have let the socket in, or may still do.
    InDoubt,
    /// It has let the socket in.
    In,
    /// It knows nothing of the socket.
    Out,
}

impl Admission {
    /// A socket is about to ask. Whatever becomes of the answer, the socket's end will be told.
    pub fn ask(roster: &Roster, handler: &Handler, chat: ChatId, side: Side, socket: u64) -> Self {
        let admission = Self {
            roster: roster.clone(),
            handler: handler.clone(),
            chat,
            side,
            socket,
            stage: Stage::Asking,
        };
        admission.enter();
        admission
    }

    /// It asks once more, after a refusal or an answer that was lost.
    pub fn ask_again(&mut self) {
        if self.stage == Stage::Out {
            self.stage = Stage::Asking;
        }
        self.enter();
    }

    /// On which side it asks.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Where it comes in.
    pub fn place(&self) -> Place {
        Place::Chat(self.chat, self.side)
    }

    /// Whether it was let in.
    pub fn is_in(&self) -> bool {
        self.stage == Stage::In
    }

    /// The store has let it in.
    pub fn grant(&mut self) {
        self.stage = Stage::In;
    }

    /// What it asked for has failed. Whoever was let in before stays.
    pub async fn fail(&mut self, failure: &Failure) {
        match (self.stage, failure) {
            (Stage::In | Stage::Out, _) => {}
            (Stage::Asking, Failure::Refused(_)) => {
                self.stage = Stage::Out;
                // Whoever told the store of every socket that is here may have told it of this one.
                self.leave_later();
            }
            (Stage::Asking | Stage::InDoubt, _) => {
                self.stage = Stage::InDoubt;
                self.leave().await;
            }
        }
    }

    /// The socket goes; the store is told now if it can be.
    pub async fn depart(mut self) {
        if self.stage == Stage::InDoubt {
            self.enter();
        }
        self.stage = Stage::Out;
        self.leave().await;
    }

    fn enter(&self) {
        let arrival = Arrival::Chat(self.chat, self.side);
        self.roster.enter(self.socket, arrival);
        self.roster.stays(self.socket);
    }

    fn leave_later(&self) {
        let grace = self.handler.policy().leave_grace;
        self.roster.leave_later(self.socket, grace);
    }

    async fn leave(&self) {
        let grace = self.handler.policy().leave_grace;
        self.roster.leave(&self.handler, self.socket, grace).await;
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        match self.stage {
            Stage::Out => return,
            Stage::InDoubt => self.enter(),
            Stage::Asking | Stage::In => {}
        }
        self.leave_later();
    }
}
