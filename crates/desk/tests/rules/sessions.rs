//! Standing chats and their sessions (contract 004), take-over, flags, whispers, and agents who vanish.

use helpline_desk::{
    actor::{Actor, Rank, Side},
    chat::Phase,
    command::Command,
    decide::{Life, Timer, TimerChange},
    event::{End, Event},
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    name::Name,
    policy::AgentsAre::Accounts,
    queue::Entry,
    refusal::Refusal,
};

use crate::world::{
    Desk, agent, assign, claim, enter, first_words, say, staff, take_over, visitor,
};

fn support(id: u128) -> Actor {
    Actor::Support(SupportId::from_bits(id))
}

fn flag(severity: u32) -> Command {
    let by_name = Name::parse("Rosa").expect("a name");
    Command::Flag { severity, by_name }
}

fn whisper(content: &str) -> Command {
    Command::Whisper {
        id: MessageId::from_bits(9),
        by_name: Name::parse("Rosa").expect("a name"),
        content: content.to_owned(),
    }
}

#[test]
fn a_session_begins_with_words_and_the_next_one_goes_on_in_the_same_chat() {
    let mut desk = Desk::new(Accounts);
    let begun = desk.accepts(visitor(), first_words("My parcel is late"));
    assert_eq!(begun.life, Life::Kept);
    assert!(begun.announce);
    desk.accepts(agent("vika"), claim("Vika", 1));
    let over = desk.accepts(visitor(), Command::Leave);
    assert_eq!(over.events, [Event::Rested(End::ByVisitor)]);
    assert!(matches!(over.life, Life::Rest(_)));
    for command in [say(Side::Visitor, None, "still there?"), Command::Leave] {
        assert_eq!(desk.refuses(visitor(), command), Refusal::Over);
    }
    assert_eq!(desk.refuses(agent("vika"), claim("Vika", 2)), Refusal::Over);
    assert_eq!(
        desk.refuses(agent("rosa"), take_over(Rank::Admin, 2)),
        Refusal::Over
    );
    let again = desk.accepts(visitor(), first_words("It is me again"));
    assert!(matches!(
        again.events[..],
        [Event::Requested { .. }, Event::Said(_)]
    ));
    assert_eq!(again.life, Life::Kept);
    desk.accepts(agent("otto"), claim("Otto", 3));
    assert_eq!(desk.chat.expect("a chat").messages, 2);
}

#[test]
fn first_words_while_the_first_still_wait_take_their_place() {
    let mut desk = Desk::standing(Accounts);
    let since = Entry::of(desk.chat.as_ref().expect("a chat"))
        .expect("it waits")
        .since;
    desk.accepts(visitor(), first_words("no, this"));
    let entry = Entry::of(desk.chat.as_ref().expect("a chat")).expect("it waits");
    assert_eq!(
        (entry.since, entry.first_words.as_deref()),
        (since, Some("no, this"))
    );
    desk.accepts(agent("vika"), claim("Vika", 1));
    let refusal = desk.refuses(visitor(), first_words("and this"));
    assert!(matches!(refusal, Refusal::AlreadyClaimed { .. }));
    assert_eq!(desk.refuses(visitor(), enter()), Refusal::Forbidden);
}

#[test]
fn a_chat_that_is_no_standing_one_has_no_sessions() {
    let mut desk = Desk::waiting(Accounts);
    assert_eq!(
        desk.refuses(visitor(), first_words("hello")),
        Refusal::Forbidden
    );
}

#[test]
fn who_stands_strictly_higher_takes_over_and_the_former_is_out() {
    let mut desk = Desk::engaged(Accounts);
    let (own, other) = (Rank::Agent, Rank::Agent);
    let refusal = desk.refuses(agent("otto"), take_over(own, 2));
    assert_eq!(refusal, Refusal::Outranked { own, other });
    desk.accepts(agent("rosa"), take_over(Rank::Supervisor, 2));
    assert_eq!(
        desk.refuses(support(1), say(Side::Support, Some(1), "wait")),
        Refusal::Forbidden
    );
    desk.accepts(support(2), say(Side::Support, Some(2), "I am Rosa"));
    assert!(matches!(
        desk.refuses(agent("rosa"), take_over(Rank::Supervisor, 3)),
        Refusal::Outranked { .. }
    ));
    desk.accepts(agent("anna"), take_over(Rank::Admin, 4));
    let mut waiting = Desk::waiting(Accounts);
    assert_eq!(
        waiting.refuses(agent("rosa"), take_over(Rank::Admin, 2)),
        Refusal::NotEngaged
    );
}

#[test]
fn a_flag_puts_a_request_ahead() {
    let mut desk = Desk::waiting(Accounts);
    desk.accepts(agent("vika"), flag(2));
    let urgent = Entry::of(desk.chat.as_ref().expect("a chat")).expect("it waits");
    let plain = Entry {
        severity: 0,
        since: helpline_desk::time::Timestamp(0),
        ..urgent.clone()
    };
    let returned = Entry {
        returned: true,
        ..plain.clone()
    };
    assert!(urgent.place() < plain.place());
    assert!(returned.place() < urgent.place());
    assert!(plain.age() < urgent.age());
}

#[test]
fn each_flag_counts_whatever_the_chat_was_flagged_before() {
    let mut desk = Desk::waiting(Accounts);
    for severity in [0, 2, 2, 0] {
        let decision = desk.accepts(agent("vika"), flag(severity));
        assert!(matches!(
            decision.events[..],
            [Event::Flagged { severity: said, .. }] if said == severity
        ));
    }
}

#[test]
fn a_whisper_needs_an_agent_who_hears_it() {
    let mut desk = Desk::waiting(Accounts);
    assert_eq!(
        desk.refuses(staff("rosa"), whisper("ask for the number")),
        Refusal::NotEngaged
    );
    desk.accepts(agent("vika"), claim("Vika", 1));
    desk.accepts(staff("rosa"), whisper("ask for the number"));
    assert_eq!(
        desk.refuses(staff("rosa"), whisper("")),
        Refusal::Invalid { field: "content" }
    );
    assert_eq!(
        desk.refuses(support(1), whisper("me too")),
        Refusal::Forbidden
    );
    assert_eq!(
        desk.chat.expect("a chat").messages,
        0,
        "it is no message of the chat's"
    );
}

#[test]
fn a_chat_whose_agent_vanished_waits_before_all_others() {
    let mut desk = Desk::engaged(Accounts);
    assert_eq!(desk.refuses(Actor::Desk, Command::Abandon), Refusal::NotDue);
    let left = desk.accepts(Actor::Desk, Command::Absent(Side::Support));
    let vanished = TimerChange::Set(Timer::Vanished, desk.policy.vanished);
    assert!(left.timers.contains(&vanished));
    let decision = desk.accepts(Actor::Desk, Command::Abandon);
    assert!(matches!(decision.events[..], [Event::Released { .. }]));
    assert!(decision.announce);
    assert_eq!(decision.life, Life::Keep);
    let entry = Entry::of(desk.chat.as_ref().expect("a chat")).expect("it waits");
    assert!(entry.returned);
    desk.accepts(agent("otto"), claim("Otto", 2));
}

#[test]
fn an_agent_who_comes_back_in_time_keeps_its_chat() {
    let mut desk = Desk::engaged(Accounts);
    desk.accepts(Actor::Desk, Command::Absent(Side::Support));
    let back = desk.accepts(agent("vika"), claim("Vika", 5));
    assert!(back.timers.contains(&TimerChange::Clear(Timer::Vanished)));
    assert_eq!(desk.refuses(Actor::Desk, Command::Abandon), Refusal::NotDue);
}

#[test]
fn a_session_is_over_when_its_agent_vanishes() {
    let mut desk = Desk::standing(Accounts);
    desk.accepts(agent("vika"), claim("Vika", 1));
    let decision = desk.accepts(Actor::Desk, Command::Abandon);
    assert!(matches!(
        decision.events[..],
        [Event::Rested(End::BySupport { .. })]
    ));
    assert_eq!(desk.chat.expect("a chat").phase, Phase::Registered);
}

#[test]
fn what_a_supervisor_gave_to_an_agent_stays_that_agents() {
    let mut desk = Desk::kept(Accounts);
    desk.accepts(agent("vika"), claim("Vika", 1));
    let left = desk.accepts(Actor::Desk, Command::Absent(Side::Support));
    assert_eq!(left.timers, []);
    assert_eq!(desk.refuses(Actor::Desk, Command::Abandon), Refusal::NotDue);
    assert_eq!(
        desk.chat.expect("a chat").assigned,
        Some(AgentId("vika".to_owned()))
    );
}

/// Its visitor waits at its socket, and a session is no conversation that a supervisor keeps an eye on.
#[test]
fn a_session_that_is_handed_over_is_everybodys_again_when_its_agent_does_not_come() {
    let mut desk = Desk::standing(Accounts);
    desk.accepts(agent("vika"), claim("Vika", 1));
    let decision = desk.accepts(staff("rosa"), assign("otto"));
    let set = TimerChange::Set(Timer::Reservation, desk.policy.transfer);
    assert!(decision.timers.contains(&set));
    let anna = AgentId("anna".to_owned());
    let entry = |desk: &Desk| Entry::of(desk.chat.as_ref().expect("a chat")).expect("it waits");
    assert!(!entry(&desk).visible_to(&anna));
    let held = Refusal::AlreadyClaimed { winner: None };
    assert_eq!(desk.refuses(agent("anna"), claim("Anna", 3)), held);
    desk.accepts(Actor::Desk, Command::Lapse);
    assert!(entry(&desk).visible_to(&anna));
    desk.accepts(agent("anna"), claim("Anna", 3));
}

#[test]
fn no_two_visitors_have_the_same_standing_chat() {
    let (one, other) = (VisitorId::from_bits(1), VisitorId::from_bits(2));
    assert_ne!(ChatId::standing(one), ChatId::standing(other));
    assert_eq!(ChatId::standing(one), ChatId::standing(one));
    assert_ne!(ChatId::standing(one).bits(), one.bits());
}
