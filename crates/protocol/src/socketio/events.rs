//! The server's events (contract 004, section 5). Each is made once and sent to all who get it: what is given back is the whole
//! packet.

use serde::Serialize;

use super::{
    Content,
    packet::write_event,
    shapes::{Flagged, Message, Room, Staff, Unclaimed, Visitor},
};

/// What is going on, for somebody of the staff who has just come.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Init {
    /// Staff online now, one entry for each.
    pub online_users: Vec<Staff>,
    /// Visitors online now, one entry for each.
    pub online_visitors: Vec<Visitor>,
    /// The chats that wait, oldest first.
    pub unclaimed_chats: Vec<Unclaimed>,
    /// The chats that were flagged last.
    pub flagged_chats: Vec<Flagged>,
}

/// The first event to staff.
#[must_use]
pub fn staff_init(init: &Init) -> String {
    write_event("staff_init", init)
}

#[derive(Serialize)]
struct User<'a, U> {
    user: &'a U,
}

#[derive(Serialize)]
struct InRoom<'a, U, R: ?Sized> {
    user: &'a U,
    room: &'a R,
}

#[derive(Serialize)]
struct Says<'a, U> {
    user: &'a U,
    content: &'a Content,
}

/// To other staff: a colleague has come.
#[must_use]
pub fn staff_goes_online(user: &Staff) -> String {
    write_event("staff_goes_online", &User { user })
}

/// To other staff: a colleague has gone.
#[must_use]
pub fn staff_goes_offline(user: &Staff) -> String {
    write_event("staff_goes_offline", &User { user })
}

/// To all staff: a chat waits.
#[must_use]
pub fn append_unclaimed_chats(chat: &Unclaimed) -> String {
    write_event("append_unclaimed_chats", chat)
}

/// To all staff: more was said in a chat that waits.
#[must_use]
pub fn visitor_unclaimed_msg(user: &Visitor, content: &Content) -> String {
    write_event("visitor_unclaimed_msg", &Says { user, content })
}

/// To all staff: a chat waits no more, its visitor has left.
#[must_use]
pub fn visitor_leave_queue(user: &Visitor) -> String {
    write_event("visitor_leave_queue", &User { user })
}

/// To all other staff: a chat waits no more, a colleague has claimed it.
#[must_use]
pub fn staff_claim_chat(user: &Visitor, room: &Room) -> String {
    write_event("staff_claim_chat", &InRoom { user, room })
}

/// To the visitor: somebody is here.
#[must_use]
pub fn staff_join_room(user: &Staff) -> String {
    write_event("staff_join_room", &User { user })
}

/// To the visitor: something was said.
#[must_use]
pub fn staff_send(user: &Staff, content: &Content) -> String {
    write_event("staff_send", &Says { user, content })
}

/// To the visitor: the session is over.
#[must_use]
pub fn staff_leave(user: &Staff) -> String {
    write_event("staff_leave", &User { user })
}

/// To the claiming staff: something was said.
#[must_use]
pub fn visitor_send(user: &Visitor, content: &Content) -> String {
    write_event("visitor_send", &Says { user, content })
}

/// To the claiming staff: the session is over.
#[must_use]
pub fn visitor_leave(user: &Visitor) -> String {
    write_event("visitor_leave", &User { user })
}

/// To the former staff and the visitor: this colleague has the chat now.
#[must_use]
pub fn staff_being_taken_over_chat(user: &Staff) -> String {
    write_event("staff_being_taken_over_chat", &User { user })
}

/// To monitors: a chat was claimed, with all messages of the session.
#[must_use]
pub fn agent_new_chat(user: &Staff, visitor: &Visitor, contents: &[Message]) -> String {
    #[derive(Serialize)]
    struct NewChat<'a> {
        user: &'a Staff,
        visitor: &'a Visitor,
        contents: &'a [Message],
    }
    let chat = NewChat {
        user,
        visitor,
        contents,
    };
    write_event("agent_new_chat", &chat)
}

/// To monitors: staff said something.
#[must_use]
pub fn new_staff_msg_for_supervisor(user: &Staff, content: &Content) -> String {
    write_event("new_staff_msg_for_supervisor", &Says { user, content })
}

/// To monitors: a visitor said something.
#[must_use]
pub fn new_visitor_msg_for_supervisor(user: &Visitor, content: &Content) -> String {
    write_event("new_visitor_msg_for_supervisor", &Says { user, content })
}

/// To monitors: staff has ended a session.
#[must_use]
pub fn staff_leave_chat_for_supervisor(user: &Staff) -> String {
    write_event("staff_leave_chat_for_supervisor", &User { user })
}

/// To monitors: a visitor has ended a session.
#[must_use]
pub fn visitor_leave_chat_for_supervisor(user: &Visitor) -> String {
    write_event("visitor_leave_chat_for_supervisor", &User { user })
}

/// To other monitors: a colleague has taken a chat over. The room is its id here.
#[must_use]
pub fn staff_take_over_chat(user: &Staff, room: &str) -> String {
    write_event("staff_take_over_chat", &InRoom { user, room })
}

/// To other monitors: a colleague has flagged a chat, or taken the flag away.
#[must_use]
pub fn chat_has_changed_priority_for_supervisor(user: &Staff, room: &Room) -> String {
    write_event(
        "chat_has_changed_priority_for_supervisor",
        &InRoom { user, room },
    )
}
