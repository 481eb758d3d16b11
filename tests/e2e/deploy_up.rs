//! deploy/up: one command makes the secrets once, remembers the hosts, and starts what deploy/compose.yaml describes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use e2e::memory;
use tempfile::TempDir;

/// Stands in for the container engine: says how it was called.
const DOCKER: &str = "#!/bin/sh\necho \"docker $*\"\n";

/// A folder as a clone has it, and what the script said there.
fn up(clone: &TempDir, hosts: &[(&str, &str)]) -> String {
    let root = clone.path();
    let engine = root.join("bin/docker");
    if !engine.exists() {
        fs::create_dir_all(root.join("bin")).expect("a folder");
        fs::create_dir_all(root.join("deploy")).expect("a folder");
        fs::write(&engine, DOCKER).expect("a file");
        fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).expect("a program");
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/up");
        fs::copy(ours, root.join("deploy/up")).expect("a copy");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let done = Command::new("bash")
        .arg("deploy/up")
        .current_dir(root)
        .env("PATH", format!("{}:{path}", root.join("bin").display()))
        .env_remove("HELPLINE_HOST")
        .env_remove("HELPLINE_DESK_HOST")
        .envs(hosts.iter().copied())
        .output()
        .expect("bash runs");
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn kept(clone: &TempDir) -> BTreeMap<String, String> {
    let file = clone.path().join("deploy/.env");
    let mode = fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(file).expect("a text");
    let pairs = text
        .lines()
        .map(|line| line.split_once('=').expect("a pair"));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_first_start_makes_secrets_and_later_ones_keep_them_and_the_hosts() {
    let clone = memory::folder("up");
    let said = up(&clone, &[("HELPLINE_HOST", "chat.example.com")]);
    assert!(said.contains("up --detach --build --wait"), "{said}");
    let first = kept(&clone);
    let secrets = ["HELPLINE_JWT_SECRET", "HELPLINE_DATABASE_PASSWORD"];
    for secret in secrets {
        let secret = &first[secret];
        assert!(secret.len() == 64 && secret.chars().all(|c| c.is_ascii_hexdigit()));
        assert!(!said.contains(secret.as_str()), "it is shown");
    }
    assert_ne!(first[secrets[0]], first[secrets[1]]);
    assert_eq!(first["HELPLINE_HOST"], "chat.example.com");

    let said = up(&clone, &[("HELPLINE_DESK_HOST", "desk.example.com")]);
    assert!(said.contains("https://chat.example.com/"), "{said}");
    let mut expected = first.clone();
    let desk = "desk.example.com".to_owned();
    expected.insert("HELPLINE_DESK_HOST".to_owned(), desk);
    assert_eq!(kept(&clone), expected);
    up(&clone, &[]);
    assert_eq!(kept(&clone), expected);
}

#[test]
fn every_variable_of_the_compose_file_is_made_or_has_a_default() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let page = fs::read_to_string(root.join("compose.yaml")).expect("a file");
    let made = kept(&{
        let clone = memory::folder("up");
        up(&clone, &[]);
        clone
    });
    for variable in page.split("${").skip(1) {
        let (variable, _) = variable.split_once('}').expect("an end");
        let name = variable.split(':').next().unwrap_or_default();
        assert!(made.contains_key(name) || variable.contains(":-"), "{name}");
    }
}
