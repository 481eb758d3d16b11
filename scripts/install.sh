# Installing what is missing, and saying so clearly where that is not ours to do. Source it after lib.sh.
# shellcheck shell=bash

# need COMMAND APT_PACKAGE BREW_PACKAGE PURPOSE: makes sure that the command exists.
need() {
    local command=$1 apt=$2 brew=$3 purpose=$4
    have "$command" && return 0
    say "$command is missing ($purpose)"
    if have apt-get; then
        apt_install "$apt"
    elif have brew; then
        brew install "$brew"
    fi
    have "$command" || die "please install $command ($purpose) and try again; Debian and Ubuntu call it $apt, Homebrew $brew"
}

apt_install() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        have sudo || die "please install $1 as root: apt-get install $1"
        as_root=(sudo)
    fi
    say "installing $1 by apt-get"
    # A fresh machine has no package lists, and old lists name packages that are gone.
    local get=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq)
    "${get[@]}" install -y --no-install-recommends "$1" >/dev/null 2>&1 && return 0
    "${get[@]}" update || true
    "${get[@]}" install -y --no-install-recommends "$1" >/dev/null || die "apt-get could not install $1"
}

# Rust itself is left to its owner: rustup changes a person's account, not only the machine.
need_rust() {
    have cargo || die "Rust is missing: install it from https://rustup.rs and open a new terminal"
    need cc build-essential gcc "the linker and the C compiler that Rust builds use"
}

# Python with what makes virtual environments, which Debian packages apart.
need_python() {
    need python3 python3 python3 "some of the Socket.IO clients that the tests drive are written in it"
    python3 -c 'import ensurepip, venv' 2>/dev/null || ! have apt-get || apt_install python3-venv
}

# Sets CHROMIUM to a browser that the tests can drive.
need_chromium() {
    local name
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        # On Ubuntu a command of that name may be no more than advice to install something else.
        if [ -n "$name" ] && have "$name" && "$name" --version >/dev/null 2>&1; then
            CHROMIUM=$(command -v "$name")
            export CHROMIUM
            return 0
        fi
    done
    need chromium chromium chromium "the browser tests drive it"
    CHROMIUM=$(command -v chromium)
    export CHROMIUM
}

# Whether there is a PostgreSQL server to start: Debian keeps its programs where no PATH looks.
have_postgres() {
    local initdb
    have initdb && return 0
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$initdb" ] && return 0
    done
    return 1
}

# Installs PostgreSQL where there is none.
need_postgres() {
    have_postgres && return 0
    say "PostgreSQL is missing (the tests of the records run on it too)"
    if have apt-get; then
        apt_install postgresql
    elif have brew; then
        brew install postgresql
    fi
    have_postgres || die "please install PostgreSQL and try again; Debian, Ubuntu and Homebrew call it postgresql"
}

# Installs PgBouncer where there is none; Debian keeps it where no PATH of a plain user looks.
need_pgbouncer() {
    [ -x /usr/sbin/pgbouncer ] || need pgbouncer pgbouncer pgbouncer "the tests of the records reach PostgreSQL through it too"
}

# Sets REDIS_SERVER to a Redis 7 or Valkey server, installing Redis where there is none.
need_redis() {
    local version
    if have redis-server; then
        REDIS_SERVER=redis-server
    elif have valkey-server; then
        REDIS_SERVER=valkey-server
    else
        need redis-server redis-server redis "Helpline keeps running chats in it"
        REDIS_SERVER=redis-server
    fi
    version=$("$REDIS_SERVER" --version | sed -n 's/.* v=\([0-9]*\)\..*/\1/p')
    [ "${version:-0}" -ge 7 ] || die "$REDIS_SERVER is too old (version ${version:-unknown}): Helpline needs Redis 7 or Valkey"
    export REDIS_SERVER
}
