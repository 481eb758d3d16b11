//! What is going on, for this process's sockets: the floor is watched while anybody is in, and the herald tells what happens.

use helpline_desk::{
    chat::{Chat, Phase},
    event::Event,
};
use helpline_live::link::Unavailable;
use helpline_service::{
    application::Commons,
    floor::{Floor, Happening, OnFloor, Spoken, View, Watch},
};

use super::{
    crowd::Seat,
    herald::Herald,
    words::{Found, Happened, Messenger, Scene, Waiting, Word},
};
use crate::people::People;

/// The house. Cheap to clone.
#[derive(Clone)]
pub(super) struct House {
    commons: Commons,
    floor: Floor,
    messenger: Messenger,
}

impl House {
    /// Begins to tell what happens, on this runtime.
    pub(super) fn open(commons: &Commons, people: Option<People>) -> Self {
        let metrics = commons.metrics.clone();
        let (herald, messenger) = Herald::new(commons.handler(), people, metrics);
        let stop = commons.stop.clone();
        commons
            .tasks
            .spawn(async move { stop.run_until_cancelled(herald.run()).await });
        let ears = messenger.clone();
        let observer = move |happening: &Happening<'_>| {
            if let Some(word) = word(happening) {
                ears.say(word);
            }
        };
        Self {
            commons: commons.clone(),
            floor: Floor::open(commons, Box::new(observer)),
            messenger,
        }
    }

    pub(super) fn commons(&self) -> &Commons {
        &self.commons
    }

    /// Begins to watch, for as long as what is returned is held.
    ///
    /// # Errors
    /// When the store does not say how things are.
    pub(super) async fn watch(&self) -> Result<Watch, Unavailable> {
        self.floor.watch().await
    }

    /// A socket comes in. It is told how things are now, and then what happens.
    pub(super) fn enter(&self, socket: u64, seat: Seat) {
        // Nothing happens while one looks: whatever does comes after this in the herald's order.
        self.floor.look(|view| {
            let scene = Box::new(scene(view));
            self.messenger.say(Word::Came(socket, seat, scene));
        });
    }

    /// A socket has gone.
    pub(super) fn leave(&self, socket: u64) {
        self.messenger.say(Word::Left(socket));
    }
}

/// What there is to tell of something that happened, if there is anything.
fn word(happening: &Happening<'_>) -> Option<Word> {
    match happening {
        Happening::Chat {
            before,
            after,
            recorded,
            ..
        } => {
            let with_session = match &recorded.event {
                Event::Claimed { .. }
                | Event::Requested { .. }
                | Event::Released { .. }
                | Event::Assigned { .. }
                | Event::VisitorReturned => true,
                // With its first words a standing chat comes to wait.
                Event::Said(_) => after.chat.standing && after.session.len() == 1,
                _ => false,
            };
            Some(Word::Happened(Box::new(Happened {
                before: (*before).clone(),
                chat: after.chat.clone(),
                session: match with_session {
                    true => after.session.iter().cloned().collect(),
                    false => Vec::new(),
                },
                recorded: (*recorded).clone(),
            })))
        }
        Happening::Found { before, after } => Some(Word::Found(Box::new(found(*before, after)))),
        Happening::Lost(was) => Some(Word::Lost(Box::new((was.chat.clone(), was.before())))),
        Happening::Here { before, after } => Some(Word::Here((*after).clone(), before.is_none())),
        Happening::Gone(member) => Some(Word::Gone((*member).clone())),
    }
}

/// What is new of a chat that is not the one that was told.
fn found(before: Option<&OnFloor>, after: &OnFloor) -> Found {
    let was_told = |spoken: &&Spoken| {
        before.is_none_or(|before| {
            before
                .session
                .iter()
                .any(|told| told.said.id == spoken.said.id)
        })
    };
    let session = after.session.iter();
    Found {
        before: before.map(OnFloor::before).unwrap_or_default(),
        chat: after.chat.clone(),
        told: session.clone().filter(was_told).cloned().collect(),
        news: session
            .filter(|spoken| !was_told(spoken))
            .cloned()
            .collect(),
    }
}

fn scene(view: &View) -> Scene {
    let mut chats: Vec<&OnFloor> = view.chats().collect();
    chats.sort_by_key(|chat| (chat.asked_at, chat.chat.id));
    Scene {
        waiting: chats.into_iter().filter_map(waiting).collect(),
        staff: view.staff().cloned().collect(),
    }
}

/// Whether somebody of the staff could claim it.
pub(super) fn waits(chat: &Chat) -> bool {
    matches!(chat.phase, Phase::Waiting(_)) && !chat.visitor.away
}

/// The chat, if it waits and its visitor is there.
fn waiting(on_floor: &OnFloor) -> Option<Waiting> {
    let chat = &on_floor.chat;
    // The first words of a standing chat follow its request.
    let is_asked = !chat.standing || !on_floor.session.is_empty();
    (waits(chat) && is_asked).then(|| Waiting {
        chat: chat.clone(),
        session: on_floor.session.iter().cloned().collect(),
    })
}
