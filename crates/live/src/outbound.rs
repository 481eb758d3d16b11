//! The event stream on its way to the records: given out at least once, in order, to one process at a time.
//!
//! Every commit adds its events to its partition's stream. Whoever holds a partition's lease is given what waits
//! there, and acknowledges it when the records have it; only then is it trimmed. Who dies in between loses nothing:
//! the next holder is given the same again. Holding the lease is checked in the same script that gives out or
//! acknowledges, so a holder that was slower than its lease cannot do either.

use std::{sync::Arc, time::Duration};

use helpline_desk::{event::Recorded, id::ChatId, time::Timestamp};
use helpline_protocol::bus;
use tokio_util::sync::CancellationToken;

use crate::{
    link::{Address, Link, Unavailable},
    store::{Shared, Store, millis, random_hex},
};

/// The group that acknowledges for the records.
const GROUP: &str = "records";
/// How long a partition stays with a process that says nothing.
const LEASE: Duration = Duration::from_secs(5);
/// How long [`Outbound::next`] waits for something to happen. The link looks every second whether the store answers,
/// and this wait must not look like silence.
const WAIT: Duration = Duration::from_millis(500);
/// The most that is given out at once: a script can handle only so many values.
const AT_MOST: usize = 1000;

/// One process's hold on the event stream.
pub struct Outbound {
    /// Its own: whoever waits for the stream would let everyone else on the connection wait.
    link: Link,
    shared: Arc<Shared>,
    token: String,
    /// The partition whose turn it is.
    turn: u16,
}

/// Events of one partition, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The partition.
    pub partition: u16,
    /// What the stream has, in its order. Never empty.
    pub entries: Vec<Delivered>,
}

/// One entry of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// How the stream names it.
    pub id: String,
    /// What it says.
    pub content: Content,
}

/// What an entry of the stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Something that happened at a chat.
    Happened(Box<Happened>),
    /// Nothing that this release can read. It is to be reported and acknowledged, or nothing after it would ever be
    /// stored.
    Unreadable {
        /// The chat, as far as it can be told.
        chat: String,
        /// The rest, as far as it is text.
        raw: String,
    },
}

/// Something that happened at a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// The chat.
    pub chat: ChatId,
    /// Which of its logs this belongs to.
    pub epoch: String,
    /// What, and when.
    pub recorded: Recorded,
    /// The number among the chat's messages; 0 for what is no message.
    pub msg_no: u64,
    /// The event as the log keeps it.
    pub body: String,
}

/// What became of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// It is done.
    Done,
    /// The lease had run out: the same will be given out again, maybe to another.
    Late,
}

/// How much of the stream the records do not have yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFigures {
    /// How many bytes of the store it takes.
    pub bytes: u64,
    /// How many events it has.
    pub length: u64,
    /// When the oldest of them was committed.
    pub oldest: Option<Timestamp>,
}

enum Turn {
    Some(Batch),
    None { last: String },
    Held,
}

impl Outbound {
    /// Reads over a connection of its own, until `stop`.
    pub fn open(address: Address, shared: Arc<Shared>, stop: CancellationToken) -> Self {
        Self {
            link: Link::open(address, stop),
            shared,
            token: random_hex(),
            turn: 0,
        }
    }

    /// The next events, at most `max`: those that were given out and not acknowledged, if any, else new ones. `None`
    /// when nothing came within half a second, or all partitions are with other processes.
    ///
    /// # Errors
    /// When the store does not answer. That takes half a second too, so asking again at once is no burden.
    pub async fn next(&mut self, max: usize) -> Result<Option<Batch>, Unavailable> {
        let next = self.look(max).await;
        if next.is_err() {
            tokio::time::sleep(WAIT).await;
        }
        next
    }

    async fn look(&mut self, max: usize) -> Result<Option<Batch>, Unavailable> {
        let partitions = self.shared.keys.partitions();
        let mut idle = Vec::new();
        for _ in 0..partitions {
            let partition = self.turn;
            self.turn = (partition + 1) % partitions;
            match self.deliver(partition, max).await? {
                Turn::Some(batch) => return Ok(Some(batch)),
                Turn::None { last } => idle.push((self.shared.keys.stream(partition), last)),
                Turn::Held => {}
            }
        }
        // Streams at different servers cannot be waited for at once.
        match idle.is_empty() || self.link.is_spread() {
            true => tokio::time::sleep(WAIT).await,
            false => self.wait(&idle).await?,
        }
        Ok(None)
    }

    async fn deliver(&self, partition: u16, max: usize) -> Result<Turn, Unavailable> {
        type Fields = Vec<Vec<u8>>;
        let script = &self.shared.deliver;
        let keys = &self.shared.keys;
        let mut call = script.call(&[&keys.outbound(partition), &keys.stream(partition)]);
        call.arg(&self.token)
            .arg(millis(LEASE))
            .arg(GROUP)
            .arg(max.clamp(1, AT_MOST));
        self.link
            .run(async |connection| {
                let reply: Vec<redis::Value> = script.send(connection, &call).await?;
                let mut reply = reply.into_iter();
                let mut value = || reply.next().unwrap_or(redis::Value::Nil);
                let status: String = redis::from_redis_value(value())?;
                Ok(match status.as_str() {
                    "some" => {
                        let entries: Vec<(String, Fields)> = redis::from_redis_value(value())?;
                        let entries = entries.into_iter().map(Delivered::read).collect();
                        Turn::Some(Batch { partition, entries })
                    }
                    "none" => Turn::None {
                        last: redis::from_redis_value(value())?,
                    },
                    _ => Turn::Held,
                })
            })
            .await
    }

    /// Waits until something is added to one of these streams; takes nothing.
    async fn wait(&self, idle: &[(String, String)]) -> Result<(), Unavailable> {
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(1).arg("BLOCK").arg(millis(WAIT));
        read.arg("STREAMS");
        for (stream, _) in idle {
            read.arg(stream);
        }
        for (_, last) in idle {
            read.arg(last);
        }
        self.link
            .run(async |connection| read.query_async::<redis::Value>(connection).await)
            .await
            .map(drop)
    }

    /// Says that the records have these events: they will not be given out again.
    ///
    /// # Errors
    /// When the store does not confirm in time; they may then be given out again.
    pub async fn acknowledge(&self, batch: &Batch) -> Result<Acknowledged, Unavailable> {
        let script = &self.shared.acknowledge;
        let keys = &self.shared.keys;
        let partition = batch.partition;
        let mut call = script.call(&[&keys.outbound(partition), &keys.stream(partition)]);
        call.arg(&self.token).arg(millis(LEASE)).arg(GROUP);
        for entry in &batch.entries {
            call.arg(&entry.id);
        }
        let done: bool = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        Ok(match done {
            true => Acknowledged::Done,
            false => Acknowledged::Late,
        })
    }

    /// Lets other processes go on at once. Without it they wait until the leases run out.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn release(&self) -> Result<(), Unavailable> {
        let script = &self.shared.release;
        for partition in 0..self.shared.keys.partitions() {
            let mut call = script.call(&[&self.shared.keys.outbound(partition)]);
            call.arg(&self.token);
            self.link
                .run(async |connection| script.send::<()>(connection, &call).await)
                .await?;
        }
        Ok(())
    }
}

impl Delivered {
    fn read((id, fields): (String, Vec<Vec<u8>>)) -> Self {
        let content = Happened::read(&fields).unwrap_or_else(|| Content::Unreadable {
            chat: text(field(&fields, "chat").unwrap_or_default()),
            raw: text(&fields.join(&b' ')),
        });
        Self { id, content }
    }
}

impl Happened {
    fn read(fields: &[Vec<u8>]) -> Option<Content> {
        let field = |name| std::str::from_utf8(field(fields, name)?).ok();
        let entry = bus::read_numbered(field("entry")?).ok()?;
        Some(Content::Happened(Box::new(Self {
            chat: ChatId::parse(field("chat")?)?,
            epoch: field("epoch")?.to_owned(),
            recorded: entry.recorded,
            msg_no: entry.msg_no,
            body: entry.body.to_owned(),
        })))
    }
}

fn field<'a>(fields: &'a [Vec<u8>], name: &str) -> Option<&'a [u8]> {
    let mut pairs = fields.chunks_exact(2);
    let pair = pairs.find(|pair| pair[0] == name.as_bytes())?;
    Some(&pair[1])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Store {
    /// How much of the stream the records do not have yet, over all partitions.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn stream_figures(&self) -> Result<StreamFigures, Unavailable> {
        type Oldest = Vec<(String, redis::Value)>;
        let mut figures = StreamFigures::default();
        for partition in 0..self.shared.keys.partitions() {
            let stream = self.shared.keys.stream(partition);
            let mut look = redis::pipe();
            look.cmd("MEMORY").arg("USAGE").arg(&stream);
            look.cmd("XLEN").arg(&stream);
            look.cmd("XRANGE").arg(&stream).arg("-").arg("+");
            look.arg("COUNT").arg(1);
            let (bytes, length, oldest): (Option<u64>, u64, Oldest) = self
                .link
                .run(async |connection| look.query_async(connection).await)
                .await?;
            figures.bytes += bytes.unwrap_or_default();
            figures.length += length;
            let oldest = oldest.first().and_then(|(id, _)| committed_at(id));
            figures.oldest = figures.oldest.into_iter().chain(oldest).min();
        }
        Ok(figures)
    }
}

/// When an entry was added: its name begins with the milliseconds.
fn committed_at(id: &str) -> Option<Timestamp> {
    let millis: i64 = id.split_once('-')?.0.parse().ok()?;
    Some(Timestamp(millis.saturating_mul(1000)))
}
