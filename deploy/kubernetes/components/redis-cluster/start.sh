#!/bin/sh
# Runs one node of the cluster. Pods come back with other addresses: a node tells the others of its own by itself, but when all
# have moved at once nobody knows anybody's. So a node that cannot find its cluster is introduced to the others by their names.
# Usage: start.sh CONFIG; NODES are all nodes' names, NAME is this one's, ADDRESS its address.
set -eu
: "${NODES:?}" "${NAME:?}" "${ADDRESS:?}"
port=${PORT:-6379}

ask() { redis-cli -h "$ADDRESS" -p "$port" "$@" 2>/dev/null; }
value() { ask cluster info | tr -d '\r' | sed -n "s/^$1://p"; }

introduce() {
    for node in $NODES; do
        [ "$node" != "$NAME" ] || continue
        address=$(getent hosts "$node" | awk '{ print $1; exit }')
        [ -z "$address" ] || ask cluster meet "$address" "$port" >/dev/null || true
    done
}

# Until the server, which takes over this process, is gone. Nodes of a cluster that is yet to be made know only themselves, and must
# be left alone.
while sleep 5 && kill -0 $$; do
    known=$(value cluster_known_nodes)
    if [ "${known:-1}" -gt 1 ] && [ "$(value cluster_state)" != ok ]; then introduce; fi
done &

exec redis-server "$1" --bind "$ADDRESS" --port "$port" --cluster-announce-ip "$ADDRESS"
