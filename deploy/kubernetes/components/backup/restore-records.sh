#!/bin/sh
# Makes the database what a copy says, in one transaction. The services must be stopped.
# Usage: restore-records.sh FOLDER; HELPLINE__RECORDS__URL as the services have it. AT chooses the copy by its time; without it the
# newest is taken.
set -eu
: "${HELPLINE__RECORDS__URL:?}"
# shellcheck disable=SC2012,SC2086 # we have named these files ourselves
file=$(ls "$1"/records-${AT:-*}.dump | tail -n 1)
[ -n "$file" ]
pg_restore --clean --if-exists --no-owner --no-privileges --single-transaction --dbname="$HELPLINE__RECORDS__URL" "$file"
echo "restored $file"
