//! Who is online: each member of the staff and each visitor once, however many sockets they have.
//!
//! Somebody is listed from the first socket on until some time after the last one is gone: the grace of that
//! departure. A return within it is no news to anybody. What a departure changes is settled when the person's timer is
//! due, and not before; that somebody says to be away holds at once.

use std::{collections::BTreeSet, time::Duration};

use helpline_desk::id::{AgentId, VisitorId};
use helpline_protocol::bus::{self, StaffChange, StaffMember};
use redis::Cmd;
use tracing::error;

use crate::{
    keys::{self, Person, Place},
    link::Unavailable,
    presence::Member,
    script::Script,
    store::{Store, millis},
};

/// What became of somebody whose timer was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is not online any more.
    Gone,
    /// It is, and takes no requests any more.
    Away,
    /// Nothing has changed.
    Same,
}

impl Store {
    /// The call that enters a socket of somebody who is online; see [`Store::arrive`].
    pub(crate) fn coming(
        &self,
        socket: u64,
        place: &Place,
        person: &Person,
        available: &str,
        profile: &str,
    ) -> (&Script, Cmd) {
        let keys = &self.shared.keys;
        let process = &self.shared.process;
        let partition = keys.partition_of(person);
        let script = &self.shared.come;
        let mut call = script.call(&[
            &self.listing(person),
            &keys.sockets(person),
            &keys.process(partition, process),
            &keys.timers(partition),
            &keys.leases(partition),
        ]);
        call.arg(listed(person))
            .arg(place.at_place(process, socket))
            .arg(place.at_process(socket))
            .arg(keys::person_timer(person))
            .arg(process)
            .arg(available)
            .arg(profile)
            .arg(self.channel_of(person));
        (script, call)
    }

    /// The call that takes a socket away from somebody who is online; see [`Store::depart`].
    pub(crate) fn going(
        &self,
        member: &Member,
        person: &Person,
        grace: Duration,
    ) -> (&Script, Cmd) {
        let keys = &self.shared.keys;
        let partition = keys.partition_of(person);
        let script = &self.shared.go;
        let mut call = script.call(&[
            &keys.sockets(person),
            &keys.process(partition, &member.process),
            &keys.timers(partition),
        ]);
        call.arg(member.place.at_place(&member.process, member.socket))
            .arg(member.place.at_process(member.socket))
            .arg(keys::person_timer(person))
            .arg(millis(grace));
        (script, call)
    }

    /// Whether somebody has a socket anywhere.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn has_sockets(&self, person: &Person) -> Result<bool, Unavailable> {
        let mut count = redis::cmd("HLEN");
        count.arg(self.shared.keys.sockets(person));
        let sockets: u64 = self
            .link
            .run(async |connection| count.query_async(connection).await)
            .await?;
        Ok(sockets > 0)
    }

    /// Makes true of somebody what its sockets say, and stops its timer: without any it is not online any more, and
    /// the staff hear of it. Doing it twice changes nothing.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn settle(&self, person: &Person) -> Result<Settled, Unavailable> {
        let keys = &self.shared.keys;
        let script = &self.shared.settle;
        let mut call = script.call(&[
            &self.listing(person),
            &keys.sockets(person),
            &keys.timers(keys.partition_of(person)),
        ]);
        let told = match person {
            Person::Staff(id) => bus::write_staff_change(&StaffChange::Gone(id.clone())),
            Person::Visitor(_) => String::new(),
        };
        call.arg(listed(person))
            .arg(keys::person_timer(person))
            .arg(self.channel_of(person))
            .arg(told);
        let settled: String = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        Ok(match settled.as_str() {
            "gone" => Settled::Gone,
            "away" => Settled::Away,
            _ => Settled::Same,
        })
    }

    /// The staff who are online, in no order. An entry that cannot be read is left out, loudly.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn staff(&self) -> Result<Vec<StaffMember>, Unavailable> {
        let mut read = redis::cmd("HVALS");
        read.arg(self.shared.keys.staff());
        let entries: Vec<String> = self
            .link
            .run(async |connection| read.query_async(connection).await)
            .await?;
        let member = |entry: &String| {
            bus::read_staff_member(entry)
                .inspect_err(|reason| error!(%reason, "a member of the staff cannot be read"))
                .ok()
        };
        Ok(entries.iter().filter_map(member).collect())
    }

    /// The staff who take requests.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn agents(&self) -> Result<BTreeSet<AgentId>, Unavailable> {
        let staff = self.staff().await?.into_iter();
        let available = staff.filter(|member| member.available);
        Ok(available.map(|member| member.id).collect())
    }

    /// The visitors who are online, in no order, each with the profile it came with.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn visitors(&self) -> Result<Vec<(VisitorId, String)>, Unavailable> {
        let mut all = Vec::new();
        for partition in 0..self.shared.keys.partitions() {
            let mut read = redis::cmd("HGETALL");
            read.arg(self.shared.keys.visitors(partition));
            let visitors: Vec<(String, String)> = self
                .link
                .run(async |connection| read.query_async(connection).await)
                .await?;
            let read = |(id, profile): (String, String)| Some((VisitorId::parse(&id)?, profile));
            all.extend(visitors.into_iter().filter_map(read));
        }
        Ok(all)
    }

    /// Where somebody is listed while online.
    fn listing(&self, person: &Person) -> String {
        let keys = &self.shared.keys;
        match person {
            Person::Staff(_) => keys.staff(),
            Person::Visitor(_) => keys.visitors(keys.partition_of(person)),
        }
    }

    /// On which channel somebody's coming and going is told; of visitors nothing is.
    fn channel_of(&self, person: &Person) -> String {
        match person {
            Person::Staff(_) => self.shared.keys.desk_channel(),
            Person::Visitor(_) => String::new(),
        }
    }
}

/// How somebody is named in its listing.
fn listed(person: &Person) -> String {
    match person {
        Person::Staff(id) => id.0.clone(),
        Person::Visitor(id) => id.to_string(),
    }
}
