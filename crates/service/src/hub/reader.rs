//! How a socket reads its chat, and what each kind of reader is told. An event is encoded once for each kind.

use std::sync::Arc;

use helpline_desk::{
    actor::Side,
    audience::Audience,
    event::{Event, Recorded},
    id::ChatId,
};
use helpline_protocol::{
    close::Close,
    event,
    typed::{self, Level, Scene},
};

use super::outbox::Delivery;
use crate::wire::Frame;

/// In which dialect a socket reads, and from which place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Contract 001's.
    Typed(typed::Reader),
    /// Contract 002's, from this side's seat.
    Event(Side),
}

impl Reader {
    /// Somebody with contract 001's dialect who was not let in yet.
    pub(super) const DOOR: Self = Self::Typed(typed::Reader {
        audience: Audience::Door,
        level: Level::Plain,
        follows_request: false,
    });

    /// How whoever reads so hears of the end without a seat, if at all.
    pub(super) fn outside(self) -> Option<Self> {
        match self {
            Self::Typed(_) => Some(Self::DOOR),
            Self::Event(_) => None,
        }
    }

    /// Whether it is shown what only a client that opted in is.
    pub(super) fn has_opted_in(self) -> bool {
        matches!(self, Self::Typed(reader) if reader.level == Level::OptedIn)
    }

    fn is_support(self) -> bool {
        match self {
            Self::Typed(reader) => reader.audience == Audience::Seat(Side::Support),
            Self::Event(side) => side == Side::Support,
        }
    }

    /// What it is told of something that happened.
    pub fn event(self, scene: Scene<'_>, recorded: &Recorded) -> Delivery {
        let frames: Vec<Frame> = match self {
            Self::Typed(reader) => typed::event_frames(scene, recorded, reader)
                .into_iter()
                .map(Frame::from)
                .collect(),
            Self::Event(side) => event::event_frame(scene.id, scene.chat, recorded, side)
                .into_iter()
                .map(Frame::from)
                .collect(),
        };
        let terminal = recorded.event.is_terminal();
        // Whoever had the chat has lost it, and has nothing more to do here.
        let lost = self.is_support()
            && matches!(
                recorded.event,
                Event::Assigned { .. } | Event::TakenOver { .. } | Event::Released { .. }
            );
        let rested = matches!(recorded.event, Event::Rested(_));
        Delivery {
            chat: scene.id,
            // An end is an end, wherever it stands: an expired chat's has a log of its own.
            stands: (!terminal).then(|| recorded.into()),
            resets: false,
            frames,
            close: match lost {
                true => Some(Close::GivenAway),
                // To whoever reads these dialects a session is the whole chat.
                false => (terminal || rested).then_some(Close::Over),
            },
        }
    }

    /// What it is told when all that is known is that the chat is over.
    pub(super) fn expired(self, chat: ChatId) -> Delivery {
        let frame = match self {
            Self::Typed(_) => typed::chat_expired(chat),
            Self::Event(_) => event::closed(chat),
        };
        Delivery {
            chat,
            stands: None,
            resets: false,
            frames: vec![frame.into()],
            close: Some(Close::Over),
        }
    }
}

/// The socket that said something, if this is a message of a socket that gets no echo: its message's id begins with its
/// own number.
pub(super) fn origin(event: &Event) -> Option<u64> {
    match event {
        Event::Said(said) => u64::try_from(said.id.bits() >> 64).ok(),
        _ => None,
    }
}

/// A delivery for each kind of reader, made once.
#[derive(Default)]
pub(super) struct Kinds(Vec<(Reader, Arc<Delivery>)>);

impl Kinds {
    pub(super) fn get(&mut self, reader: Reader, make: impl FnOnce() -> Delivery) -> Arc<Delivery> {
        if let Some((_, made)) = self.0.iter().find(|(kind, _)| *kind == reader) {
            return made.clone();
        }
        let made = Arc::new(make());
        self.0.push((reader, made.clone()));
        made
    }
}
