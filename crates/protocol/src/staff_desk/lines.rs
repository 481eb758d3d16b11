//! A chat as somebody reads it who is not in it: what was said, what was whispered, and what happened.

use helpline_desk::{
    actor::Side,
    chat::Chat,
    event::{End, Event, Recorded},
};
use serde::Serialize;

use crate::{frame, iso, typed::Participant};

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    at: String,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum What<'a> {
    Message {
        from: Participant,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        content: &'a str,
    },
    Whisper {
        by: &'a str,
        content: &'a str,
    },
    Note {
        text: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    },
}

/// What happened, for those who watch the chat; `None` if it is nothing that they are shown. `chat` is the chat after it.
pub fn line(chat: &Chat, recorded: &Recorded) -> Option<String> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct OfChat<'a> {
        chat_id: String,
        #[serde(flatten)]
        line: Line<'a>,
    }
    let agent = chat.parts.last().map(|part| part.name.as_str());
    let line = of(chat, agent, recorded)?;
    let chat_id = chat.id.to_string();
    Some(frame("Line", OfChat { chat_id, line }))
}

/// All that has happened to a chat, oldest first.
pub fn watched(chat: &Chat, recorded: &[Recorded]) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Watched<'a> {
        chat_id: String,
        history: Vec<Line<'a>>,
    }
    let mut agent = None;
    let history = recorded.iter().filter_map(|recorded| {
        if let Event::Claimed { name, .. } | Event::TakenOver { name, .. } = &recorded.event {
            agent = Some(name.as_str());
        }
        of(chat, agent, recorded)
    });
    let watched = Watched {
        chat_id: chat.id.to_string(),
        history: history.collect(),
    };
    frame("Watched", watched)
}

/// `agent` is the name of whoever has it at that time, or had it last.
fn of<'a>(chat: &'a Chat, agent: Option<&'a str>, recorded: &'a Recorded) -> Option<Line<'a>> {
    let visitor = chat.visitor.name.as_str();
    let note = |text, name| What::Note { text, name };
    let what = match &recorded.event {
        Event::Said(said) => What::Message {
            from: said.from.into(),
            name: match said.from {
                Side::Visitor => Some(visitor),
                Side::Support => agent,
            },
            content: &said.content,
        },
        Event::Whispered {
            by_name, content, ..
        } => What::Whisper {
            by: by_name,
            content,
        },
        Event::Requested { .. } => note("requested", Some(visitor)),
        Event::Claimed { name, .. } => note("claimed", Some(name)),
        Event::TakenOver { name, .. } => note("taken_over", Some(name)),
        Event::Assigned { by_name, .. } => note("assigned", Some(by_name)),
        Event::Released { .. } => note("released", agent),
        Event::SupportLeft { .. } => note("left", agent),
        Event::VisitorLeft => note("left", Some(visitor)),
        Event::Rested(end) | Event::Ended(end) => {
            let name = match end {
                End::ByVisitor => Some(visitor),
                End::BySupport { .. } => agent,
                // By whom is told by an id that says nothing to anybody here; silence is nobody's.
                End::ByStaff { .. } | End::BySilence => None,
            };
            note("ended", name)
        }
        _ => return None,
    };
    Some(Line {
        seq: recorded.seq,
        at: iso(recorded.at),
        what,
    })
}

#[cfg(test)]
mod tests {
    use helpline_desk::{
        actor::Rank,
        event::Said,
        id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
        time::Timestamp,
    };
    use serde_json::{Value, from_str, json};

    use super::*;

    fn claimed(part: u128, name: &str) -> Event {
        Event::Claimed {
            support: SupportId::from_bits(part),
            name: name.to_owned(),
            agent: AgentId(name.to_lowercase()),
            rank: Rank::Agent,
            text: "hello".to_owned(),
        }
    }

    fn said(from: Side, content: &str) -> Event {
        Event::Said(Said {
            id: MessageId::from_bits(1),
            from,
            support: None,
            content: content.to_owned(),
            raw: None,
            client_id: None,
        })
    }

    fn story() -> Vec<Recorded> {
        let text = String::new;
        let events = [
            Event::Registered {
                visitor: VisitorId::from_bits(2),
                name: "Mina".to_owned(),
                platform: "web".to_owned(),
                topic: None,
                kept: false,
                supervisor: None,
                standing: false,
                since: None,
            },
            Event::Requested {
                since: Timestamp(0),
            },
            claimed(1, "Vika"),
            said(Side::Visitor, "help"),
            said(Side::Support, "yes?"),
            Event::Whispered {
                id: MessageId::from_bits(2),
                by: AgentId("rosa".to_owned()),
                by_name: "Rosa".to_owned(),
                content: "calm".to_owned(),
            },
            Event::SupportLeft { text: text() },
            Event::Released {
                since: Timestamp(0),
                given_back: false,
            },
            claimed(2, "Otto"),
            Event::VisitorLeft,
            Event::Ended(End::BySupport { text: text() }),
        ];
        let recorded = |(seq, event)| Recorded {
            seq,
            at: Timestamp(0),
            event,
        };
        (1..).zip(events).map(recorded).collect()
    }

    /// Kind, text or content, and name of each line.
    fn shown(lines: &[Value]) -> Vec<String> {
        let lines = lines.iter().map(|line| {
            let text = |name: &str| line[name].as_str().unwrap_or("-");
            let words = match line["kind"].as_str() {
                Some("note") => text("text"),
                _ => text("content"),
            };
            let name = match line["kind"].as_str() {
                Some("whisper") => text("by"),
                _ => text("name"),
            };
            format!("{} {} {words} {name}", line["seq"], text("kind"))
        });
        lines.collect()
    }

    const SHOWN: [&str; 9] = [
        "2 note requested Mina",
        "3 note claimed Vika",
        "4 message help Mina",
        "5 message yes? Vika",
        "6 whisper calm Rosa",
        "7 note left Vika",
        "8 note released Vika",
        "9 note claimed Otto",
        "10 note left Mina",
    ];

    #[test]
    fn the_history_says_who_it_was_then() {
        let story = story();
        let chat = Chat::from_events(ChatId::from_bits(5), &story).unwrap();
        let frame: Value = from_str(&watched(&chat, &story)).unwrap();
        assert_eq!(frame["type"], "Watched");
        assert_eq!(frame["args"]["chatId"], chat.id.to_string());
        let lines = frame["args"]["history"].as_array().unwrap();
        assert_eq!(shown(lines)[..9], SHOWN);
        assert_eq!(shown(lines)[9], "11 note ended Otto");
        let expected = json!({"kind": "message", "seq": 4, "at": "1970-01-01T00:00:00.000000Z",
            "from": "User", "name": "Mina", "content": "help"});
        assert_eq!(lines[2], expected);
    }

    #[test]
    fn each_line_is_as_it_is_in_the_history() {
        let story = story();
        let lines = (1..=story.len()).filter_map(|count| {
            let chat = Chat::from_events(ChatId::from_bits(5), &story[..count]).unwrap();
            line(&chat, &story[count - 1])
        });
        let lines: Vec<Value> = lines
            .map(|line| from_str::<Value>(&line).unwrap()["args"].take())
            .collect();
        assert!(lines.iter().all(|line| line["chatId"].is_string()));
        assert_eq!(shown(&lines)[..9], SHOWN);
    }
}
