# Reads an address as the services have it. Source it.
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

# read_url redis[s]://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]: sets scheme, host, port, user, password and database.
read_url() {
    scheme=${1%%://*} place=${1#*://}
    place=${place%%[?#]*} user='' password='' database=0 port=6379
    case $scheme in redis | rediss) ;; *) echo "only redis:// and rediss:// can be read" >&2 && return 1 ;; esac
    case $place in
        *@*)
            password=${place%@*} place=${place##*@}
            case $password in *:*) user=$(decode "${password%%:*}") password=${password#*:} ;; esac
            password=$(decode "$password")
            ;;
    esac
    case $place in */?*) database=${place#*/} ;; esac
    host=${place%%/*}
    case $host in *:*) port=${host##*:} host=${host%:*} ;; esac
}

# ask HOST PORT WORD...: redis-cli there, signed in as the address says. The password is no argument, which others could read.
ask() {
    there=$1 at=$2
    shift 2
    [ -z "$user" ] || set -- --user "$user" "$@"
    [ "$scheme" != rediss ] || set -- --tls "$@"
    [ "$database" = 0 ] || set -- -n "$database" "$@"
    if [ -n "$password" ]; then
        REDISCLI_AUTH=$password redis-cli -h "$there" -p "$at" "$@"
    else
        redis-cli -h "$there" -p "$at" "$@"
    fi
}
