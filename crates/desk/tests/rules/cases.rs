//! The rules of the contract, each in a case of its own.

use std::collections::BTreeSet;

use helpline_desk::{
    actor::{Actor, Side},
    chat::Phase,
    command::Command,
    decide::{Life, Timer, TimerChange},
    event::{End, Event},
    id::{AgentId, SupportId},
    name::Email,
    policy::AgentsAre::{Accounts, Sockets},
    queue::Entry,
    refusal::Refusal,
};

use crate::world::{Desk, STRANGER, agent, claim, enter, register, say, visitor};

fn already_claimed(by: Option<&str>) -> Refusal {
    Refusal::AlreadyClaimed {
        winner: by.map(str::to_owned),
    }
}

#[test]
fn the_first_join_asks_for_an_agent_and_is_announced() {
    let mut desk = Desk::new(Sockets);
    desk.accepts(visitor(), register());
    let decision = desk.accepts(visitor(), enter());
    assert!(matches!(
        decision.events.as_slice(),
        [Event::VisitorJoined, Event::Requested { .. }]
    ));
    assert!(decision.announce);
    assert_eq!(decision.life, Life::Extend(desk.policy.idle_timeout));
}

#[test]
fn a_second_join_asks_no_second_time() {
    let mut desk = Desk::waiting(Sockets);
    let decision = desk.accepts(visitor(), enter());
    assert_eq!(decision.events, [Event::VisitorJoined]);
    assert!(!decision.announce);

    desk.accepts(visitor(), say(Side::Visitor, None, "hello?"));
    let decision = desk.accepts(visitor(), enter());
    assert_eq!(decision.events, []);
}

#[test]
fn a_chat_that_is_full_takes_no_more_and_may_still_be_left_and_entered() {
    let mut desk = Desk::engaged(Sockets);
    desk.policy.max_messages = 2;
    desk.accepts(visitor(), say(Side::Visitor, None, "one"));
    let agent_says = || {
        (
            Actor::Support(SupportId::from_bits(1)),
            say(Side::Support, Some(1), "two"),
        )
    };
    let (actor, two) = agent_says();
    desk.accepts(actor, two);
    let (actor, three) = agent_says();
    assert_eq!(desk.refuses(actor, three), Refusal::Full);
    assert_eq!(
        desk.refuses(visitor(), say(Side::Visitor, None, "three")),
        Refusal::Full
    );
    desk.accepts(visitor(), enter());
    desk.accepts(visitor(), Command::Leave);
}

#[test]
fn a_chat_is_full_by_bytes_too_and_what_still_fits_is_taken() {
    let mut desk = Desk::engaged(Sockets);
    let used = desk.chat.as_ref().expect("a chat").bytes;
    desk.policy.max_bytes = used + 10;
    desk.accepts(visitor(), say(Side::Visitor, None, "12345678"));
    assert_eq!(
        desk.refuses(visitor(), say(Side::Visitor, None, "123")),
        Refusal::Full
    );
    desk.accepts(visitor(), say(Side::Visitor, None, "12"));
}

#[test]
fn whoever_comes_into_a_full_chat_adds_nothing_to_it() {
    let mut desk = Desk::waiting(Sockets);
    desk.policy.max_bytes = 1;
    let email = Email::parse("mina@example.org");
    let decision = desk.accepts(
        visitor(),
        Command::Enter {
            support: None,
            email,
        },
    );
    assert_eq!(decision.events, []);
}

#[test]
fn a_kept_chat_refuses_nobody_for_its_age_while_there_are_records() {
    for mut desk in [Desk::kept(Accounts), Desk::standing(Accounts)] {
        (desk.policy.max_messages, desk.policy.max_bytes) = (1, 1);
        desk.accepts(visitor(), say(Side::Visitor, None, "one"));
        desk.accepts(visitor(), say(Side::Visitor, None, "two"));
        desk.policy.has_records = false;
        assert_eq!(
            desk.refuses(visitor(), say(Side::Visitor, None, "three")),
            Refusal::Full
        );
    }
}

#[test]
fn a_claim_has_one_winner_and_the_others_learn_who() {
    let mut desk = Desk::engaged(Sockets);
    assert_eq!(
        desk.refuses(agent("otto"), claim("Otto", 2)),
        already_claimed(Some("Vika"))
    );
}

#[test]
fn an_account_that_has_the_claim_is_welcomed_back_a_socket_is_not() {
    let mut desk = Desk::engaged(Accounts);
    assert_eq!(desk.accepts(agent("vika"), claim("Vika", 2)).events, []);
    let mut desk = Desk::engaged(Sockets);
    assert_eq!(
        desk.refuses(agent("vika"), claim("Vika", 2)),
        already_claimed(Some("Vika"))
    );
}

#[test]
fn a_reservation_binds_accounts_and_only_hides_from_sockets() {
    let mut desk = Desk::waiting(Accounts);
    let decision = desk.accepts(agent("vika"), Command::Reserve);
    let set = TimerChange::Set(Timer::Reservation, desk.policy.reservation);
    assert_eq!(decision.timers, [set]);
    assert_eq!(decision.life, Life::Keep);
    assert_eq!(
        desk.refuses(agent("otto"), Command::Reserve),
        already_claimed(None)
    );
    assert_eq!(
        desk.refuses(agent("otto"), claim("Otto", 2)),
        already_claimed(None)
    );
    desk.accepts(agent("vika"), claim("Vika", 1));

    let mut desk = Desk::waiting(Sockets);
    desk.accepts(agent("s1"), Command::Reserve);
    desk.accepts(agent("s2"), claim("Otto", 2));
}

#[test]
fn a_reservation_ends_by_its_timer_or_when_its_agent_declines() {
    let mut desk = Desk::waiting(Accounts);
    desk.accepts(agent("vika"), Command::Reserve);
    let decision = desk.accepts(Actor::Desk, Command::Lapse);
    assert_eq!(decision.events, [Event::ReservationEnded]);
    assert_eq!(desk.refuses(Actor::Desk, Command::Lapse), Refusal::NotDue);

    desk.accepts(agent("vika"), Command::Reserve);
    let decision = desk.accepts(agent("vika"), Command::Decline);
    assert!(decision.events.contains(&Event::ReservationEnded));
    desk.accepts(agent("otto"), Command::Reserve);
}

#[test]
fn ids_that_are_not_the_chats_are_forbidden() {
    let stranger = Actor::Visitor(STRANGER);
    let mut desk = Desk::waiting(Sockets);
    assert_eq!(desk.refuses(stranger.clone(), enter()), Refusal::Forbidden);
    let unknown_support = Command::Enter {
        support: Some(SupportId::from_bits(9)),
        email: None,
    };
    assert_eq!(desk.refuses(visitor(), unknown_support), Refusal::Forbidden);

    let mut desk = Desk::engaged(Sockets);
    for (actor, command) in [
        (stranger, say(Side::Visitor, None, "x")),
        (visitor(), say(Side::Support, Some(1), "x")),
        (visitor(), say(Side::Visitor, Some(9), "x")),
        (
            Actor::Support(SupportId::from_bits(1)),
            say(Side::Support, None, "x"),
        ),
        (
            Actor::Support(SupportId::from_bits(9)),
            say(Side::Support, Some(9), "x"),
        ),
        (agent("vika"), Command::Leave),
        (visitor(), Command::Expire),
    ] {
        assert_eq!(desk.refuses(actor, command), Refusal::Forbidden);
    }
}

#[test]
fn a_message_carries_the_agent_once_there_is_one() {
    let mut desk = Desk::waiting(Sockets);
    let support_of = |events: &[Event]| match events {
        [Event::Said(said)] => said.support,
        other => panic!("{other:?}"),
    };
    let early = desk.accepts(visitor(), say(Side::Visitor, None, "early"));
    assert_eq!(support_of(&early.events), None);
    desk.accepts(agent("vika"), claim("Vika", 1));
    let late = desk.accepts(visitor(), say(Side::Visitor, None, "late"));
    assert_eq!(support_of(&late.events), Some(SupportId::from_bits(1)));
}

#[test]
fn content_has_limits() {
    let mut desk = Desk::waiting(Sockets);
    let longest = "é".repeat(desk.policy.max_content_bytes / 2);
    desk.accepts(visitor(), say(Side::Visitor, None, &longest));
    for content in [String::new(), longest + "x"] {
        assert_eq!(
            desk.refuses(visitor(), say(Side::Visitor, None, &content)),
            Refusal::Invalid { field: "content" }
        );
    }
}

#[test]
fn a_visitor_who_is_away_is_off_the_queue_until_it_returns() {
    let mut desk = Desk::waiting(Sockets);
    let since = desk.chat.as_ref().and_then(Entry::of).expect("waits").since;
    desk.accepts(Actor::Desk, Command::Absent(Side::Visitor));
    assert_eq!(desk.chat.as_ref().and_then(Entry::of), None);
    assert_eq!(
        desk.refuses(agent("vika"), Command::Reserve),
        Refusal::NotWaiting
    );
    assert_eq!(
        desk.refuses(Actor::Desk, Command::Absent(Side::Visitor)),
        Refusal::NotDue
    );
    let back = desk.accepts(visitor(), enter());
    assert!(back.announce);
    let entry = desk.chat.as_ref().and_then(Entry::of).expect("waits again");
    assert_eq!(entry.since, since, "it keeps its place");
}

#[test]
fn when_everyone_at_the_desk_has_declined_it_is_said_once() {
    let online = |names: &[&str]| Command::Review {
        online: names
            .iter()
            .map(|name| AgentId((*name).to_owned()))
            .collect(),
    };
    let mut desk = Desk::waiting(Sockets);
    desk.accepts(agent("vika"), Command::Decline);
    assert_eq!(
        desk.accepts(Actor::Desk, online(&["vika", "otto"])).events,
        []
    );
    assert_eq!(
        desk.accepts(
            Actor::Desk,
            Command::Review {
                online: BTreeSet::new()
            }
        )
        .events,
        [],
        "nobody is not everybody"
    );
    assert_eq!(
        desk.accepts(Actor::Desk, online(&["vika"])).events,
        [Event::AllDeclined]
    );
    assert_eq!(desk.accepts(Actor::Desk, online(&["vika"])).events, []);
    desk.accepts(agent("otto"), Command::Decline);
    assert_eq!(
        desk.accepts(Actor::Desk, online(&["vika", "otto"])).events,
        [Event::AllDeclined],
        "someone new declined: it is said again"
    );
}

#[test]
fn either_side_ends_the_chat_for_both() {
    let mut desk = Desk::engaged(Sockets);
    let decision = desk.accepts(visitor(), Command::Leave);
    assert_eq!(decision.events, [Event::Ended(End::ByVisitor)]);
    assert_eq!(decision.life, Life::End(desk.policy.tombstone));

    let mut desk = Desk::engaged(Sockets);
    desk.accepts(Actor::Support(SupportId::from_bits(1)), Command::Leave);
    let chat = desk.chat.as_ref().expect("a chat");
    let Phase::Ended(End::BySupport { text }) = &chat.phase else {
        panic!("{chat:?}");
    };
    assert_eq!(text, "Vika has left the chat.");
    for command in [enter(), say(Side::Visitor, None, "x"), Command::Leave] {
        assert_eq!(desk.refuses(visitor(), command), Refusal::Over);
    }
}

#[test]
fn only_a_chat_that_is_gone_expires() {
    let mut desk = Desk::engaged(Sockets);
    assert_eq!(desk.refuses(Actor::Desk, Command::Expire), Refusal::NotDue);
    let mut gone = Desk::new(Sockets);
    let decision = gone.accepts(Actor::Desk, Command::Expire);
    assert_eq!(decision.events, [Event::Ended(End::BySilence)]);
}

#[test]
fn an_address_is_taken_once_and_an_accounts_own_stays() {
    let email = |text| Email::parse(text);
    let enters = |text| Command::Enter {
        support: None,
        email: email(text),
    };
    let mut desk = Desk::waiting(Sockets);
    let introduced = |address: &str, verified| Event::Introduced {
        email: address.to_owned(),
        verified,
    };
    for (address, news) in [("a@b", true), ("a@b", false), ("c@d", true)] {
        let events = desk.accepts(visitor(), enters(address)).events;
        assert_eq!(
            events.contains(&introduced(address, false)),
            news,
            "{address}"
        );
    }
    let mut desk = Desk::new(Sockets);
    let Command::Register { name, platform, .. } = register() else {
        unreachable!("a registration")
    };
    let registered = Command::Register {
        name,
        platform,
        topic: None,
        email: email("own@b"),
        since: crate::world::SINCE,
    };
    let events = desk.accepts(visitor(), registered).events;
    assert!(events.contains(&introduced("own@b", true)));
    let events = desk.accepts(visitor(), enters("other@b")).events;
    assert!(!events.contains(&introduced("other@b", false)));
}
