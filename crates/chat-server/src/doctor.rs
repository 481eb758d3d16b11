//! `chat-server doctor`: what both services look at, and the database, which is chat-server's alone.

use std::process::ExitCode;

use helpline_doctor::{Doctor, Finding, clock};
use helpline_records::{Checkup, Place, PostgresFacts, Unexamined};
use helpline_service::{clock::now_micros, settings::Settings};

const AREA: &str = "records";
/// The oldest PostgreSQL that this is tried with.
const OLDEST_POSTGRES: i32 = 130_000;
/// What one chat-server takes at most.
const CONNECTIONS: i32 = 9;
const MIB: u64 = 1024 * 1024;
/// Below this a day of chats may fill the disk; a tenth of it is nothing.
const LITTLE_ROOM: u64 = 1024 * MIB;
const NO_ROOM: u64 = LITTLE_ROOM / 10;

/// Looks at the installation.
pub fn doctor(doctor: Doctor) -> ExitCode {
    doctor.run(look)
}

async fn look(settings: &Settings) -> Vec<Finding> {
    let Some(url) = &settings.records.url else {
        return vec![Finding::warn(
            AREA,
            "records.url is empty: nobody can sign in, and a chat that is over is gone",
            "set HELPLINE__RECORDS__URL to sqlite:data/helpline.db or postgres://user:password@host/database",
        )];
    };
    match helpline_records::examine(url.expose(), now_micros).await {
        Ok(checkup) => judge(&checkup),
        Err(error) => vec![unexamined(&error, &url.to_string())],
    }
}

fn unexamined(error: &Unexamined, url: &str) -> Finding {
    let mend = "start it, or correct records.url (address, user, password, name of the database)";
    Finding::wrong(AREA, format!("{url}: {error}"), mend)
}

fn judge(checkup: &Checkup) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(version) = &checkup.version {
        let took = checkup.round_trip.as_secs_f64() * 1000.0;
        findings.push(Finding::ok(
            AREA,
            format!("{version}, answers within {took:.1} ms"),
        ));
        findings.push(tables(checkup));
    }
    findings.extend(checkup.place.iter().flat_map(place));
    findings.extend(checkup.postgres.iter().flat_map(postgres));
    findings
}

fn tables(checkup: &Checkup) -> Finding {
    let (pending, unknown) = (&checkup.pending, &checkup.unknown);
    if !unknown.is_empty() {
        return Finding::wrong(
            AREA,
            format!(
                "the tables are of a newer release: this one does not know {} and does not become ready",
                unknown.join(", ")
            ),
            "run that release or a newer one; to go back, restore a copy from before it",
        );
    }
    match pending.as_slice() {
        [] => Finding::ok(AREA, "the tables are up to date"),
        pending => Finding::ok(
            AREA,
            format!(
                "the next start brings the tables up to date: {}",
                pending.join(", ")
            ),
        ),
    }
}

fn place(place: &Place) -> Vec<Finding> {
    let path = place.path.display();
    let mut findings = vec![match (place.writable, place.exists) {
        (false, _) => Finding::wrong(
            AREA,
            format!("{path} cannot be written, or not its folder"),
            "give both to the user that runs the services",
        ),
        (true, true) => Finding::ok(AREA, format!("{path} can be written")),
        (true, false) => Finding::ok(
            AREA,
            format!("{path} is not there yet; the first start makes it"),
        ),
    }];
    if let Some(kind) = place.network {
        findings.push(Finding::wrong(
            AREA,
            format!("{path} is on {kind}, where SQLite's locks do not hold: it will be damaged"),
            "put it on a disk of this machine, or use PostgreSQL",
        ));
    }
    let room = format!("{} MiB are free for {path}", place.free / MIB);
    findings.push(match place.free {
        LITTLE_ROOM.. => Finding::ok(AREA, room),
        NO_ROOM.. => Finding::warn(AREA, room, "make room"),
        _ => Finding::wrong(
            AREA,
            room,
            "make room: what cannot be stored waits in Redis",
        ),
    });
    findings
}

fn postgres(facts: &PostgresFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.number < OLDEST_POSTGRES {
        let found = "this PostgreSQL is too old";
        findings.push(Finding::wrong(AREA, found, "upgrade to 13 or newer"));
    }
    if facts.replica {
        findings.push(Finding::wrong(
            AREA,
            "is a replica: it takes no writes",
            "give records.url the address of the primary",
        ));
    } else if facts.read_only {
        findings.push(Finding::wrong(
            AREA,
            "takes no writes: it was told to be read-only",
            "see to default_transaction_read_only",
        ));
    }
    if facts.pooled {
        findings.push(Finding::ok(
            AREA,
            "a pooler such as PgBouncer stands before it: no statement is prepared by name",
        ));
    }
    findings.push(match facts.encoding.as_str() {
        "UTF8" => Finding::ok(AREA, "text is kept as UTF8"),
        other => Finding::wrong(
            AREA,
            format!("text is kept as {other}: much of what people write cannot be stored"),
            "make the database anew: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0",
        ),
    });
    if !facts.may_create {
        findings.push(Finding::wrong(
            AREA,
            "the user of records.url may not make tables",
            "GRANT CREATE ON SCHEMA public TO it, or make it the owner of the database",
        ));
    }
    let free = facts.max_connections - facts.connections;
    let found = format!(
        "{} of {} connections are taken; a chat-server takes up to {CONNECTIONS}",
        facts.connections, facts.max_connections
    );
    findings.push(match free >= 2 * CONNECTIONS {
        true => Finding::ok(AREA, found),
        false => Finding::warn(AREA, found, "raise max_connections"),
    });
    findings.push(clock::judge("PostgreSQL", facts.ahead));
    findings
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Duration};

    use helpline_doctor::Level;

    use super::*;

    fn file() -> Checkup {
        Checkup {
            version: Some("SQLite 3.46.0".to_owned()),
            round_trip: Duration::from_micros(80),
            pending: Vec::new(),
            unknown: Vec::new(),
            place: Some(Place {
                path: PathBuf::from("/data/helpline.db"),
                exists: true,
                writable: true,
                free: 50 * LITTLE_ROOM,
                network: None,
            }),
            postgres: None,
        }
    }

    fn server() -> Checkup {
        Checkup {
            place: None,
            postgres: Some(PostgresFacts {
                number: 170_002,
                encoding: "UTF8".to_owned(),
                max_connections: 100,
                connections: 10,
                replica: false,
                may_create: true,
                read_only: false,
                pooled: false,
                ahead: 0,
            }),
            ..file()
        }
    }

    fn worst(checkup: &Checkup) -> (Level, String) {
        let worst = judge(checkup)
            .into_iter()
            .max_by_key(|finding| finding.level);
        worst.map(|worst| (worst.level, worst.found)).unwrap()
    }

    #[test]
    fn good_ones_are_well() {
        assert_eq!(worst(&file()).0, Level::Ok);
        assert_eq!(worst(&server()).0, Level::Ok);
        let mut waiting = server();
        waiting.pending = vec!["m0003_archive".to_owned()];
        assert_eq!(worst(&waiting).0, Level::Ok);
    }

    /// What is made wrong, how wrong that is, and what is said of it.
    type Case<T> = (fn(&mut T), Level, &'static str);

    #[test]
    fn each_fault_is_named() {
        let check = |mut checkup: Checkup, change: fn(&mut Checkup), level, text: &str| {
            change(&mut checkup);
            let (found, said) = worst(&checkup);
            assert!(
                found == level && said.contains(text),
                "{text}: {found:?} {said}"
            );
        };
        let newer: fn(&mut Checkup) = |c| c.unknown.push("m0099_future".to_owned());
        check(file(), newer, Level::Wrong, "m0099_future");
        let changes: [Case<Place>; 4] = [
            (|p| p.writable = false, Level::Wrong, "cannot be written"),
            (|p| p.network = Some("NFS"), Level::Wrong, "NFS"),
            (|p| p.free = LITTLE_ROOM / 2, Level::Warn, "512 MiB"),
            (|p| p.free = MIB, Level::Wrong, "1 MiB"),
        ];
        for (change, level, text) in changes {
            let mut checkup = file();
            change(checkup.place.as_mut().unwrap());
            check(checkup, |_| {}, level, text);
        }
        let changes: [Case<PostgresFacts>; 7] = [
            (|p| p.number = 120_010, Level::Wrong, "too old"),
            (
                |p| p.encoding = "SQL_ASCII".to_owned(),
                Level::Wrong,
                "SQL_ASCII",
            ),
            (|p| p.replica = true, Level::Wrong, "replica"),
            (|p| p.read_only = true, Level::Wrong, "takes no writes"),
            (|p| p.may_create = false, Level::Wrong, "may not make"),
            (|p| p.connections = 95, Level::Warn, "95 of 100"),
            (|p| p.ahead = -3_000_000, Level::Warn, "3.0 s behind"),
        ];
        for (change, level, text) in changes {
            let mut checkup = server();
            change(checkup.postgres.as_mut().unwrap());
            check(checkup, |_| {}, level, text);
        }
    }
}
