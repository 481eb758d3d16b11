#!/bin/sh
# Copies the database into FOLDER/records-TIME.dump, TIME being that of the copy of Redis before it, and then removes copies that are
# older than KEEP_DAYS.
# Usage: records.sh FOLDER; HELPLINE__RECORDS__URL as the services have it.
set -eu
: "${HELPLINE__RECORDS__URL:?}"
folder=$1
time=$(cat "$folder/time" 2>/dev/null || date -u +%Y%m%dT%H%M%SZ)
file=$folder/records-$time.dump
pg_dump --format=custom --no-owner --no-privileges --file="$file.part" --dbname="$HELPLINE__RECORDS__URL"
# Reads it once more to the end.
pg_restore --file=/dev/null "$file.part"
mv "$file.part" "$file"
rm -f "$folder/time"
echo "wrote $file"
# Only now: a copy that fails takes none of the old ones away.
find "$folder" -type f \( -name 'redis-*.rdb*' -o -name 'records-*.dump*' \) -mtime "+${KEEP_DAYS:-14}" -delete
