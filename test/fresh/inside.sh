#!/bin/bash
# Runs the proof inside the fresh machine, as its first process: when it ends, everything in there does.
#
#   inside.sh <machine> [command…]
set -euo pipefail

machine=$1
shift
mount -t proc proc "$machine/proc"
mount -t tmpfs -o mode=1777 tmpfs "$machine/dev/shm"
chmod 0666 "$machine/fresh/times" # each account adds its own

as() {
  local account=$1 home=/home/$1
  shift
  [ "$account" != root ] || home=/root
  # What the host's shell has exported must not come along.
  chroot "$machine" runuser -u "$account" -- env --ignore-environment --chdir="$home" \
    HOME="$home" USER="$account" LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin BASH_ENV=/fresh/network bash "$@"
}

as root /fresh/account.sh "$@"
as ann /fresh/account.sh "$@"
[ $# -gt 0 ] || as kim /fresh/interrupted.sh
