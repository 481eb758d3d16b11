#!/usr/bin/awk -f
# Usage: licences.awk ALLOWED PACKAGES, files of one licence and of one name|version|expression a line.
# Prints the packages whose SPDX expression cannot be satisfied with the allowed licences alone.

BEGIN { FS = "|" }
FNR == NR { allowed[$0] = 1; next }
{
    # A slash is how older crates write OR.
    text = $3
    gsub(/\//, " OR ", text)
    gsub(/[()]/, " & ", text)
    gsub(/ WITH /, "\001WITH\001", text) # an exception belongs to its licence
    count = split(text, token, " ")
    at = 1
    if (count == 0 || !any_of() || at <= count) print "    " $1 " " $2 ": " ($3 == "" ? "no licence given" : $3)
}

# OR binds weaker than AND. Both sides are always read, whatever the first says.
function any_of(  result) {
    result = all_of()
    while (at <= count && token[at] == "OR") { at++; if (all_of()) result = 1 }
    return result
}

function all_of(  result) {
    result = one()
    while (at <= count && token[at] == "AND") { at++; if (!one()) result = 0 }
    return result
}

function one(  result, name) {
    if (token[at] == "(") {
        at++
        result = any_of()
        at++
        return result
    }
    name = token[at++]
    gsub("\001", " ", name)
    return name in allowed
}
