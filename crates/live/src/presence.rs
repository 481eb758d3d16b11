//! Who is connected, by lease.
//!
//! Each socket is entered where it is (at a chat, at the desk) and with its process. A process holds a lease;
//! when it lapses, whoever notices takes the process's sockets away as if each had closed.

use std::{collections::BTreeSet, time::Duration};

use helpline_desk::{
    decide::Timer,
    id::{AgentId, ChatId},
};

use crate::{
    keys::{self, Place},
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

impl Store {
    /// A socket of this process.
    pub fn member(&self, place: Place, socket: u64) -> Member {
        Member {
            process: self.shared.process.clone(),
            place,
            socket,
        }
    }

    /// Enters a socket where it is: at the desk, or again at a chat after this process was thought dead.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn arrive(&self, member: &Member) -> Result<(), Unavailable> {
        let at_place = member.place.at_place(&member.process, member.socket);
        let at_process = member.place.at_process(member.socket);
        match &member.place {
            Place::Chat(chat, side) => {
                let script = &self.shared.arrive;
                let mut call = script.call(
                    &self
                        .places(*chat, &member.process)
                        .each_ref()
                        .map(String::as_str),
                );
                call.arg(at_place)
                    .arg(at_process)
                    .arg(keys::timer(*chat, Timer::Away(*side)))
                    .arg(chat.to_string());
                self.link
                    .run(async |connection| script.send(connection, &call).await)
                    .await
            }
            Place::Desk(_) => {
                let mut pipe = redis::pipe();
                pipe.sadd(self.shared.keys.agents(), at_place).ignore();
                pipe.sadd(self.shared.keys.process(0, &member.process), at_process)
                    .ignore();
                pipe.publish(self.shared.keys.desk_channel(), "came")
                    .ignore();
                self.send(&pipe).await
            }
        }
    }

    /// Takes a socket away from where it was. If it was its side's last one at a chat, the side's timer starts
    /// and is due after `grace`.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn depart(&self, member: &Member, grace: Duration) -> Result<(), Unavailable> {
        let at_place = member.place.at_place(&member.process, member.socket);
        let at_process = member.place.at_process(member.socket);
        match &member.place {
            Place::Chat(chat, side) => {
                let script = &self.shared.depart;
                let mut call = script.call(
                    &self
                        .places(*chat, &member.process)
                        .each_ref()
                        .map(String::as_str),
                );
                call.arg(at_place)
                    .arg(at_process)
                    .arg(keys::side(*side))
                    .arg(keys::timer(*chat, Timer::Away(*side)))
                    .arg(millis(grace))
                    .arg(chat.to_string());
                self.link
                    .run(async |connection| script.send(connection, &call).await)
                    .await
            }
            Place::Desk(_) => {
                let mut pipe = redis::pipe();
                pipe.srem(self.shared.keys.agents(), at_place).ignore();
                pipe.srem(self.shared.keys.process(0, &member.process), at_process)
                    .ignore();
                pipe.publish(self.shared.keys.desk_channel(), "left")
                    .ignore();
                self.send(&pipe).await
            }
        }
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

    /// The agents at the desk.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn agents(&self) -> Result<BTreeSet<AgentId>, Unavailable> {
        let mut read = redis::cmd("SMEMBERS");
        read.arg(self.shared.keys.agents());
        let sockets: Vec<String> = self
            .link
            .run(async |connection| read.query_async(connection).await)
            .await?;
        Ok(sockets.iter().filter_map(|s| keys::agent_of(s)).collect())
    }

    /// Renews this process's lease. `false`: it had been lost (or is new), and with it the places of all
    /// sockets; they have to arrive again.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn renew_lease(&self, lease: Duration) -> Result<bool, Unavailable> {
        let script = &self.shared.renew_lease;
        let mut held = true;
        for partition in 0..self.shared.keys.partitions() {
            let mut call = script.call(&[&self.shared.keys.leases(partition)]);
            call.arg(&self.shared.process).arg(millis(lease));
            let renewed: u8 = self
                .link
                .run(async |connection| script.send(connection, &call).await)
                .await?;
            held &= renewed == 1;
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
