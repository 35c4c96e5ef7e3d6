#!/usr/bin/env python3
"""Checks that pop3d suits habits of clients that no RFC describes.

Some clients test whether a single read ends with the end of a reply; passwords with blanks must reach the server as
they are; picky clients must accept the APOP timestamp; curl must choose well from what is offered; and a certificate
must be enough to say who the client is. By hand:

  cargo programs && .ci/interop/habits.py
"""

import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import corpus
from clients import MODES, PLAIN, STLS, TLS, run
from configured import (
    SASL,
    certificate_field,
    hash_fields,
    logged_methods,
    make_client_certificate,
    plain_field,
    token_field,
    write_config,
)
from corpus import line_of
from drivers.base import ANY, HOST_NAME, Driver, Errand, Login
from drivers.curl import Curl
from drivers.fetchmail import Fetchmail
from drivers.mpop import Mpop
from drivers.perl import NetPop3
from drivers.python import Poplib
from drivers.snail import Snail
from harness import (
    PASSWORD,
    USER,
    Pop3d,
    Report,
    Server,
    expect,
    make_certificates,
    need_programs,
    scratch_folder,
    shown,
)
from peer import Peer

END, WHOLE_END = b".\r\n", b"\r\n.\r\n"
FULL_RECORD = 16384  # RFC 8446 section 5.1
BUFFERS = (4096, 8192, 16384, 32768)
TOKEN = "ya29.token"
TIMESTAMP = re.compile(rb"\+OK [^<>]*(<\d+\.\d+@([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+>)\r\n")
AWKWARD_PASSWORDS = {"inside": "open sesame", "twice": "open  sesame", "first": " sesame", "last": "sesame "}


class Habits:
    """The certificates, and the checks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = Report()
        self.certificates = make_certificates(folder / "certificates")
        self.cert, self.key = make_client_certificate(self.certificates, USER)
        self.fresh = 0

    def run(self) -> int:
        check = self.report.check
        for mode in (PLAIN, TLS):
            # Covers quirk-139.
            check(f"a short reply comes in one read, {mode}", self.short_replies, mode)
        check("with TLS, the end of a message is in the last record as far as it fits", self.ends)
        for name in AWKWARD_PASSWORDS:
            check(f"a password with a blank: {name}", self.password, name)
        for host in (HOST_NAME, "mail.example.org"):
            check(f"the APOP timestamp of {host} is plain, and never the same", self.timestamps, host)
            for driver in (Fetchmail(), Mpop(pipelining=True)):
                check(f"{driver.name} takes the APOP timestamp of {host}", self.apop, driver, host)
        for wanted, (offered, apop) in {
            "CRAM-MD5": (SASL, True),
            "PLAIN": (("LOGIN", "PLAIN"), True),
            "LOGIN": (("LOGIN",), True),
            "APOP": ((), True),
            "USER": ((), False),
            "OAUTHBEARER": (SASL, True),
        }.items():
            check(f"curl, free to choose, takes {wanted}", self.curl_chooses, wanted, offered, apop)
        for kind, fields in (("readable", [plain_field(PASSWORD)]), ("hashed", hash_fields(PASSWORD))):
            for driver in (Curl(False), Fetchmail(), Mpop(True), NetPop3()):
                name = f"{driver.name}, free to choose, gets in with a password that pop3d has {kind}"
                check(name, self.choose, driver, fields)
        for mode in (STLS, TLS):
            check(f"s-nail leaves its name to the certificate, {mode}", self.unnamed, mode)
        return self.report.finish()

    def maildir(self, messages: list[bytes]) -> Path:
        self.fresh += 1
        folder = self.folder / f"maildir-{self.fresh}"
        corpus.write_maildir(folder, ((str(number), octets) for number, octets in enumerate(messages)))
        return folder

    @contextmanager
    def pop3d(self, *fields: str, **settings: object) -> Iterator[Pop3d]:
        """One user with these fields, and three messages."""
        self.fresh += 1
        passwd = self.folder / f"passwd-{self.fresh}"
        passwd.write_text(f"{USER}:{' '.join(fields)}\n")
        maildir = self.maildir([b"one\n", b"two\n", b"three\n"])
        config = write_config(self.folder / f"{self.fresh}.toml", self.certificates, maildir, passwd, **settings)
        with Pop3d("--config", config, certificates=self.certificates, users=()) as pop3d:
            yield pop3d

    def fetch(self, driver: Driver, server: Server, mode: str, login: Login) -> None:
        """Expects the three messages."""
        self.fresh += 1
        folder = self.folder / f"errand-{self.fresh}"
        folder.mkdir()
        stored = driver.fetch(Errand(server, mode, login, folder, keep=True))
        expect(len(stored) == 3, f"{len(stored)} messages with {login.mechanism}")
        shutil.rmtree(folder)

    def short_replies(self, mode: str) -> None:
        maildir = self.maildir([line_of(n) + b"\n" for n in (0, 1, 60, 400)])
        with Pop3d("--maildir", maildir, certificates=self.certificates) as pop3d, Peer(pop3d.server, mode) as peer:
            peer.log_in()
            each = [form % number for number in range(1, 5) for form in (b"RETR %d", b"TOP %d 9")]
            commands = [b"CAPA", b"LIST", b"UIDL", *each]
            for command in commands * 20:
                peer.socket.sendall(command + b"\r\n")
                reply = peer.socket.recv(65536)
                expect(reply.endswith(WHOLE_END), f"{command!r} is answered with {reply!r} in one read")

    def ends(self) -> str:
        """A read gives one record. The last must end with CRLF.CRLF or be .CRLF alone, or some clients go on
        waiting.

        Where the record before it is full, TLS has cut there, and not the server.
        """
        sizes = [size + shift for size in BUFFERS for shift in range(-128, 8)]
        messages = [line_of(size) + line_end for line_end in (b"", b"\n", b"\r\n") for size in sizes]
        maildir = self.maildir(messages)
        with Pop3d("--maildir", maildir, certificates=self.certificates) as pop3d, Peer(pop3d.server, TLS) as peer:
            peer.log_in()
            alone = cut = 0
            for number, message in enumerate(messages, 1):
                peer.socket.sendall(b"RETR %d\r\n" % number)
                records = [b""]
                while not b"".join(records[-2:]).endswith(WHOLE_END):
                    records.append(peer.socket.recv(65536))
                if records[-1].endswith(WHOLE_END):
                    continue
                alone += records[-1] == END
                cut += records[-1] != END
                good = records[-1] == END or len(records[-2]) == FULL_RECORD
                expect(good, f"the last record of {shown(message)} is {shown(records[-1])}")
            return f"{len(messages)} messages; the end came alone {alone} times, cut by TLS {cut} times"

    def password(self, name: str) -> None:
        password = AWKWARD_PASSWORDS[name]
        with self.pop3d(plain_field(password)) as pop3d:
            for driver, mechanisms in (
                (Poplib(), ("USER", "APOP")),
                (Curl(initial_response=True), ("PLAIN", "CRAM-MD5")),
                (Mpop(pipelining=False), ("USER", "LOGIN", "SCRAM-SHA-256")),
            ):
                for mechanism in mechanisms:
                    self.fetch(driver, pop3d.server, PLAIN, Login(mechanism, USER, password))
        with self.pop3d(*hash_fields(password)) as pop3d:
            self.fetch(Poplib(), pop3d.server, TLS, Login("USER", USER, password))
            self.fetch(Mpop(pipelining=False), pop3d.server, TLS, Login("SCRAM-SHA-256", USER, password))

    def timestamps(self, host: str) -> None:
        with self.pop3d(plain_field(PASSWORD), hostname=host) as pop3d:
            seen = set()
            for mode in (PLAIN, TLS) * 20:
                with Peer(pop3d.server, mode) as peer:
                    greeting = peer.ask(b"")
                found = TIMESTAMP.fullmatch(greeting)
                expect(found, f"the greeting is {greeting!r}")
                expect(found[1].endswith(f"@{host}>".encode()), f"the host in {greeting!r} is not {host}")
                expect(found[1] not in seen, f"{found[1]!r} a second time")
                seen.add(found[1])

    def apop(self, driver: Driver, host: str) -> None:
        with self.pop3d(plain_field(PASSWORD), hostname=host) as pop3d:
            for mode in (PLAIN, TLS):
                self.fetch(driver, pop3d.server, mode, Login("APOP", USER, PASSWORD))

    def curl_chooses(self, wanted: str, offered: tuple[str, ...], apop: bool) -> None:
        token = ["--oauth2-bearer", TOKEN, "--user", f"{USER}:"]
        secret = token if wanted == "OAUTHBEARER" else ["--user", f"{USER}:{PASSWORD}"]
        for some in (offered, offered[::-1]):
            with self.pop3d(plain_field(PASSWORD), token_field(TOKEN), mechanisms=some, apop=apop) as pop3d:
                where = f"pop3s://{HOST_NAME}:{pop3d.server.tls_port}/1"
                said = run(["curl", "-sSv", "--cacert", self.certificates.ca, *secret, where], "curl")
            logins = re.findall(r"^> (?:AUTH (\S+)|(APOP|USER) ).*$", said, re.MULTILINE)
            took = ["".join(names) for names in logins]
            expect(took == [wanted], f"of {some} it took {took}")

    def choose(self, driver: Driver, fields: list[str]) -> str:
        """pop3d offers all it can, and asks for certificates, which the client does not have."""
        methods = []
        with self.pop3d(*fields) as pop3d:
            for mode in MODES:
                since = len(pop3d.output)
                self.fetch(driver, pop3d.server, mode, Login(ANY, USER, PASSWORD))
                methods += logged_methods(pop3d, since, USER)
        return ", ".join(methods)

    def unnamed(self, mode: str) -> None:
        with self.pop3d(certificate_field(self.cert)) as pop3d:
            self.fetch(Snail(), pop3d.server, mode, Login("EXTERNAL", "", cert=self.cert, key=self.key))


def main() -> int:
    need_programs()
    with scratch_folder() as folder:
        return Habits(folder).run()


if __name__ == "__main__":
    sys.exit(main())
