//! `HEAD` is what `GET` is, without the body, wherever there is a `GET`.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use e2e::office::{NOBODY, Office};
use e2e::{Raw, secs};

/// Headers that differ from one answer to the next.
const CHANGING: &[&str] = &["date"];
/// Paths whose bodies have another length each time.
const GROWING: &[&str] = &["/metrics", "/admin/reports"];
/// Whoever asks for packets takes them away: here it is refused.
const PACKETS: &str = "/socket.io/?EIO=4&transport=polling";

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// The paths that a crate answers `GET` at, as its source names them.
fn routes(of: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates")
        .join(of)
        .join("src");
    let mut found = Vec::new();
    sources(&folder, &mut found);
    let mut routes = BTreeSet::new();
    for path in found {
        let text = fs::read_to_string(&path).expect("a source");
        let named = text
            .split("#[get(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        routes.extend(named.map(example));
    }
    assert!(
        !routes.is_empty(),
        "routes are named otherwise now: teach this test"
    );
    routes
}

/// A path of this pattern. Nobody is registered: the name is too long.
fn example(pattern: &str) -> String {
    let pattern = pattern
        .replace("{slash:/?}", "")
        .replace("{name:[^/]*}", &"x".repeat(65));
    let mut path = String::new();
    for (index, part) in pattern.split(['{', '}']).enumerate() {
        path.push_str(if index % 2 == 0 { part } else { NOBODY });
    }
    path
}

struct Answer {
    status: String,
    headers: BTreeSet<String>,
    body: usize,
}

async fn ask(address: SocketAddr, method: &str, path: &str, token: &str) -> Answer {
    let mut raw = Raw::connect(address).await;
    let token = if path.starts_with("/user/join") {
        String::new()
    } else {
        format!("Authorization: Bearer {token}\r\n")
    };
    raw.send(format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{token}Connection: close\r\n\r\n"
    ))
    .await;
    let head = raw.head().await;
    let body = raw.until_closed(secs(10)).await.len();
    let mut lines = head.lines();
    let status = lines.next().expect("a status").to_owned();
    let lines = lines
        .map(str::to_ascii_lowercase)
        .filter(|line| !line.is_empty());
    let is_same = |line: &String| {
        let name = line.split(':').next().unwrap_or_default();
        let grows = GROWING.contains(&path) && name == "content-length";
        !CHANGING.contains(&name) && !grows
    };
    Answer {
        status,
        headers: lines.filter(is_same).collect(),
        body,
    }
}

#[tokio::test]
async fn head_answers_like_get_at_every_route() {
    let office = Office::new().await;
    let world = &office.world;
    let probes = ["/health", "/ready", "/serving", "/metrics", "/nowhere"];
    let pages = [
        "/",
        "/config.json",
        "/c/x",
        "/embed",
        "/widget.js",
        "/assets/none.js",
    ];
    let mut paths = Vec::new();
    for address in [world.chat(0), world.feed(0), world.socketio(0)] {
        paths.extend(
            probes
                .iter()
                .chain(&pages)
                .map(|path| (address, (*path).to_owned())),
        );
    }
    let chat_server = routes("chat-server");
    for path in [
        "/auth/me",
        "/rooms",
        "/staff/chats",
        "/canned-response",
        "/availability",
    ] {
        assert!(
            chat_server.contains(path),
            "{path} is not found in the source: {chat_server:?}"
        );
    }
    paths.extend(chat_server.into_iter().map(|path| (world.chat(0), path)));
    paths.extend(
        routes("subscriber")
            .into_iter()
            .map(|path| (world.feed(0), path)),
    );
    let token = &office.admin.token;
    let mut with_body = 0;
    for (address, path) in paths {
        for token in [token.as_str(), "nonsense"] {
            let get = ask(address, "GET", &path, token).await;
            let head = ask(address, "HEAD", &path, token).await;
            assert_eq!(head.status, get.status, "{path}");
            assert_eq!(head.headers, get.headers, "{path}");
            assert_eq!(head.body, 0, "{path}");
            with_body += usize::from(get.body > 0);
        }
    }
    assert!(with_body > 50, "{with_body}");
    let refused = ask(world.socketio(0), "HEAD", PACKETS, token).await;
    assert!(refused.status.contains("400"), "{}", refused.status);
    let unheard = ask(world.chat(0), "HEAD", "/auth/login", token).await;
    assert!(unheard.status.contains("404"), "{}", unheard.status);
}
