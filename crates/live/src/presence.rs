//! Who is connected, by lease.
//!
//! Each socket is entered where it is (at a chat, or as somebody who is online) and with its process. A process holds a
//! lease; when it lapses, whoever notices takes the process's sockets away as if each had closed.

use std::time::Duration;

use futures_util::future::join_all;
use helpline_desk::{
    actor::Side,
    decide::Timer,
    id::{ChatId, VisitorId},
};
use helpline_protocol::bus::StaffProfile;

use crate::{
    keys::{self, Person, Place},
    link::Unavailable,
    store::{Store, millis},
};

/// A socket that a process had somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The process.
    pub process: String,
    /// Where it is.
    pub place: Place,
    /// Which socket of the process.
    pub socket: u64,
}

/// How a socket comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// At a chat, on one side.
    Chat(ChatId, Side),
    /// As a member of the staff.
    Staff {
        /// Who that is.
        profile: StaffProfile,
        /// Whether it takes requests, if it has said so; else it does what the member does already.
        available: Option<bool>,
    },
    /// As a visitor.
    Visitor {
        /// Who that is.
        id: VisitorId,
        /// What is listed of the visitor, as JSON: whoever enters it reads it.
        profile: String,
    },
}

impl Arrival {
    /// Where the socket is then.
    pub fn place(&self) -> Place {
        match self {
            Self::Chat(chat, side) => Place::Chat(*chat, *side),
            Self::Staff { profile, .. } => Place::Staff(profile.id.clone()),
            Self::Visitor { id, .. } => Place::Visitor(*id),
        }
    }
}

impl Store {
    /// A socket of this process.
    pub fn member(&self, place: Place, socket: u64) -> Member {
        Member {
            process: self.shared.process.clone(),
            place,
            socket,
        }
    }

    /// Enters a socket of this process where it is: as somebody who is online, or again at a chat after this process
    /// was thought dead. `false`: this process holds no lease, and nobody was entered who needs one; the socket has
    /// to arrive again when it does.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn arrive(&self, socket: u64, arrival: &Arrival) -> Result<bool, Unavailable> {
        match arrival {
            Arrival::Chat(chat, side) => {
                self.arrive_at_chat(*chat, *side, socket).await?;
                Ok(true)
            }
            Arrival::Staff { .. } | Arrival::Visitor { .. } => self.come(socket, arrival).await,
        }
    }

    async fn arrive_at_chat(
        &self,
        chat: ChatId,
        side: Side,
        socket: u64,
    ) -> Result<(), Unavailable> {
        let process = &self.shared.process;
        let place = Place::Chat(chat, side);
        let script = &self.shared.arrive;
        let mut call = script.call(&self.places(chat, process).each_ref().map(String::as_str));
        call.arg(place.at_place(process, socket))
            .arg(place.at_process(socket))
            .arg(keys::timer(chat, Timer::Away(side)))
            .arg(chat.to_string());
        self.link
            .run(async |connection| script.send(connection, &call).await)
            .await
    }

    /// Takes a socket away from where it was. A side's last one at a chat starts the side's timer, which is due after
    /// `grace`; so does every socket of somebody who is online. `true`: that timer is due at once.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn depart(&self, member: &Member, grace: Duration) -> Result<bool, Unavailable> {
        let place = &member.place;
        let (chat, side) = match place {
            Place::Chat(chat, side) => (*chat, *side),
            Place::Staff(id) => return self.go(member, &Person::Staff(id.clone()), grace).await,
            Place::Visitor(id) => return self.go(member, &Person::Visitor(*id), grace).await,
        };
        let script = &self.shared.depart;
        let places = self.places(chat, &member.process);
        let mut call = script.call(&places.each_ref().map(String::as_str));
        call.arg(place.at_place(&member.process, member.socket))
            .arg(place.at_process(member.socket))
            .arg(keys::side(side))
            .arg(keys::timer(chat, Timer::Away(side)))
            .arg(millis(grace))
            .arg(chat.to_string());
        self.link
            .run(async |connection| script.send::<()>(connection, &call).await)
            .await?;
        Ok(false)
    }

    async fn send(&self, pipe: &redis::Pipeline) -> Result<(), Unavailable> {
        self.link
            .run(async |connection| pipe.query_async(connection).await)
            .await
    }

    fn places(&self, chat: ChatId, process: &str) -> [String; 4] {
        let keys = &self.shared.keys;
        let partition = keys.partition(chat);
        [
            keys.here(chat),
            keys.process(partition, process),
            keys.timers(partition),
            keys.expiry(partition),
        ]
    }

    /// Renews this process's lease. `false`: it had been lost (or is new), and with it the places of all
    /// sockets; they have to arrive again.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn renew_lease(&self, lease: Duration) -> Result<bool, Unavailable> {
        let script = &self.shared.renew_lease;
        // All at once: where one server is away, the leases at the others may not run out meanwhile.
        let renewing = (0..self.shared.keys.partitions()).map(async |partition| {
            let mut call = script.call(&[&self.shared.keys.leases(partition)]);
            call.arg(&self.shared.process).arg(millis(lease));
            let renewed: u8 = self
                .link
                .run(async |connection| script.send(connection, &call).await)
                .await?;
            Ok(renewed == 1)
        });
        let mut held = true;
        for renewed in join_all(renewing).await {
            held &= renewed?;
        }
        Ok(held)
    }

    /// Gives this process's lease back: all its sockets have departed.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn end_lease(&self) -> Result<(), Unavailable> {
        let process = self.shared.process.clone();
        for partition in 0..self.shared.keys.partitions() {
            self.forget_process(partition, &process).await?;
        }
        Ok(())
    }

    /// The sockets that some process has in one partition.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn members_of(
        &self,
        partition: u16,
        process: &str,
    ) -> Result<Vec<Member>, Unavailable> {
        let mut read = redis::cmd("SMEMBERS");
        read.arg(self.shared.keys.process(partition, process));
        let names: Vec<String> = self
            .link
            .run(async |connection| read.query_async(connection).await)
            .await?;
        let member = |name: &String| {
            let (place, socket) = Place::read_at_process(name)?;
            Some(Member {
                process: process.to_owned(),
                place,
                socket,
            })
        };
        Ok(names.iter().filter_map(member).collect())
    }

    /// Forgets a process in one partition.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn forget_process(&self, partition: u16, process: &str) -> Result<(), Unavailable> {
        let mut pipe = redis::pipe();
        pipe.zrem(self.shared.keys.leases(partition), process)
            .ignore();
        pipe.del(self.shared.keys.process(partition, process))
            .ignore();
        self.send(&pipe).await
    }
}
