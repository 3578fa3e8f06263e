#!/bin/bash
# What a newcomer does with a fresh checkout, in the account that runs this, twice: the second time must be quick.
set -euo pipefail
account=$(id -un)

step() {
  local name=$1 begin end
  shift
  printf '%s: %s… ' "$account" "$name"
  begin=$(date +%s%N)
  if ! "$@" >~/step.log 2>&1; then
    printf 'failed:\n'
    tail -n 60 ~/step.log
    case $name in 'npm start'*) tail -n 20 ~/iam/.dev/logs/*.log 2>/dev/null ;; esac
    exit 1
  fi
  end=$(date +%s%N)
  printf '%s\t%s\t%s\n' "$account" "$name" $(((end - begin) / 1000000)) >>/fresh/times
  echo done
}

round() {
  step "npm start, $1" npm start -- --detach
  step "log in, $1" node /fresh/log-in.mjs
  step "npm stop, $1" npm stop
}

git -c advice.detachedHead=false clone --quiet /fresh/iam.bundle ~/iam
cd ~/iam
if [ $# -gt 0 ]; then
  step "$*, first" "$@"
  step "$*, second" "$@"
  exit
fi
round first
round second
step 'npm test, first' npm test
step 'npm test, second' npm test
