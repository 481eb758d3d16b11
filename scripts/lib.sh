# What the scripts share: speaking to the person, settings, and asking a port whether something lives there.
# Source it; it changes to the repository's root. Works with bash 3.2 (macOS) and needs neither curl nor nc.
# shellcheck shell=bash disable=SC2034 # variables set here are read by the scripts

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Scripts call their own copy of the tools by these names, whatever CARGO_TARGET_DIR says.
RELEASE_DIR="${CARGO_TARGET_DIR:-target}/release"

say() { printf '%s\n' "$*"; }

# Says why we stop, on standard error, and stops.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# go_without WHAT WHY: goes on without a part that this machine cannot do. Continuous integration does everything or fails.
go_without() {
    [ "${CI:-}" != true ] || die "cannot do $1: $2"
    say "left out: $1 ($2)"
}

have() { command -v "$1" >/dev/null 2>&1; }

# setting SECTION KEY DEFAULT: the value the services will see: environment, then the HELPLINE_CONFIG file, then the default.
setting() {
    local name value
    name="HELPLINE__$(printf '%s__%s' "$1" "$2" | tr '[:lower:]' '[:upper:]')"
    value="${!name:-}"
    if [ -z "$value" ] && [ -n "${HELPLINE_CONFIG:-}" ] && [ -r "$HELPLINE_CONFIG" ]; then
        value=$(awk -v section="[$1]" -v key="$2" '
            /^[[:space:]]*\[/ { inside = ($1 == section) }
            inside && $1 == key && match($0, /"[^"]*"/) { print substr($0, RSTART + 1, RLENGTH - 2) }
        ' "$HELPLINE_CONFIG")
    fi
    printf '%s\n' "${value:-$3}"
}

# The part of host:port in front of the last colon, as an address one can connect to.
host_of() {
    local host="${1%:*}"
    host="${host#[}"
    host="${host%]}"
    case "$host" in
        0.0.0.0) host=127.0.0.1 ;;
        ::) host=::1 ;;
    esac
    printf '%s\n' "$host"
}

port_of() { printf '%s\n' "${1##*:}"; }

# url_of HOST:PORT: the address to print for people.
url_of() {
    local host
    host=$(host_of "$1")
    case "$host" in *:*) host="[$host]" ;; esac
    printf '%s:%s\n' "$host" "$(port_of "$1")"
}

# listening HOST:PORT: does something accept connections there?
listening() {
    (exec 3<>"/dev/tcp/$(host_of "$1")/$(port_of "$1")") 2>/dev/null
}

# http_status HOST:PORT PATH: the status code, or 000 when there is no answer within two seconds.
http_status() {
    (
        exec 3<>"/dev/tcp/$(host_of "$1")/$(port_of "$1")" || exit 1
        printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$2" "$1" >&3
        read -r -t 2 _ status _ <&3 && printf '%s\n' "$status"
        # To the end, so that the service does not see its answer thrown away.
        while read -r -t 2 _ <&3; do :; done
    ) 2>/dev/null || printf '000\n'
}

alive() { kill -0 "$1" 2>/dev/null; }

# patiently SECONDS COMMAND...: repeats the command ten times a second until it succeeds or the time is up.
patiently() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        nap 0.1
    done
}

# A sleep that a signal interrupts at once: bash runs traps between commands, and `wait` returns when one is due.
nap() {
    sleep "$1" &
    wait $! || true
}
