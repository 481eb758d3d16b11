//! The settings of chats that people have stored, for processes that do not know the records.

use std::{collections::HashMap, time::Duration};

use crate::{
    link::Unavailable,
    store::{Store, millis},
};

/// What stands in for the settings of the same names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Said to the visitor when an agent joins.
    pub join: Option<String>,
    /// Said to the visitor when the agent leaves.
    pub leave: Option<String>,
    /// How long a chat lives without activity.
    pub idle_timeout: Option<Duration>,
}

const JOIN: &str = "join";
const LEAVE: &str = "leave";
const IDLE_TIMEOUT: &str = "idle_timeout_ms";

impl Store {
    /// The stored texts, as far as the store was told.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn texts(&self) -> Result<Texts, Unavailable> {
        let mut get = redis::cmd("HGETALL");
        get.arg(self.shared.keys.texts());
        let mut found: HashMap<String, String> = self
            .link
            .run(async |connection| get.query_async(connection).await)
            .await?;
        let idle_timeout = found.remove(IDLE_TIMEOUT);
        Ok(Texts {
            join: found.remove(JOIN),
            leave: found.remove(LEAVE),
            idle_timeout: idle_timeout
                .and_then(|millis| millis.parse().ok())
                .map(Duration::from_millis),
        })
    }

    /// Tells the store which texts are stored.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tell_texts(&self, texts: &Texts) -> Result<(), Unavailable> {
        let key = self.shared.keys.texts();
        let mut pipeline = redis::pipe();
        pipeline.atomic().cmd("DEL").arg(&key).ignore();
        let idle_timeout = texts.idle_timeout.map(|time| millis(time).to_string());
        for (name, text) in [
            (JOIN, &texts.join),
            (LEAVE, &texts.leave),
            (IDLE_TIMEOUT, &idle_timeout),
        ] {
            if let Some(text) = text {
                pipeline.cmd("HSET").arg(&key).arg(name).arg(text).ignore();
            }
        }
        self.link
            .run(async |connection| pipeline.query_async(connection).await)
            .await
    }
}
