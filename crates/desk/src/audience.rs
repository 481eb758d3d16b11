//! Who may see which event.

use crate::{
    actor::{Rank, Side},
    event::Event,
};

/// A socket's place at a chat, as far as seeing is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Connected to the chat's address but not accepted into it.
    Door,
    /// Accepted into the chat, on this side.
    Seat(Side),
}

/// Whether somebody who looks after what others do may look into a chat of `supervisor`'s, `None` being nobody's: admins into
/// all, supervisors not into another supervisor's.
pub fn may_look(rank: Rank, who: &str, supervisor: Option<&str>) -> bool {
    match rank {
        Rank::Admin => true,
        Rank::Supervisor => supervisor.is_none_or(|supervisor| supervisor == who),
        Rank::Agent => false,
    }
}

/// Whether someone in this place may learn of the event.
pub fn sees(audience: Audience, event: &Event) -> bool {
    match event {
        Event::Ended(_) => true,
        Event::AllDeclined => audience == Audience::Seat(Side::Visitor),
        // What agents do at the desk is not the visitor's business, nor are the visitor's comings and goings
        // anything that has a frame of its own.
        Event::Registered { .. }
        | Event::Reserved { .. }
        | Event::Declined { .. }
        | Event::SupportReturned
        | Event::VisitorReturned => false,
        // A side that left by being away is told about to the other side only: its own has nobody to tell.
        Event::VisitorLeft => audience == Audience::Seat(Side::Support),
        Event::SupportLeft { .. } => audience == Audience::Seat(Side::Visitor),
        Event::Introduced { .. } => audience == Audience::Seat(Side::Support),
        // How urgent a chat is and what a supervisor has to say is the desk's own business.
        Event::Flagged { .. } | Event::Whispered { .. } => {
            audience == Audience::Seat(Side::Support)
        }
        // Whoever had the chat is told that it is another's now, and the visitor that it waits for that one.
        Event::Assigned { .. }
        | Event::TakenOver { .. }
        | Event::Released { .. }
        | Event::Rested(_) => audience != Audience::Door,
        // It matters to whoever was told that the chat was given to an agent.
        Event::ReservationEnded => audience == Audience::Seat(Side::Visitor),
        Event::VisitorJoined | Event::Requested { .. } | Event::Claimed { .. } | Event::Said(_) => {
            audience != Audience::Door
        }
    }
}
