#!/usr/bin/env bash
# Installs what minik8s needs: npm packages, and as root the system packages of Debian and Ubuntu.
# Quick when there is nothing to do. Usage: tools/setup.sh [run|test]
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-run}

say() { printf '%s\n' "$*" >&2; }

need_npm() {
  [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ] ||
    ! node_modules/node/bin/node --version >/dev/null 2>&1
}

if need_npm; then
  command -v npm >/dev/null || { say "minik8s needs Node 20 or newer with npm, and found no npm: install nodejs and npm first"; exit 1; }
  say "Installing npm packages…"
  npm ci --no-audit --no-fund --loglevel=error >&2
  # npm may be set not to run install scripts; the one of the package node puts the binary in place.
  node_modules/node/bin/node --version >/dev/null 2>&1 ||
    (cd node_modules/node && node installArchSpecificPackage.js) >&2
  touch node_modules/.package-lock.json
fi

# command or file → Debian package that brings it
wanted=("curl:curl" "containerd:containerd" "runc:runc" "nft:nftables" "iptables:iptables" "ip:iproute2" "/bin/busybox:busybox-static")
[ -x /opt/cni/bin/bridge ] || wanted+=("/usr/lib/cni/bridge:containernetworking-plugins")
if [ "$purpose" = test ]; then
  wanted+=("conntrack:conntrack" "dpkg-deb:dpkg" "unzip:unzip" "script:bsdutils" "etcd:etcd-server" "rabbitmq-server:rabbitmq-server" "redis-server:redis-server" "openssl:openssl" "/usr/bin/docker-registry:docker-registry")
fi

missing=()
for pair in "${wanted[@]}"; do
  what=${pair%%:*}
  case $what in
    /*) [ -x "$what" ] || missing+=("${pair#*:}") ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$what" >/dev/null || missing+=("${pair#*:}") ;;
  esac
done

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    say "Missing: ${missing[*]}. Run as root: apt-get install -y --no-install-recommends ${missing[*]}"
    [ "$purpose" = test ] || exit 1
  elif ! command -v apt-get >/dev/null; then
    say "Missing: ${missing[*]}, and there is no apt-get here: install them with your system's package manager"
    [ "$purpose" = test ] || exit 1
  else
    say "Installing ${missing[*]}…"
    export DEBIAN_FRONTEND=noninteractive
    # The daemons that some packages bring must not start: minik8s runs its own.
    policy=/usr/sbin/policy-rc.d
    made_policy=
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made_policy=1; }
    trap '[ -z "$made_policy" ] || rm -f "$policy"' EXIT
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
      { apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }
  fi
fi
