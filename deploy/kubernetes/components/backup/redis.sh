#!/bin/sh
# Copies what Redis holds into FOLDER/redis-TIME-N.rdb, one file for each primary.
# Usage: redis.sh FOLDER; HELPLINE__REDIS__URL and HELPLINE__REDIS__CLUSTER as the services have them.
set -eu
: "${HELPLINE__REDIS__URL:?}"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/redis-url.sh"
folder=$1
time=$(date -u +%Y%m%dT%H%M%SZ)
# Any node tells of the others. A password is for all of them.
read_url "${HELPLINE__REDIS__URL%%,*}"

# Lines of host and port.
primaries() {
    if [ "${HELPLINE__REDIS__CLUSTER:-false}" != true ]; then
        echo "$host $port"
        return
    fi
    ask "$host" "$port" cluster nodes | tr -d '\r' |
        awk '$3 ~ /master/ && $3 !~ /fail/ { sub(/@.*/, "", $2); at = $2; sub(/:[0-9]+$/, "", at); sub(/.*:/, "", $2); print at, $2 }'
}

number=0
found=$(primaries)
# shellcheck disable=SC2086 # pairs of words
set -- $found
while [ $# -gt 0 ]; do
    number=$((number + 1))
    file=$folder/redis-$time-$number.rdb
    ask "$1" "$2" --rdb "$file.part"
    redis-check-rdb "$file.part" >/dev/null
    mv "$file.part" "$file"
    echo "wrote $file"
    shift 2
done
[ "$number" -gt 0 ]
