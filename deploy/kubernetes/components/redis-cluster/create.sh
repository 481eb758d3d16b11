#!/bin/sh
# Makes a cluster of the nodes, three primaries with a replica each; if there is one already, nothing.
# NODES are the nodes' names.
set -eu
: "${NODES:?}"
port=${PORT:-6379}

addresses=
for node in $NODES; do
    # The Job's deadline ends this.
    until address=$(getent hosts "$node" | awk '{ print $1; exit }') && [ -n "$address" ] &&
        [ "$(redis-cli -h "$address" -p "$port" ping 2>/dev/null)" = PONG ]; do
        echo "waiting for $node"
        sleep 2
    done
    addresses="$addresses $address:$port"
    first=${first:-$address}
done

if redis-cli -h "$first" -p "$port" cluster info | grep -q '^cluster_slots_assigned:16384'; then
    echo "there is a cluster already"
    exit 0
fi
# shellcheck disable=SC2086 # a list of words
redis-cli --cluster create $addresses --cluster-replicas 1 --cluster-yes
