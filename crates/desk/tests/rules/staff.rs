//! Kept chats, and what the desk does to chats from outside.

use std::time::Duration;

use helpline_desk::{
    actor::{Actor, Rank, Side},
    chat::Phase,
    command::Command,
    decide::{Life, Timer, TimerChange},
    event::{End, Event},
    id::{AgentId, SupportId},
    policy::AgentsAre::{Accounts, Sockets},
    queue::Entry,
    refusal::Refusal,
    time::Timestamp,
};

use crate::world::{
    Desk, STRANGER, agent, assign, claim, enter, open, register, say, staff, take_over, visitor,
};

fn id(name: &str) -> AgentId {
    AgentId(name.to_owned())
}

fn anothers() -> Refusal {
    Refusal::AlreadyClaimed { winner: None }
}

fn entry(desk: &Desk) -> Entry {
    Entry::of(desk.chat.as_ref().expect("a chat")).expect("it waits")
}

#[test]
fn a_kept_chat_waits_at_once_and_no_silence_ends_it() {
    let mut desk = Desk::new(Sockets);
    let decision = desk.accepts(visitor(), open());
    assert_eq!(decision.life, Life::Kept);
    assert!(decision.announce);
    assert!(matches!(
        decision.events.as_slice(),
        [
            Event::Registered { kept: true, .. },
            Event::Requested { .. }
        ]
    ));
    assert!(entry(&desk).visible_to(&id("anyone")));
    let spoken = desk.accepts(visitor(), say(Side::Visitor, None, "hello"));
    assert_eq!(spoken.life, Life::Keep);
    desk.accepts(visitor(), enter());
    assert_eq!(
        desk.refuses(Actor::Desk, Command::Absent(Side::Visitor)),
        Refusal::NotDue
    );
}

#[test]
fn a_kept_chat_is_had_by_the_agent_it_was_given_to_and_by_no_other() {
    for agents_are in [Accounts, Sockets] {
        let mut desk = Desk::kept(agents_are);
        desk.accepts(staff("rosa"), assign("vika"));
        assert!(entry(&desk).visible_to(&id("vika")));
        assert!(!entry(&desk).visible_to(&id("otto")));
        for command in [claim("Otto", 2), Command::Reserve, Command::Decline] {
            assert_eq!(desk.refuses(agent("otto"), command), anothers());
        }
        assert_eq!(
            desk.refuses(agent("vika"), Command::Decline),
            Refusal::Forbidden
        );
        desk.accepts(agent("vika"), claim("Vika", 1));
        // Coming in again is no second claim.
        assert_eq!(desk.accepts(agent("vika"), claim("Vika", 3)).events, []);
        let chat = desk.chat.expect("a chat");
        assert_eq!(chat.phase, Phase::Engaged);
        assert_eq!(chat.assigned, Some(id("vika")));
    }
}

#[test]
fn whoever_takes_a_kept_chat_has_it() {
    let mut desk = Desk::kept(Sockets);
    desk.accepts(agent("otto"), claim("Otto", 2));
    assert_eq!(desk.chat.expect("a chat").assigned, Some(id("otto")));
}

#[test]
fn giving_a_chat_to_another_puts_the_first_out_at_once() {
    for mut desk in [Desk::kept(Accounts), Desk::waiting(Accounts)] {
        desk.accepts(agent("vika"), claim("Vika", 1));
        desk.accepts(visitor(), say(Side::Visitor, Some(1), "hello"));
        let decision = desk.accepts(staff("rosa"), assign("otto"));
        assert!(matches!(
            decision.events.as_slice(),
            [Event::SupportLeft { .. }, Event::Assigned { .. }]
        ));
        let vika = Actor::Support(SupportId::from_bits(1));
        for command in [say(Side::Support, Some(1), "still here"), Command::Leave] {
            assert_eq!(desk.refuses(vika.clone(), command), Refusal::Forbidden);
        }
        assert_eq!(desk.refuses(agent("vika"), claim("Vika", 1)), anothers());
        // The visitor remembers Vika's part, and nothing is wrong with that.
        let remembered = Command::Enter {
            support: Some(SupportId::from_bits(1)),
            email: None,
        };
        desk.accepts(visitor(), remembered);
        desk.accepts(visitor(), say(Side::Visitor, Some(1), "and now?"));
        desk.accepts(agent("otto"), claim("Otto", 2));
        let otto = Actor::Support(SupportId::from_bits(2));
        desk.accepts(otto, say(Side::Support, Some(2), "I am here"));
    }
}

#[test]
fn giving_it_to_the_same_agent_again_changes_nothing() {
    for mut desk in [Desk::kept(Accounts), Desk::waiting(Accounts)] {
        assert_ne!(desk.accepts(staff("rosa"), assign("vika")).events, []);
        assert_eq!(desk.accepts(staff("rosa"), assign("vika")).events, []);
        desk.accepts(agent("vika"), claim("Vika", 1));
        assert_eq!(desk.accepts(staff("rosa"), assign("vika")).events, []);
    }
}

#[test]
fn a_chat_that_is_handed_over_is_everybodys_again_when_its_agent_does_not_come() {
    let mut desk = Desk::engaged(Accounts);
    let decision = desk.accepts(agent("vika"), assign("otto"));
    let set = TimerChange::Set(Timer::Reservation, desk.policy.transfer);
    assert!(decision.timers.contains(&set));
    let whole = desk.policy.transfer + desk.policy.idle_timeout;
    assert_eq!(decision.life, Life::Extend(whole), "silent or not before");
    let over = entry(&desk).handed_over.expect("a hand-over");
    assert_eq!(over.note.as_deref(), Some("speaks French"));
    assert!(!entry(&desk).visible_to(&id("anna")));
    desk.accepts(Actor::Desk, Command::Lapse);
    assert!(entry(&desk).visible_to(&id("anna")));
    assert_eq!(entry(&desk).handed_over, None, "the note was for one agent");
    desk.accepts(agent("anna"), claim("Anna", 3));
}

#[test]
fn only_who_has_a_chat_may_hand_it_over() {
    let mut desk = Desk::engaged(Accounts);
    assert_eq!(
        desk.refuses(agent("otto"), assign("otto")),
        Refusal::Forbidden
    );
    let mut desk = Desk::waiting(Accounts);
    desk.accepts(Actor::Desk, Command::Absent(Side::Visitor));
    assert_eq!(
        desk.refuses(staff("rosa"), assign("otto")),
        Refusal::NotWaiting
    );
}

#[test]
fn an_agent_closes_only_its_own_chat_and_only_once_it_has_come_in() {
    let mut desk = Desk::kept(Sockets);
    desk.accepts(staff("rosa"), assign("vika"));
    assert_eq!(
        desk.refuses(agent("otto"), Command::Close),
        Refusal::Forbidden
    );
    assert_eq!(
        desk.refuses(agent("vika"), Command::Close),
        Refusal::NotEngaged
    );
    desk.accepts(agent("vika"), claim("Vika", 1));
    let decision = desk.accepts(agent("vika"), Command::Close);
    assert_eq!(decision.life, Life::EndKept(desk.policy.tombstone));
    assert!(matches!(
        decision.events.as_slice(),
        [Event::Ended(End::ByStaff { by, .. })] if *by == id("vika")
    ));
    assert_eq!(desk.refuses(staff("rosa"), Command::Close), Refusal::Over);
}

#[test]
fn the_staff_closes_any_chat() {
    for mut desk in [Desk::kept(Sockets), Desk::waiting(Sockets)] {
        desk.accepts(staff("rosa"), Command::Close);
        assert!(desk.chat.expect("a chat").is_over());
    }
}

#[test]
fn nothing_that_is_said_while_a_chat_waits_for_its_agent_makes_its_life_shorter_than_that_wait() {
    let mut desk = Desk::engaged(Accounts);
    desk.policy.transfer = Duration::from_secs(600);
    desk.accepts(agent("vika"), assign("otto"));
    let outlives = Life::Extend(desk.policy.transfer + desk.policy.idle_timeout);
    for command in [
        say(Side::Visitor, None, "and now?"),
        Command::KeepAlive,
        enter(),
    ] {
        assert_eq!(desk.accepts(visitor(), command).life, outlives);
    }
    desk.accepts(Actor::Desk, Command::Lapse);
    let plain = Life::Extend(desk.policy.idle_timeout);
    assert_eq!(desk.accepts(visitor(), enter()).life, plain);
}

#[test]
fn a_chat_that_goes_from_agent_to_agent_keeps_its_place_and_when_it_was_asked_for() {
    let mut desk = Desk::engaged(Accounts);
    let asked = desk.chat.as_ref().expect("a chat").asked_at.expect("asked");
    desk.now = Timestamp(asked.0 + 5_000_000);
    desk.accepts(agent("vika"), assign("otto"));
    let is = |desk: &Desk| (entry(desk).since, entry(desk).open_since);
    assert_eq!(is(&desk), (asked, desk.now));
    desk.accepts(agent("otto"), Command::Decline);
    assert_eq!(is(&desk), (asked, desk.now));
    desk.accepts(agent("anna"), claim("Anna", 3));
    desk.accepts(Actor::Desk, Command::Absent(Side::Support));
    desk.now = Timestamp(asked.0 + 9_000_000);
    desk.accepts(Actor::Desk, Command::Abandon);
    assert_eq!(is(&desk), (asked, desk.now));
    assert_eq!(desk.chat.expect("a chat").asked_at, Some(asked));
}

#[test]
fn whoever_waits_is_kept_alive_by_the_service_and_nobody_else_is() {
    let mut desk = Desk::new(Accounts);
    desk.accepts(visitor(), register());
    let not_due = |desk: &mut Desk| {
        assert_eq!(
            desk.refuses(Actor::Desk, Command::KeepAlive),
            Refusal::NotDue
        );
    };
    not_due(&mut desk);
    desk.accepts(visitor(), enter());
    let plain = Life::Extend(desk.policy.idle_timeout);
    let kept = desk.accepts(Actor::Desk, Command::KeepAlive);
    assert_eq!((kept.life, kept.events), (plain, vec![]));
    desk.accepts(agent("vika"), claim("Vika", 1));
    not_due(&mut desk);
    // Each side may say so of itself, and nobody in another's name.
    let vika = Actor::Support(SupportId::from_bits(1));
    for side in [visitor(), vika] {
        let kept = desk.accepts(side, Command::KeepAlive);
        assert_eq!((kept.life, kept.events), (plain, vec![]));
    }
    for other in [
        Actor::Visitor(STRANGER),
        Actor::Support(SupportId::from_bits(9)),
        agent("vika"),
    ] {
        assert_eq!(desk.refuses(other, Command::KeepAlive), Refusal::Forbidden);
    }
    // Whose agent is away waits for somebody, too.
    desk.accepts(Actor::Desk, Command::Absent(Side::Support));
    desk.accepts(Actor::Desk, Command::KeepAlive);
    desk.accepts(Actor::Desk, Command::Absent(Side::Visitor));
    not_due(&mut desk);
    let mut kept = Desk::kept(Accounts);
    assert!(kept.accepts(Actor::Desk, Command::KeepAlive).is_nothing());
}

#[test]
fn an_agent_gives_its_chat_back_and_nobody_elses() {
    let mut desk = Desk::engaged(Accounts);
    let asked = desk.chat.as_ref().expect("a chat").asked_at;
    let other = Actor::Support(SupportId::from_bits(9));
    for actor in [other, visitor(), agent("vika"), Actor::Desk] {
        assert_eq!(desk.refuses(actor, Command::Release), Refusal::Forbidden);
    }
    let vika = Actor::Support(SupportId::from_bits(1));
    desk.now = Timestamp(7_000_000);
    let decision = desk.accepts(vika.clone(), Command::Release);
    assert!(matches!(
        decision.events.as_slice(),
        [Event::SupportLeft { .. }, Event::Released { .. }]
    ));
    assert!(decision.announce);
    assert_eq!(decision.life, Life::Extend(desk.policy.idle_timeout));
    assert_eq!(
        Some(entry(&desk).since),
        asked,
        "the visitor keeps its place"
    );
    assert!(entry(&desk).visible_to(&id("vika")));
    assert_eq!(desk.refuses(vika, Command::Release), Refusal::Forbidden);
    let mut kept = Desk::kept(Accounts);
    kept.accepts(agent("vika"), claim("Vika", 1));
    let vika = Actor::Support(SupportId::from_bits(1));
    assert_eq!(kept.refuses(vika, Command::Release), Refusal::NotWaiting);
}

#[test]
fn a_supervisor_has_no_part_in_anothers_conversation() {
    let as_supervisor = |support: u128| match claim("Sven", support) {
        Command::Claim {
            visitor,
            support,
            name,
            ..
        } => Command::Claim {
            visitor,
            support,
            name,
            rank: Rank::Supervisor,
        },
        other => other,
    };
    for agents_are in [Accounts, Sockets] {
        let mut desk = Desk::kept(agents_are);
        let forbidden = Refusal::Forbidden;
        assert_eq!(desk.refuses(agent("sven"), as_supervisor(2)), forbidden);
        desk.accepts(staff("rosa"), assign("vika"));
        desk.accepts(agent("vika"), claim("Vika", 1));
        let refused = desk.refuses(agent("sven"), take_over(Rank::Supervisor, 2));
        assert_eq!(refused, forbidden);
        desk.accepts(agent("rosa"), take_over(Rank::Supervisor, 3));
        desk.accepts(agent("anna"), take_over(Rank::Admin, 4));
        // What was given to a supervisor is its own.
        let mut given = Desk::kept(agents_are);
        given.accepts(staff("rosa"), assign("sven"));
        given.accepts(agent("sven"), as_supervisor(5));
    }
}
