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
use helpline_protocol::bus::{self, StaffProfile};
use redis::Cmd;

use crate::{
    keys::{self, Person, Place},
    link::Unavailable,
    script::Script,
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

    /// In which partition the sockets at a place are listed.
    pub fn partition_of(&self, place: &Place) -> u16 {
        let keys = &self.shared.keys;
        match place {
            Place::Chat(chat, _) => keys.partition(*chat),
            Place::Staff(id) => keys.partition_of(&Person::Staff(id.clone())),
            Place::Visitor(id) => keys.partition_of(&Person::Visitor(*id)),
        }
    }

    /// Enters a socket of this process where it is: as somebody who is online, or again at a chat after this process
    /// was thought dead. `false`: this process holds no lease, and nobody was entered who needs one; the socket has
    /// to arrive again when it does.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn arrive(&self, socket: u64, arrival: &Arrival) -> Result<bool, Unavailable> {
        let (script, call) = self.arrival(socket, arrival);
        let entered: Option<u8> = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        Ok(entered != Some(0))
    }

    /// The same for several sockets at places of one partition, in one round trip.
    ///
    /// # Errors
    /// When the store does not confirm in time: each of them may have arrived or not.
    pub async fn arrive_all(&self, sockets: &[(u64, Arrival)]) -> Result<Vec<bool>, Unavailable> {
        let calls = sockets
            .iter()
            .map(|(socket, arrival)| self.arrival(*socket, arrival));
        let entered = self.send_all(&calls.collect::<Vec<_>>()).await?;
        Ok(entered.into_iter().map(|one| one != Some(0)).collect())
    }

    fn arrival(&self, socket: u64, arrival: &Arrival) -> (&Script, Cmd) {
        match arrival {
            Arrival::Chat(chat, side) => self.arrival_at_chat(*chat, *side, socket),
            Arrival::Staff { profile, available } => {
                let person = Person::Staff(profile.id.clone());
                let available = match available {
                    Some(true) => "1",
                    Some(false) => "0",
                    None => "",
                };
                let profile = bus::write_staff_profile(profile);
                self.coming(socket, &arrival.place(), &person, available, &profile)
            }
            Arrival::Visitor { id, profile } => {
                let person = Person::Visitor(*id);
                self.coming(socket, &arrival.place(), &person, "1", profile)
            }
        }
    }

    fn arrival_at_chat(&self, chat: ChatId, side: Side, socket: u64) -> (&Script, Cmd) {
        let process = &self.shared.process;
        let place = Place::Chat(chat, side);
        let script = &self.shared.arrive;
        let mut call = script.call(&self.places(chat, process).each_ref().map(String::as_str));
        call.arg(place.at_place(process, socket))
            .arg(place.at_process(socket))
            .arg(keys::timer(chat, Timer::Away(side)))
            .arg(chat.to_string());
        (script, call)
    }

    /// Takes a socket away from where it was. A side's last one at a chat starts the side's timer, which is due after
    /// `grace`; so does every socket of somebody who is online. `true`: that timer is due at once.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn depart(&self, member: &Member, grace: Duration) -> Result<bool, Unavailable> {
        let (script, call) = self.departure(member, grace);
        let due: Option<u8> = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        Ok(due == Some(1))
    }

    /// The same for several sockets at places of one partition, in one round trip.
    ///
    /// # Errors
    /// When the store does not confirm in time: each of them may have departed or not.
    pub async fn depart_all(
        &self,
        departures: &[(Member, Duration)],
    ) -> Result<Vec<bool>, Unavailable> {
        let calls = departures
            .iter()
            .map(|(member, grace)| self.departure(member, *grace));
        let due = self.send_all(&calls.collect::<Vec<_>>()).await?;
        Ok(due.into_iter().map(|one| one == Some(1)).collect())
    }

    fn departure(&self, member: &Member, grace: Duration) -> (&Script, Cmd) {
        let place = &member.place;
        let (chat, side) = match place {
            Place::Chat(chat, side) => (*chat, *side),
            Place::Staff(id) => return self.going(member, &Person::Staff(id.clone()), grace),
            Place::Visitor(id) => return self.going(member, &Person::Visitor(*id), grace),
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
        (script, call)
    }

    /// Sends calls of one partition together.
    async fn send_all(&self, calls: &[(&Script, Cmd)]) -> Result<Vec<Option<u8>>, Unavailable> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let pipeline = Script::pipeline(calls);
        self.link
            .run(async |connection| pipeline.query_async(connection).await)
            .await
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
        let renewed: Vec<Result<bool, Unavailable>> = join_all(renewing).await;
        // That it was lost somewhere is said only once: it may not be passed over for what failed elsewhere.
        if renewed.contains(&Ok(false)) {
            return Ok(false);
        }
        renewed.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(true)
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
