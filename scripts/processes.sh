# Starting, watching and stopping the processes of one Helpline. Source it after lib.sh.
#
# Promise: whatever started here is gone when the script is, in the right order: the services first, so that they can
# say good-bye to their sockets and write what they hold, then Redis.
# shellcheck shell=bash disable=SC2034 # variables set here are read by the scripts

SERVICE_NAMES=()
SERVICE_PIDS=()
REDIS_PID=
REDIS_URL=
LOG_DIR=

# background LOG COMMAND...: starts a process in a process group of its own, so that Ctrl-C in the terminal reaches only
# the script, which then stops everything in order. Leaves the process id in STARTED_PID.
background() {
    local log=$1
    shift
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    STARTED_PID=$!
    set +m
}

# A loopback port that nothing listens on, below the range from which systems pick ports for outgoing connections.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 10000))
        listening "127.0.0.1:$port" || break
    done
    printf '%s\n' "$port"
}

# start_redis FOLDER: a private server on a free loopback port, its data in the folder. Sets REDIS_PID and REDIS_URL.
start_redis() {
    local folder port attempt
    mkdir -p "$1"
    folder=$(cd "$1" && pwd)
    refuse_shared_folder "$folder"
    # Another program may take the port before Redis does.
    for attempt in 1 2 3; do
        port=$(free_port)
        background "$LOG_DIR/redis.log" "$REDIS_SERVER" --port "$port" --bind 127.0.0.1 --protected-mode yes \
            --dir "$folder" --pidfile "$folder/redis.pid" --daemonize no \
            --appendonly yes --save '' --maxmemory-policy noeviction
        REDIS_PID=$STARTED_PID
        REDIS_URL="redis://127.0.0.1:$port"
        if patiently 20 redis_started "$port"; then
            alive "$REDIS_PID" && return 0
        fi
        stop_one "$REDIS_PID" 5
    done
    show_log redis
    die "Redis did not start in $attempt attempts"
}

# True when waiting makes no sense any more: it answers, or it is gone.
redis_started() { ! alive "$REDIS_PID" || [ "$(redis_ping "$1")" = '+PONG' ]; }

redis_ping() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$1"
        printf 'PING\r\n' >&3
        read -r -t 2 answer <&3 && printf '%s\n' "${answer%$'\r'}"
    ) 2>/dev/null || true
}

# Two servers that append to the same file ruin it. A script that was killed hard leaves its server behind.
refuse_shared_folder() {
    local pid
    pid=$(cat "$1/redis.pid" 2>/dev/null) || return 0
    if [ -n "$pid" ] && alive "$pid" && process_name "$pid" | grep -q -e redis -e valkey; then
        die "the Redis server of another run still uses $1: stop that run, or: kill $pid"
    fi
}

process_name() { cat "/proc/$1/comm" 2>/dev/null || ps -o comm= -p "$1" 2>/dev/null || true; }

# start_service NAME COMMAND...: output goes to NAME.log.
start_service() {
    local name=$1
    shift
    background "$LOG_DIR/$name.log" "$@"
    SERVICE_NAMES+=("$name")
    SERVICE_PIDS+=("$STARTED_PID")
}

# await_ready NAME HOST:PORT SECONDS: until /ready answers 200; a service that dies or takes longer ends the script.
await_ready() {
    patiently "$3" ready_or_dead "$1" "$2" || true
    is_ready "$2" && service_alive "$1" && return 0
    show_log "$1"
    if service_alive "$1"; then
        die "$1 was not ready within $3 seconds"
    else
        die "$1 stopped while starting"
    fi
}

is_ready() { [ "$(http_status "$1" /ready)" = 200 ]; }
ready_or_dead() { is_ready "$2" || ! service_alive "$1"; }

service_alive() {
    local i
    for i in "${!SERVICE_NAMES[@]}"; do
        if [ "${SERVICE_NAMES[$i]}" = "$1" ]; then
            alive "${SERVICE_PIDS[$i]}"
            return $?
        fi
    done
    return 1
}

# Returns when one of the processes has ended, with its name in ENDED.
watch_all() {
    local i
    while :; do
        for i in "${!SERVICE_NAMES[@]}"; do
            ENDED="${SERVICE_NAMES[$i]}"
            alive "${SERVICE_PIDS[$i]}" || return 0
        done
        ENDED=redis
        [ -z "$REDIS_PID" ] || alive "$REDIS_PID" || return 0
        nap 0.5
    done
}

# Services drain on SIGTERM. SIGKILL is only for what would otherwise stay behind for ever.
stop_all() {
    local pid
    for pid in ${SERVICE_PIDS[@]+"${SERVICE_PIDS[@]}"}; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    for pid in ${SERVICE_PIDS[@]+"${SERVICE_PIDS[@]}"}; do
        stop_one "$pid" 30
    done
    SERVICE_NAMES=()
    SERVICE_PIDS=()
    if [ -n "$REDIS_PID" ]; then
        kill -TERM "$REDIS_PID" 2>/dev/null || true
        stop_one "$REDIS_PID" 20
        REDIS_PID=
    fi
}

stop_one() {
    # The 0 is needed: in a trap, a bare return gives the status from before the trap.
    patiently "$2" gone "$1" && return 0
    kill -KILL "$1" 2>/dev/null || true
}

gone() { ! alive "$1"; }

# The services exit at once on a second SIGTERM: for the person who presses Ctrl-C twice.
hurry() {
    local pid
    for pid in ${SERVICE_PIDS[@]+"${SERVICE_PIDS[@]}"}; do
        kill -TERM "$pid" 2>/dev/null || true
    done
}

show_log() {
    printf -- '--- last lines of %s ---\n' "$LOG_DIR/$1.log" >&2
    tail -n 30 "$LOG_DIR/$1.log" >&2 || true
    printf -- '---\n' >&2
}
