//! A process's ears: what is wanted is listened to, also after a connection was lost in any way.

use std::collections::BTreeSet;

use e2e::{DEADLINE, RedisServer, eventually};
use helpline_live::feed::{Feed, Heard};
use tokio::sync::mpsc;

use crate::store_desk::{Deployment, Expect, new_chat, said};

/// More than are asked for in one command.
const MANY: usize = 300;

/// What was heard, so that a test can wait for it.
#[derive(Debug, PartialEq, Eq)]
enum Sound {
    Listening(String),
    Message(String, String),
}

struct Ears {
    feed: Feed,
    sounds: mpsc::UnboundedReceiver<Sound>,
}

impl Ears {
    fn open(deployment: &Deployment) -> Self {
        let (sender, sounds) = mpsc::unbounded_channel();
        let feed = Feed::open(deployment.address(), deployment.stop(), move |heard| {
            // At the end of a test nobody waits for sounds any more.
            let _ = sender.send(match heard {
                Heard::Listening(channel) => Sound::Listening(channel.to_owned()),
                Heard::Message { channel, text } => {
                    Sound::Message(channel.to_owned(), text.to_owned())
                }
            });
        });
        Self { feed, sounds }
    }

    async fn next(&mut self) -> Sound {
        e2e::wait::within("a sound", self.sounds.recv())
            .await
            .expect("open ears")
    }

    async fn hears(&mut self, channel: &str, text: &str) {
        let message = Sound::Message(channel.to_owned(), text.to_owned());
        assert_eq!(self.next().await, message);
    }

    /// Waits until every one of these is listened to; nothing else may be heard before.
    async fn listens_to(&mut self, channels: &[String]) {
        let mut awaited: BTreeSet<String> = channels.iter().cloned().collect();
        while !awaited.is_empty() {
            match self.next().await {
                Sound::Listening(channel) => assert!(awaited.remove(&channel), "{channel}"),
                other => panic!("{other:?} before {awaited:?}"),
            }
        }
    }
}

fn channels(deployment: &Deployment, count: usize) -> Vec<String> {
    (0..count)
        .map(|_| deployment.keys.chat_channel(new_chat()))
        .collect()
}

async fn publish(deployment: &Deployment, channel: &str, text: &str) -> u64 {
    deployment
        .ask(redis::cmd("SPUBLISH").arg(channel).arg(text))
        .await
}

#[tokio::test]
async fn listening_is_told_before_what_is_heard_and_messages_keep_their_order() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let channel = deployment.keys.chat_channel(chat);
    let mut ears = Ears::open(&deployment);
    ears.feed.want(&channel);
    assert_eq!(ears.next().await, Sound::Listening(channel.clone()));
    assert!(ears.feed.is_connected());
    for number in 0..200 {
        store.add(chat, 1, vec![said(&number.to_string())]).await;
    }
    for number in 0..200 {
        let Sound::Message(on, text) = ears.next().await else {
            panic!("no message");
        };
        assert_eq!(on, channel);
        assert!(text.contains(&format!("\"{number}\"")), "{number}: {text}");
    }
}

#[tokio::test]
async fn everything_is_asked_for_again_after_a_restart_of_redis() {
    let server = RedisServer::own();
    let deployment = Deployment::on(server.address, 1);
    let wanted = channels(&deployment, MANY);
    let mut ears = Ears::open(&deployment);
    wanted.iter().for_each(|channel| ears.feed.want(channel));
    ears.listens_to(&wanted).await;
    server.stop();
    eventually("the loss", DEADLINE, async || {
        (!ears.feed.is_connected()).then_some(())
    })
    .await;
    // What is wanted and not wanted in the meantime counts as well.
    let late = channels(&deployment, 1);
    ears.feed.want(&late[0]);
    ears.feed.forget(&wanted[0]);
    server.start();
    let now_wanted = [&wanted[1..], &late].concat();
    ears.listens_to(&now_wanted).await;
    assert_eq!(publish(&deployment, &wanted[0], "forgotten").await, 0);
    for channel in [&wanted[1], &wanted[MANY - 1], &late[0]] {
        assert_eq!(publish(&deployment, channel, "hello").await, 1);
        ears.hears(channel, "hello").await;
    }
}

#[tokio::test]
async fn everything_is_asked_for_again_after_the_connection_was_killed() {
    let server = RedisServer::own();
    let deployment = Deployment::on(server.address, 1);
    let wanted = channels(&deployment, MANY);
    let mut ears = Ears::open(&deployment);
    wanted.iter().for_each(|channel| ears.feed.want(channel));
    ears.listens_to(&wanted).await;
    for round in 1..=3 {
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL").arg("TYPE").arg("pubsub");
        assert_eq!(deployment.ask::<u64>(&kill).await, 1);
        ears.listens_to(&wanted).await;
        let text = format!("round {round}");
        for channel in [&wanted[0], &wanted[MANY - 1]] {
            assert_eq!(publish(&deployment, channel, &text).await, 1);
            ears.hears(channel, &text).await;
        }
    }
}

#[tokio::test]
async fn what_is_forgotten_is_not_heard() {
    let deployment = Deployment::new();
    let pair = channels(&deployment, 2);
    let mut ears = Ears::open(&deployment);
    pair.iter().for_each(|channel| ears.feed.want(channel));
    ears.listens_to(&pair).await;
    ears.feed.forget(&pair[0]);
    eventually("the channel to be left", DEADLINE, async || {
        (publish(&deployment, &pair[0], "too late").await == 0).then_some(())
    })
    .await;
    publish(&deployment, &pair[1], "hello").await;
    // What was said while it was being left may still come; what was said after must not.
    loop {
        match ears.next().await {
            Sound::Message(channel, text) if channel == pair[0] => assert_eq!(text, "too late"),
            other => {
                assert_eq!(other, Sound::Message(pair[1].clone(), "hello".to_owned()));
                break;
            }
        }
    }
    assert_eq!(publish(&deployment, &pair[0], "never heard").await, 0);
    // Wanted again, it is listened to again.
    ears.feed.want(&pair[0]);
    assert_eq!(ears.next().await, Sound::Listening(pair[0].clone()));
    publish(&deployment, &pair[0], "here again").await;
    ears.hears(&pair[0], "here again").await;
}

/// A chat that is left and opened again in one breath ends up listened to: the last wish counts.
#[tokio::test]
async fn the_last_wish_counts() {
    let deployment = Deployment::new();
    let channel = &channels(&deployment, 1)[0];
    let mut ears = Ears::open(&deployment);
    ears.feed.want(channel);
    ears.listens_to(std::slice::from_ref(channel)).await;
    for _ in 0..20 {
        ears.feed.forget(channel);
        ears.feed.want(channel);
    }
    eventually("being heard", DEADLINE, async || {
        (publish(&deployment, channel, "hello").await == 1).then_some(())
    })
    .await;
    loop {
        match ears.next().await {
            Sound::Message(_, text) => break assert_eq!(text, "hello"),
            Sound::Listening(on) => assert_eq!(on, *channel),
        }
    }
}

#[tokio::test]
async fn ears_may_be_opened_before_there_is_anything_to_hear() {
    let server = RedisServer::reserved();
    let deployment = Deployment::on(server.address, 1);
    let wanted = channels(&deployment, 2);
    let mut ears = Ears::open(&deployment);
    wanted.iter().for_each(|channel| ears.feed.want(channel));
    assert!(!ears.feed.is_connected());
    server.start();
    ears.listens_to(&wanted).await;
    publish(&deployment, &wanted[1], "hello").await;
    ears.hears(&wanted[1], "hello").await;
}
