#!/bin/sh
# Brings the keys of a copy into an empty Redis or Redis Cluster. The services must be stopped.
# Usage: restore-redis.sh FOLDER; HELPLINE__REDIS__URL, HELPLINE__REDIS__CLUSTER and HELPLINE__REDIS__SENTINEL as the services have them,
# without TLS: a Redis that asks for TLS is somebody's who can load such a file. AT chooses the copy by its time; without it the newest is taken.
# A chat whose time has run out meanwhile is not brought back. The number of the database has to be what it was.
set -eu
: "${HELPLINE__REDIS__URL:?}"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/redis-url.sh"
folder=$1
read_url "$HELPLINE__REDIS__URL"
[ "$scheme" = redis ] || { echo "only redis:// can be restored like this" >&2 && exit 1; }
open_store

found=$(primaries)
# shellcheck disable=SC2086 # pairs of words
set -- $found
[ $# -gt 0 ]
while [ $# -gt 0 ]; do
    held=$(ask "$1" "$2" dbsize | tr -dc 0-9)
    if [ "$held" != 0 ]; then
        echo "$1:$2 is not empty: $held" >&2
        exit 1
    fi
    shift 2
done

# A server of our own reads the file, and hands the keys over.
work=$(mktemp -d)
here() { redis-cli -s "$work/socket" -n "$database" "$@"; }
trap 'here shutdown nosave >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
import() {
    cp "$1" "$work/dump.rdb"
    redis-server --dir "$work" --dbfilename dump.rdb --appendonly no --save '' --bind 127.0.0.1 --port "${OWN_PORT:-7999}" \
        --unixsocket "$work/socket" --daemonize yes --logfile "$work/log" >/dev/null
    until here ping 2>/dev/null | grep -q PONG; do
        # A file that cannot be read ends the server.
        if grep -qi 'fatal\|wrong signature\|short read' "$work/log"; then cat "$work/log" >&2 && exit 1; fi
        sleep 0.2
    done
    count=$(here dbsize | tr -dc 0-9)
    if [ "${HELPLINE__REDIS__CLUSTER:-false}" = true ]; then
        set -- --cluster import "$host:$port" --cluster-from "127.0.0.1:${OWN_PORT:-7999}" --cluster-copy
        ask "$host" "$port" "$@" >/dev/null
    else
        set -- "$host" "$port" '' "$database" 60000 COPY
        if [ -n "$user" ]; then set -- "$@" AUTH2 "$user" "$password"; elif [ -n "$password" ]; then set -- "$@" AUTH "$password"; fi
        here --scan | xargs -r -n 100 redis-cli -s "$work/socket" -n "$database" -e migrate "$@" KEYS >/dev/null
    fi
    here shutdown nosave >/dev/null 2>&1 || true
    rm -f "$work/dump.rdb" "$work/log"
}

# shellcheck disable=SC2012,SC2086 # we have named these files ourselves
last=$(ls "$folder"/redis-${AT:-*}-1.rdb | tail -n 1)
[ -n "$last" ]
for file in "${last%-1.rdb}"-*.rdb; do
    import "$file"
    echo "restored $file, $count keys"
done
