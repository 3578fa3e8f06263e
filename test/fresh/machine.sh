# Making the fresh machine; sourced by run.sh, which sets `here` and `machine`.

require_host() {
  if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo 'This needs root and debootstrap (apt-get install debootstrap): it makes a Debian 12 in a directory.' >&2
    exit 1
  fi
  if [[ "$(node --version 2>/dev/null)" != v20.* ]]; then
    echo 'This needs Node 20 on PATH, to give it to the fresh machine.' >&2
    exit 1
  fi
}

make_machine() {
  chmod 755 "$machine" # it becomes the root directory, through which everyone passes
  debootstrap --variant=minbase --include=ca-certificates,git bookworm "$machine" "$(debian_mirror)" \
    >"$machine.log" 2>&1 || { tail -5 "$machine.log" >&2; return 1; }
  rm "$machine.log"
  mkdir "$machine/fresh"
  cp "$here"/{account,interrupted}.sh "$here/log-in.mjs" "$machine/fresh"
  : >"$machine/fresh/times"
  give_node
  give_network
  add_account ann
  add_account kim
}

# The mirror that this host uses itself, because the usual one may not be reachable from it.
debian_mirror() {
  apt-cache policy | awk '$2 ~ /^http/ && $3 ~ /\/main$/ { print $2; exit }'
}

# Debian 12 has Node 18; a newcomer's Node 20 comes from elsewhere, here from the host.
give_node() {
  local npm
  npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  cp "$(readlink -f "$(command -v node)")" "$machine/usr/bin/node"
  mkdir -p "$machine/usr/lib/node_modules"
  cp -r "$npm" "$machine/usr/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$machine/usr/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$machine/usr/bin/npx"
}

# How this host reaches the network: names, certificates, proxies, and npm's registry. No credentials.
give_network() {
  cp -L /etc/resolv.conf /etc/hosts "$machine/etc/"
  local variable value key
  for variable in NODE_EXTRA_CA_CERTS SSL_CERT_FILE http_proxy https_proxy no_proxy; do
    value=${!variable:-}
    [ -n "$value" ] || continue
    [ ! -f "$value" ] || give_file "$value"
    printf 'export %s=%q\n' "$variable" "$value" >>"$machine/fresh/network"
  done
  touch "$machine/fresh/network"
  for key in registry cafile proxy https-proxy noproxy; do
    value=$(npm config get "$key" 2>/dev/null)
    case $value in null | undefined | '') continue ;; esac
    [ ! -f "$value" ] || give_file "$value"
    printf '%s=%s\n' "$key" "$value" >>"$machine/fresh/npmrc"
  done
  cp "$machine/fresh/npmrc" "$machine/root/.npmrc"
}

give_file() {
  mkdir -p "$machine$(dirname "$1")"
  cp -L "$1" "$machine$1"
}

# A home that nobody else may enter, as careful people have.
add_account() {
  chroot "$machine" useradd --create-home --shell /bin/bash "$1"
  chmod 700 "$machine/home/$1"
  cp "$machine/fresh/npmrc" "$machine/home/$1/.npmrc"
  chroot "$machine" chown "$1:" "/home/$1/.npmrc"
}
