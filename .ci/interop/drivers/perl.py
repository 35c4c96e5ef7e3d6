"""Driver for Net::POP3 of Perl, with Authen::SASL. In plain mode it drops CRs before LF; with TLS it alters nothing."""

import re
from pathlib import Path

from clients import run

from drivers.base import HOST_NAME, Driver, Errand, version_in

PROGRAM = Path(__file__).with_name("net-pop3.pl")


class NetPop3(Driver):
    name = "Perl Net::POP3"
    mechanisms = ("USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "EXTERNAL")

    def version(self) -> str:
        return version_in(["perl", "-MNet::POP3", "-MAuthen::SASL", "-e", "print $Net::POP3::VERSION"], r"^([\d.]+)$")

    def fetch(self, errand: Errand) -> list[bytes]:
        login, store = errand.login, errand.folder / "store"
        store.mkdir()
        where = [HOST_NAME, errand.port, errand.mode, errand.server.ca, store, "keep" if errand.keep else "delete"]
        who = [login.mechanism, login.user, login.secret, login.cert or "", login.key or ""]
        run(["perl", PROGRAM, *where, *who], "Net::POP3")
        return [path.read_bytes() for path in store.iterdir()]

    def normal(self, stored: bytes) -> bytes:
        return re.sub(rb"\r*\n", b"\n", stored)
