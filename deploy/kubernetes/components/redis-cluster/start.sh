#!/bin/sh
# Runs one node of the cluster. Pods come back with other addresses: a node tells the others of its own by itself, but when all
# have moved at once nobody knows anybody's. So a node that cannot find its cluster is introduced to the others by their names,
# and a replica that still looks for its primary where that was is sent to where it is.
# Usage: start.sh CONFIG; NODES are all nodes' names, NAME is this one's, ADDRESS its address. It also listens where whoever is in the pod
# looks for it, at LOCAL.
set -eu
: "${NODES:?}" "${NAME:?}" "${ADDRESS:?}"
port=${PORT:-6379}

ask() { redis-cli -h "$ADDRESS" -p "$port" "$@" 2>/dev/null | tr -d '\r'; }
# value NAME WORD...: what the answer to these words says of it.
value() {
    name=$1
    shift
    ask "$@" | sed -n "s/^$name://p"
}

introduce() {
    for node in $NODES; do
        [ "$node" != "$NAME" ] || continue
        address=$(getent hosts "$node" | awk '{ print $1; exit }')
        [ -z "$address" ] || ask cluster meet "$address" "$port" >/dev/null
    done
}

# What the nodes tell each other of a primary's new address does not reach what copies from it.
follow() {
    primary=$(ask cluster nodes | awk '$3 ~ /myself/ { print $4 }')
    address=$(ask cluster nodes | awk -v id="$primary" '$1 == id { sub(/:.*/, "", $2); print $2 }')
    if [ -n "$address" ] && [ "$address" != "$(value master_host info replication)" ]; then
        ask cluster replicate "$primary" >/dev/null
    fi
}

# Until the server, which takes over this process, is gone. Nodes of a cluster that is yet to be made know only themselves, and must
# be left alone.
while sleep 5 && kill -0 $$ 2>/dev/null; do
    known=$(value cluster_known_nodes cluster info)
    if [ "${known:-1}" -gt 1 ]; then
        [ "$(value cluster_state cluster info)" = ok ] || introduce
        [ "$(value master_link_status info replication)" != down ] || follow
    fi
done &

# shellcheck disable=SC2086 # it may be none
exec redis-server "$1" --bind "$ADDRESS" ${LOCAL-127.0.0.1} --port "$port" --cluster-announce-ip "$ADDRESS"
