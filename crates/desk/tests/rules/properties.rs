//! What holds for every sequence of commands, by whomever.

use std::collections::BTreeSet;

use helpline_desk::{
    actor::{Actor, Rank, Side},
    chat::{Chat, Phase},
    command::{Command, Say},
    decide::{Life, decide},
    event::Event,
    id::{AgentId, MessageId, SupportId, VisitorId},
    name::{Email, Name},
    policy::AgentsAre,
    queue::Entry,
    time::Timestamp,
};
use proptest::prelude::*;

use crate::world::{Desk, MINA, STRANGER};

fn a_visitor() -> impl Strategy<Value = VisitorId> {
    prop_oneof![9 => Just(MINA), 1 => Just(STRANGER)]
}

fn a_support() -> impl Strategy<Value = SupportId> {
    (1..4u128).prop_map(SupportId::from_bits)
}

fn an_agent() -> impl Strategy<Value = AgentId> {
    (1..4u8).prop_map(|n| AgentId(format!("agent-{n}")))
}

fn a_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Visitor), Just(Side::Support)]
}

fn an_actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        3 => a_visitor().prop_map(Actor::Visitor),
        3 => an_agent().prop_map(Actor::Agent),
        2 => a_support().prop_map(Actor::Support),
        3 => Just(Actor::Desk),
        2 => an_agent().prop_map(Actor::Staff),
    ]
}

fn a_rank() -> impl Strategy<Value = Rank> {
    prop_oneof![Just(Rank::Admin), Just(Rank::Supervisor), Just(Rank::Agent)]
}

fn a_command() -> impl Strategy<Value = Command> {
    let name = || Name::parse("Vika").expect("a name");
    prop_oneof![
        1 => Just(Command::Register { name: name(), platform: "web".to_owned(), topic: None, email: None, since: crate::world::SINCE }),
        3 => (proptest::option::weighted(0.2, a_support()), any::<bool>()).prop_map(|(support, known)| {
            Command::Enter { support, email: known.then(|| Email::parse("mina@shop.example")).flatten() }
        }),
        3 => (a_visitor(), a_support())
            .prop_map(move |(visitor, support)| Command::Claim { visitor, support, name: name(), rank: Rank::Agent }),
        1 => (a_support(), a_rank())
            .prop_map(move |(support, rank)| Command::TakeOver { support, name: name(), rank }),
        1 => (0..3u32).prop_map(move |severity| Command::Flag { severity, by_name: name() }),
        1 => Just(Command::Abandon),
        2 => Just(crate::world::first_words("hello")),
        2 => (a_visitor(), a_support())
            .prop_map(|(visitor, support)| Command::Return { visitor, support }),
        4 => (a_visitor(), a_side(), proptest::option::of(a_support()), 0..4u8).prop_map(
            |(visitor, from, support, length)| Command::Say(Say {
                id: MessageId::from_bits(1),
                from,
                visitor,
                support,
                content: "x".repeat(length.into()),
                raw: None,
                client_id: None,
            })
        ),
        1 => Just(Command::Leave),
        2 => Just(Command::KeepAlive),
        1 => Just(Command::Release),
        2 => an_agent().prop_map(move |agent| Command::Assign { agent, name: name(), by_name: name(), note: None }),
        1 => Just(Command::Close),
        2 => Just(Command::Reserve),
        2 => Just(Command::Decline),
        2 => Just(Command::Lapse),
        2 => a_side().prop_map(Command::Absent),
        1 => proptest::collection::btree_set(an_agent(), 0..4)
            .prop_map(|online: BTreeSet<AgentId>| Command::Review { online }),
        1 => Just(Command::Expire),
    ]
}

/// The chat after a step must follow from the chat before it.
fn check_step(before: Option<&Chat>, after: &Chat, events: &[Event]) {
    if let Some(before) = before {
        assert!(
            !before.is_over() || events.is_empty(),
            "nothing follows the end"
        );
        let left = |e: &Event| {
            matches!(
                e,
                Event::Assigned { .. } | Event::Released { .. } | Event::Rested(_)
            )
        };
        let taken_over = events.iter().any(|e| matches!(e, Event::TakenOver { .. }));
        if events.iter().any(left) {
            assert!(after.support.is_none(), "whoever had it is out");
        } else if taken_over {
            let (was, is) = (before.support.as_ref(), after.support.as_ref());
            let (was, is) = (was.expect("an owner"), is.expect("an owner"));
            assert!(is.rank.outranks(was.rank), "only who stands higher");
        } else if let Some(owner) = &before.support {
            let now = after.support.as_ref().expect("an owner stays");
            assert_eq!(
                (&owner.id, &owner.agent),
                (&now.id, &now.agent),
                "one owner"
            );
        }
        assert_eq!(before.visitor.id, after.visitor.id);
        assert!(before.messages <= after.messages);
        assert_eq!(
            (before.kept, &before.supervisor),
            (after.kept, &after.supervisor)
        );
    }
    let claims = events.iter().filter(|e| matches!(e, Event::Claimed { .. }));
    assert!(claims.count() <= usize::from(before.is_none_or(|chat| chat.support.is_none())));
    let terminal = events.iter().position(Event::is_terminal);
    assert!(
        terminal.is_none_or(|at| at + 1 == events.len()),
        "the end is last"
    );
    if let Some(entry) = Entry::of(after) {
        assert!(matches!(after.phase, Phase::Waiting(_)));
        assert!(!after.visitor.away && after.support.is_none());
        assert_eq!(entry.visitor, after.visitor.id);
    }
    if let (Some(support), Some(assigned)) = (&after.support, &after.assigned) {
        assert_eq!(
            support.agent, *assigned,
            "a kept chat is had by whom it was given to"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_invariants_hold_for_every_sequence(
        accounts in any::<bool>(),
        life in 0..3u8,
        steps in proptest::collection::vec((an_actor(), a_command()), 1..60),
    ) {
        let agents = if accounts { AgentsAre::Accounts } else { AgentsAre::Sockets };
        let mut desk = match life {
            0 => Desk::waiting(agents),
            1 => Desk::kept(agents),
            _ => Desk::standing(agents),
        };
        for (actor, command) in steps {
            let before = desk.chat.clone();
            match desk.ask(actor.clone(), command.clone()) {
                Ok(decision) => {
                    prop_assert!(actor.may(&command));
                    check_step(before.as_ref(), desk.chat.as_ref().expect("a chat"), &decision.events);
                    let extends = matches!(decision.life, Life::Extend(_));
                    let active = matches!(
                        command,
                        Command::Enter { .. }
                            | Command::Claim { .. }
                            | Command::TakeOver { .. }
                            | Command::Return { .. }
                            | Command::Say(_)
                            | Command::KeepAlive
                            | Command::Release
                    ) || (matches!(command, Command::Assign { .. }) && !decision.events.is_empty());
                    prop_assert_eq!(extends, active && life == 0);
                    match life {
                        0 => {}
                        1 => prop_assert!(matches!(decision.life, Life::Keep | Life::EndKept(_))),
                        _ => prop_assert!(matches!(decision.life, Life::Keep | Life::Kept | Life::Rest(_))),
                    }
                }
                Err(_) => prop_assert_eq!(&before, &desk.chat),
            }
        }
    }

    #[test]
    fn a_decision_depends_on_nothing_but_its_arguments(
        steps in proptest::collection::vec((an_actor(), a_command()), 1..30),
        last in (an_actor(), a_command()),
    ) {
        let mut desk = Desk::waiting(AgentsAre::Accounts);
        for (actor, command) in steps {
            let _ = desk.ask(actor, command);
        }
        let ask = || decide(desk.chat.as_ref(), &last.0, &last.1, Timestamp(5), &desk.policy);
        prop_assert_eq!(ask(), ask());
    }

    #[test]
    fn a_chat_is_what_its_events_made_of_it(
        steps in proptest::collection::vec((an_actor(), a_command()), 1..60),
    ) {
        let mut desk = Desk::waiting(AgentsAre::Sockets);
        for (actor, command) in steps {
            let _ = desk.ask(actor, command);
        }
        let recorded: Vec<_> = desk
            .log
            .iter()
            .zip(1..)
            .map(|(event, seq)| helpline_desk::event::Recorded {
                seq,
                at: Timestamp(1_000_000),
                event: event.clone(),
            })
            .collect();
        prop_assert_eq!(Chat::from_events(crate::world::CHAT, &recorded), desk.chat);
    }
}
