//! Contract 004: its JSON blocks, and what holds for every text of its dialect.

use helpline_desk::{actor::Side, id::ChatId, time::Timestamp};
use helpline_protocol::socketio::{
    ClientEvent, Content, decode,
    engine::{self, Revision},
    events,
    packet::{Event, Packet},
    shapes::{Flagged, Message, ORGANISATION, Room, Staff, Unclaimed, Visitor},
};
use proptest::{prelude::*, sample::select};
use serde_json::Value;

use crate::{golden, mutations::a_mutation, strategies::a_text};

const ROOM: &str = "285495465e8c49dfb9f7c21e14623ee3";

fn text(name: &str) -> String {
    golden::text_of("004", name)
}

fn staff() -> Staff {
    Staff {
        id: "06274871777d40f387ab430da6b3aa08".to_owned(),
        email: "vika@example.org".to_owned(),
        full_name: "Vika Ray".to_owned(),
        display_name: None,
        organisation_id: ORGANISATION,
        role_id: 3,
        disabled: false,
        created_at: 1_930_367_000_000,
        updated_at: None,
    }
}

fn visitor() -> Visitor {
    Visitor {
        id: "8affa07257db4430982deaa506db1666".to_owned(),
        name: "Mina".to_owned(),
        email: None,
        is_anonymous: true,
        disabled: false,
        created_at: 1_930_367_100_000,
        updated_at: None,
    }
}

fn room() -> Room {
    Room {
        id: ROOM.to_owned(),
        visitor_id: visitor().id,
        tags: Vec::new(),
        severity_level: 0,
        created_at: 1_930_367_100_000,
        updated_at: None,
    }
}

fn flagged() -> Room {
    Room {
        severity_level: 2,
        updated_at: Some(1_930_367_170_000),
        ..room()
    }
}

fn content() -> Content {
    Content::of_text("My parcel is late", Timestamp(1_930_367_167_089_000))
}

fn unclaimed() -> Unclaimed {
    Unclaimed {
        user: visitor(),
        room: room(),
        contents: vec![content()],
    }
}

/// What was said in the session.
fn messages() -> [Message; 2] {
    let said = Message {
        id: "37700da96bbc42258fae9c9bea28f277".to_owned(),
        chat_id: ROOM.to_owned(),
        sequence_num: 1,
        type_id: 1,
        sender: None,
        content: content(),
        created_at: 1_930_367_167_090,
        updated_at: None,
    };
    let answered = Message {
        id: "9ef0178dce9e4b95aa01f48b6a447154".to_owned(),
        sequence_num: 3,
        sender: Some(staff().id),
        created_at: 1_930_367_168_000,
        ..said.clone()
    };
    [said, answered]
}

/// What is sent to clients.
fn sent() -> Vec<(&'static str, String)> {
    let (staff, visitor, room, content) = (&staff(), &visitor(), &room(), &content());
    let init = events::Init {
        online_users: vec![staff.clone()],
        online_visitors: vec![visitor.clone()],
        unclaimed_chats: vec![unclaimed()],
        flagged_chats: vec![Flagged {
            room: flagged(),
            user: visitor.clone(),
        }],
    };
    vec![
        (
            "contract-append-unclaimed-chats.server",
            events::append_unclaimed_chats(&unclaimed()),
        ),
        ("staff-init.server", events::staff_init(&init)),
        ("staff-goes-online.server", events::staff_goes_online(staff)),
        (
            "staff-goes-offline.server",
            events::staff_goes_offline(staff),
        ),
        (
            "visitor-unclaimed-msg.server",
            events::visitor_unclaimed_msg(visitor, content),
        ),
        (
            "visitor-leave-queue.server",
            events::visitor_leave_queue(visitor),
        ),
        (
            "staff-claim-chat.server",
            events::staff_claim_chat(visitor, room),
        ),
        ("staff-join-room.server", events::staff_join_room(staff)),
        ("staff-send.server", events::staff_send(staff, content)),
        ("staff-leave.server", events::staff_leave(staff)),
        (
            "visitor-send.server",
            events::visitor_send(visitor, content),
        ),
        ("visitor-leave.server", events::visitor_leave(visitor)),
        (
            "staff-being-taken-over-chat.server",
            events::staff_being_taken_over_chat(staff),
        ),
        (
            "agent-new-chat.server",
            events::agent_new_chat(staff, visitor, &messages()),
        ),
        (
            "new-staff-msg-for-supervisor.server",
            events::new_staff_msg_for_supervisor(staff, content),
        ),
        (
            "new-visitor-msg-for-supervisor.server",
            events::new_visitor_msg_for_supervisor(visitor, content),
        ),
        (
            "staff-leave-chat-for-supervisor.server",
            events::staff_leave_chat_for_supervisor(staff),
        ),
        (
            "visitor-leave-chat-for-supervisor.server",
            events::visitor_leave_chat_for_supervisor(visitor),
        ),
        (
            "staff-take-over-chat.server",
            events::staff_take_over_chat(staff, ROOM),
        ),
        (
            "chat-has-changed-priority-for-supervisor.server",
            events::chat_has_changed_priority_for_supervisor(staff, &flagged()),
        ),
    ]
}

/// What clients send, and what it is read as.
fn events_of_clients() -> Vec<(&'static str, Side, ClientEvent)> {
    let room = ChatId::parse(ROOM);
    let severity = 2;
    vec![
        (
            "visitor-first-msg.client",
            Side::Visitor,
            ClientEvent::FirstMessage(content()),
        ),
        (
            "visitor-msg-unclaimed.client",
            Side::Visitor,
            ClientEvent::Message(content()),
        ),
        (
            "visitor-msg.client",
            Side::Visitor,
            ClientEvent::Message(content()),
        ),
        (
            "visitor-leave-room.client",
            Side::Visitor,
            ClientEvent::VisitorLeave,
        ),
        (
            "staff-join.client",
            Side::Support,
            ClientEvent::Join { room },
        ),
        (
            "staff-msg.client",
            Side::Support,
            ClientEvent::StaffMessage {
                room,
                content: content(),
            },
        ),
        (
            "staff-leave-room.client",
            Side::Support,
            ClientEvent::StaffLeave { room },
        ),
        (
            "take-over-chat.client",
            Side::Support,
            ClientEvent::TakeOver { room },
        ),
        (
            "change-chat-priority.client",
            Side::Support,
            ClientEvent::ChangePriority { room, severity },
        ),
    ]
}

/// The files this module looks at.
pub(crate) fn names() -> Vec<&'static str> {
    let sent = sent().into_iter().map(|(name, _)| name);
    let events = events_of_clients().into_iter().map(|(name, _, _)| name);
    sent.chain(events).collect()
}

/// The packet that a client sends this event in.
fn packet(name: &str) -> String {
    format!("27{}", golden::json(&text(name)))
}

fn read(packet: &str) -> Event {
    match Packet::read(packet) {
        Ok(Packet::Event(event)) => event,
        other => panic!("{packet}: {other:?}"),
    }
}

#[test]
fn what_is_sent_is_what_the_contract_shows() {
    for (name, packet) in sent() {
        let data = packet.strip_prefix("42").expect("an event");
        assert_eq!(golden::json(data), golden::json(&text(name)), "{name}");
    }
}

#[test]
fn what_clients_send_is_read_as_it_is_meant() {
    for (name, side, meant) in events_of_clients() {
        let event = read(&packet(name));
        assert_eq!(event.ack, Some(7), "{name}");
        let decoded = decode(side, &event);
        assert_eq!(decoded, Ok(meant), "{name}");
    }
}

#[test]
fn fields_that_nobody_knows_are_ignored() {
    for (name, side, meant) in events_of_clients() {
        let mut event: Value = golden::json(&text(name));
        if event[1].get("room").is_none() {
            continue;
        }
        event[1]["mood"] = serde_json::json!(["good"]);
        let event = read(&format!("2{event}"));
        let decoded = decode(side, &event);
        assert_eq!(decoded, Ok(meant), "{name}");
    }
}

fn a_packet() -> impl Strategy<Value = String> {
    let names: Vec<_> = events_of_clients()
        .iter()
        .map(|(name, _, _)| *name)
        .collect();
    select(names).prop_map(packet)
}

/// Whatever comes of a text: that these return is all there is to say.
fn hear(text: &str) {
    let _ = engine::Packet::read(text);
    for revision in [Revision::V3, Revision::V4] {
        if let Ok(packets) = engine::read_payload(revision, text.as_bytes()) {
            packets.iter().for_each(|packet| {
                let _ = engine::Packet::read(packet);
            });
        }
    }
    if let Ok(Packet::Event(event)) = Packet::read(text) {
        for side in [Side::Visitor, Side::Support] {
            let _ = decode(side, &event);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_or_refused(text in a_text()) {
        hear(&text);
        hear(&format!("2{text}"));
    }

    #[test]
    fn any_bytes_are_a_payload_or_none(mut bytes in prop::collection::vec(any::<u8>(), 0..64), first in 0u8..3) {
        let _ = engine::read_payload(Revision::V3, &bytes);
        let _ = engine::read_payload(Revision::V4, &bytes);
        bytes.insert(0, first);
        let _ = engine::read_payload(Revision::V3, &bytes);
    }

    #[test]
    fn any_data_is_read_or_refused(
        name in select(vec!["visitor_first_msg", "visitor_msg", "staff_join", "staff_msg", "change_chat_priority"]),
        field in select(vec!["room", "content", "severity_level"]),
        value in select(vec!["null", "true", "-1", "1e99", "\"\"", "[]", "{}", "{\"\":[[]]}", "\"285495465e8c49dfb9f7c21e14623ee3\""]),
    ) {
        hear(&format!(r#"2["{name}",{{"{field}":{value}}}]"#));
        hear(&format!(r#"2["{name}",{value}]"#));
    }

    #[test]
    fn a_spoiled_packet_is_read_or_refused(
        packet in a_packet(),
        mutations in prop::collection::vec(a_mutation(), 1..4),
    ) {
        let mut text = packet;
        for mutation in &mutations {
            if !text.is_empty() {
                text = mutation.of(&text);
            }
        }
        hear(&text);
    }

    /// Half a packet is never taken for a whole one.
    #[test]
    fn half_a_packet_is_no_packet(packet in a_packet(), at in any::<prop::sample::Index>()) {
        let half = &packet[..at.index(packet.len())];
        prop_assert!(Packet::read(half).is_err());
    }

    /// Whatever is said comes back as it was, in either revision's payloads.
    #[test]
    fn what_is_said_survives_both_revisions(said in ".{0,40}") {
        let content = Content::of_text(&said, Timestamp(0));
        let event = events::visitor_send(&visitor(), &content);
        for revision in [Revision::V3, Revision::V4] {
            let body = engine::write_payload(revision, &[&event, "2"]);
            let packets = engine::read_payload(revision, body.as_bytes()).expect("a payload");
            prop_assert_eq!(packets.len(), 2);
            let shown = golden::json(&packets[0][2..]);
            prop_assert_eq!(&shown[1]["content"]["content"], &Value::from(said.as_str()));
        }
    }
}

/// A parser that follows every bracket would run out of stack, and with it the whole process.
#[test]
fn brackets_without_end_are_refused() {
    for open in ["[", "{\"a\":"] {
        for text in [
            format!("2{}", open.repeat(100_000)),
            format!("2[\"visitor_first_msg\",{}", open.repeat(100_000)),
        ] {
            assert!(Packet::read(&text).is_err());
        }
    }
    let close = "]".repeat(50_000);
    let deep = format!(
        "2[\"visitor_first_msg\",{{\"a\":{}{close}}}]",
        "[".repeat(50_000)
    );
    hear(&deep);
}
