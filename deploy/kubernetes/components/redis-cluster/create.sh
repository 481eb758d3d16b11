#!/bin/sh
# Makes a cluster of the nodes, three primaries with a replica each. If there is one already, those who know nobody, because their
# volumes were lost, become replicas in it, and what they were is forgotten.
# NODES are the nodes' names.
set -eu
: "${NODES:?}"
port=${PORT:-6379}

at() {
    address=$1
    shift
    redis-cli -e -h "$address" -p "$port" "$@" | tr -d '\r'
}

addresses='' identities='' member='' alone=''
nl='
'
for node in $NODES; do
    # The Job's deadline ends this.
    until address=$(getent hosts "$node" | awk '{ print $1; exit }') && [ -n "$address" ] &&
        [ "$(redis-cli -h "$address" -p "$port" ping 2>/dev/null)" = PONG ]; do
        echo "waiting for $node"
        sleep 2
    done
    addresses="$addresses $address:$port"
    identities="$identities $(at "$address" cluster myid)"
    info=$(at "$address" cluster info)
    case $info in *cluster_slots_assigned:16384*) member=$address ;; esac
    case $info in *cluster_known_nodes:1"$nl"*) alone="$alone $address:$port" ;; esac
done

if [ -z "$member" ]; then
    # shellcheck disable=SC2086 # a list of words
    redis-cli --cluster create $addresses --cluster-replicas 1 --cluster-yes
    exit 0
fi
echo "there is a cluster already"
# Who failed, has no slots that nobody else has, and is none of the nodes.
for gone in $(at "$member" cluster nodes | awk '$3 ~ /(^|,)fail(,|$)/ && NF == 8 { print $1 }'); do
    case " $identities " in
        *" $gone "*) ;;
        *) redis-cli --cluster call "$member:$port" cluster forget "$gone" ;;
    esac
done
for node in $alone; do
    redis-cli --cluster add-node "$node" "$member:$port" --cluster-slave
done
