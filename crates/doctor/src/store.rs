//! What Redis is like, judged by what chats need of it.

use helpline_live::checkup::{Checkup, Sentinel, Unexamined};
use std::time::Duration;

use crate::{clock, finding::Finding};

/// What is judged here.
pub const AREA: &str = "redis";
/// A message is one way there and back: beyond this people notice.
const SLOW: Duration = Duration::from_millis(20);
/// Where memory is so full, in hundredths, there is no time left to think about it.
const NEARLY_FULL: u64 = 80;

/// A Redis that could not be looked at, at this address (shown without its password).
#[must_use]
pub fn unexamined(error: &Unexamined, url: &str) -> Finding {
    let found = format!("{url}: {error}");
    let says = |word: &str| found.contains(word);
    let mend = match error {
        _ if says("cluster support disabled") => {
            "it is no cluster: take HELPLINE__REDIS__CLUSTER away"
        }
        _ if says("unknown command 'SENTINEL'") => {
            "it is no sentinel: name the sentinels in redis.url (usually port 26379), or take HELPLINE__REDIS__SENTINEL away"
        }
        _ if says("unknown command 'TIME'") || says("unknown command 'CLUSTER'") => {
            "it seems to be a sentinel: set HELPLINE__REDIS__SENTINEL to what it calls the master"
        }
        _ if says("know no master") => {
            "set HELPLINE__REDIS__SENTINEL to what they call it (redis-cli -p 26379 SENTINEL MASTERS)"
        }
        _ if says("NOAUTH") || says("WRONGPASS") => {
            "correct the user and the password in redis.url; with sentinels they are the master's"
        }
        Unexamined::Unreachable(_) => {
            "start it, or correct redis.url (address, port, user, password, redis:// or rediss://)"
        }
        Unexamined::Refused { .. } => {
            "let the user of redis.url do it (ACL SETUSER); INFO, GET, SET, TIME and EVALSHA are needed at least"
        }
    };
    Finding::wrong(AREA, found, mend)
}

/// Judges what the sentinels say of the master, if there are any.
#[must_use]
pub fn judge_sentinels(sentinels: &[Sentinel]) -> Vec<Finding> {
    let silent = sentinels.iter().filter_map(|sentinel| {
        let reason = sentinel.master.as_ref().err()?;
        Some(Finding::warn(
            AREA,
            format!("sentinel {}: {reason}", sentinel.at),
            "start it or correct redis.url: most of them are needed to replace a master that dies",
        ))
    });
    let mut findings: Vec<Finding> = silent.collect();
    let mut masters: Vec<&str> = (sentinels.iter())
        .filter_map(|sentinel| sentinel.master.as_deref().ok())
        .collect();
    let agreeing = masters.len();
    masters.dedup();
    match masters.as_slice() {
        [] => {}
        [master] => findings.push(Finding::ok(
            AREA,
            format!(
                "{agreeing} of {} sentinels name the master {master}",
                sentinels.len()
            ),
        )),
        several => findings.push(Finding::warn(
            AREA,
            format!(
                "the sentinels name different masters: {}",
                several.join(", ")
            ),
            "look again when a fail-over is over; if they go on, see to the network between them",
        )),
    }
    findings
}

/// Judges the servers of a Redis for a deployment with so many partitions.
#[must_use]
pub fn judge(checkups: &[Checkup], partitions: u16) -> Vec<Finding> {
    let mut findings = Vec::new();
    for checkup in checkups {
        let mut found = judge_one(checkup, partitions);
        if checkups.len() > 1 {
            for finding in &mut found {
                finding.found = format!("{}: {}", checkup.at, finding.found);
            }
        }
        findings.append(&mut found);
    }
    findings
}

fn judge_one(checkup: &Checkup, partitions: u16) -> Vec<Finding> {
    let mut findings = vec![speed(checkup), version(checkup)];
    if checkup.unexpected_cluster {
        findings.push(Finding::wrong(
            AREA,
            "is a cluster, and is taken for one server: the services do not start",
            "set HELPLINE__REDIS__CLUSTER=true",
        ));
    }
    findings.extend(role(checkup));
    findings.push(policy(checkup));
    findings.push(memory(checkup));
    findings.push(persistence(checkup));
    if checkup.failing_disk {
        findings.push(Finding::wrong(
            AREA,
            "its last write to its disk failed: it refuses every message",
            "make room on its disk; it notices within seconds",
        ));
    }
    if checkup.first {
        findings.push(partition_count(checkup, partitions));
        findings.extend(permissions(checkup));
    }
    findings.push(clock::judge(&checkup.server, checkup.ahead));
    findings
}

fn speed(checkup: &Checkup) -> Finding {
    let took = format!(
        "answers within {:.1} ms",
        checkup.round_trip.as_secs_f64() * 1000.0
    );
    match checkup.round_trip <= SLOW {
        true => Finding::ok(AREA, took),
        false => Finding::warn(
            AREA,
            format!("{took}, which every message takes"),
            "bring Redis and the services nearer to each other",
        ),
    }
}

fn version(checkup: &Checkup) -> Finding {
    let version = format!("{} {}", checkup.server, checkup.version);
    match checkup.too_old {
        false => Finding::ok(AREA, version),
        true => Finding::wrong(
            AREA,
            format!("{version} is too old"),
            "upgrade to Redis 7 or newer, or to Valkey",
        ),
    }
}

fn role(checkup: &Checkup) -> Option<Finding> {
    checkup.replica.then(|| {
        Finding::wrong(
            AREA,
            "is a replica: it takes no writes",
            "give redis.url the address of the primary",
        )
    })
}

fn policy(checkup: &Checkup) -> Finding {
    match checkup.policy.as_str() {
        "noeviction" => Finding::ok(AREA, "maxmemory-policy is noeviction"),
        policy => Finding::wrong(
            AREA,
            format!(
                "maxmemory-policy is {policy}: chats are thrown away when memory runs short, and the services are not ready"
            ),
            "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
        ),
    }
}

fn memory(checkup: &Checkup) -> Finding {
    const MIB: u64 = 1024 * 1024;
    let used = checkup.used_memory;
    let most = checkup.max_memory;
    if most == 0 {
        let found = format!("uses {} MiB; maxmemory is not set", used / MIB);
        return Finding::ok(AREA, found);
    }
    let percent = used.saturating_mul(100) / most;
    let found = format!("uses {} of {} MiB ({percent} %)", used / MIB, most / MIB);
    match percent < NEARLY_FULL {
        true => Finding::ok(AREA, found),
        false => Finding::warn(
            AREA,
            format!("{found}: when it is full every message is refused"),
            "raise maxmemory",
        ),
    }
}

fn persistence(checkup: &Checkup) -> Finding {
    let mend = "CONFIG SET appendonly yes, and the same in redis.conf";
    match (checkup.append_only, checkup.snapshots) {
        (true, _) => match checkup.append_fsync.as_deref() {
            Some("no") => Finding::warn(
                AREA,
                "append-only file with appendfsync no: when its machine dies half a minute of messages is lost",
                "CONFIG SET appendfsync everysec, and the same in redis.conf",
            ),
            Some(when) => Finding::ok(AREA, format!("append-only file, appendfsync {when}")),
            None => Finding::ok(AREA, "append-only file"),
        },
        (false, Some(true)) => Finding::warn(
            AREA,
            "snapshots and no append-only file: when it dies minutes of messages are lost",
            mend,
        ),
        (false, Some(false)) => Finding::wrong(
            AREA,
            "neither append-only file nor snapshots: a restart loses every open chat",
            mend,
        ),
        (false, None) => Finding::warn(
            AREA,
            "no append-only file; whether it takes snapshots may not be read",
            "switch its append-only file on, unless whoever runs it keeps its data otherwise",
        ),
    }
}

fn partition_count(checkup: &Checkup, configured: u16) -> Finding {
    match checkup.partitions {
        None => Finding::ok(
            AREA,
            format!(
                "no deployment has this prefix yet; the first start makes it one of {configured} partitions"
            ),
        ),
        Some(stored) if stored == configured => {
            Finding::ok(AREA, format!("partitions: {stored}, as set"))
        }
        Some(stored) => Finding::wrong(
            AREA,
            format!(
                "this deployment has {stored} partitions, redis.partitions says {configured}: the services do not start"
            ),
            format!("set HELPLINE__REDIS__PARTITIONS={stored}, or another redis.prefix"),
        ),
    }
}

fn permissions(checkup: &Checkup) -> Vec<Finding> {
    if checkup.refused.is_empty() {
        let found = "scripts, writing, publishing and subscribing are allowed";
        return vec![Finding::ok(AREA, found)];
    }
    let refused = checkup.refused.iter();
    refused
        .map(|(command, reason)| {
            let mend = if reason.contains("MISCONF") {
                "make room on its disk"
            } else if reason.contains("OOM") {
                "raise maxmemory"
            } else {
                "let the user of redis.url do it: ACL SETUSER user ~prefix:* &prefix:* &Join +@all, or less"
            };
            Finding::wrong(AREA, format!("{command} is refused: {reason}"), mend)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    fn good() -> Checkup {
        Checkup {
            at: "127.0.0.1:6379".to_owned(),
            unexpected_cluster: false,
            first: true,
            round_trip: Duration::from_micros(300),
            server: "Redis".to_owned(),
            version: "7.2.4".to_owned(),
            too_old: false,
            replica: false,
            policy: "noeviction".to_owned(),
            used_memory: 50 << 20,
            max_memory: 100 << 20,
            append_only: true,
            append_fsync: Some("everysec".to_owned()),
            snapshots: Some(false),
            failing_disk: false,
            partitions: Some(4),
            ahead: 0,
            refused: Vec::new(),
        }
    }

    fn worst(change: impl FnOnce(&mut Checkup)) -> (Level, String) {
        let mut checkup = good();
        change(&mut checkup);
        let findings = judge(&[checkup], 4);
        let worst = findings.into_iter().max_by_key(|finding| finding.level);
        worst.map(|finding| (finding.level, finding.found)).unwrap()
    }

    #[test]
    fn a_good_one_is_well() {
        assert_eq!(worst(|_| {}).0, Level::Ok);
        assert_eq!(worst(|checkup| checkup.partitions = None).0, Level::Ok);
        assert_eq!(worst(|checkup| checkup.max_memory = 0).0, Level::Ok);
        assert_eq!(worst(|checkup| checkup.append_fsync = None).0, Level::Ok);
    }

    #[test]
    fn what_the_sentinels_say_is_compared() {
        let sentinel = |at: &str, master: Result<&str, &str>| Sentinel {
            at: at.to_owned(),
            master: master.map(str::to_owned).map_err(str::to_owned),
        };
        let judged = |sentinels: &[Sentinel]| -> Vec<(Level, String)> {
            let findings = judge_sentinels(sentinels).into_iter();
            findings.map(|found| (found.level, found.found)).collect()
        };
        assert_eq!(judged(&[]), []);
        let [a, b] = [sentinel("a:1", Ok("m:1")), sentinel("b:1", Ok("m:1"))];
        let other = sentinel("b:1", Ok("m:2"));
        let silent = sentinel("c:1", Err("refused"));
        assert_eq!(
            judged(&[a.clone(), b, silent.clone()]),
            [
                (Level::Warn, "sentinel c:1: refused".to_owned()),
                (Level::Ok, "2 of 3 sentinels name the master m:1".to_owned())
            ]
        );
        assert_eq!(judged(&[a, other])[0].0, Level::Warn);
        assert_eq!(judged(&[silent]).len(), 1);
    }

    #[test]
    fn a_setting_that_does_not_fit_the_server_is_named() {
        for (said, mend) in [
            ("This instance has cluster support disabled", "CLUSTER away"),
            ("unknown command 'SENTINEL', with", "SENTINEL away"),
            (
                "unknown command 'CLUSTER', with",
                "what it calls the master",
            ),
            ("the sentinels know no master `x`", "SENTINEL MASTERS"),
            ("\"WRONGPASS\": invalid", "password"),
            ("Connection refused", "start it"),
        ] {
            let error = Unexamined::Unreachable(said.to_owned());
            let found = unexamined(&error, "redis://a");
            assert!(found.mend.unwrap().contains(mend), "{said}");
        }
    }

    #[test]
    fn each_server_of_a_cluster_is_named() {
        let other = Checkup {
            at: "127.0.0.1:6380".to_owned(),
            first: false,
            partitions: None,
            ..good()
        };
        let findings = judge(&[good(), other], 4);
        for server in ["127.0.0.1:6379: ", "127.0.0.1:6380: "] {
            let of = findings.iter().filter(|f| f.found.starts_with(server));
            let (about, about_partitions): (Vec<_>, Vec<_>) =
                of.partition(|finding| !finding.found.contains("partitions"));
            assert!(about.len() >= 5, "{about:?}");
            assert_eq!(about_partitions.len(), usize::from(server.contains("6379")));
        }
    }

    #[test]
    fn each_fault_is_named() {
        type Change = fn(&mut Checkup);
        let cases: [(Change, Level, &str); 15] = [
            (
                |c| c.unexpected_cluster = true,
                Level::Wrong,
                "is a cluster",
            ),
            (
                |c| c.round_trip = Duration::from_millis(50),
                Level::Warn,
                "50.0 ms",
            ),
            (|c| c.too_old = true, Level::Wrong, "too old"),
            (|c| c.replica = true, Level::Wrong, "replica"),
            (
                |c| c.policy = "allkeys-lru".to_owned(),
                Level::Wrong,
                "allkeys-lru",
            ),
            (|c| c.used_memory = 90 << 20, Level::Warn, "90 %"),
            (
                |c| c.append_fsync = Some("no".to_owned()),
                Level::Warn,
                "appendfsync no",
            ),
            (
                |c| (c.append_only, c.snapshots) = (false, Some(true)),
                Level::Warn,
                "snapshots",
            ),
            (
                |c| (c.append_only, c.snapshots) = (false, Some(false)),
                Level::Wrong,
                "neither",
            ),
            (
                |c| (c.append_only, c.snapshots) = (false, None),
                Level::Warn,
                "may not be read",
            ),
            (|c| c.failing_disk = true, Level::Wrong, "disk failed"),
            (|c| c.partitions = Some(8), Level::Wrong, "has 8 partitions"),
            (|c| c.ahead = 6_000_000, Level::Wrong, "6.0 s ahead"),
            (
                |c| c.refused.push(("EVALSHA", "NOPERM x".to_owned())),
                Level::Wrong,
                "EVALSHA",
            ),
            (
                |c| c.refused.push(("EVALSHA", "OOM x".to_owned())),
                Level::Wrong,
                "OOM",
            ),
        ];
        for (change, level, text) in cases {
            let (found, said) = worst(change);
            assert!(
                found == level && said.contains(text),
                "{text}: {found:?} {said}"
            );
        }
    }
}
