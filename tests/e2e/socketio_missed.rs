//! Contract 004 where a process has missed what happened: once it hears again, its clients are told what they need to see
//! what everybody else sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use e2e::shift::{Caller, Employee, content};
use e2e::{DEADLINE, Door, RedisServer, Settings, Shift, SocketIo, World, eventually, secs};
use serde_json::{Value, json};

/// A member of staff, and what it sees by what it was told.
struct Onlooker {
    socket: SocketIo,
    /// What each visitor who waits has said.
    queue: BTreeMap<String, Vec<Value>>,
    /// Everything it was told, each with the id of who it is about.
    told: Vec<(String, String)>,
}

impl Onlooker {
    async fn begins(shift: &Shift, server: usize, employee: &Employee) -> Self {
        let (socket, init) = shift.begins(server, employee).await;
        Self {
            socket,
            queue: queue_in(&init),
            told: Vec::new(),
        }
    }

    /// Is told things until it was told this of this visitor.
    async fn hears_of(&mut self, event: &str, visitor: &str) -> Value {
        loop {
            let (name, data) = self.socket.next_event(event).await;
            let about = |field: &str| data[field]["id"].as_str().unwrap_or_default().to_owned();
            let user = match name.as_str() {
                "agent_new_chat" => about("visitor"),
                _ => about("user"),
            };
            let contents = || data["contents"].as_array().expect("a list").clone();
            match name.as_str() {
                "append_unclaimed_chats" => drop(self.queue.insert(user.clone(), contents())),
                "visitor_unclaimed_msg" => {
                    let entry = self.queue.get_mut(&user).expect("an entry");
                    entry.push(data["content"].clone());
                }
                "visitor_leave_queue" | "staff_claim_chat" => {
                    assert!(self.queue.remove(&user).is_some(), "{name}: {data}");
                }
                _ => {}
            }
            self.told.push((name.clone(), user.clone()));
            if (name.as_str(), user.as_str()) == (event, visitor) {
                return data;
            }
        }
    }

    /// The same, whether it was told already or is told next.
    async fn has_heard_of(&mut self, event: &str, visitor: &str) {
        let wanted = (event.to_owned(), visitor.to_owned());
        if !self.told.contains(&wanted) {
            self.hears_of(event, visitor).await;
        }
    }

    /// The names of what it was told of this visitor, in order.
    fn told_of(&self, visitor: &str) -> Vec<&str> {
        let about = self.told.iter().filter(|(_, user)| user == visitor);
        about.map(|(name, _)| name.as_str()).collect()
    }
}

fn queue_in(init: &Value) -> BTreeMap<String, Vec<Value>> {
    let entry = |entry: &Value| {
        let user = entry["user"]["id"].as_str().expect("an id").to_owned();
        (user, entry["contents"].as_array().expect("a list").clone())
    };
    let waiting = init["unclaimed_chats"].as_array().expect("a list");
    waiting.iter().map(entry).collect()
}

/// A world in which processes can be cut off from Redis: for less than a lease, so that nobody takes them for dead.
async fn on_links() -> Shift {
    let redis = Arc::new(RedisServer::own());
    let patient = |settings: &mut Settings| settings.sockets.lease = secs(15);
    Shift::of(World::builder().redis(&redis).proxied().settings(patient)).await
}

/// Waits until this member of staff's process reaches Redis again.
async fn is_back(staff: &mut SocketIo) {
    let nowhere = json!({"room": "0".repeat(32)});
    eventually("Redis", DEADLINE, async || {
        let (_, text) = staff.emit("staff_join", nowhere.clone()).await;
        (text? == "The chat room is either closed or doesn't exist.").then_some(())
    })
    .await;
}

/// A visitor asks at the first process.
async fn asks(shift: &Shift, caller: &Caller) -> SocketIo {
    let mut socket = shift.calls(0, caller).await;
    let asked = content(&format!("{} asks", caller.name));
    socket.does("visitor_first_msg", asked).await;
    socket
}

/// A chat's key, by what is in Redis.
async fn key_of(shift: &Shift, room: &str) -> String {
    let mut redis = shift.redis().await;
    let mut keys = redis::cmd("KEYS");
    keys.arg(format!("{}:*:chat:{room}", shift.prefix));
    let found: Vec<String> = keys.query_async(&mut redis).await.expect("an answer");
    found.into_iter().next().expect("the chat")
}

fn room(data: &Value) -> String {
    data["room"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn who_was_cut_off_sees_what_the_others_see() {
    let shift = on_links().await;
    let [mina, nora, zoe, paul, rosa] =
        ["Mina", "Nora", "Zoe", "Paul", "Rosa"].map(|name| shift.visitor(name));
    let mut ada = Onlooker::begins(&shift, 0, &shift.ada).await;
    let mut vika = Onlooker::begins(&shift, 1, &shift.vika).await;
    let mut sven = Onlooker::begins(&shift, 1, &shift.sven).await;
    let mut there = shift.calls(1, &rosa).await;
    let _minas = asks(&shift, &mina).await;
    let minas_room = room(&ada.hears_of("append_unclaimed_chats", &mina.id).await);
    let mut noras = asks(&shift, &nora).await;
    let mut zoes = asks(&shift, &zoe).await;
    let told = vika.hears_of("append_unclaimed_chats", &zoe.id).await;
    vika.queue.remove(&zoe.id);
    let at = json!({"room": room(&told)});
    vika.socket.does("staff_join", at).await;
    sven.hears_of("agent_new_chat", &zoe.id).await;

    shift.links[1].refuse();
    let at = json!({"room": minas_room});
    ada.socket.does("staff_join", at).await;
    noras.does("visitor_leave_room", None).await;
    zoes.does("visitor_msg", content("are you there?")).await;
    zoes.does("visitor_leave_room", None).await;
    let mut pauls = asks(&shift, &paul).await;
    pauls.does("visitor_msg", content("it is urgent")).await;
    let mut rosas = asks(&shift, &rosa).await;
    let rosas_room = room(&ada.hears_of("append_unclaimed_chats", &rosa.id).await);
    let at = json!({"room": rosas_room});
    ada.socket.does("staff_join", at).await;
    let said = json!({"room": rosas_room, "content": content("hello Rosa")});
    ada.socket.does("staff_msg", said).await;
    shift.links[1].heal();

    // Each chat is told in its own order.
    shift.ada.alone_in(&there.hears("staff_join_room").await);
    shift
        .ada
        .says_in(&there.hears("staff_send").await, &content("hello Rosa"));
    vika.has_heard_of("visitor_send", &zoe.id).await;
    vika.has_heard_of("visitor_leave", &zoe.id).await;
    for (event, visitor) in [
        ("staff_claim_chat", &mina),
        ("visitor_leave_queue", &nora),
        ("visitor_unclaimed_msg", &paul),
        ("staff_claim_chat", &rosa),
    ] {
        vika.has_heard_of(event, &visitor.id).await;
        sven.has_heard_of(event, &visitor.id).await;
    }
    for (event, visitor) in [
        ("agent_new_chat", &mina),
        ("visitor_leave_chat_for_supervisor", &zoe),
        ("new_staff_msg_for_supervisor", &rosa),
    ] {
        let user = if event == "new_staff_msg_for_supervisor" {
            &shift.ada.id
        } else {
            &visitor.id
        };
        sven.has_heard_of(event, user).await;
    }
    let (_sasha, init) = shift.begins(0, &shift.sasha).await;
    assert_eq!(vika.queue, queue_in(&init));
    assert_eq!(sven.queue, vika.queue);
    assert_eq!(vika.queue.keys().collect::<Vec<_>>(), [&paul.id]);
    rosas.does("visitor_leave_room", None).await;
    pauls.does("visitor_leave_room", None).await;
}

/// A visitor of contract 001 at the first process.
macro_rules! joins {
    ($shift:expr, $name:expr) => {{
        let guest = $shift.register($name).await;
        let party = $shift.joins(&guest, 0, &Door::plain()).await;
        (guest, party)
    }};
}

#[tokio::test]
async fn what_is_over_and_gone_is_over_for_who_was_cut_off() {
    let shift = on_links().await;
    let [mina, nora, olga] = ["Mina", "Nora", "Olga"].map(|name| shift.visitor(name));
    let mut vika = Onlooker::begins(&shift, 1, &shift.vika).await;
    let mut sven = Onlooker::begins(&shift, 1, &shift.sven).await;
    let mut rooms = BTreeMap::new();
    let mut minas = asks(&shift, &mina).await;
    let mut noras = asks(&shift, &nora).await;
    let mut olgas = asks(&shift, &olga).await;
    let (walter, mut walters) = joins!(shift, "Walter");
    let (wanda, mut wandas) = joins!(shift, "Wanda");
    for id in [
        &mina.id,
        &nora.id,
        &olga.id,
        &walter.user_id,
        &wanda.user_id,
    ] {
        let told = vika.hears_of("append_unclaimed_chats", id).await;
        rooms.insert(id.clone(), key_of(&shift, &room(&told)).await);
        if [&mina.id, &olga.id, &wanda.user_id].contains(&id) {
            let at = json!({"room": room(&told)});
            vika.socket.does("staff_join", at).await;
            vika.queue.remove(id);
            sven.hears_of("agent_new_chat", id).await;
        }
    }

    shift.links[1].refuse();
    minas.does("visitor_leave_room", None).await;
    noras.does("visitor_leave_room", None).await;
    walters.leaves().await;
    wandas.leaves().await;
    // The records have everything, and time goes by: nothing is left of these chats, nor of one that is open.
    let mut redis = shift.redis().await;
    let stream = format!("{}:{{0}}:stream", shift.prefix);
    eventually("the archive", DEADLINE, async || {
        let left: u64 = redis::cmd("XLEN")
            .arg(&stream)
            .query_async(&mut redis)
            .await
            .expect("a length");
        (left == 0).then_some(())
    })
    .await;
    for key in rooms.values() {
        let gone: u64 = redis::cmd("DEL")
            .arg(key)
            .query_async(&mut redis)
            .await
            .expect("an answer");
        assert_eq!(gone, 1);
    }
    shift.links[1].heal();

    for id in [&mina.id, &wanda.user_id] {
        vika.has_heard_of("visitor_leave", id).await;
        sven.has_heard_of("visitor_leave_chat_for_supervisor", id)
            .await;
    }
    for id in [&nora.id, &walter.user_id] {
        vika.has_heard_of("visitor_leave_queue", id).await;
        sven.has_heard_of("visitor_leave_queue", id).await;
    }
    assert_eq!(
        (&vika.queue, &sven.queue),
        (&BTreeMap::new(), &BTreeMap::new())
    );
    // The one that was lost is not over.
    olgas.does("visitor_msg", content("still here")).await;
    vika.hears_of("visitor_send", &olga.id).await;
    assert_eq!(
        vika.told_of(&olga.id),
        ["append_unclaimed_chats", "visitor_send"]
    );
    olgas.does("visitor_leave_room", None).await;
    vika.hears_of("visitor_leave", &olga.id).await;
}

/// A chat as Redis has it, to be put back later: what a fail-over does that loses the end of a log.
async fn copy(shift: &Shift, key: &str) -> Vec<u8> {
    let mut redis = shift.redis().await;
    redis::cmd("DUMP")
        .arg(key)
        .query_async(&mut redis)
        .await
        .expect("a copy")
}

/// Nobody hears anything while the chat becomes what it was.
async fn goes_back(shift: &Shift, key: &str, copy: &[u8]) {
    shift.links[..2].iter().for_each(|link| link.refuse());
    let mut redis = shift.redis().await;
    let mut restore = redis::cmd("RESTORE");
    restore.arg(key).arg(0).arg(copy).arg("REPLACE");
    restore
        .query_async::<()>(&mut redis)
        .await
        .expect("put back");
    shift.links[..2].iter().for_each(|link| link.heal());
}

#[tokio::test]
async fn what_the_store_has_lost_is_undone() {
    let mut scene = crate::socketio_scene::Scene::of(on_links().await).await;
    scene.asks("hello").await;
    let key = key_of(&scene.shift, &scene.room).await;
    let waiting = copy(&scene.shift, &key).await;
    scene.vika_claims().await;
    let claimed = copy(&scene.shift, &key).await;
    scene.sasha.does("take_over_chat", scene.at()).await;
    for socket in [&mut scene.vika, &mut scene.visitor] {
        socket.hears("staff_being_taken_over_chat").await;
    }
    scene.ada.hears("staff_take_over_chat").await;

    goes_back(&scene.shift, &key, &claimed).await;
    for socket in [&mut scene.sasha, &mut scene.visitor] {
        let told = socket.hears("staff_being_taken_over_chat").await;
        scene.shift.vika.alone_in(&told);
    }
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        let told = monitor.hears("staff_take_over_chat").await;
        assert_eq!(told["room"], scene.room.as_str());
    }
    for staff in [&mut scene.vika, &mut scene.ada] {
        is_back(staff).await;
    }
    scene.vika_says("it is me again").await;

    goes_back(&scene.shift, &key, &waiting).await;
    scene
        .shift
        .vika
        .alone_in(&scene.visitor.hears("staff_leave").await);
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        let told = monitor.hears("visitor_leave_chat_for_supervisor").await;
        scene.mina.alone_in(&told);
    }
    scene
        .mina
        .alone_in(&scene.vika.hears("visitor_leave").await);
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        let told = staff.hears("append_unclaimed_chats").await;
        assert_eq!(scene.mina.waits_in(&told, &[content("hello")]), scene.room);
    }
    for staff in [&mut scene.vika, &mut scene.ada] {
        is_back(staff).await;
    }
    scene.vika_claims().await;
    scene.vika_says("and again").await;
    scene.visitor.does("visitor_leave_room", None).await;
    scene
        .mina
        .alone_in(&scene.vika.hears("visitor_leave").await);
}
