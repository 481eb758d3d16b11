#!/bin/sh
# Copies what Redis holds into FOLDER/redis-TIME-N.rdb, one file for each primary.
# Usage: redis.sh FOLDER; HELPLINE__REDIS__URL, HELPLINE__REDIS__CLUSTER and HELPLINE__REDIS__SENTINEL as the services have them.
set -eu
: "${HELPLINE__REDIS__URL:?}"
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/redis-url.sh"
folder=$1
time=$(date -u +%Y%m%dT%H%M%SZ)
open_store

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
# The copy of the database that is made next has the same name.
echo "$time" >"$folder/time"
