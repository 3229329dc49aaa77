# shellcheck shell=bash
# The commands of other packages that the local cluster and its tests need. Sourced.

# "what must be there" and the Debian package that brings it.
NEEDED=("runc runc" "iptables iptables" "conntrack conntrack" "openssl openssl" "ip iproute2" "ss iproute2"
  "curl curl" "modprobe kmod" "sysctl procps" "umount mount" "flock util-linux" "nsenter util-linux" "faketime faketime"
  "ipset ipset")

# missing_packages: the Debian packages of what is not there, one a line.
missing_packages() {
  local entry command package
  for entry in "${NEEDED[@]}"; do
    read -r command package <<<"$entry"
    have "$command" || echo "$package"
  done
  cni_bin >/dev/null || echo containernetworking-plugins
  have_builder || echo buildah
}

# require_packages: installs what is missing, where this is Debian or a child of it.
require_packages() {
  local missing
  missing=$(missing_packages | sort -u | xargs)
  [[ -n $missing ]] || return 0
  have apt-get || die "the local cluster needs these packages: $missing (Debian's names);" \
    "install them with this machine's package manager"
  step "packages" install_packages $missing
  missing=$(missing_packages | sort -u | xargs)
  [[ -z $missing ]] || die "these packages are installed, but what they should bring is not in PATH: $missing"
}

# require_command COMMAND PACKAGE: installs this one where it is missing.
require_command() {
  have "$1" && return
  have apt-get || die "there is no $1; install it with this machine's package manager (Debian's name is $2)"
  step "packages" install_packages "$2"
  have "$1" || die "$2 is installed, but $1 is not in PATH"
}

install_packages() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}
