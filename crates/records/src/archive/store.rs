//! Storing a batch of events: one transaction, whole or not at all.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use helpline_desk::{actor::Side, event::Event};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict, Query, SimpleExpr},
};

use super::{
    Archived, Conflicting, Stored,
    missed::Missed,
    projection::{self, number},
};
use crate::{
    audit,
    database::Records,
    entities::{chat, chat_event, claim, message, whisper},
    erase,
    error::RecordsError,
};

/// How many rows one statement inserts: databases bound the number of values.
const ROWS: usize = 500;

/// An event's place.
type Key = (String, String, i64);

/// How often a batch is stored until what was stored is seen.
const LOOKS: usize = 2;

impl Records {
    /// Stores events. Those that are there already change nothing; those whose place is taken by an event of another time
    /// are not stored and are named in the answer. What is called stored was seen over another connection: whoever forgets
    /// the events now need not take the word of the one that wrote them.
    ///
    /// # Errors
    /// When the database does not confirm in time, or what it confirmed is not there; the same batch can be given again.
    pub async fn store(&self, batch: &[Archived]) -> Result<Stored, RecordsError> {
        if batch.is_empty() {
            return Ok(Stored::default());
        }
        let mut stored = Stored::default();
        let mut events: BTreeMap<Key, &Archived> = BTreeMap::new();
        for event in batch {
            match events.entry(key(event)) {
                Entry::Vacant(place) => drop(place.insert(event)),
                Entry::Occupied(place) if place.get().at == event.at => stored.repeated += 1,
                Entry::Occupied(_) => stored.conflicting.push(conflicting(event)),
            }
        }
        let mut absent = 0;
        for _ in 0..LOOKS {
            let (stored, there) = self
                .write(async |tx| {
                    let mut stored = stored.clone();
                    let there = store(tx, &events, &mut stored).await?;
                    Ok((stored, there))
                })
                .await?;
            let missing = self.witness(async |db| missing(db, &there).await).await?;
            if missing.is_empty() {
                return Ok(stored);
            }
            // They were erased meanwhile, or never there: to store them again over other connections tells which.
            self.distrust();
            absent = missing.len();
        }
        Err(RecordsError::Unavailable(format!(
            "{absent} events are not there that were confirmed to be"
        )))
    }
}

/// Which of these are not there.
async fn missing(db: &impl ConnectionTrait, stored: &BTreeSet<Key>) -> Result<Vec<Key>, DbErr> {
    use chat_event::Column::{Chat, Epoch, Seq};
    let mut missing = Vec::new();
    let all: Vec<&Key> = stored.iter().collect();
    for keys in all.chunks(ROWS) {
        let columns = [Chat, Epoch, Seq].map(Expr::col);
        let wanted = keys.iter().map(|(chat, epoch, seq)| {
            let key: [SimpleExpr; 3] = [chat.as_str().into(), epoch.as_str().into(), (*seq).into()];
            SimpleExpr::Tuple(key.to_vec())
        });
        let there: Vec<Key> = chat_event::Entity::find()
            .select_only()
            .columns([Chat, Epoch, Seq])
            .filter(SimpleExpr::Tuple(columns.to_vec()).is_in(wanted))
            .into_tuple()
            .all(db)
            .await?;
        let there: BTreeSet<Key> = there.into_iter().collect();
        let absent = keys.iter().filter(|key| !there.contains(**key));
        missing.extend(absent.map(|key| (*key).clone()));
    }
    Ok(missing)
}

/// Stores them; gives the places of all that are there now.
async fn store(
    tx: &DatabaseTransaction,
    events: &BTreeMap<Key, &Archived>,
    stored: &mut Stored,
) -> Result<BTreeSet<Key>, DbErr> {
    erase::share_lock(tx).await?;
    let mut rows = rows(tx, events).await?;
    let mut wanted: BTreeMap<&Key, &Archived> = BTreeMap::new();
    for (key, event) in events {
        match rows.get_mut(&key.0) {
            Some(row) if row.erased => {
                stored.left_out += 1;
                if let (Some(Event::Ended(end)), None) = (&event.event, row.ended_at) {
                    projection::ended(row, end, event.at);
                }
            }
            _ => drop(wanted.insert(key, event)),
        }
    }
    let new = insert_events(tx, &wanted).await?;
    let mut there = new.clone();
    for (key, event) in &wanted {
        if new.contains(*key) {
            continue;
        }
        match is_the_same(tx, key, event).await? {
            true => {
                stored.repeated += 1;
                there.insert((*key).clone());
            }
            false => stored.conflicting.push(conflicting(event)),
        }
    }
    stored.stored += new.len() as u64;
    let mut fresh: Vec<&Archived> = wanted
        .into_iter()
        .filter(|(key, _)| new.contains(*key))
        .map(|(_, event)| event)
        .collect();
    fresh.sort_by_key(|event| (event.at, event.seq));
    audit::append_events(tx, fresh.iter().copied()).await?;
    let agents = claims(tx, &fresh).await?;
    let mut messages = Vec::new();
    let mut whispers = Vec::new();
    let mut missed = Vec::new();
    for event in fresh {
        let id = event.chat.to_string();
        let Some(row) = rows.get_mut(&id) else {
            continue;
        };
        missed.extend(Missed::by(event, row));
        projection::apply(row, event);
        whispers.extend(projection::whisper(event).map(IntoActiveModel::into_active_model));
        if let Some(Event::Said(said)) = &event.event {
            let part = said.support.map(|support| (id, support.to_string()));
            let agent = part.and_then(|part| agents.get(&part).cloned());
            let sender = projection::sender(row, said.from, agent);
            let message = projection::message(event, said, sender);
            messages.push(message.into_active_model());
        }
    }
    for messages in messages.chunks(ROWS) {
        message::Entity::insert_many(messages.to_vec())
            .exec_without_returning(tx)
            .await?;
    }
    for whispers in whispers.chunks(ROWS) {
        whisper::Entity::insert_many(whispers.to_vec())
            .exec_without_returning(tx)
            .await?;
    }
    for missed in missed {
        if let Some(row) = rows.get(missed.chat()) {
            missed.store(tx, row).await?;
        }
    }
    for row in rows.into_values() {
        row.into_active_model().reset_all().update(tx).await?;
    }
    Ok(there)
}

/// The rows of all chats concerned, made if need be. Nobody else changes them until this transaction ends.
async fn rows(
    tx: &DatabaseTransaction,
    events: &BTreeMap<Key, &Archived>,
) -> Result<BTreeMap<String, chat::Model>, DbErr> {
    let mut first: BTreeMap<&str, &Archived> = BTreeMap::new();
    for (key, event) in events {
        first.entry(&key.0).or_insert(event);
    }
    // Rows are made before any is locked, each in one order for everyone, so that two batches never wait for each other.
    let known = known_ids(tx, first.keys().copied()).await?;
    let missing: Vec<_> = first
        .iter()
        .filter(|(id, _)| !known.contains(**id))
        .map(|(_, event)| projection::unknown(event).into_active_model())
        .collect();
    for missing in missing.chunks(ROWS) {
        chat::Entity::insert_many(missing.to_vec())
            .on_conflict_do_nothing_on([chat::Column::Id])
            .exec_without_returning(tx)
            .await?;
    }
    let mut rows = lock_rows(tx, first.keys().copied()).await?;
    let registered = events.values().filter_map(|event| match &event.event {
        Some(Event::Registered { visitor, .. }) => {
            Some((event.chat.to_string(), visitor.to_string(), event.at))
        }
        _ => None,
    });
    for chat in erase::of_erased_visitors(tx, registered.collect()).await? {
        if let Some(row) = rows.get_mut(&chat) {
            row.erased = true;
        }
    }
    Ok(rows)
}

async fn known_ids(
    tx: &DatabaseTransaction,
    ids: impl Iterator<Item = &str>,
) -> Result<BTreeSet<String>, DbErr> {
    let known = chat::Entity::find()
        .select_only()
        .column(chat::Column::Id)
        .filter(chat::Column::Id.is_in(ids));
    Ok(known.into_tuple().all(tx).await?.into_iter().collect())
}

async fn lock_rows(
    tx: &DatabaseTransaction,
    ids: impl Iterator<Item = &str>,
) -> Result<BTreeMap<String, chat::Model>, DbErr> {
    let rows = chat::Entity::find()
        .filter(chat::Column::Id.is_in(ids))
        .order_by_asc(chat::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}

/// Inserts what is not there; says what that was.
async fn insert_events(
    tx: &DatabaseTransaction,
    events: &BTreeMap<&Key, &Archived>,
) -> Result<BTreeSet<Key>, DbErr> {
    use chat_event::Column::{At, Body, Chat, Epoch, Kind, MsgNo, Seq};
    #[derive(FromQueryResult)]
    struct Place {
        chat: String,
        epoch: String,
        seq: i64,
    }
    let events: Vec<_> = events.iter().collect();
    let mut new = BTreeSet::new();
    for events in events.chunks(ROWS) {
        let mut insert = Query::insert();
        insert
            .into_table(chat_event::Entity)
            .columns([Chat, Epoch, Seq, At, MsgNo, Kind, Body]);
        for ((chat, epoch, seq), event) in events {
            insert.values_panic([
                chat.as_str().into(),
                epoch.as_str().into(),
                (*seq).into(),
                event.at.into(),
                number(event.msg_no).into(),
                projection::kind(event.event.as_ref()).into(),
                super::clean(&event.body).into(),
            ]);
        }
        let nothing = OnConflict::columns([Chat, Epoch, Seq])
            .do_nothing()
            .to_owned();
        insert
            .on_conflict(nothing)
            .returning(Query::returning().columns([Chat, Epoch, Seq]));
        let places = tx.query_all(&insert).await?;
        for place in places {
            let place = Place::from_query_result(&place, "")?;
            new.insert((place.chat, place.epoch, place.seq));
        }
    }
    Ok(new)
}

async fn is_the_same(
    tx: &DatabaseTransaction,
    (chat, epoch, seq): &Key,
    event: &Archived,
) -> Result<bool, DbErr> {
    let key = (chat.clone(), epoch.clone(), *seq);
    let known = chat_event::Entity::find_by_id(key).one(tx).await?;
    Ok(known.is_some_and(|known| known.at == event.at))
}

/// Stores the claims among these events; says who is behind each agent's part in these chats.
async fn claims(
    tx: &DatabaseTransaction,
    events: &[&Archived],
) -> Result<BTreeMap<(String, String), String>, DbErr> {
    let new: Vec<_> = events
        .iter()
        .filter_map(|event| projection::claim(event))
        .map(IntoActiveModel::into_active_model)
        .collect();
    for new in new.chunks(ROWS) {
        claim::Entity::insert_many(new.to_vec())
            .on_conflict_do_nothing_on([claim::Column::Chat, claim::Column::Support])
            .exec_without_returning(tx)
            .await?;
    }
    let answered: BTreeSet<String> = events
        .iter()
        .filter(
            |event| matches!(&event.event, Some(Event::Said(said)) if said.from == Side::Support),
        )
        .map(|event| event.chat.to_string())
        .collect();
    if answered.is_empty() {
        return Ok(BTreeMap::new());
    }
    let claims = claim::Entity::find()
        .filter(claim::Column::Chat.is_in(answered))
        .all(tx)
        .await?;
    let parts = claims.into_iter();
    Ok(parts
        .map(|claim| ((claim.chat, claim.support), claim.agent))
        .collect())
}

fn key(event: &Archived) -> Key {
    let epoch = super::clean(&event.epoch);
    (event.chat.to_string(), epoch, number(event.seq))
}

fn conflicting(event: &Archived) -> Conflicting {
    Conflicting {
        chat: event.chat,
        epoch: event.epoch.clone(),
        seq: event.seq,
    }
}
