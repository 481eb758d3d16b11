//! Access at the door: who a client is, where it calls from, and how much it may ask for.
//!
//! Nothing here knows chats. A token says who someone is ([`TokenKeys`]); whether that someone may do what it asks is
//! decided where the chat is known.

mod address;
mod claims;
mod per_address;
mod place;
mod rate;
mod revocations;
mod slots;
mod token;

pub use self::{
    address::ClientAddress,
    claims::{Claims, Role},
    per_address::{RegistrationLimit, WriteLimit},
    place::{BEARER, HELPLINE_V1, offers, subprotocol, token_of},
    rate::{JoinRate, MessageRate},
    revocations::{Binding, Revocations},
    slots::{SocketLimit, SocketSlot},
    token::{Bearer, Issued, TokenError, TokenKeys},
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<RegistrationLimit>();
        shared::<WriteLimit>();
        shared::<SocketLimit>();
        shared::<SocketSlot>();
        shared::<MessageRate>();
        shared::<TokenKeys>();
    }
}
