#!/usr/bin/env bash
# Installs what the interop stage needs and this machine lacks: POP3 clients and servers, PostgreSQL, HAProxy and more.
#
# By hand, on Debian or Ubuntu:  .ci/interop/install.sh
# It asks nothing, uses sudo unless it is root, and ends with code 1 and a message if something cannot be installed.
# No system service is started, because the stage starts servers of its own. Debian lets only one of Courier, Cyrus,
# popa3d and solid-pop3d be installed, and installs a service with each. So these servers and that of Mailutils are
# unpacked, each into a folder below /opt/pop3-servers, and only the libraries they need are installed. WildDuck comes
# from npm, into a folder there, without running its install scripts.
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
    has haproxy || echo haproxy
    has mpop || echo mpop
    has neomutt || echo neomutt
    has s-nail || echo s-nail
    has thunderbird || echo thunderbird
    perl_has Net::POP3 || echo perl
    perl_has Authen::SASL || echo libauthen-sasl-perl
    perl_has Digest::HMAC_MD5 || echo libdigest-hmac-perl
    perl_has IO::Socket::SSL || echo libio-socket-ssl-perl
    { has dovecot && [ -x /usr/lib/dovecot/pop3 ]; } || echo dovecot-pop3d
    [ -e /usr/lib/python3/dist-packages/twisted ] || echo python3-twisted
    has saslpasswd2 || echo sasl2-bin
    sasl_has libplain.so || echo libsasl2-modules
    has openssl || echo openssl
    has ps || echo procps
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || echo postgresql
    has psql || echo postgresql-client
    has setpriv || echo util-linux
    has node || echo nodejs
    has npm || echo npm
}

# The plug-ins of Cyrus SASL.
sasl_has() {
    compgen -G "/usr/lib/*/sasl2/$1" >/dev/null
}

unpacked=/opt/pop3-servers
missing_there() {
    [ -x "$unpacked/courier/usr/lib/courier/courier/courierpop3d" ] || echo courier-pop
    [ -x "$unpacked/courier/usr/sbin/couriertcpd" ] || echo courier-base
    [ -x "$unpacked/courier/usr/lib/courier/courier-authlib/authdaemond" ] || echo courier-authlib
    [ -e "$unpacked/courier/usr/lib/courier-authlib/libauthuserdb.so" ] || echo courier-authlib-userdb
    [ -x "$unpacked/cyrus/usr/lib/cyrus/bin/master" ] || echo cyrus-common
    [ -x "$unpacked/cyrus/usr/lib/cyrus/bin/pop3d" ] || echo cyrus-pop3d
    [ -x "$unpacked/mailutils/usr/sbin/pop3d" ] || echo mailutils-pop3d
    [ -x "$unpacked/popa3d/usr/sbin/popa3d" ] || echo popa3d
    [ -x "$unpacked/solid/usr/sbin/solid-pop3d" ] || echo solid-pop3d
}

wildduck=1.46.1
missing_from_npm() {
    local manifest="$unpacked/wildduck/node_modules/wildduck/package.json"
    grep -qs "\"version\": \"$wildduck\"" "$manifest" || echo "wildduck@$wildduck"
}

mapfile -t packages < <(missing)
mapfile -t others < <(missing_there)
mapfile -t from_npm < <(missing_from_npm)
if [ "$((${#packages[@]} + ${#others[@]} + ${#from_npm[@]}))" -eq 0 ]; then
    echo "install.sh: nothing is missing"
    exit 0
fi

has apt-get || fail "no apt-get here; install these yourself: ${packages[*]} ${others[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    has sudo || fail "neither root nor sudo; install these yourself: ${packages[*]} ${others[*]}"
    as_root=(sudo -n)
fi

folder=$(mktemp -d)
policy=
trap 'rm -rf "$folder"; [ -z "$policy" ] || "${as_root[@]}" rm -f "$policy"' EXIT

# A policy-rc.d that ends with 101 keeps packages from starting their services (Debian Policy, section 9.3.3).
if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null || fail "cannot write $policy"
    "${as_root[@]}" chmod 755 "$policy"
fi

"${as_root[@]}" apt-get update -q || fail "apt-get update failed"
if [ "${#others[@]}" -ne 0 ]; then
    (cd "$folder" && apt-get download -q "${others[@]}") || fail "apt-get could not download: ${others[*]}"
    for package in "$folder"/*.deb; do
        name=$(dpkg-deb -f "$package" Package)
        "${as_root[@]}" mkdir -p "$unpacked/${name%%-*}"
        "${as_root[@]}" dpkg-deb -x "$package" "$unpacked/${name%%-*}" || fail "cannot unpack $package"
        # Takes the first of alternatives, and only libraries.
        mapfile -t -O "${#packages[@]}" packages < <(
            dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/[|(:].*//; s/ //g' | grep '^lib' || true
        )
    done
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}" ||
    fail "apt-get could not install: ${packages[*]}"
for package in "${from_npm[@]}"; do
    to=$unpacked/${package%@*}
    "${as_root[@]}" mkdir -p "$to"
    "${as_root[@]}" npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$to" "$package" ||
        fail "npm could not install: $package"
done

mapfile -t packages < <(missing; missing_there; missing_from_npm)
[ "${#packages[@]}" -eq 0 ] || fail "installed, and still not there: ${packages[*]}"
