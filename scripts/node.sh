# The parts of the build that need Node.js: the web pages and their checks. Source it after lib.sh.
#
# Promise: Helpline builds, runs and is tested without Node.js; what is left out for want of it is said in one line.
# shellcheck shell=bash disable=SC2034 # variables set here are read by the scripts

WEB=crates/ui/web
PAGES=crates/ui/dist
NODE_WANTED="Node.js 20.19 or newer with npm"

# The oldest Node.js that the pages' tools run on.
have_node() {
    local major minor
    have node && have npm || return 1
    IFS=. read -r major minor _ < <(node --version 2>/dev/null)
    major=${major#v}
    [ "${major:-0}" -gt 20 ] || { [ "${major:-0}" -eq 20 ] && [ "${minor:-0}" -ge 19 ]; }
}

npm_run() { npm --prefix "$WEB" run --silent "$@"; }

# What node_modules has to fit: the lock file, and the system, because some packages are programs.
packages_wanted() {
    uname -sm
    cat "$WEB/package-lock.json"
}

# Nothing to do unless the lock file changed or somebody else changed node_modules.
install_node_packages() {
    local mark="$WEB/node_modules/.installed" theirs="$WEB/node_modules/.package-lock.json"
    if [ -f "$theirs" ] && [ ! "$theirs" -nt "$mark" ] && packages_wanted | cmp -s - "$mark"; then
        return 0
    fi
    say "fetching the packages that build the web pages"
    npm --prefix "$WEB" ci --loglevel=error && packages_wanted >"$mark"
}
