#!/usr/bin/env python3
"""Checks that clients written by others log in to pop3d with every mechanism they have, in every TLS mode, and that
they get and delete their mail.

In each of these ways a client downloads a maildrop of awkward messages and deletes it. The maildrop must then be empty,
in the next session, too. In plain mode a recorder stands between client and server, and what pop3d sent is compared
byte for byte. What the client stored is compared with what it stored then. The recorder shows which mechanism was used,
and with TLS the log of pop3d does. README.md has a table of this, which is checked, or written with --update-readme.
By hand:

  cargo programs && .ci/interop/mechanisms.py                  (reduced, as in CI)
  .ci/interop/mechanisms.py --count 300                        (full)
  .ci/interop/mechanisms.py --client mpop --mechanism PLAIN    (some, no table)
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import corpus
from clients import PLAIN
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
from corpus import crlf_form, read_maildir
from drivers.base import BEARER, MECHANISMS, Driver, Errand, Login
from drivers.curl import Curl
from drivers.fetchmail import Fetchmail
from drivers.getmail import Getmail
from drivers.gnusasl import GnuSasl
from drivers.mpop import Mpop
from drivers.neomutt import Neomutt
from drivers.perl import NetPop3
from drivers.python import Poplib
from drivers.snail import Snail
from drivers.thunderbird import Thunderbird
from harness import (
    PASSWORD,
    Certificates,
    Pop3d,
    Report,
    Server,
    expect,
    expect_same,
    make_certificates,
    need_programs,
    scratch_folder,
    shown,
)
from readme_table import Row, check_readme, matrix, write_readme
from recorder import Recorder, exchanges

DRIVERS: tuple[Driver, ...] = (
    Curl(initial_response=False),
    Curl(initial_response=True),
    Fetchmail(),
    Getmail("Simple"),
    Getmail("BrokenUIDL"),
    GnuSasl(),
    Mpop(pipelining=True),
    Mpop(pipelining=False),
    Neomutt(),
    NetPop3(),
    Poplib(),
    Snail(),
    Thunderbird(),
)
NEED_PASSWORD = frozenset({"APOP", "CRAM-MD5"})  # a hash of it is not enough
TOKEN = "ya29.token-of-an-authorization-server_" + "0123456789" * 20
LOGIN_COMMAND = re.compile(rb"(?:AUTH ([\w-]+)|(APOP) .*|(USER) .*)(?: .*)?", re.IGNORECASE)


class Stage:
    """The maildrops, the servers, and what each client stored of what it was sent."""

    def __init__(self, folder: Path, count: int, servers: ExitStack) -> None:
        self.folder = folder
        self.servers = servers
        self.running: dict[str, Pop3d] = {}
        self.certificates: Certificates = make_certificates(folder / "certificates")
        self.client_cert, self.client_key = make_client_certificate(self.certificates, "external")
        messages = dict(selection(count))
        corpus.write_maildir(folder / "messages", iter(messages.items()))
        self.sent = {name: crlf_form(octets) for name, octets in messages.items()}
        self.hashed, self.readable = folder / "hashed", folder / "readable"
        self.hashed.write_text(self.users(hash_fields(PASSWORD)))
        self.readable.write_text(self.users([plain_field(PASSWORD)]))
        self.stored: dict[str, Counter[bytes]] = {}

    def users(self, fields: Iterable[str]) -> str:
        """For each mechanism a user of its name. pop3d offers what all of them have the fields for."""
        lines = []
        for mechanism in MECHANISMS:
            own = list(fields)
            if mechanism in BEARER:
                own.append(token_field(self.token(mechanism)))
            if mechanism == "EXTERNAL":
                own.append(certificate_field(self.client_cert))
            lines.append(f"{mechanism.lower()}:{' '.join(own)}\n")
        return "".join(lines)

    @staticmethod
    def token(mechanism: str) -> str:
        return mechanism.lower() + TOKEN

    def login(self, mechanism: str) -> Login:
        login = Login(mechanism, mechanism.lower(), PASSWORD)
        if mechanism in BEARER:
            return replace(login, secret=self.token(mechanism))
        if mechanism == "EXTERNAL":
            return replace(login, secret="", cert=self.client_cert, key=self.client_key)
        return login

    def pop3d(self, driver: Driver, mechanism: str) -> Pop3d:
        """A server with hashed passwords, unless the mechanism needs readable ones.

        It offers only that mechanism if the driver needs that.
        """
        passwd = self.readable if mechanism in NEED_PASSWORD else self.hashed
        alone = mechanism in driver.alone
        key = f"{passwd.name}-{mechanism}" if alone else passwd.name
        if key not in self.running:
            config = write_config(
                self.folder / f"{key}.toml",
                self.certificates,
                f"{self.folder}/mail/%u",
                passwd,
                [name for name in SASL if not alone or name == mechanism],
                not alone or mechanism == "APOP",
            )
            pop3d = Pop3d("--config", config, certificates=self.certificates, users=())
            self.running[key] = self.servers.enter_context(pop3d)
        return self.running[key]

    def wanted(self, driver: Driver) -> dict[str, bytes]:
        return {name: octets for name, octets in self.sent.items() if driver.takes(octets)}

    def fill(self, driver: Driver, user: str) -> Path:
        """A maildrop with all messages that the client can store."""
        maildir = self.folder / "mail" / user
        if maildir.exists():
            shutil.rmtree(maildir)
        shutil.copytree(self.folder / "messages", maildir, copy_function=os.link)
        for path in [*maildir.glob("new/*"), *maildir.glob("cur/*")]:
            if not driver.takes(crlf_form(path.read_bytes())):
                path.unlink()
        return maildir

    def fetch(self, driver: Driver, server: Server, mode: str, login: Login, keep: bool) -> list[bytes]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        folder.chmod(0o755)
        try:
            return driver.fetch(Errand(replace(server, user=login.user), mode, login, folder, keep))
        finally:
            shutil.rmtree(folder)

    def download(self, driver: Driver) -> str:
        """Downloads in plain mode, with USER: what is sent must be what is stored in the maildrop."""
        login = self.login("USER")
        maildir = self.fill(driver, login.user)
        before = read_maildir(maildir)
        pop3d = self.pop3d(driver, "USER")
        with Recorder(pop3d.server.plain_port) as recorder:
            server = replace(pop3d.server, plain_port=recorder.port)
            stored = self.fetch(driver, server, PLAIN, login, keep=True)
        replies = [reply for dialogue in recorder.dialogues for reply in exchanges(dialogue)]
        expect_same([body for command, _, body in replies if command.startswith(b"RETR ")], self.wanted(driver))
        expect(read_maildir(maildir) == before, "it was to keep the messages")
        self.stored[driver.name] = Counter(map(driver.normal, stored))
        self.check_stored(driver, stored)
        same = (Counter(map(as_stored, self.wanted(driver).values())) & Counter(map(driver.undo, stored))).total()
        return f"{len(stored)} messages sent octet for octet, {same} of them stored so but for line ends"

    def check_stored(self, driver: Driver, stored: list[bytes]) -> None:
        """Expects all messages: those that the client leaves alone as sent, and all as in the first download."""
        expect(len(stored) == len(self.wanted(driver)), f"{len(stored)} of {len(self.wanted(driver))} messages stored")
        kept = {name: as_stored(octets) for name, octets in self.wanted(driver).items() if driver.keeps(octets)}
        expect_same((Counter(kept.values()) & Counter(map(driver.undo, stored))).elements(), kept)
        if driver.repeats:
            got = Counter(map(driver.normal, stored))
            wanted = self.stored[driver.name]
            differing = [*(wanted - got).elements(), *(got - wanted).elements()]
            expect(not differing, f"not as in the first download: {list(map(shown, differing[:10]))}")

    def log_in(self, driver: Driver, mode: str, mechanism: str) -> None:
        """Downloads and deletes everything. The next session must find nothing."""
        expect(driver.name in self.stored or not driver.repeats, "not tried: the download failed")
        login = self.login(mechanism)
        maildir = self.fill(driver, login.user)
        pop3d = self.pop3d(driver, mechanism)
        seen_before = len(pop3d.output)
        if mode == PLAIN:
            with Recorder(pop3d.server.plain_port) as recorder:
                server = replace(pop3d.server, plain_port=recorder.port)
                stored = self.fetch(driver, server, mode, login, keep=False)
            used = {name for dialogue in recorder.dialogues for name in logins_in(dialogue.client)}
        else:
            stored = self.fetch(driver, pop3d.server, mode, login, keep=False)
            used = None
        self.check_stored(driver, stored)
        left = read_maildir(maildir)
        expect(not left, f"{len(left)} messages were not deleted: {sorted(left)[:5]}")
        again = self.fetch(driver, pop3d.server, mode, login, keep=False)
        expect(not again, f"{len(again)} messages in an empty maildrop")
        if used is None:
            used = logged_methods(pop3d, seen_before, login.user)
        expect(used == {mechanism}, f"logged in with {used}")


def selection(count: int) -> Iterator[tuple[str, bytes]]:
    """At least `count` messages: all shapes if there are enough, else every n-th."""
    messages = list(corpus.messages(count, 0))
    yield from messages[:: max(len(messages) // count, 1)]


def as_stored(sent: bytes) -> bytes:
    return sent.replace(b"\r\n", b"\n")


def logins_in(sent: bytes) -> Iterator[str]:
    """The mechanisms of the logins in what a client sent."""
    for line in sent.split(b"\r\n"):
        if found := LOGIN_COMMAND.fullmatch(line):
            yield next(filter(None, found.groups())).decode().upper()


def run(stage: Stage, report: Report, drivers: list[Driver], mechanisms: list[str]) -> Iterator[Row]:
    """Adds a row to the table when a client is done."""
    for driver in drivers:
        failed = report.failed
        report.check(f"{driver.name} is installed", driver.version)
        if report.failed > failed:
            continue
        done: dict[tuple[str, str], bool] = {}
        stage.servers.callback(driver.close)
        if PLAIN in driver.modes:
            report.check(f"{driver.name} downloads everything, plain", stage.download, driver)
        for mode, mechanism in driver.logins():
            if mechanism not in mechanisms:
                continue
            failed = report.failed
            report.check(f"{driver.name} {mechanism}, {mode}", stage.log_in, driver, mode, mechanism)
            done[mode, mechanism] = report.failed == failed
        yield Row(driver.name, driver.version(), driver.modes, done)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="about this many messages (default 40)")
    parser.add_argument("--client", action="append", help="only clients with this in their name; may be repeated")
    parser.add_argument("--mechanism", action="append", choices=MECHANISMS, help="only this mechanism; may be repeated")
    parser.add_argument("--update-readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    need_programs()
    drivers = [
        driver for driver in DRIVERS if not options.client or any(part in driver.name for part in options.client)
    ]
    report = Report()
    with scratch_folder() as folder, ExitStack() as servers:
        stage = Stage(folder, options.count, servers)
        rows = list(run(stage, report, drivers, options.mechanism or list(MECHANISMS)))
    print(matrix(rows))
    if options.update_readme:
        write_readme(rows)
    elif not options.client and not options.mechanism:
        report.check("README.md has this table", check_readme, rows)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
