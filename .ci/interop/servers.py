#!/usr/bin/env python3
"""Checks that pop3get works with POP3 servers written by others, in every TLS mode and with all their login methods:
Dovecot, Courier, Cyrus, GNU Mailutils, popa3d, solid-pop3d, a server made with Twisted, and WildDuck.

For each server, mode and method, and once for each mode with the method of its own choice, pop3get fetches a corpus of
awkward messages, byte for byte as an independent reader on top of poplib gets them from the same maildrop. Then it
empties the maildrop with --delete. After that messages arrive and others are removed between several runs, most of
which leave mail on the server: every message that was there at the time of a run is delivered exactly once. By hand, as
root (the servers live in mount namespaces of their own):

  .ci/interop/install.sh && .ci/interop/servers.py
  .ci/interop/servers.py --server Dovecot --runs 30
  .ci/interop/servers.py --readme                      (writes the table in README.md)
  .ci/interop/servers.py --record /tmp/recorded        (a dialogue of each server, as the draft of a transcript)
"""

import argparse
import os
import poplib
import random
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import corpus
from clients import MODES, PLAIN, STLS, TLS, poplib_session, run
from configured import make_client_certificate
from corpus import crlf_form
from harness import (
    HOST,
    POP3GET,
    ROOT,
    USER,
    Certificates,
    Report,
    expect,
    expect_same,
    make_certificates,
    scratch_folder,
)
from peer import Peer
from recorder import Recorder
from servers.base import RealServer, Setting
from servers.courier import Courier
from servers.cyrus import Cyrus
from servers.dovecot import Dovecot
from servers.mailutils import Mailutils
from servers.popa3d import Popa3d
from servers.solid import Solid
from servers.twisted import Twisted
from servers.wildduck import WildDuck

SERVERS: tuple[type[RealServer], ...] = (Dovecot, Courier, Cyrus, Mailutils, Popa3d, Solid, Twisted, WildDuck)
BEARER = ("oauthbearer", "xoauth2")
SOME = 12  # messages in the maildrops that --delete empties, except for the first of each server
README = ROOT / "README.md"
BEGIN, END = "<!-- servers: begin -->\n", "<!-- servers: end -->\n"
HEAD = (
    "| server | version | TLS modes | login methods | logins | messages octet for octet | runs, each message once |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
)
MODE_NAMES = {PLAIN: "plain", STLS: "STLS", TLS: "TLS"}
LOGIN_COMMAND = re.compile(rb"(?:AUTH ([\w-]+)|(APOP) .*|(USER) .*)(?: .*)?", re.IGNORECASE)
SYNC_NUMBER = re.compile(rb"^X-Sync: (\d+)", re.MULTILINE)


@dataclass
class Row:
    """What was shown for one server."""

    server: str
    version: str
    done: dict[tuple[str, str], bool] = field(default_factory=dict)
    messages: int = 0
    runs: int = 0

    def text(self) -> str:
        modes = [MODE_NAMES[mode] for mode in MODES if any(mode == one for one, _ in self.done)]
        methods = list(dict.fromkeys(method.upper() for (_, method), well in self.done.items() if well))
        passed = f"{sum(self.done.values())} of {len(self.done)}"
        cells = (self.server, self.version, ", ".join(modes), ", ".join(methods), passed, self.messages, self.runs)
        return f"| {' | '.join(map(str, cells))} |\n"


class Pop3get:
    """The program under test, and the options for a login."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder, self.made = program, folder, 0

    def target(self) -> Path:
        self.made += 1
        return self.folder / f"target-{self.made}"

    def run(self, server: RealServer, mode: str, method: str, to: Path, *options: object, port: int = 0) -> list[bytes]:
        """One run. Returns what is new in the Maildir."""
        before = set(stored(to))
        where = f"{HOST}:{port or (server.server.tls_port if mode == TLS else server.server.plain_port)}"
        command: list[object] = [self.program, f"--{mode}", "--user", server.server.user]
        command += ["--auth", method] if method else []
        command += [] if mode == PLAIN else ["--ca", server.server.ca]
        if method == "external":
            command += ["--cert", server.setting.client_cert, "--key", server.setting.client_key]
        elif method in BEARER:
            command += ["--token-env", "POP3_TOKEN"]
        elif method != "anonymous":
            command += ["--password-env", "POP3_PASSWORD"]
        secrets = {"POP3_PASSWORD": server.server.password, "POP3_TOKEN": server.token}
        run([*command, "--to", to, *options, where], "pop3get", env={**os.environ, **secrets})
        left = list((to / "tmp").iterdir())
        expect(not left, f"pop3get left files in tmp: {left}")
        return [path.read_bytes() for path in stored(to) if path not in before]


def stored(to: Path) -> list[Path]:
    return [path for part in ("new", "cur") if (to / part).is_dir() for path in (to / part).iterdir()]


def read_exactly(session: poplib.POP3, number: int) -> bytes:
    """A message as it came, but with dots unstuffed. poplib itself drops line ends."""
    session._putcmd(f"RETR {number}")
    session._getresp()
    octets, at_start = bytearray(), True
    while True:
        line = session.file.readline()
        expect(line, f"closed in message {number}")
        if at_start and line == b".\r\n":
            return bytes(octets)
        octets += line[1:] if at_start and line.startswith(b".") else line
        at_start = line.endswith(b"\r\n")


def read_all(server: RealServer) -> list[bytes]:
    """All messages. The session asks for unique-ids, because GNU Mailutils then shows them in the messages, too, and
    ends with QUIT, because it writes into the maildrop only then.
    """
    with poplib_session(server.server) as session:
        session.uidl()
        return [read_exactly(session, number) for number in range(1, session.stat()[0] + 1)]


def by_number(messages: Iterable[bytes]) -> dict[str, bytes]:
    return {f"number {number}": octets for number, octets in enumerate(messages, 1)}


class Stage:
    """One server, and what the checks need."""

    def __init__(self, server: RealServer, pop3get: Pop3get, report: Report, row: Row) -> None:
        self.server, self.pop3get, self.report, self.row = server, pop3get, report, row
        self.reference: list[bytes] = []

    def logins(self) -> Iterator[tuple[str, str]]:
        for mode, methods in self.server.offers.items():
            for method in methods:
                yield mode, method

    def check(self, what: str, body: Callable[..., str | None], *arguments: object) -> bool:
        failed = self.report.failed
        self.report.check(f"{self.server.name}: {what}", body, *arguments)
        return self.report.failed == failed

    def run(self, runs: int) -> None:
        if not self.check("poplib reads the maildrop", self.read_reference):
            return
        for mode, method in self.logins():
            well = self.check(f"{method} fetches everything, {mode}", self.fetch, mode, method)
            self.row.done[mode, method] = well
        for mode in self.server.offers:
            self.check(f"the method of its own choice fetches everything, {mode}", self.fetch, mode, "")
        self.check("the maildrop is as before", lambda: expect_same(read_all(self.server), by_number(self.reference)))
        for mode, method in self.logins():
            well = self.check(f"{method} deletes everything, {mode}", self.delete, mode, method)
            self.row.done[mode, method] &= well
        self.check(f"{runs} runs with arrivals and removals between them", self.keep_in_step, runs)

    def read_reference(self) -> str:
        put = [octets for _, octets in corpus.messages(0, 0) if self.server.takes(octets)]
        taken = self.server.put(put)
        first = read_all(self.server)
        self.reference = read_all(self.server)  # some servers add to the header in the first session
        expect(len(self.reference) == taken, f"{len(self.reference)} messages instead of {taken}")
        unchanged = (Counter(map(crlf_form, put)) & Counter(self.reference)).total()
        settled = (Counter(first) & Counter(self.reference)).total()
        remark = f"{taken} messages, {unchanged} of them sent as put"
        if self.server.leaves_out:
            remark += f"; left out: {self.server.leaves_out}"
        if settled != taken:
            remark += f"; {taken - settled} changed by the first session"
        return remark

    def fetch(self, mode: str, method: str) -> str:
        to = self.pop3get.target()
        if mode == PLAIN:
            with Recorder(self.server.server.plain_port) as recorder:
                got = self.pop3get.run(self.server, mode, method, to, port=recorder.port)
            used = {name for dialogue in recorder.dialogues for name in logins_in(dialogue.client)}
            expect(len(used) == 1 and method in ("", *used), f"logged in with {used}")
        else:
            got = self.pop3get.run(self.server, mode, method, to)
        shutil.rmtree(to)
        expect_same(got, by_number(self.reference))
        self.row.messages = len(got)
        return f"{len(got)} messages, {sum(map(len, got))} octets"

    def delete(self, mode: str, method: str) -> str:
        if not self.server.left():
            self.server.put(octets for _, octets in sample(self.server))
            read_all(self.server)
        wanted = read_all(self.server)
        to = self.pop3get.target()
        got = self.pop3get.run(self.server, mode, method, to, "--delete")
        shutil.rmtree(to)
        expect_same(got, by_number(wanted))
        self.left_soon(lambda left: not left, lambda left: f"{len(left)} messages are left")
        return f"{len(got)} messages"

    def left_soon(self, holds: Callable[[list[bytes]], object], otherwise: Callable[[list[bytes]], str]) -> None:
        """Waits a little, because Courier answers QUIT first and removes afterwards."""
        deadline = time.monotonic() + 5
        while not holds(left := self.server.left()):
            expect(time.monotonic() < deadline, otherwise(left))
            time.sleep(0.02)

    def keep_in_step(self, runs: int) -> str:
        """Each run has another mode and method. Some delete what is old enough, or too much."""
        rng = random.Random(self.server.name)
        logins = list(self.logins())
        to = self.pop3get.target()
        next_number, there_once = 1, Counter()
        while self.server.left():  # after a deletion that failed
            self.server.remove(1)
        for number in range(1, runs + 1):
            arrivals = [sync_message(next_number + n) for n in range(rng.randrange(1, 6))]
            next_number += len(arrivals)
            self.server.put(arrivals)
            for _ in range(rng.randrange(3) if number > 1 else 0):
                if count := len(self.server.left()):
                    self.server.remove(rng.randrange(count) + 1)
            there = sync_numbers(self.server.left())
            there_once |= Counter(there)
            mode, method = logins[number * 7 % len(logins)]
            option, keeps = self.option(number)
            # One record for all ports of the server.
            self.pop3get.run(self.server, mode, method, to, "--record", to / "record", *option)
            fetched = Counter(sync_numbers(path.read_bytes() for path in stored(to)))
            said = f"run {number} ({method}, {mode}, {' '.join(map(str, option)) or 'keep'})"
            expect(fetched == there_once, f"{said}: not exactly once: {differing(fetched, there_once)}")
            kept = there[len(there) - keeps(len(there)) :]
            self.left_soon(
                lambda left, kept=kept: sync_numbers(left) == kept,
                lambda left, said=said, there=there: f"{said}: {there} became {sync_numbers(left)}",
            )
            self.row.runs = number
        shutil.rmtree(to)
        return f"{there_once.total()} messages, each delivered once"

    @staticmethod
    def option(number: int) -> tuple[tuple[object, ...], Callable[[int], int]]:
        """Another option of the run, and how many of this many messages it leaves, the newest."""
        if number % 5 == 3:
            return ("--keep-count", 3), lambda count: min(count, 3)
        if number % 5 == 0:
            return ("--delete-after", 0), lambda _: 0
        return (), lambda count: count


def sample(server: RealServer) -> list[tuple[str, bytes]]:
    """Some messages of the corpus, none of them empty, because a server may take an empty one for no message at all."""
    messages = [pair for pair in corpus.messages(0, 0) if pair[1].startswith(corpus.HEADER) and server.takes(pair[1])]
    return messages[:: max(len(messages) // SOME, 1)]


def sync_message(number: int) -> bytes:
    """With a Message-ID, because some servers make the unique-id from such fields."""
    fields = b"Message-ID: <%d@example.org>\nX-Sync: %d\n" % (number, number)
    # No two have the same size: where a server mixes up its replies, only the sizes tell which is which.
    return fields + corpus.HEADER + b"\n.\nthe text of message %d%s\n" % (number, b"!" * number)


def sync_numbers(messages: Iterable[bytes]) -> list[int]:
    return [int(found[1]) for octets in messages for found in [SYNC_NUMBER.search(octets)] if found]


def differing(got: Counter[int], wanted: Counter[int]) -> str:
    return f"missing {sorted((wanted - got).elements())}, too often {sorted((got - wanted).elements())}"


def logins_in(sent: bytes) -> Iterator[str]:
    for line in sent.split(b"\r\n"):
        if found := LOGIN_COMMAND.fullmatch(line):
            yield next(filter(None, found.groups())).decode().lower()


def record(server: RealServer, folder: Path) -> None:
    """Two sessions without TLS: a login that fails, and one with capabilities, lists and a missing message."""
    server.put(sync_message(number) for number in (1, 2))
    user, password = b"USER " + USER.encode(), b"PASS " + server.server.password.encode()
    name = server.folder.name
    title = f"# A session of {server.name} {server.version()}"
    refused = dialogue(server, b"CAPA", user, b"PASS wrong", b"QUIT")
    write_transcript(folder / f"{name}-refused.txt", f"{title}, with a wrong password", refused)
    questions = (b"CAPA", b"STAT", b"LIST", b"UIDL", b"RETR 3", b"RETR 1", b"DELE 2", b"LIST 2", b"QUIT")
    write_transcript(folder / f"{name}.txt", title, dialogue(server, b"CAPA", user, password, *questions))


def dialogue(server: RealServer, *commands: bytes) -> list[tuple[bytes, bytes]]:
    """The greeting and each command with its whole reply, up to where the server closes."""
    said = []
    with Peer(server.server) as peer:
        for command in (b"", *commands):
            try:
                answer = peer.ask(command)
                if answer.startswith(b"+OK") and (command[:4] in (b"CAPA", b"RETR") or command in (b"LIST", b"UIDL")):
                    while not answer.endswith(b"\r\n.\r\n"):
                        line = peer.lines.readline()
                        expect(line, f"closed in the reply to {command!r}")
                        answer += line
            except ConnectionError:
                answer = b""
            said.append((command, answer))
            if not answer:
                break
    return said


def write_transcript(path: Path, title: str, said: list[tuple[bytes, bytes]]) -> None:
    lines = [title, "role: client"]
    for command, answer in said:
        lines += [f"C: {escaped(command)}\\r\\n"] if command else []
        lines += [f"S: {escaped(line)}" for line in answer.splitlines(True)]
    path.write_text("\n".join([*lines, "EOF: ok"]) + "\n")


def escaped(octets: bytes) -> str:
    names = {0: "\\0", 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\"}
    return "".join(names.get(one, chr(one) if 32 <= one < 127 else f"\\x{one:02x}") for one in octets)


def write_readme(rows: list[Row]) -> None:
    text = README.read_text()
    found = re.fullmatch(f"(.*{re.escape(BEGIN)})(.*?)({re.escape(END)}.*)", text, re.DOTALL)
    expect(found, f"{README.name} has no place for the table: {BEGIN.strip()} and {END.strip()}")
    README.write_text(found[1] + HEAD + "".join(row.text() for row in rows) + found[3])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", action="append", help="only servers with this in their name; may be repeated")
    parser.add_argument("--pop3get", type=Path, default=POP3GET, help="the program (default: the one built)")
    parser.add_argument("--runs", type=int, default=10, help="runs with changes between them (default 10)")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    parser.add_argument("--record", type=Path, metavar="DIR", help="only record a dialogue of each server")
    options = parser.parse_args()
    if not options.record and not os.access(options.pop3get, os.X_OK):
        sys.exit(f"not built: {options.pop3get}; run: cargo programs")
    named = [name.lower() for name in options.server or [""]]
    report, rows = Report(), []
    with scratch_folder() as folder:
        certificates: Certificates = make_certificates(folder / "certificates")
        setting = Setting(folder, certificates, *make_client_certificate(certificates, USER))
        for kind in SERVERS:
            if any(name in kind.name.lower() for name in named):
                one_server(kind, setting, options, report, rows)
    if not options.record:
        print(HEAD + "".join(row.text() for row in rows), end="")
        if options.readme:
            report.check("README.md has the table", write_readme, rows)
    return report.finish()


def one_server(
    kind: type[RealServer], setting: Setting, options: argparse.Namespace, report: Report, rows: list[Row]
) -> None:
    folder = setting.folder / kind.__name__.lower()
    started: list[RealServer] = []
    report.check(f"{kind.name} starts", lambda: started.append(kind(replace(setting, folder=folder))))
    if not started:
        return
    (server,) = started
    try:
        if options.record:
            options.record.mkdir(parents=True, exist_ok=True)
            report.check(f"{kind.name} is recorded", record, server, options.record)
            return
        row = Row(kind.name, server.version())
        Stage(server, Pop3get(options.pop3get, setting.folder), report, row).run(options.runs)
        rows.append(row)
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
