//! Rules of this repository that no compiler checks, each with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .expect("cargo metadata")
}

/// What a package names in its manifest, for building or for its tests.
fn named(package: &Package, kinds: &[DependencyKind]) -> Vec<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| kinds.contains(&dependency.kind))
        .map(|dependency| dependency.name.clone())
        .collect()
}

const BUILT: &[DependencyKind] = &[DependencyKind::Normal, DependencyKind::Build];
const ANY: &[DependencyKind] = &[
    DependencyKind::Normal,
    DependencyKind::Build,
    DependencyKind::Development,
];

/// The layers: rules know no wire, wires know no store, and so on. Whoever looks the other way makes a circle of
/// concepts even where the compiler sees none.
#[test]
fn crates_use_only_the_layers_below_them() {
    let may_use: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("helpline-desk", &[] as &[&str]),
        ("helpline-protocol", &["helpline-desk"]),
        ("helpline-live", &["helpline-desk", "helpline-protocol"]),
        ("helpline-records", &["helpline-desk"]),
        (
            "helpline-service",
            &["helpline-desk", "helpline-protocol", "helpline-live"],
        ),
        // It judges what others find out; the database is chat-server's to look at.
        ("helpline-doctor", &["helpline-live", "helpline-service"]),
        (
            "helpline-chat-server",
            &[
                "helpline-desk",
                "helpline-doctor",
                "helpline-protocol",
                "helpline-live",
                "helpline-records",
                "helpline-service",
                "helpline-ui",
            ],
        ),
        (
            "helpline-subscriber",
            &[
                "helpline-desk",
                "helpline-doctor",
                "helpline-protocol",
                "helpline-live",
                "helpline-service",
                "helpline-ui",
            ],
        ),
        // What the pages are told comes from the settings.
        ("helpline-ui", &["helpline-service"]),
        // It measures from outside, as a client would.
        ("helpline-loadgen", &[]),
        // The tests are black box: they start the services and know their settings. Those of the store (`store_*`) and of
        // the records (`records_*`) have no services: they talk to `live` and `records` in the desk's words.
        (
            "e2e",
            &[
                "helpline-chat-server",
                "helpline-desk",
                "helpline-doctor",
                "helpline-live",
                "helpline-protocol",
                "helpline-records",
                "helpline-service",
                "helpline-subscriber",
            ],
        ),
    ]);
    for package in metadata().workspace_packages() {
        let allowed = may_use
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("say here what {} may use", package.name));
        for dependency in named(package, ANY)
            .iter()
            .filter(|name| name.starts_with("helpline-"))
        {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{} may not use {dependency}",
                package.name
            );
        }
    }
}

/// Each outside world has one door: a second one would have its own idea of time-outs, retries and names.
#[test]
fn each_outside_world_is_named_by_one_crate() {
    let doors: [(&[&str], &[&str]); 3] = [
        (&["redis", "fred"], &["helpline-live", "e2e"]),
        (
            &["sqlx", "sea-orm", "sea-orm-migration", "rusqlite"],
            &["helpline-records"],
        ),
        (&["object_store"], &["helpline-records"]),
    ];
    for package in metadata().workspace_packages() {
        for dependency in named(package, ANY) {
            for (crates, doors) in doors {
                let forbidden = crates.contains(&dependency.as_str())
                    && !doors.contains(&package.name.as_str());
                assert!(!forbidden, "{} names {dependency}", package.name);
            }
        }
    }
}

/// What decides and what translates can be tested without a network, a clock or a runtime, and stays so.
#[test]
fn the_inner_crates_do_no_input_and_output() {
    for package in metadata().workspace_packages() {
        let built = named(package, BUILT);
        match package.name.as_str() {
            "helpline-desk" => {
                assert_eq!(built, Vec::<String>::new(), "the rules depend on nothing")
            }
            "helpline-protocol" => {
                for dependency in ["tokio", "actix-web", "actix-ws", "redis", "reqwest"] {
                    assert!(
                        !built.iter().any(|name| name == dependency),
                        "the wires use {dependency}"
                    );
                }
            }
            _ => {}
        }
    }
}

/// Unsafe code is nowhere; a member that does not inherit the lints would be the place where it starts.
#[test]
fn unsafe_code_is_forbidden_everywhere() {
    let manifest = read(&root().join("Cargo.toml"));
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for package in metadata().workspace_packages() {
        let manifest = read(package.manifest_path.as_std_path());
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} does not inherit the workspace's lints",
            package.name
        );
    }
}

/// Time that every file asks for itself cannot be reasoned about; there is one clock, and Redis has the last word.
#[test]
fn the_clock_is_asked_in_one_place() {
    let clock = Path::new("crates/service/src/clock.rs");
    for (path, text) in files("crates", &["rs"]) {
        if path != clock {
            for call in ["SystemTime::now", "Utc::now", "Local::now"] {
                assert!(!text.contains(call), "{} calls {call}", path.display());
            }
        }
    }
}

/// A key's name made in two places is two keys one day. Its sign is the hash tag in a format string, which is
/// a brace around a value.
#[test]
fn keys_are_named_in_one_place() {
    let keys = Path::new("crates/live/src/keys.rs");
    let mut made = 0;
    for (path, text) in files("crates", &["rs", "lua"]) {
        let names = text.matches(":{{{").count();
        made += names;
        assert!(
            names == 0 || path == keys,
            "{} makes the name of a key",
            path.display()
        );
    }
    assert!(made > 0, "keys are named otherwise now: teach this rule");
}

/// A script without its legend cannot be reviewed: `KEYS[3]` says nothing.
#[test]
fn every_script_says_what_its_keys_and_arguments_are() {
    for (path, text) in files("crates", &["lua"]) {
        let legend: String = text
            .lines()
            .take_while(|line| line.starts_with("--"))
            .collect();
        for (used, named) in [("KEYS[", "KEYS"), ("ARGV[", "ARGV")] {
            assert!(
                !text.contains(used) || legend.contains(named),
                "{} has no legend of its {named}",
                path.display()
            );
        }
    }
}

/// What is published on a cluster crosses from server to server and may be lost there unheard. Our own channels are
/// sharded; the one that others listen to, too, is not.
#[test]
fn our_own_channels_are_sharded() {
    let public: Vec<PathBuf> = files("crates/live", &["lua"])
        .into_iter()
        .flat_map(|(path, text)| vec![path; text.matches("'PUBLISH'").count()])
        .collect();
    let the_one = Path::new("crates/live/src/scripts/commit.lua");
    assert_eq!(public, [the_one], "say SPUBLISH");
}

/// A step that was released does for ever what it did then: whatever else of the crate it used would change under it.
#[test]
fn steps_of_the_tables_use_nothing_that_may_change() {
    let steps = files("crates/records/src/migrations", &["rs"]);
    let steps = steps
        .iter()
        .filter(|(path, _)| !path.ends_with("migrations/mod.rs"));
    let mut seen = 0;
    for (path, text) in steps {
        seen += 1;
        for live in ["crate::", "super::", "helpline_"] {
            assert!(!text.contains(live), "{} uses {live}", path.display());
        }
    }
    assert!(seen > 0);
}

/// A file that does not fit into a reader's head gets a second author's second way of doing things.
#[test]
fn source_files_stay_small() {
    for (path, text) in files(".", &["rs"]) {
        let lines = text.lines().count();
        assert!(lines < 450, "{} has {lines} lines", path.display());
    }
}

/// A test that sleeps is slow when all is well and wrong when it is not: wait for a condition with a deadline.
#[test]
fn no_test_sleeps() {
    let call = ["sleep", "("].concat();
    for (path, text) in files("tests/e2e", &["rs"]) {
        assert!(!text.contains(&call), "{} sleeps", path.display());
    }
}

/// Whoever builds this has their own mirror or none: lock files name the public registries, nothing else does.
#[test]
fn no_registry_but_the_public_ones_is_named() {
    for line in read(&root().join("Cargo.lock"))
        .lines()
        .filter(|line| line.starts_with("source = "))
    {
        assert_eq!(
            line,
            "source = \"registry+https://github.com/rust-lang/crates.io-index\""
        );
    }
    for (path, text) in files(".", &["json"]) {
        if path.ends_with("package-lock.json") {
            for line in text
                .lines()
                .filter(|line| line.trim_start().starts_with("\"resolved\":"))
            {
                assert!(
                    line.contains("\"https://registry.npmjs.org/"),
                    "{}: {line}",
                    path.display()
                );
            }
        }
    }
    for (path, text) in files(".", &["npmrc", "toml", "conf", "yml", "yaml", "sh", "mjs"]) {
        for word in ["replace-with", "index-url", "registry-url", "\nregistry="] {
            assert!(!text.contains(word), "{} sets {word}", path.display());
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text files below `under` whose names end in one of these, with paths from the workspace's root.
fn files(under: &str, ends: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(under)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if path.is_dir() {
                if !["target", "node_modules", "data", "dist", ".git"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if ends.iter().any(|end| name.ends_with(&format!(".{end}"))) {
                let below = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .components()
                    .as_path()
                    .to_owned();
                found.push((below, read(&path)));
            }
        }
    }
    assert!(!found.is_empty(), "nothing to look at in {under}");
    found
}
