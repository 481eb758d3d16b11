//! `chat-server reset-password`: an admin's password at the machine.

use std::process::Stdio;

use e2e::builder::environment;
use e2e::people::{ADMIN, ADMIN_PASSWORD, ask, post};
use e2e::services::Kind;
use e2e::{RedisServer, World, eventually, secs};
use reqwest::Method;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::PROCESS;

struct Said {
    code: i32,
    out: String,
    errors: String,
}

/// Runs the command beside the running services of this world.
async fn reset(world: &World, args: &[&str], input: &str) -> Said {
    let mut env = environment(RedisServer::shared(), &world.prefix, "Join", false);
    let records = format!("sqlite:{}/helpline.db", world.folder.path().display());
    env.push(("HELPLINE__RECORDS__URL".to_owned(), records));
    env.push(("HELPLINE__LOG__LEVEL".to_owned(), "info".to_owned()));
    let command = e2e::process::command(PROCESS, Kind::ChatServer, &env);
    let mut child = tokio::process::Command::from(command)
        .arg("reset-password")
        .args(args)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(input.as_bytes())
        .await
        .expect("it reads or ends");
    drop(stdin);
    let done = tokio::time::timeout(secs(30), child.wait_with_output()).await;
    let done = done.expect("in time").expect("it ends");
    Said {
        code: done.status.code().expect("a code"),
        out: String::from_utf8(done.stdout).expect("text"),
        errors: String::from_utf8(done.stderr).expect("text"),
    }
}

async fn signs_in(world: &World, password: &str) -> u16 {
    let body = json!({"email": ADMIN, "password": password});
    post(world.chat(0), "/auth/login", &body).await.status
}

#[tokio::test]
async fn an_admin_gets_another_password_at_the_machine() {
    let world = World::builder().tokens().start();
    let before = world.admin().await;
    let said = reset(&world, &[" Admin@Helpline.local "], "").await;
    assert_eq!(said.code, 0, "{}", said.errors);
    let password = said.out.trim_end_matches('\n');
    assert!(
        password.len() >= 20 && !password.contains(char::is_whitespace),
        "{password:?}"
    );
    assert!(
        !said.errors.contains(password),
        "it is printed once: {}",
        said.errors
    );
    assert_eq!(signs_in(&world, ADMIN_PASSWORD).await, 401);
    assert_eq!(signs_in(&world, password).await, 200);
    eventually("the end of the tokens from before", secs(10), async || {
        let path = "/staff/accounts";
        let answer = ask(world.chat(1), Method::GET, path, Some(&before), None).await;
        (answer.status == 401).then_some(())
    })
    .await;
    let body = json!({"email": ADMIN, "password": password});
    let answer = post(world.chat(0), "/auth/login", &body).await.json();
    let token = answer["data"]["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let path = "/staff/audit?action=password_reset";
    let log = ask(world.chat(0), Method::GET, path, Some(&token), None)
        .await
        .json();
    assert_eq!(log["entries"].as_array().map(Vec::len), Some(1), "{log}");
    assert_eq!(log["entries"][0]["actor"], "chat-server");

    let said = reset(
        &world,
        &[ADMIN, "--stdin"],
        "another correct horse\nand more\n",
    )
    .await;
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.errors);
    assert_eq!(signs_in(&world, "another correct horse").await, 200);
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_changes_nothing() {
    let world = World::builder().tokens().start();
    let long = format!("{}\n", "x".repeat(1025));
    for (args, input, code, text) in [
        (&["nobody@example.org"][..], "", 1, "no account"),
        (&[ADMIN, "--stdin"], "short\n", 1, "shorter than 8"),
        (&[ADMIN, "--stdin"], "", 1, "shorter than 8"),
        (&[ADMIN, "--stdin"], long.as_str(), 1, "longer than 1024"),
        (&[], "", 2, "EMAIL"),
        (&[ADMIN, "more"], "", 2, "more"),
        (&[ADMIN, "--password", "x"], "", 2, "--password"),
    ] {
        let said = reset(&world, args, input).await;
        assert_eq!(said.code, code, "{args:?}: {}", said.errors);
        assert!(said.errors.contains(text), "{args:?}: {}", said.errors);
        assert_eq!(said.out, "", "{args:?}");
    }
    assert_eq!(signs_in(&world, ADMIN_PASSWORD).await, 200);
}
