//! Access at the door: who a client is, where it calls from, and how much it may ask for.
//!
//! Nothing here knows chats. A token says who someone is ([`TokenKeys`]); whether that someone may do what it asks is
//! decided where the chat is known.

mod address;
mod limits;
mod place;
mod token;

pub use self::{
    address::ClientAddress,
    limits::{MessageRate, RegistrationLimit, SocketLimit, SocketSlot},
    place::{BEARER, HELPLINE_V1, offers, subprotocol, token_of},
    token::{Claims, Role, TokenError, TokenKeys},
};
