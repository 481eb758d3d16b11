#!/bin/sh
# Copies what Redis holds into FOLDER/redis-TIME-N.rdb, one file for each primary.
# Usage: redis.sh FOLDER; HELPLINE__REDIS__URL and HELPLINE__REDIS__CLUSTER as the services have them.
set -eu
: "${HELPLINE__REDIS__URL:?}"
folder=$1
time=$(date -u +%Y%m%dT%H%M%SZ)
# Any node tells of the others. A password is for all of them.
first=${HELPLINE__REDIS__URL%%,*}

primaries() {
    if [ "${HELPLINE__REDIS__CLUSTER:-false}" != true ]; then
        printf '%s\n' "$first"
        return
    fi
    # redis://user:password@ of the first, then each primary's own address.
    scheme=${first%%://*} place=${first#*://}
    case $place in *@*) user=${place%@*}@ ;; *) user= ;; esac
    redis-cli -u "$first" cluster nodes | tr -d '\r' |
        awk -v before="$scheme://$user" '$3 ~ /master/ && $3 !~ /fail/ { sub(/@.*/, "", $2); print before $2 }'
}

number=0
for url in $(primaries); do
    number=$((number + 1))
    file=$folder/redis-$time-$number.rdb
    redis-cli -u "$url" --rdb "$file.part"
    redis-check-rdb "$file.part" >/dev/null
    mv "$file.part" "$file"
    echo "wrote $file"
done
[ "$number" -gt 0 ]
