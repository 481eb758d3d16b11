//! A real PostgreSQL, one for all tests of a run, with a database of its own for each that asks.
//!
//! It is started by a small shell that ends it as soon as the test binary lets go of the shell's standard input: at a
//! normal end, on a panic and when the test binary itself is killed. Being root, which PostgreSQL refuses, the shell
//! becomes the user `postgres`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Set to run without PostgreSQL on a machine that cannot have it; continuous integration never does.
pub const WITHOUT: &str = "HELPLINE_TESTS_WITHOUT_POSTGRES";

/// Arguments: the folder of PostgreSQL's programs. Says in which folder the server's socket is.
const GUARD: &str = r#"
trap '' INT HUP TERM
bin=$1
base=/dev/shm; [ -w "$base" ] || base=${TMPDIR:-/tmp}
dir=$(mktemp -d "$base/helpline-postgres-XXXXXX")
"$bin/initdb" -D "$dir/data" -U helpline -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync=off -c max_connections=400 \
    -c shared_buffers=16MB >>"$dir/log" 2>&1 &
child=$!
for _ in $(seq 300); do "$bin/pg_isready" -q -h "$dir" -U helpline -d postgres && break; sleep 0.1; done
echo "$dir"
read -r _
kill -QUIT "$child" 2>/dev/null
wait "$child" 2>/dev/null
rm -rf "$dir"
"#;

/// Whether this run does without PostgreSQL, which is only ever a person's choice.
#[must_use]
pub fn is_left_out() -> bool {
    std::env::var_os(WITHOUT).is_some()
}

/// The address of a new, empty database.
#[must_use]
pub fn fresh() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let made = Command::new(server.programs.join("createdb"))
        .args(["-h", &server.folder, "-U", "helpline", &name])
        .output()
        .expect("createdb runs");
    assert!(
        made.status.success(),
        "no database: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let folder = server.folder.replace('/', "%2F");
    format!("postgres://helpline@{folder}/{name}")
}

struct Server {
    programs: PathBuf,
    folder: String,
    _guard: Child,
}

fn server() -> &'static Server {
    static SHARED: OnceLock<Server> = OnceLock::new();
    SHARED.get_or_init(|| {
        let programs = programs();
        let mut guard = guard(&programs);
        let mut folder = String::new();
        BufReader::new(guard.stdout.take().expect("a pipe"))
            .read_line(&mut folder)
            .expect("the server's folder");
        let folder = folder.trim().to_owned();
        assert!(!folder.is_empty(), "PostgreSQL did not start");
        Server {
            programs,
            folder,
            _guard: guard,
        }
    })
}

fn guard(programs: &Path) -> Child {
    as_postgres(GUARD).arg(programs).spawn().expect("sh runs")
}

/// A shell that runs this as a user whom PostgreSQL and its like accept, with our hand on its standard input.
pub(crate) fn as_postgres(script: &str) -> Command {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.starts_with(b"0"));
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args([
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
            "--init-groups",
            "sh",
        ]);
        command
    } else {
        Command::new("sh")
    };
    command
        .args(["-c", script, "postgres-guard"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Debian keeps the server's programs out of the way, one folder a version.
fn programs() -> PathBuf {
    let known = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    known
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("postgres").is_file() && folder.join("initdb").is_file())
        .unwrap_or_else(|| panic!("PostgreSQL is not installed; set {WITHOUT} to do without"))
}

/// Lets nobody into the database of this address any more, and puts out who is in.
pub fn shut_out(url: &str) {
    let name = name_of(url);
    run(&format!(
        "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';"
    ));
}

/// The opposite of [`shut_out`].
pub fn let_in(url: &str) {
    run(&format!(
        "ALTER DATABASE {} ALLOW_CONNECTIONS true;",
        name_of(url)
    ));
}

pub(crate) fn name_of(url: &str) -> &str {
    url.rsplit_once('/').expect("the address has a name").1
}

/// What connections to this database find when they say nothing themselves, from the next ones on: a setting and its value.
/// Those that are there keep what they found, as those to a server do that is not the right one any more.
pub fn set_default(url: &str, setting: &str, value: &str) {
    run(&format!(
        "ALTER DATABASE {} SET {setting} = '{value}';",
        name_of(url)
    ));
}

/// Ends all connections to the database of this address.
pub fn hang_up(url: &str) {
    run(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}';",
        name_of(url)
    ));
}

/// The folder of the server's socket.
pub(crate) fn folder() -> &'static str {
    &server().folder
}

/// Runs statements beside all databases of tests.
fn run(sql: &str) {
    let done = client("postgres").args(["-c", sql]).output();
    let done = done.expect("psql runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{sql}: {said}");
}

fn client(database: &str) -> Command {
    let server = server();
    let mut client = Command::new(server.programs.join("psql"));
    client.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
    client.args(["-h", &server.folder, "-U", "helpline", "-d", database]);
    client
}

/// Somebody else who is connected to a database, and what it holds there, until it is dropped.
#[derive(Debug)]
pub struct Session(Child);

impl Session {
    /// Connects and runs statements; returns when they are done.
    #[must_use]
    pub fn run(url: &str, sql: &str) -> Self {
        let mut child = client(name_of(url))
            .args(["-A", "-t"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql runs");
        let input = child.stdin.as_mut().expect("a pipe");
        writeln!(input, "{sql}\nSELECT 'done';").expect("psql reads");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.as_mut().expect("a pipe"));
        output.read_line(&mut line).expect("an answer");
        assert_eq!(line.trim(), "done", "{sql}");
        Self(child)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
