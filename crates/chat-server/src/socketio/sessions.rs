//! What was said in the sessions that wait: as it is heard, or else as the log tells it.

use std::collections::HashMap;

use helpline_desk::{
    actor::Side,
    chat::{Chat, Phase},
    event::{Event, Recorded},
    id::{AgentId, ChatId},
};
use helpline_live::store::StoreError;
use helpline_protocol::socketio::shapes::Message;
use helpline_service::handler::Handler;
use tracing::debug;

use super::{herald::Happened, portraits::message};

/// How many sessions are remembered.
const REMEMBERED: usize = 4096;

/// The messages of sessions, oldest first.
pub(super) struct Sessions {
    handler: Handler,
    /// Of chats that wait, and of which everything since the request was heard or read.
    waiting: HashMap<ChatId, Vec<Message>>,
}

impl Sessions {
    pub(super) fn new(handler: Handler) -> Self {
        Self {
            handler,
            waiting: HashMap::new(),
        }
    }

    /// Takes in what happened.
    pub(super) fn hear(&mut self, happened: &Happened) {
        let chat = &happened.after;
        match &happened.recorded.event {
            Event::Requested { .. } => {
                self.remember(chat.id, Vec::new());
            }
            Event::Said(_) if matches!(chat.phase, Phase::Waiting(_)) => {
                let said = sent(chat, &happened.recorded, happened.number);
                if let (Some(session), Some(said)) = (self.waiting.get_mut(&chat.id), said) {
                    session.push(said);
                }
            }
            _ => {}
        }
    }

    pub(super) fn forget(&mut self, chat: ChatId) {
        self.waiting.remove(&chat);
    }

    pub(super) fn forget_all(&mut self) {
        self.waiting.clear();
    }

    /// Whether this is the first message of its session.
    pub(super) async fn is_first(&mut self, happened: &Happened) -> bool {
        self.until_now(happened).await.len() <= 1
    }

    /// What was said in the session up to this, which was just heard. What cannot be read is left out: what follows is shown
    /// all the same.
    pub(super) async fn until_now(&mut self, happened: &Happened) -> Vec<Message> {
        let chat = &happened.after;
        if let Some(session) = self.waiting.get(&chat.id) {
            return session.clone();
        }
        // What is said is part of the session; what the desk does to it is not yet.
        let is_said = matches!(happened.recorded.event, Event::Said(_));
        let end = happened.recorded.seq + u64::from(is_said);
        let read = self.read(chat.id, |recorded, _| recorded.seq < end).await;
        let session = read.unwrap_or_else(|reason| {
            debug!(chat = %chat.id, %reason, "a session could not be read");
            Vec::new()
        });
        if matches!(chat.phase, Phase::Waiting(_)) {
            self.remember(chat.id, session.clone());
        }
        session
    }

    /// What was said in the session of a chat that waits, as far as the chat as it is given knows of it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(super) async fn until(&mut self, chat: &Chat) -> Result<Vec<Message>, StoreError> {
        if let Some(session) = self.waiting.get(&chat.id) {
            return Ok(session.clone());
        }
        let session = self.read(chat.id, |_, said| said <= chat.messages).await?;
        self.remember(chat.id, session.clone());
        Ok(session)
    }

    fn remember(&mut self, chat: ChatId, session: Vec<Message>) {
        if self.waiting.len() >= REMEMBERED {
            // Whatever is forgotten is read again.
            self.waiting.clear();
        }
        self.waiting.insert(chat, session);
    }

    /// Reads the last session of a chat, as far as `within` goes; that is also told how many messages were said by then.
    async fn read(
        &self,
        id: ChatId,
        within: impl Fn(&Recorded, u64) -> bool,
    ) -> Result<Vec<Message>, StoreError> {
        let Some(loaded) = self.handler.store().load(id, 0).await? else {
            return Ok(Vec::new());
        };
        let Some(chat) = loaded.chat(id) else {
            return Ok(Vec::new());
        };
        let mut session = Vec::new();
        let (mut number, mut said) = (0, 0);
        for recorded in &loaded.recorded {
            said += u64::from(matches!(recorded.event, Event::Said(_)));
            if !within(recorded, said) {
                break;
            }
            if matches!(recorded.event, Event::Requested { .. }) {
                session.clear();
            }
            if recorded.event.is_numbered() {
                number += 1;
                session.extend(sent(&chat, recorded, number));
            }
        }
        Ok(session)
    }
}

/// The message that an event is, with its sender's account.
fn sent(chat: &Chat, recorded: &Recorded, number: u64) -> Option<Message> {
    let agent: Option<AgentId> = match &recorded.event {
        Event::Said(said) => {
            let part = said.support.filter(|_| said.from == Side::Support);
            part.and_then(|part| chat.part(part))
                .map(|part| part.agent.clone())
        }
        Event::Claimed { agent, .. } | Event::TakenOver { agent, .. } => Some(agent.clone()),
        _ => None,
    };
    message(chat.id, recorded, number, agent.as_ref())
}
