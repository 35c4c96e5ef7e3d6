#!/usr/bin/env bash
# Installs what the interop stage needs and this machine lacks: POP3 clients, Dovecot's POP3 server, openssl, procps.
#
# It proves nothing. By hand, on Debian or Ubuntu:  .ci/interop/install.sh
# Asks nothing; uses sudo unless it is root; ends with code 1 and a message if something cannot be installed.
# Dovecot's system service is not started: the stage starts one of its own.
set -euo pipefail

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

has() {
    PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null
}

perl_has() {
    has perl && perl -M"$1" -e 1 2>/dev/null
}

missing() {
    has curl || echo curl
    has fetchmail || echo fetchmail
    has getmail || echo getmail6
    has gsasl || echo gsasl
    has mpop || echo mpop
    has neomutt || echo neomutt
    has s-nail || echo s-nail
    has thunderbird || echo thunderbird
    perl_has Net::POP3 || echo perl
    perl_has Authen::SASL || echo libauthen-sasl-perl
    perl_has Digest::HMAC_MD5 || echo libdigest-hmac-perl
    perl_has IO::Socket::SSL || echo libio-socket-ssl-perl
    { has dovecot && [ -x /usr/lib/dovecot/pop3 ]; } || echo dovecot-pop3d
    has openssl || echo openssl
    has ps || echo procps
}

mapfile -t packages < <(missing)
if [ "${#packages[@]}" -eq 0 ]; then
    echo "install.sh: nothing is missing"
    exit 0
fi

has apt-get || fail "no apt-get here; install these yourself: ${packages[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    has sudo || fail "neither root nor sudo; install these yourself: ${packages[*]}"
    as_root=(sudo -n)
fi

# A policy-rc.d that ends with 101 keeps packages from starting their services (Debian Policy, section 9.3.3).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null || fail "cannot write $policy"
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

"${as_root[@]}" apt-get update -q || fail "apt-get update failed"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}" ||
    fail "apt-get could not install: ${packages[*]}"

mapfile -t packages < <(missing)
[ "${#packages[@]}" -eq 0 ] || fail "installed, and still not there: ${packages[*]}"
