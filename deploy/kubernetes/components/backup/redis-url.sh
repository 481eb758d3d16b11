# Reads an address as the services have it, and asks who is there. Source it.
# shellcheck shell=sh disable=SC2034,SC2059 # what is set here is read by the scripts; the format is made of two digits

# decode TEXT: with %40 and the like as what they stand for.
decode() {
    text=$1 decoded=''
    while :; do
        case $text in *%*) ;; *) break ;; esac
        decoded=$decoded${text%%"%"*} text=${text#*"%"}
        # Octal is all that every printf knows.
        decoded=$decoded$(printf "\\$(printf %03o "0x${text%"${text#??}"}")") text=${text#??}
    done
    printf %s "$decoded$text"
}

# read_url redis[s]://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE][,...]: sets scheme, user, password and database, which the first of several
# names for all, and the first's host and port.
read_url() {
    scheme=${1%%://*} place=${1%%,*} user='' password='' database=0
    place=${place#*://}
    place=${place%%[?#]*}
    case $scheme in redis | rediss) ;; *) echo "only redis:// and rediss:// can be read" >&2 && return 1 ;; esac
    case $place in
        *@*)
            password=${place%@*}
            case $password in *:*) user=$(decode "${password%%:*}") password=${password#*:} ;; esac
            password=$(decode "$password")
            ;;
    esac
    case ${place##*@} in */?*) database=${place##*/} ;; esac
    read_place "$place"
}

# read_place [...://][...@]HOST[:PORT][/...]: sets host and port.
read_place() {
    host=${1#*://} port=6379
    host=${host%%[?#]*}
    host=${host##*@}
    host=${host%%/*}
    case $host in *:*) port=${host##*:} host=${host%:*} ;; esac
}

# open_store: reads HELPLINE__REDIS__URL, and sets host and port to one that answers: of several the first that does, of sentinels the master
# that they name.
open_store() {
    read_url "$HELPLINE__REDIS__URL"
    places=$HELPLINE__REDIS__URL,
    while [ -n "$places" ]; do
        read_place "${places%%,*}"
        places=${places#*,}
        if [ -n "${HELPLINE__REDIS__SENTINEL:-}" ]; then
            # One that wants no password is asked without: redis-cli goes on when it is refused.
            said=$(speak "$host" "$port" sentinel get-master-addr-by-name "$HELPLINE__REDIS__SENTINEL" 2>&1 | grep -v 'AUTH failed' | tr -d '\r')
            # shellcheck disable=SC2086 # host and port
            set -- $said
            case $# in 2) host=$1 port=$2 && return 0 ;; esac
        else
            said=$(ask "$host" "$port" info server 2>&1) || true
            case $said in *redis_version:*) return 0 ;; esac
        fi
        echo "$host:$port: ${said:-no answer}" >&2
    done
    return 1
}

# primaries: a line of host and port for each server that has keys of its own.
primaries() {
    if [ "${HELPLINE__REDIS__CLUSTER:-false}" != true ]; then
        echo "$host $port"
        return
    fi
    ask "$host" "$port" cluster nodes | tr -d '\r' |
        awk '$3 ~ /master/ && $3 !~ /fail/ { sub(/@.*/, "", $2); at = $2; sub(/:[0-9]+$/, "", at); sub(/.*:/, "", $2); print at, $2 }'
}

# ask HOST PORT WORD...: redis-cli there, in the database of the address.
ask() {
    there=$1 at=$2
    shift 2
    [ "$database" = 0 ] || set -- -n "$database" "$@"
    speak "$there" "$at" "$@"
}

# speak HOST PORT WORD...: redis-cli there, signed in as the address says. The password is no argument, which others could read.
speak() {
    there=$1 at=$2
    shift 2
    [ -z "$user" ] || set -- --user "$user" "$@"
    [ "$scheme" != rediss ] || set -- --tls "$@"
    if [ -n "$password" ]; then
        REDISCLI_AUTH=$password redis-cli -h "$there" -p "$at" "$@"
    else
        redis-cli -h "$there" -p "$at" "$@"
    fi
}
