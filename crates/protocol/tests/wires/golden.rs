//! The files of `tests/golden`: every JSON block of the contracts and of their references.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

use crate::{conversations, golden_client, golden_server, socketio};

/// The folder of a contract's blocks.
fn folder(contract: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/golden")
        .join(contract)
}

/// The text of a file of contract 001, named without its ending.
pub(crate) fn text(name: &str) -> String {
    text_of("001", name)
}

/// The text of a file of some contract, named without its ending.
pub(crate) fn text_of(contract: &str, name: &str) -> String {
    let path = folder(contract).join(format!("{name}.json"));
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The JSON of a file of contract 001, named without its ending.
pub(crate) fn value(name: &str) -> Value {
    json(&text(name))
}

/// The JSON that a text is.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Bodies of HTTP answers: they are no frames, and the whole-system tests hold them.
const ANSWERS: &[&str] = &[
    "contract-bad-name.server",
    "contract-no-route.server",
    "contract-registered.server",
    "reference-01-registered.server",
];

/// A block that nobody looks at would be a promise that nobody keeps.
#[test]
fn every_block_is_looked_at() {
    let looked_at = golden_client::names()
        .into_iter()
        .chain(golden_server::names())
        .chain(ANSWERS.iter().copied());
    for (contract, looked_at) in [
        ("001", looked_at.collect::<BTreeSet<_>>()),
        ("002", conversations::names().into_iter().collect()),
        ("004", socketio::names().into_iter().collect()),
    ] {
        let kept: BTreeSet<String> = fs::read_dir(folder(contract))
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        let looked_at: BTreeSet<String> = looked_at.into_iter().map(str::to_owned).collect();
        assert_eq!(kept, looked_at, "contract {contract}");
    }
}
