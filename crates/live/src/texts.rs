//! The texts that people have stored, for processes that do not know the records.

use std::collections::HashMap;

use crate::{link::Unavailable, store::Store};

/// Texts that stand in for those of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Said to the visitor when an agent joins.
    pub join: Option<String>,
    /// Said to the visitor when the agent leaves.
    pub leave: Option<String>,
}

const JOIN: &str = "join";
const LEAVE: &str = "leave";

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
        Ok(Texts {
            join: found.remove(JOIN),
            leave: found.remove(LEAVE),
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
        for (name, text) in [(JOIN, &texts.join), (LEAVE, &texts.leave)] {
            if let Some(text) = text {
                pipeline.cmd("HSET").arg(&key).arg(name).arg(text).ignore();
            }
        }
        self.link
            .run(async |connection| pipeline.query_async(connection).await)
            .await
    }
}
