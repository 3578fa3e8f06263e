#!/bin/bash
# First runs that were killed, with everything they had started, at one moment after another: while installing,
# and while starting. The next one must work all the same.
set -euo pipefail
account=$(id -un)

kill_after() {
  local seconds=$1 run
  # In a session of its own, so that the signal takes npm, npx, pnpm and all the rest of that run.
  setsid npm start -- --detach >~/step.log 2>&1 &
  run=$!
  sleep "$seconds"
  if kill -KILL -- "-$run" 2>/dev/null; then
    echo "$account: npm start, killed after $seconds s: $(grep '…$' ~/step.log | tail -n 1)"
  fi
  wait "$run" 2>/dev/null || true
}

git -c advice.detachedHead=false clone --quiet /fresh/iam.bundle ~/iam
cd ~/iam
for seconds in 2 6 12; do kill_after "$seconds"; done
npm run iam -- --help >~/step.log 2>&1 # installs what is missing
for seconds in 1 2 3 4 5 6 7 8; do kill_after "$seconds"; done

begin=$(date +%s%N)
if ! { npm start -- --detach && node /fresh/log-in.mjs && npm stop; } >~/step.log 2>&1; then
  echo "$account: npm start after interrupted first runs failed:"
  tail -n 40 ~/step.log
  exit 1
fi
end=$(date +%s%N)
printf '%s\t%s\t%s\n' "$account" 'npm start to stop, after kills' $(((end - begin) / 1000000)) >>/fresh/times
echo "$account: npm start works after them. $(grep "^Ready" ~/step.log)"
