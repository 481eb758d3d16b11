//! A real PgBouncer before the PostgreSQL of a run, which gives its few connections to another client after each
//! transaction.

use std::io::{BufRead, BufReader};
use std::process::Child;

use crate::postgres::{self, as_postgres, name_of};

/// Set to run without PgBouncer on a machine that cannot have it; continuous integration never does.
pub const WITHOUT: &str = "HELPLINE_TESTS_WITHOUT_PGBOUNCER";

/// Arguments: the folder of PostgreSQL's socket, and more settings. Says in which folder its own socket is.
const GUARD: &str = r#"
trap '' INT HUP TERM
folder=$1
more=$2
base=/dev/shm; [ -w "$base" ] || base=${TMPDIR:-/tmp}
dir=$(mktemp -d "$base/helpline-pgbouncer-XXXXXX")
PATH=$PATH:/usr/sbin
echo '"helpline" ""' >"$dir/users"
cat >"$dir/settings" <<END
[databases]
* = host=$folder
[pgbouncer]
listen_addr =
listen_port = 5432
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
$more
END
pgbouncer "$dir/settings" >"$dir/log" 2>&1 &
child=$!
for _ in $(seq 300); do [ -S "$dir/.s.PGSQL.5432" ] && break; sleep 0.1; done
[ -S "$dir/.s.PGSQL.5432" ] || cat "$dir/log" >&2
echo "$dir"
read -r _
kill -KILL "$child" 2>/dev/null
wait "$child" 2>/dev/null
rm -rf "$dir"
"#;

/// A pooler, ended when it is dropped.
#[derive(Debug)]
pub struct PgBouncer {
    folder: String,
    guard: Child,
}

impl PgBouncer {
    /// Starts one with these further settings; `None` where this run does without, which is only ever a person's choice.
    #[must_use]
    pub fn start(settings: &str) -> Option<Self> {
        if postgres::is_left_out() || std::env::var_os(WITHOUT).is_some() {
            return None;
        }
        let mut guard = as_postgres(GUARD)
            .args([postgres::folder(), settings])
            .spawn()
            .expect("sh runs");
        let mut folder = String::new();
        BufReader::new(guard.stdout.take().expect("a pipe"))
            .read_line(&mut folder)
            .expect("the pooler's folder");
        let folder = folder.trim().to_owned();
        let is_up = std::path::Path::new(&folder).join(".s.PGSQL.5432").exists();
        assert!(
            is_up,
            "PgBouncer did not start; if it is not installed, set {WITHOUT} to do without"
        );
        Some(Self { folder, guard })
    }

    /// The same database by way of the pooler.
    #[must_use]
    pub fn before(&self, url: &str) -> String {
        let folder = self.folder.replace('/', "%2F");
        format!("postgres://helpline@{folder}/{}", name_of(url))
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // The shell ends it when nobody holds its input any more.
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
