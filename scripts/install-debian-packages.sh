#!/bin/sh
# Installs Debian packages, as root. Services among them are not started, neither now nor at boot: the
# tests run servers of their own.
set -eu
export DEBIAN_FRONTEND=noninteractive

# Packages ask this program whether they may start their services (invoke-rc.d(8)); 101 is a no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
fi

is_installed() {
  dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

# What was there before may be in use, and stays as it is.
new=
for package in prosody ejabberd erlang-base postgresql mosquitto; do
  is_installed "$package" || new="$new $package"
done

apt-get update --quiet
apt-get install --quiet --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"

for package in $new; do
  case $package in
    erlang-base) ! command -v systemctl >/dev/null || systemctl disable epmd.service epmd.socket ;;
    *) update-rc.d "$package" disable ;;
  esac
done
