#!/usr/bin/env bash
# move-issues.sh OLD NEW OWNER/NAME OWNER/NAME: copies the open issues of a repository of the factory in the folder OLD to one of
# the factory in NEW, oldest first, as its administrator (docs/forgejo.md). Labels go with the issues of those who may write
# code there alone: what a stranger wrote would else be work that bots take as the administrator's.
set -euo pipefail
OLD=$1 NEW=$2 FROM=$3 TO=$4
setting() { sed -n "s/^$2=//p" "$1/.env" | tr -d '"'; }
ask() { # ask FACTORY ROUTE [curl's arguments]: as its administrator, whose password stands in no argument
  local factory=$1 route=$2 url; shift 2
  url=$(setting "$factory" FORGE_URL); url=${url:-http://127.0.0.1:$(setting "$factory" DISINTO_FORGE_PORT)}
  curl -fsS -H 'Content-Type: application/json' "$url/api/v1$route" "$@" \
    --netrc-file <(printf 'default login %s password %s\n' "$(setting "$factory" FORGE_ADMIN_USER)" "$(disinto --factory "$factory" secrets get FORGE_ADMIN_PASS)")
}
writers=$(ask "$OLD" "/repos/$FROM/assignees" | jq -c '[.[].login]')
for ((page = 1; ; page++)); do
  found=$(ask "$OLD" "/repos/$FROM/issues?state=open&type=issues&sort=oldest&limit=50&page=$page")
  [ "$(jq length <<<"$found")" -gt 0 ] || break
  jq -c '.[]' <<<"$found"
done | jq -cs 'sort_by(.number)[]' | while read -r issue; do
  number=$(jq '{title, body: (.body + "\n\n(issue \(.number) by \(.user.login) on the forge before)")}' <<<"$issue" |
    ask "$NEW" "/repos/$TO/issues" -d @- | jq .number)
  jq --argjson writers "$writers" \
    '{labels: (if .user.login | IN($writers[]) then [.labels[].name] else [] end)}' <<<"$issue" |
    ask "$NEW" "/repos/$TO/issues/$number/labels" -d @- >/dev/null
  echo "#$(jq .number <<<"$issue") -> #$number"
done
