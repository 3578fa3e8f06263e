#!/bin/bash
# Proves `npm start` and `npm test` on a fresh Debian 12 that holds Node 20, npm and git and nothing else: as
# root, as an ordinary user, and after first runs that were killed. Prints how long each step took.
#
#   test/fresh/run.sh                    all of it
#   test/fresh/run.sh npm run check      another command instead, as root and as an ordinary user, twice
#
# The machine is a directory: its processes live in a process namespace of their own and its mounts in a mount
# namespace of their own, so both are gone when this script is, however it ends.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)
# shellcheck source=test/fresh/machine.sh
source "$here/machine.sh"

main() {
  require_host
  machine=$(mktemp -d /var/tmp/iam-fresh-XXXXXX)
  trap remove_machine EXIT
  echo "Making a fresh Debian 12 in $machine (a minute or so)…"
  make_machine
  # Only what is committed: a newcomer has nothing else.
  git -C "$checkout" bundle create --quiet "$machine/fresh/iam.bundle" HEAD
  local failed=0
  unshare --mount --pid --fork --kill-child -- "$here/inside.sh" "$machine" "$@" || failed=$?
  print_times
  return "$failed"
}

remove_machine() {
  # Nothing is mounted below it out here; --one-file-system is for the day that changes.
  rm -rf --one-file-system "$machine"
}

print_times() {
  [ -s "$machine/fresh/times" ] || return 0
  printf '\n%-14s %-34s %s\n' 'Account' 'Step' 'Seconds'
  while IFS=$'\t' read -r account name milliseconds; do
    printf '%-14s %-34s %7d.%d\n' "$account" "$name" $((milliseconds / 1000)) $((milliseconds % 1000 / 100))
  done <"$machine/fresh/times"
}

main "$@"
