//! deploy/kubernetes/components/backup: what its scripts have copied while people talk comes back in other stores.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use e2e::party::contents;
use e2e::people::ask;
use e2e::redis_server::ask as ask_at;
use e2e::sentinels::MASTER;
use e2e::{Office, RedisServer, Sentinels, World, eventually, memory, postgres, secs};
use reqwest::Method;

/// A script as the pods run it: with the addresses that the services have, and the folder of the copies.
pub(crate) fn run(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let scripts =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/kubernetes/components/backup");
    let mut command = Command::new("sh");
    command.arg(scripts.join(script)).arg(folder);
    command.env("PATH", path()).envs(variables.iter().copied());
    command.output().expect("sh runs")
}

/// The same, which has to succeed.
pub(crate) fn runs(script: &str, folder: &Path, variables: &[(&str, &str)]) {
    let done = run(script, folder, variables);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{script}: {said}");
}

/// Where PostgreSQL's programs are, of the same version as the server.
fn path() -> String {
    let known = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let known = known.flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = known.collect();
    let folders = folders
        .iter()
        .map(|folder| format!("{}:", folder.display()));
    folders.collect::<String>() + &path
}

/// A port that nobody has at this moment.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn a_history_and_an_open_chat_come_back_from_a_copy() {
    if postgres::is_left_out() {
        return;
    }
    let folder = memory::folder("backup");
    let redis = Arc::new(RedisServer::own());
    let records = postgres::fresh();
    let url = records.clone();
    let world = World::builder()
        .redis(&redis)
        .settings(move |settings| settings.records.url = Some(url.as_str().into()))
        .start();
    let (prefix, join_channel) = (world.prefix.clone(), world.join_channel.clone());
    let office = Office::in_world(world).await;

    // A conversation whose history the database has, and a chat that only Redis needs to have.
    let (conversation, mut candidate, mut colleague) = office.talk().await;
    candidate.says(&conversation, "When do I start?").await;
    colleague.hears("When do I start?").await;
    let (mut visitor, mut agent) = office.engaged().await;
    for content in ["My parcel is late", "O'Brien \u{1f600}"] {
        visitor.says(content).await;
        agent.hears(content).await;
    }
    let admin = office.admin.token.clone();
    let transcript = format!("/staff/chats/{conversation}");
    eventually("the history to be in the database", secs(15), async || {
        let answer = ask(office.chat(0), Method::GET, &transcript, Some(&admin), None).await;
        (answer.status == 200 && answer.json()["messageCount"] == 1).then_some(())
    })
    .await;

    let source = format!("redis://{}", office.redis);
    runs(
        "redis.sh",
        folder.path(),
        &[("HELPLINE__REDIS__URL", &source)],
    );
    runs(
        "records.sh",
        folder.path(),
        &[("HELPLINE__RECORDS__URL", &records)],
    );
    // What comes after the copy is not in it.
    visitor.says("Are you still there?").await;

    let redis = Arc::new(RedisServer::own());
    let records = postgres::fresh();
    let target = format!("redis://{}", redis.address);
    let port = free_port().to_string();
    let stores = [
        ("HELPLINE__RECORDS__URL", records.as_str()),
        ("HELPLINE__REDIS__URL", target.as_str()),
        ("OWN_PORT", port.as_str()),
    ];
    // Both copies have one time, by which they can be chosen.
    let copies = std::fs::read_dir(folder.path()).expect("a folder");
    let copies = copies.flatten().map(|copy| copy.file_name());
    let copies: Vec<_> = copies
        .map(|name| name.into_string().expect("text"))
        .collect();
    let time = copies.iter().find_map(|name| name.strip_prefix("records-"));
    let time = time.and_then(|name| name.strip_suffix(".dump"));
    let stores = [&stores[..], &[("AT", time.expect("a copy"))]].concat();
    runs("restore-records.sh", folder.path(), &stores);
    runs("restore-redis.sh", folder.path(), &stores);
    let again = run("restore-redis.sh", folder.path(), &stores);
    assert!(
        !again.status.success(),
        "a Redis with chats is not restored into"
    );

    let url = records.clone();
    let world = World::builder()
        .redis(&redis)
        .settings(move |settings| {
            settings.records.url = Some(url.as_str().into());
            settings.redis.prefix = prefix;
            settings.redis.join_channel = join_channel;
        })
        .start();
    // Tokens are good, because what they are signed with is in Redis, and who they are of in the database.
    let answer = ask(world.chat(0), Method::GET, &transcript, Some(&admin), None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["messages"][0]["content"], "When do I start?");
    let history = visitor.rejoins_at(&world, 0).await;
    assert_eq!(
        contents(&history),
        ["My parcel is late", "O'Brien \u{1f600}"]
    );
    let history = agent.rejoins_at(&world, 1).await;
    assert_eq!(contents(&history).len(), 2);
    // And it goes on.
    visitor.says("Here I am again").await;
    agent.hears("Here I am again").await;
}

#[test]
fn a_password_and_a_database_are_read_from_the_address() {
    let folder = memory::folder("backup");
    let (source, target) = (RedisServer::own(), RedisServer::own());
    let ask = |server: &RedisServer, number: usize, words: &[&str]| {
        let url = format!("redis://{}/{number}", server.address);
        let client = redis::Client::open(url).expect("an address");
        let mut connection = client.get_connection().expect("a connection");
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query::<redis::Value>(&mut connection)
    };
    ask(&source, 3, &["SET", "said", "hello"]).expect("OK");
    let user = [
        "ACL", "SETUSER", "ann", "on", ">p:a@s/s", "~*", "&*", "+@all",
    ];
    for server in [&source, &target] {
        ask(server, 0, &user).expect("OK");
        ask(
            server,
            0,
            &["ACL", "SETUSER", "default", "resetpass", ">other"],
        )
        .expect("OK");
    }
    let url = |server: &RedisServer| format!("redis://ann:p%3Aa%40s%2Fs@{}/3", server.address);
    runs(
        "redis.sh",
        folder.path(),
        &[("HELPLINE__REDIS__URL", &url(&source))],
    );
    let port = free_port().to_string();
    let target_url = url(&target);
    let stores = [
        ("HELPLINE__REDIS__URL", target_url.as_str()),
        ("OWN_PORT", &port),
    ];
    runs("restore-redis.sh", folder.path(), &stores);
    let client = redis::Client::open(target_url).expect("an address");
    let mut connection = client.get_connection().expect("a connection");
    let said: String = redis::cmd("GET")
        .arg("said")
        .query(&mut connection)
        .expect("a text");
    assert_eq!(said, "hello");
}

#[test]
fn the_master_that_sentinels_name_is_copied_and_restored() {
    let folder = memory::folder("backup");
    let (source, target) = (Sentinels::start(), Sentinels::start());
    let master = |sentinels: &Sentinels| sentinels.master();
    let _: () = ask_at(master(&source), &["SET", "said", "hello"]).expect("OK");
    for sentinels in [&source, &target] {
        // The sentinel that is asked first is away. The password is the master's; sentinels want none.
        sentinels.sentinel(0).crash();
        let protect = ["CONFIG", "SET", "requirepass", "secret"];
        let _: () = ask_at(master(sentinels), &protect).expect("OK");
    }
    let port = free_port().to_string();
    let url = |sentinels: &Sentinels| sentinels.url().replace("redis://", "redis://:secret@");
    let (from, to) = (url(&source), url(&target));
    let name = ("HELPLINE__REDIS__SENTINEL", MASTER);
    let stores = [("HELPLINE__REDIS__URL", from.as_str()), name];
    runs("redis.sh", folder.path(), &stores);
    let stores = [
        ("HELPLINE__REDIS__URL", to.as_str()),
        name,
        ("OWN_PORT", &port),
    ];
    runs("restore-redis.sh", folder.path(), &stores[..]);
    let client = redis::Client::open(format!("redis://:secret@{}", master(&target)));
    let connection = client.expect("an address").get_connection();
    let said: String = redis::cmd("GET")
        .arg("said")
        .query(&mut connection.expect("a connection"))
        .expect("a text");
    assert_eq!(said, "hello");
}

#[test]
fn a_copy_that_fails_leaves_no_file_that_looks_like_one() {
    let folder = memory::folder("backup");
    let redis = RedisServer::reserved();
    let nowhere = format!("redis://{}", redis.address);
    let done = run(
        "redis.sh",
        folder.path(),
        &[("HELPLINE__REDIS__URL", &nowhere)],
    );
    assert!(!done.status.success());
    let missing = "postgres://helpline@%2Fnowhere/helpline";
    let done = run(
        "records.sh",
        folder.path(),
        &[("HELPLINE__RECORDS__URL", missing)],
    );
    assert!(!done.status.success());
    let left = std::fs::read_dir(folder.path())
        .expect("a folder")
        .flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    let whole = |name: &&std::ffi::OsString| !name.to_string_lossy().ends_with(".part");
    assert!(!left.iter().any(|name| whole(&name)), "{left:?}");
}
