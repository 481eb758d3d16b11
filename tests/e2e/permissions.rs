//! Who may call what: every HTTP route of the services with everybody who may come. A route without a row fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use e2e::people::{Account, ask};
use e2e::{World, tokens};
use reqwest::Method;

/// Nobody, a visitor, a candidate, an agent, a supervisor, an admin: `1` gets 401, `3` gets 403, and `.` is let in, whatever
/// is then said of a request without a body.
const ROUTES: &[(&str, &str, &str)] = &[
    ("get", "/availability", "......"),
    ("get", "/chat/{chat}", "......"),
    ("get", "/joins", "133..."),
    ("get", "/desk", "133..."),
    ("get", "/user/join/{name:[^/]*}", "......"),
    ("post", "/auth/signup", "......"),
    ("post", "/auth/login", "......"),
    ("get", "/auth/me", "11...."),
    ("post", "/user/login{slash:/?}", "......"),
    ("post", "/user/register{slash:/?}", "13333."),
    ("get", "/canned-response{slash:/?}", "133..."),
    ("post", "/canned-response{slash:/?}", "133..."),
    ("put", "/canned-response{slash:/?}", "133..."),
    ("delete", "/canned-response{slash:/?}", "133..."),
    ("get", "/users/tag{slash:/?}", "133..."),
    ("put", "/users/tag{slash:/?}", "133..."),
    ("post", "/staff/session", "......"),
    // The cookie signs in here, not a token; and without the header of our pages nobody gets so far.
    ("post", "/staff/session/renew", "333333"),
    ("delete", "/staff/session", "......"),
    ("put", "/staff/password", "133..."),
    ("get", "/staff/accounts", "13333."),
    ("post", "/staff/accounts", "13333."),
    ("patch", "/staff/accounts/{id}", "13333."),
    ("post", "/staff/accounts/{id}/reset-password", "13333."),
    ("get", "/staff/groups", "13333."),
    ("get", "/staff/groups/{name}", "13333."),
    ("put", "/staff/groups/{name}", "13333."),
    ("delete", "/staff/groups/{name}", "13333."),
    ("put", "/staff/roles/{role}", "13333."),
    ("get", "/staff/settings", "13333."),
    ("put", "/staff/settings", "13333."),
    ("get", "/staff/settings/retention", "13333."),
    ("get", "/staff/audit", "13333."),
    ("get", "/staff/audit/actions", "13333."),
    ("get", "/staff/audit/export", "13333."),
    ("get", "/staff/agents", "133..."),
    ("get", "/ws", "......"),
    ("post", "/conversations", "13.333"),
    ("get", "/conversations/{id}", "13...."),
    ("post", "/conversations/{id}/assign", "1333.3"),
    ("post", "/conversations/{id}/close", "1333.."),
    ("get", "/admin/analytics", "13333."),
    ("get", "/staff/chats", "133..."),
    ("get", "/staff/chats/export", "133..."),
    ("get", "/staff/chats/{id}", "133..."),
    ("get", "/staff/chats/{id}/notes", "133..."),
    ("post", "/staff/chats/{id}/notes", "133..."),
    ("post", "/staff/chats/{id}/transfer", "133..."),
    // An agent that does not talk to this visitor.
    ("get", "/staff/visitors/{id}/chats", "1333.."),
    ("delete", "/staff/visitors/{id}", "13333."),
    ("get", "/staff/follow-ups", "133..."),
    ("delete", "/staff/follow-ups", "13333."),
    ("post", "/staff/follow-ups/{id}/take", "133..."),
    ("post", "/staff/follow-ups/{id}/close", "133..."),
    ("get", "/admin/reports", "1333.."),
    ("get", "/rooms{slash:/?}", "133..."),
    ("get", "/rooms/{id}{slash:/?}", "133..."),
    ("post", "/follow-ups", "......"),
    // Only the visitor of the very chat.
    ("post", "/chats/{id}/rating", "133333"),
];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The routes that the sources of both services name.
fn registered() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for folder in ["chat-server", "subscriber"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        look(&root.join(folder).join("src"), &mut found);
    }
    found
}

fn look(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            look(&path, found);
            continue;
        }
        // Socket.IO's listener has one path; who comes in there stands in engineio_door.rs.
        if path.ends_with("socketio/engine/door.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        // Nobody is let in where nobody serves.
        let text = text.replace(".route(path, web::route().to(not_found))", "");
        for other in [".route(", "web::resource(", "#[route("] {
            let shown = path.display();
            assert!(
                !text.contains(other),
                "{shown} registers a route that this test cannot see"
            );
        }
        for method in METHODS {
            let attribute = format!("#[{method}(\"");
            let routes = text.split(&attribute).skip(1);
            let paths = routes.map(|rest| rest.split('"').next().expect("a path"));
            found.extend(paths.map(|path| (method.to_owned(), path.to_owned())));
        }
    }
}

/// A path with something in place of what varies: an id that nobody has.
fn called(path: &str) -> String {
    let path = path
        .replace("{slash:/?}", "")
        .replace("{name:[^/]*}", "Mina");
    let (mut called, mut rest) = (String::new(), path.as_str());
    while let Some((before, after)) = rest.split_once('{') {
        called.push_str(before);
        called.push_str(&"0".repeat(32));
        rest = after.split_once('}').expect("a name in braces").1;
    }
    called + rest
}

#[tokio::test]
async fn every_route_lets_in_whom_its_row_says_and_nobody_else() {
    let rows: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(
        rows,
        registered(),
        "rows of this test, and routes of the services"
    );

    let world = World::builder().tokens().start();
    let guest = world.register("Mina").await;
    let supervisor = world.account("Sasha", "supervisor", None).await;
    let agent = world.account("Vika", "agent", Some(&supervisor.id)).await;
    let candidate = world.account("Otto", "candidate", None).await;
    let admin = world.admin().await;
    let token = |account: &Account| Some(account.token.clone());
    let callers = [
        ("nobody", None),
        ("a visitor", Some(guest.token.clone())),
        ("a candidate", token(&candidate)),
        ("an agent", token(&agent)),
        ("a supervisor", token(&supervisor)),
        ("an admin", Some(admin)),
    ];
    for (method, path, row) in ROUTES {
        let address = match *path {
            "/joins" | "/desk" => world.feed(0),
            _ => world.chat(0),
        };
        let method: Method = method.to_uppercase().parse().expect("a method");
        for ((who, token), expected) in callers.iter().zip(row.chars()) {
            let answer = ask(
                address,
                method.clone(),
                &called(path),
                token.as_deref(),
                None,
            )
            .await;
            if path.starts_with("/user/join/") {
                world.knows(&answer.json());
            }
            let found = match answer.status {
                401 => '1',
                403 => '3',
                status => {
                    assert!(status < 500, "{method} {path} by {who}: {}", answer.body);
                    '.'
                }
            };
            assert_eq!(
                found, expected,
                "{method} {path} by {who}: {} {}",
                answer.status, answer.body
            );
        }
    }
    for stranger in [
        tokens::token("vika", "admin"),
        tokens::expired(&"0".repeat(32), "admin"),
        tokens::sign(
            &tokens::claims(&supervisor.id, "admin"),
            "a secret of somebody else",
        ),
    ] {
        for (method, path, row) in ROUTES.iter().filter(|(_, _, row)| row.starts_with('1')) {
            let method: Method = method.to_uppercase().parse().expect("a method");
            // At these no account is looked up.
            if !["/joins", "/desk", "/chats/{id}/rating"].contains(path) {
                let answer = ask(world.chat(0), method, &called(path), Some(&stranger), None).await;
                assert_eq!(answer.status, 401, "{path} {row}: {}", answer.body);
            }
        }
    }
    // A token says who somebody is; what it may is looked up.
    let boasts = tokens::sign(&tokens::claims(&agent.id, "admin"), tokens::SECRET);
    let path = "/staff/accounts";
    let answer = ask(world.chat(0), Method::GET, path, Some(&boasts), None).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
}
