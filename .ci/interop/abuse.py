#!/usr/bin/env python3
"""Proves that bad input, bad peers and bad command lines end in a clear error or a clean close, and in nothing worse.

pop3d gets junk, endless lines, floods of commands, and peers that stall; pop3get gets fake servers that send junk,
lie, stall or close. Expected: no panic, less than 32 MiB of memory, the documented exit codes with a message that names
the culprit, no piece of a message in new/, no password to a server that is not trusted, and a pop3d that serves a
normal session after each check. By hand:

  .ci/interop/abuse.py            (as in CI)
  .ci/interop/abuse.py --full     (lines of 1 GiB, and peers that stall: two minutes, for pop3get waits that long)
"""

import argparse
import base64
import itertools
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import corpus
from clients import PLAIN, STLS, TLS, log_in_soon, poplib_session
from fake import CLOSE, HOLD, Drip, Endless, FakeServer, Later, Line
from harness import (
    HOST,
    PANIC,
    PASSWORD,
    POP3D,
    POP3GET,
    USER,
    Certificates,
    Pop3d,
    Report,
    expect,
    free_ports,
    make_certificates,
    need_programs,
    peak_kib,
    scratch_folder,
    shown,
)
from peer import Peer

LIMIT_KIB = 32 * 1024
# pop3get keeps the listing of a maildrop, up to some 700,000 messages.
LISTING_KIB = 128 * 1024
BIG_MB = 200
USAGE, LOGIN, NETWORK, PROTOCOL, DISK = 2, 3, 4, 5, 6  # exit codes of pop3get
STALLED_SECONDS = 180


@dataclass
class Outcome:
    """How a program ended."""

    code: int | None
    stdout: str
    stderr: str
    peak_kib: int


def run_program(command: list[object], seconds: float = 60, **options: object) -> Outcome:
    """Runs a program to its end, and watches its memory; after `seconds` it is ended, and the code is None."""
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        errors="replace", **options,
    )  # fmt: skip
    peak = 0
    in_time = True
    deadline = time.monotonic() + seconds
    while process.poll() is None and in_time:
        peak = max(peak, peak_kib(process.pid))
        time.sleep(0.005)
        in_time = time.monotonic() < deadline
    if not in_time:
        process.kill()
    stdout, stderr = process.communicate()
    return Outcome(process.returncode if in_time else None, stdout, stderr, peak)


def expect_error(outcome: Outcome, codes: tuple[int, ...], *culprits: object, limit_kib: int = LIMIT_KIB) -> str:
    """Expects one of the codes, and a message that names the culprits."""
    text = outcome.stderr.strip()
    expect(PANIC not in outcome.stdout + outcome.stderr, text)
    expect(outcome.code is not None, f"did not end; it said {text!r}")
    expect(outcome.code in codes, f"code {outcome.code} instead of {codes}: {text!r}")
    expect(text, "no message")
    for culprit in culprits:
        expect(str(culprit) in text, f"the message does not name {culprit}: {text!r}")
    expect(outcome.peak_kib < limit_kib, f"{outcome.peak_kib} KiB")
    return f"code {outcome.code}, {outcome.peak_kib} KiB: {text.splitlines()[0][:150]}"


# Bad peers for pop3d.


def only_refusals(answers: bytes) -> str:
    lines = answers.split(b"\r\n")
    bad = [line for line in lines[:-1] if not line.startswith(b"-ERR")]
    expect(not bad and not lines[-1], f"answers that are no refusals: {shown(b'|'.join(bad or lines[-1:]))}")
    return f"{len(lines) - 1} refusals"


class BadPeers:
    """Each method is a bad peer; `all` runs them against one pop3d, with a normal session after each."""

    def __init__(self, folder: Path, certificates: Certificates, line_mb: int) -> None:
        self.line_mb = line_mb
        self.certificates = certificates
        self.mail = folder / "mail"
        corpus.write_maildir(self.mail / "alice", corpus.messages(0, 1))
        corpus.write_maildir(self.mail / "bob", iter([("big", corpus.line_of(75) + b"\n")]))
        with (self.mail / "bob" / "new" / "1700000000.huge").open("wb") as huge:
            for _ in range(BIG_MB):
                huge.write((corpus.line_of(62) + b"\r\n") * 16384)

    def all(self, report: Report) -> None:
        users = ("alice", "bob")
        # Whoever abuses it and whoever uses it come from the same address here.
        patient = self.mail.with_name("patient.toml")
        patient.write_text("[login]\nfailure-delay = 0\n")
        source = ("--config", patient, "--maildir", self.mail / "%u")
        with Pop3d(*source, certificates=self.certificates, users=users) as self.pop3d:
            self.server = self.pop3d.server
            for name, body in (
                ("binary junk, plain", lambda: self.junk(PLAIN)),
                ("binary junk inside TLS", lambda: self.junk(TLS)),
                # Covers handshake-that-breaks.
                ("binary junk instead of TLS", self.junk_instead_of_tls),
                # Covers handshake-that-breaks.
                ("binary junk after STLS", self.junk_after_stls),
                # Covers commands-behind-stls.
                ("commands smuggled behind STLS", self.smuggled_behind_stls),
                # Covers endless-line.
                (f"a line of {self.line_mb} MiB, plain", lambda: self.long_line(PLAIN)),
                (f"a line of {self.line_mb} MiB, TLS", lambda: self.long_line(TLS)),
                # Covers over-long-exchange-line.
                (f"a line of {self.line_mb} MiB as an answer to AUTH", self.long_auth_line),
                # Covers unknown-verbs.
                ("10,000 unknown commands, plain", lambda: self.unknown_commands(PLAIN)),
                ("10,000 unknown commands, TLS", lambda: self.unknown_commands(TLS)),
                ("a flood of commands by one who does not read", self.flood_without_reading),
                ("100 peers that stall in a line or a handshake", self.stall_in_line),
                (f"one that does not read {BIG_MB} MiB, plain", lambda: self.no_reading(PLAIN)),
                (f"one that does not read {BIG_MB} MiB, TLS", lambda: self.no_reading(TLS)),
                # Covers passwords-by-trial.
                ("passwords by trial", self.passwords_by_trial),
                ("200 connections that close at once", self.close_at_once),
            ):
                report.check(f"pop3d: {name}", self.guarded, body)

    def guarded(self, body: Callable[[], str]) -> str:
        remark = body()
        expect(self.pop3d.process.poll() is None, f"pop3d is gone: {self.pop3d.text()}")
        self.normal_session()
        expect(PANIC not in self.pop3d.text(), self.pop3d.text())
        peak = self.pop3d.peak_kib()
        expect(peak < LIMIT_KIB, f"peak {peak} KiB")
        return f"{remark}; peak so far {peak} KiB"

    def normal_session(self) -> None:
        for mode in (PLAIN, STLS, TLS):
            with poplib_session(self.server, mode) as session:
                expect(len(session.retr(1)[1]) == 0 and session.stat()[0] > 50, "not the usual session")

    @contextmanager
    def peer(self, mode: str = PLAIN) -> Iterator[Peer]:
        peer = Peer(self.server, mode)
        try:
            yield peer
        finally:
            peer.close()

    def junk(self, mode: str) -> str:
        with self.peer(mode) as peer:
            peer.ask(b"")
            peer.send_if_open(random.Random(1).randbytes(1 << 20) + b"\r\nQUIT\r\n")
            answers = peer.rest()
            at_end = answers.rfind(b"+OK")
            expect(at_end >= 0 and answers.endswith(b"\r\n"), f"QUIT is not answered: {shown(answers)}")
            return only_refusals(answers[:at_end])

    # Proves 8314-3.1-01.
    def junk_instead_of_tls(self) -> str:
        for junk in (
            b"\r\n",
            b"USER alice\r\nPASS x\r\n",
            random.Random(2).randbytes(1 << 20),
            b"\x16\x03\x01\xff\xff" * 9999,
        ):
            with socket.create_connection((HOST, self.server.tls_port), 30) as connection:
                try:
                    connection.sendall(junk)
                    connection.shutdown(socket.SHUT_WR)
                    while answer := connection.recv(65536):
                        expect(b"+OK" not in answer and b"-ERR" not in answer, f"answered with {answer!r}")
                except TimeoutError:
                    raise
                except OSError:
                    pass
        return "closed"

    # Proves 2595-4-18.
    def junk_after_stls(self) -> str:
        with self.peer() as peer:
            peer.ask(b"")
            expect(peer.ask(b"STLS").startswith(b"+OK"), "STLS is refused")
            peer.send_if_open(random.Random(3).randbytes(10_000))
            answer = peer.rest()
            expect(b"+OK" not in answer and b"-ERR" not in answer, f"answered with {answer!r}")
        return "closed"

    # Proves 2595-4-13.
    def smuggled_behind_stls(self) -> str:
        """What follows STLS in clear must not be taken for a command given inside TLS."""
        with self.peer() as peer:
            peer.ask(b"")
            peer.socket.sendall(b"STLS\r\nCAPA\r\nNOOP\r\n")
            peer.socket.settimeout(5)
            try:
                answer = peer.rest()
            except TimeoutError:
                return "no answer in clear"
            expect(answer.count(b"\r\n") <= 1, f"answered with {answer!r}")
        return "closed"

    def long_line(self, mode: str) -> str:
        with self.peer(mode) as peer:
            peer.ask(b"")
            return self.send_long_line(peer)

    # Proves 5034-4-19.
    def long_auth_line(self) -> str:
        with self.peer() as peer:
            peer.ask(b"")
            answer = peer.ask(b"AUTH PLAIN")
            remark = self.send_long_line(peer)
        return f"{answer!r}, then {remark}"

    # Proves 2449-4-04.
    def send_long_line(self, peer: Peer) -> str:
        block = b"A" * (1 << 20)
        try:
            for _ in range(self.line_mb):
                peer.socket.sendall(block)
            peer.socket.sendall(b"\r\n")
            answers = peer.ask(b""), peer.ask(b"CAPA")
        except ConnectionError:
            return "closed"
        if b"" in answers:
            return "closed"
        expect(answers[0].startswith(b"-ERR") and answers[1].startswith(b"+OK"), f"answered with {answers}")
        return "refused, and in step again"

    # Proves 0-robust-02.
    def unknown_commands(self, mode: str) -> str:
        with self.peer(mode) as peer:
            peer.ask(b"")
            sender = threading.Thread(target=peer.send_if_open, args=(b"XYZZY 1\r\n" * 10_000,))
            sender.start()
            answers = peer.rest()
            sender.join()
            return only_refusals(answers) + ", closed"

    def flood_without_reading(self) -> str:
        with self.peer() as peer:
            peer.log_in("bob")
            peer.socket.settimeout(3)
            sent = 0
            try:
                while sent < 500_000_000:
                    sent += peer.socket.send(b"NOOP\r\n" * 10_000)
            except (TimeoutError, ConnectionError):
                return f"no more is taken after {sent} octets"
        return f"{sent} octets taken"

    def stall_in_line(self) -> str:
        held = []
        try:
            for number in range(50):
                source = f"127.0.0.{2 + number % 4}"  # one address may have so many connections and no more
                peer = Peer(self.server, source=source)
                peer.ask(b"")
                peer.socket.sendall((b"U", b"USER al", b"USER alice\r\nPASS ", b"USER alice\r")[number % 4])
                silent = socket.create_connection((HOST, self.server.tls_port), 30, (source, 0))
                silent.sendall(b"\x16\x03\x01\x02\x00\x01"[: number % 7])
                held += [peer, silent]
            self.normal_session()
        finally:
            for connection in held:
                connection.close()
        return "others are served meanwhile"

    def no_reading(self, mode: str) -> str:
        with self.peer(mode) as peer:
            peer.log_in("bob")
            peer.socket.sendall(b"RETR 1\r\n")
            time.sleep(2)
            self.normal_session()
        self.server.user = "bob"
        try:
            log_in_soon(self.server)
        finally:
            self.server.user = USER
        return "others are served meanwhile, and the maildrop is free afterwards"

    def cut_off(self) -> str:
        """With a pop3d and a maildrop of its own, for it takes as long as pop3d waits."""
        shutil.copytree(self.mail / "bob", self.mail / "carol")
        with Pop3d("--maildir", self.mail / "carol", certificates=self.certificates) as pop3d:
            peer = Peer(pop3d.server)
            try:
                peer.log_in()
                peer.socket.sendall(b"RETR 1\r\n")
                start = time.monotonic()
                log_in_soon(pop3d.server, STALLED_SECONDS)
            finally:
                peer.close()
            return f"cut off after {time.monotonic() - start:.0f} s"

    # Proves 0-robust-02.
    def passwords_by_trial(self) -> str:
        """With a pop3d of its own that does not get slower with each."""
        config = self.mail / "config"
        config.write_text("[login]\nfailure-delay = 0\n")
        tried = 0
        options = ("--config", config, "--maildir", self.mail / "alice")
        with Pop3d(*options, certificates=self.certificates) as pop3d, Peer(pop3d.server) as peer:
            peer.ask(b"")
            try:
                while tried < 30 and peer.ask(b"USER alice") and (answer := peer.ask(b"PASS wrong")):
                    expect(answer.startswith(b"-ERR"), f"answered with {answer!r}")
                    tried += 1
            except ConnectionError:
                pass
        expect(tried < 30, "30 passwords could be tried in one connection")
        return f"closed after {tried}"

    def close_at_once(self) -> str:
        for number in range(200):
            port = self.server.tls_port if number % 2 else self.server.plain_port
            socket.create_connection((HOST, port), 30).close()
        return "closed"


# Bad command lines for pop3d.


def bad_command_lines_of_pop3d(report: Report, folder: Path, certificates: Certificates) -> None:
    maildir = folder / "maildir"
    corpus.write_maildir(maildir, iter([("one", b"Subject: one\n\none\n")]))
    mbox = folder / "mbox"
    mbox.write_bytes(b"From a Mon Jan  1 00:00:00 2024\nSubject: one\n\none\n\n")
    unreadable = folder / "unreadable"
    unreadable.write_bytes(mbox.read_bytes())
    unreadable.chmod(0)
    program, as_other = POP3D, {}
    if os.geteuid() == 0:  # root may read everything
        program = folder / "pop3d"
        shutil.copy(POP3D, program)
        as_other = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    (busy,) = free_ports(1)
    missing = folder / "missing"
    user = ("--user", "alice:secret")
    listen = ("--listen", f"{HOST}:0")
    usual = ("--maildir", maildir, *user)
    cases: dict[str, tuple[int, tuple[object, ...], tuple[object, ...]]] = {
        "missing Maildir": (1, ("--maildir", missing, *listen, *user), (missing,)),
        "a file as Maildir": (1, ("--maildir", mbox, *listen, *user), (mbox,)),
        "missing mbox": (1, ("--mbox", missing, *listen, *user), (missing,)),
        "a folder as mbox": (1, ("--mbox", maildir, *listen, *user), (maildir,)),
        "unreadable mbox": (1, ("--mbox", unreadable, *listen, *user), (unreadable,)),
        "unreadable key": (
            1,
            (*usual, *listen, "--tls-cert", certificates.cert, "--tls-key", unreadable),
            (unreadable,),
        ),
        "missing certificate": (
            1,
            (*usual, *listen, "--tls-cert", missing, "--tls-key", certificates.key),
            (missing,),
        ),
        "junk as certificate": (1, (*usual, *listen, "--tls-cert", mbox, "--tls-key", certificates.key), (mbox,)),
        "key of another certificate": (
            1,
            (*usual, *listen, "--tls-cert", certificates.ca, "--tls-key", certificates.key),
            (certificates.ca,),
        ),
        "certificate without key": (USAGE, (*usual, *listen, "--tls-cert", certificates.cert), ("--tls-key",)),
        "no address": (USAGE, (*usual, "--listen", "nonsense"), ("nonsense",)),
        "a port too high": (USAGE, (*usual, "--listen", f"{HOST}:99999"), (f"{HOST}:99999",)),
        "an address of others": (1, (*usual, "--listen", "192.0.2.1:0"), ("192.0.2.1",)),
        "a port in use": (1, (*usual, "--listen", f"{HOST}:{busy}"), (busy,)),
        "a TLS port in use": (1, (*usual, "--listen-tls", f"{HOST}:{busy}"), (busy,)),
        "a user without password": (1, ("--maildir", maildir, *listen, "--user", "alice"), ("--user",)),
        # Covers name-as-path.
        "a user who leaves the folder": (1, ("--maildir", maildir, *listen, "--user", "../a:b"), ("../a",)),
        "nobody": (1, ("--maildir", maildir, *listen), ("--user",)),
        "two stores": (USAGE, ("--maildir", maildir, "--mbox", mbox, *listen, *user), ("--mbox",)),
        "unknown option": (USAGE, (*usual, "--frobnicate"), ("--frobnicate",)),
    }
    with socket.create_server((HOST, busy)):
        for name, (code, options, culprits) in cases.items():
            who = as_other if "unreadable" in name else {}
            report.check(f"pop3d: {name}", bad_command_line, [program, *options], who, code, culprits)


def bad_command_line(command: list[object], who: dict[str, object], code: int, culprits: tuple[object, ...]) -> str:
    return expect_error(run_program(command, 10, **who), (code,), *culprits)


# Bad servers and bad command lines for pop3get.


def holds(said: bytes, secret: str) -> bool:
    """Whether the secret was said, as it is or in base64, wherever it stands in what was encoded."""
    text = secret.encode()
    forms = [text]
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + text)
        end = encoded.find(b"=") - 1 if b"=" in encoded else len(encoded)
        forms.append(encoded[-(-before * 8 // 6) : end])
    return any(form in said for form in forms)


class BadServers:
    """pop3get against servers that misbehave, and with command lines that cannot work."""

    def __init__(self, folder: Path, certificates: Certificates, line_mb: int) -> None:
        self.folder = folder
        self.certificates = certificates
        self.line_mb = line_mb
        self.numbers = itertools.count()

    def pop3get(
        self,
        where: str,
        *options: object,
        to: Path | None = None,
        variable: str = "POP3_PASSWORD",
        seconds: float = 60,
        **process: object,
    ) -> tuple[Outcome, Path]:
        target = to or self.folder / f"target-{next(self.numbers)}"
        login = ("--user", USER, "--password-env", variable, "--to", target)
        environment = {**os.environ, "POP3_PASSWORD": PASSWORD}
        return run_program([POP3GET, where, *login, *options], seconds, env=environment, **process), target

    def against(
        self,
        codes: tuple[int, ...],
        whole: int = 0,
        seconds: float = 60,
        mode: str = PLAIN,
        limit_kib: int = LIMIT_KIB,
        options: tuple[object, ...] = (),
        culprits: tuple[object, ...] = (),
        **answers: object,
    ) -> str:
        """Runs it against a fake server; `whole` messages may be in new/, each as it was sent."""
        with FakeServer(**answers) as server:
            usual = (f"--{mode}", "--ca", self.certificates.ca, "--delete")
            outcome, target = self.pop3get(f"{HOST}:{server.port}", *usual, *options, seconds=seconds)
            if mode != PLAIN:
                for secret in (PASSWORD, USER):
                    expect(not holds(server.received, secret), f"{secret} was sent in clear: {shown(server.received)}")
            deleted = b"QUIT" in server.received and b"DELE" in server.received
            expect(not deleted or "DELE" in answers, "messages were deleted")
        remark = expect_error(outcome, codes, *culprits, limit_kib=limit_kib)
        messages = [path.read_bytes() for path in (target / "new").iterdir()]
        expect(messages == [b"text\r\n"] * whole, f"{len(messages)} messages in new/: {shown(b'|'.join(messages))}")
        return remark

    def all(self, report: Report) -> None:
        octets = self.line_mb << 20
        same = lambda piece: Endless(lambda _: piece, octets)  # noqa: E731
        junk = random.Random(4).randbytes(100_000)
        cases: dict[str, Callable[[], str]] = {
            "junk as greeting": lambda: self.against((PROTOCOL,), greeting=junk),
            # Covers greeting-not-checked.
            "HTTP": lambda: self.against((PROTOCOL,), greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            # Covers greeting-not-checked.
            "a refusal as greeting": lambda: self.against((NETWORK,), greeting=b"-ERR too busy\r\n"),
            "a close instead of a greeting": lambda: self.against((NETWORK,), greeting=(CLOSE,)),
            # Covers endless-line.
            "a greeting without end": lambda: self.against(
                (NETWORK, PROTOCOL), greeting=(b"+OK ", same(b"x" * 999), CLOSE)
            ),
            "endless capabilities": lambda: self.against(
                (NETWORK, PROTOCOL), CAPA=(b"+OK\r\n", same(b"X-NEVER-HEARD-OF-IT\r\n"), CLOSE)
            ),
            # Covers quirk-110.
            "a close after PASS": lambda: self.against((LOGIN,), PASS=(CLOSE,)),
            "junk as answer to STAT": lambda: self.against((PROTOCOL,), STAT=junk),
            "junk as answer to LIST": lambda: self.against((PROTOCOL,), LIST=junk),
            # Covers endless-listing.
            "an endless list": lambda: self.against(
                (NETWORK, PROTOCOL),
                limit_kib=LISTING_KIB,
                LIST=(b"+OK\r\n", Endless(lambda n: b"%d 6\r\n" % (n + 1), 64 << 20), CLOSE),
            ),
            "a list without end": lambda: self.against((NETWORK,), LIST=(b"+OK\r\n1 6\r\n", CLOSE)),
            "junk as answer to RETR": lambda: self.against((PROTOCOL,), RETR=junk),
            "a refusal of RETR": lambda: self.against((PROTOCOL,), RETR=b"-ERR no\r\n"),
            "a message without end": lambda: self.against((NETWORK, PROTOCOL), RETR=(b"+OK\r\ntext\r\n", CLOSE)),
            "a close in the end of a message": lambda: self.against(
                (NETWORK, PROTOCOL), RETR=(b"+OK\r\ntext\r\n.", CLOSE)
            ),
            # Covers bare-line-ends-in-replies.
            "dots behind bare line feeds": self.bare_line_feeds,
            "a header line without end": lambda: self.against(
                (NETWORK, PROTOCOL), RETR=(b"+OK\r\n", same(b"x" * 999), CLOSE)
            ),
            # Covers texts-in-logs.
            "a refusal that would paint the terminal": self.terminal_codes,
            "a refusal of DELE": lambda: self.against((PROTOCOL,), whole=2, DELE=b"-ERR no\r\n"),
            "a close instead of an answer to QUIT": lambda: self.deletion_in_doubt((CLOSE,)),
            "a refusal of QUIT": lambda: self.deletion_in_doubt((b"-ERR some were not removed\r\n", CLOSE)),
            # Proves 2595-2.2-01, 2595-2.3-01, 2595-9-01.
            # Covers stls-stripped.
            "no STLS": lambda: self.against((LOGIN,), mode=STLS, CAPA=b"+OK\r\nUSER\r\n.\r\n"),
            # Covers stls-stripped.
            "no STLS, no CAPA": lambda: self.against((LOGIN, PROTOCOL), mode=STLS),
            # Proves 2595-4-17.
            # Covers stls-stripped.
            "a refusal of STLS": lambda: self.against(
                (LOGIN,), mode=STLS, CAPA=b"+OK\r\nSTLS\r\n.\r\n", STLS=b"-ERR\r\n"
            ),
            # Covers replies-behind-stls.
            "text smuggled behind STLS": lambda: self.against(
                (PROTOCOL,), mode=STLS, CAPA=b"+OK\r\nSTLS\r\n.\r\n", STLS=b"+OK\r\n+OK injected\r\n"
            ),
            "junk instead of a handshake": lambda: self.against((NETWORK,), mode=TLS, greeting=junk),
            # Covers certificate-not-checked.
            "an unknown certificate authority, STLS": lambda: self.unknown_authority(STLS),
            # Covers certificate-not-checked.
            "an unknown certificate authority, TLS": lambda: self.unknown_authority(TLS),
            # Covers certificate-not-checked.
            "a certificate for another name": self.another_name,
            "a wrong password": self.wrong_password,
            "a maildrop in use": self.in_use,
            "a full disk": self.full_disk,
            "a full disk at the end of a message": self.full_at_the_end,
            "a file as target": self.file_as_target,
            "an unknown host": lambda: expect_error(self.pop3get("host.invalid")[0], (NETWORK,), "host.invalid"),
            "a port nobody listens on": self.closed_port,
            "no arguments": lambda: expect_error(run_program([POP3GET]), (USAGE,), "name a server"),
            "a bad port": lambda: expect_error(self.pop3get(f"{HOST}:many")[0], (USAGE,), f"{HOST}:many"),
            "a variable that is not set": lambda: expect_error(
                self.pop3get(HOST, variable="NOT_SET")[0], (USAGE,), "NOT_SET"
            ),
            "an unknown option": lambda: expect_error(self.pop3get(HOST, "--frobnicate")[0], (USAGE,), "--frobnicate"),
            "two kinds of security": lambda: expect_error(
                self.pop3get(HOST, "--tls", "--plain")[0], (USAGE,), "--plain"
            ),
            "keep and delete": lambda: expect_error(self.pop3get(HOST, "--keep", "--delete")[0], (USAGE,), "--delete"),
            "a missing certificate file": self.missing_ca,
        }
        for name, body in {**cases, **self.too_much(), **self.without_tls()}.items():
            report.check(f"pop3get: {name}", body)

    def too_much(self) -> dict[str, Callable[[], str]]:
        """Servers that do not stop, and servers that count wrongly."""
        octets = self.line_mb << 20
        same = lambda piece: Endless(lambda _: piece, octets)  # noqa: E731
        scram = b"+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n"
        long_id = b"x" * 12_000
        return {
            # Covers endless-listing.
            "endless unique-ids": lambda: self.against(
                (PROTOCOL,),
                limit_kib=LISTING_KIB,
                culprits=("does not end",),
                STAT=b"+OK 4294967295 99\r\n",
                UIDL=(b"+OK\r\n", Endless(lambda n: b"%d %060d\r\n" % (n, n), 1 << 30)),
            ),
            # Covers endless-listing.
            "more unique-ids than messages": lambda: self.against(
                (PROTOCOL,),
                culprits=("does not end",),
                UIDL=(b"+OK\r\n", Endless(lambda n: b"%d %d\r\n" % (n, n), 1 << 30)),
            ),
            # Covers endless-listing, unique-id-too-long.
            "endless unique-ids of 12,000 octets": lambda: self.against(
                (PROTOCOL,),
                limit_kib=LISTING_KIB,
                culprits=("does not end",),
                UIDL=(b"+OK\r\n", Endless(lambda n: b"%d %d%s\r\n" % (n, n, long_id), 1 << 30)),
            ),
            # Covers endless-listing.
            "an endless list that cannot be read": lambda: self.against(
                (PROTOCOL,), culprits=("does not end",), LIST=(b"+OK\r\n", same(b"0 0\r\n"))
            ),
            # Covers endless-line.
            "an endless line of a list": lambda: self.against(
                (NETWORK, PROTOCOL), UIDL=(b"+OK\r\n1 ", same(b"x" * 999), CLOSE)
            ),
            # Covers long-challenge.
            "an endless challenge": lambda: self.against(
                (LOGIN,), CAPA=scram, AUTH=(b"+ ", same(b"A" * 1024), b"\r\n")
            ),
            "challenges without end": lambda: self.against(
                (LOGIN,),
                culprits=("scram-sha-256",),
                **{"CAPA": scram, "AUTH": b"+ bW9yZQ==\r\n", "*": (same(b"+ bW9yZQ==\r\n"),)},
            ),
            "a server that wants 4 billion iterations": self.iterations,
            "a flood of +OK behind the greeting": lambda: self.against(
                (PROTOCOL,), culprits=("does not stop",), greeting=(same(b"+OK\r\n"),)
            ),
            "a flood of +OK in place of a listing": lambda: self.against(
                (PROTOCOL,), culprits=("does not end",), LIST=(same(b"+OK\r\n"),)
            ),
            "a flood of -ERR behind PASS": lambda: self.against((PROTOCOL,), PASS=(b"+OK\r\n", same(b"-ERR\r\n"))),
            "a flood of +OK behind QUIT": self.flood_behind_quit,
            "a message without end, and --max-message": lambda: self.against(
                (PROTOCOL,),
                options=("--max-message", 1_000_000),
                culprits=("--max-message",),
                RETR=(b"+OK\r\n", same(b"text\r\n" * 100)),
            ),
            # Covers silent-peer.
            "a slow drip, and --max-time": self.drips,
            # Covers odd-numbers-in-listings.
            "wrong counts and sizes": self.wrong_counts,
        }

    def iterations(self) -> str:
        def challenge(line: Line) -> bytes:
            nonce = base64.b64decode(line.command.split()[2]).split(b"r=")[1]
            return b"+ " + base64.b64encode(b"r=%sserver,s=QSXCR+Q6sek8bf92,i=4294967295" % nonce) + b"\r\n"

        start = time.monotonic()
        remark = self.against((LOGIN,), CAPA=b"+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n", AUTH=challenge)
        expect(time.monotonic() - start < 10, "they were worked off")
        return remark

    def flood_behind_quit(self) -> str:
        flood = Endless(lambda _: b"+OK\r\n", self.line_mb << 20)
        with FakeServer(QUIT=(b"+OK\r\n", flood)) as server:
            outcome, target = self.pop3get(f"{HOST}:{server.port}", "--plain", "--delete")
        expect(outcome.code == 0, f"code {outcome.code}: {outcome.stderr}")
        expect(outcome.peak_kib < LIMIT_KIB, f"{outcome.peak_kib} KiB")
        expect(len(list((target / "new").iterdir())) == 2, "the messages are not in new/")
        return f"not read, {outcome.peak_kib} KiB"

    def drips(self) -> str:
        """Every drip is progress, so only --max-time ends it."""
        cases: tuple[dict[str, object], ...] = (
            {"greeting": (Drip(b"+"),)},
            {"LIST": (b"+OK\r\n", Drip(b"1 6\r\n"))},
            {"RETR": (b"+OK\r\n", Drip(b"t"))},
            {"STAT": (b"+OK ", Drip(b"1"))},
        )

        def one(answers: dict[str, object]) -> str:
            start = time.monotonic()
            remark = self.against((NETWORK,), options=("--max-time", 2), **answers)
            expect(2 <= time.monotonic() - start < 8, f"{answers}: {time.monotonic() - start:.1f} s")
            return remark

        with ThreadPoolExecutor() as executor:
            return list(executor.map(one, cases))[-1]

    def wrong_counts(self) -> str:
        """What is listed is fetched, once; no number makes it crash, wait, or take memory."""
        usual = b"1 6\r\n2 6\r\n"
        for stat, sizes in (
            (b"4294967295 18446744073709551615", usual),
            (b"99999999999999999999 99999999999999999999", usual),
            (b"-1 -6", usual),
            (b"many", usual),
            (b"1 6", usual),
            (b"2 12", b"1 0\r\n2 0\r\n"),
            (b"2 12", b"1 18446744073709551615\r\n2 18446744073709551616\r\n"),
            (b"2 12", b"1 -1\r\n2 -6\r\n"),
            (b"2 12", b"2 6\r\n1 6\r\n1 6\r\n2 9\r\n0 6\r\n-1 6\r\n4294967296 6\r\n18446744073709551617 6\r\n"),
        ):
            with FakeServer(STAT=b"+OK %s\r\n" % stat, LIST=b"+OK\r\n%s.\r\n" % sizes) as server:
                outcome, target = self.pop3get(f"{HOST}:{server.port}", "--plain", "--delete")
            what = f"{stat!r} {sizes!r}"
            expect(outcome.code == 0, f"{what}: code {outcome.code}: {outcome.stderr}")
            expect(PANIC not in outcome.stderr and outcome.peak_kib < LIMIT_KIB, f"{what}: {outcome}")
            messages = [path.read_bytes() for path in (target / "new").iterdir()]
            expect(messages == [b"text\r\n"] * 2, f"{what}: {len(messages)} messages in new/")
            asked = [line for line in server.received.split(b"\r\n") if line[:4] in (b"RETR", b"DELE")]
            expect(asked == [b"RETR 1", b"RETR 2", b"DELE 1", b"DELE 2"], f"{what}: {asked}")
        return "two messages each"

    def without_tls(self) -> dict[str, Callable[[], str]]:
        """Somebody in the middle takes STLS away, or speaks in its place, and asks for everything."""
        lists = b"+OK\r\nSTLS\r\nUSER\r\nSASL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 XOAUTH2\r\n.\r\n"
        greedy = {
            "greeting": b"+OK <1896.697170952@h.example>\r\n",
            "CAPA": lists,
            "AUTH": b"+ PDFAaD4=\r\n",
            "APOP": b"+OK\r\n",
            "other": b"+ \r\n",
        }

        def stolen(codes: tuple[int, ...], **answers: object) -> Callable[[], str]:
            return lambda: self.against(codes, mode=STLS, **{**greedy, **answers})

        return {
            # Covers stls-stripped.
            "STLS cut from a list": stolen((LOGIN,), CAPA=lists.replace(b"STLS\r\n", b"")),
            # Covers stls-stripped.
            "an empty list": stolen((LOGIN,), CAPA=b"+OK\r\n.\r\n"),
            # Covers stls-stripped.
            "a close at CAPA, then a refusal of STLS": stolen((LOGIN,), CAPA=(CLOSE,), STLS=b"-ERR\r\n"),
            # Covers stls-stripped.
            "a close at STLS": stolen((NETWORK,), STLS=(CLOSE,)),
            # Covers stls-stripped.
            "junk as answer to STLS": stolen((PROTOCOL,), STLS=b"HTTP/1.1 200 OK\r\n+OK\r\n"),
            # Covers stls-stripped, secrets-beside-stls.
            "a refusal of STLS with answers behind it": stolen((LOGIN,), STLS=b"-ERR\r\n+OK\r\n+ \r\n+OK\r\n"),
            # Covers replies-behind-stls.
            "replies behind STLS in a later segment": stolen(
                (NETWORK,), STLS=(b"+OK\r\n", Later(b"+OK\r\n+OK injected\r\n"), Later(b"+OK\r\n"), CLOSE)
            ),
            # Covers halves-over-the-edge-of-tls.
            "half a reply behind STLS": stolen((PROTOCOL,), STLS=(b"+OK\r\n+O", HOLD)),
            # Covers replies-behind-stls, secrets-beside-stls.
            "all replies at once, before the handshake": stolen(
                (NETWORK, PROTOCOL), greeting=b"+OK\r\n" + lists + b"+OK\r\n" + lists + b"+OK\r\n" * 9, CAPA=(HOLD,)
            ),
            # Covers stls-stripped.
            "a flood in place of the answer to STLS": stolen(
                (NETWORK, PROTOCOL), STLS=(Endless(lambda _: b"+OK\r\n", 8 << 20), CLOSE)
            ),
        }

    def stalling(self) -> dict[str, Callable[[], str]]:
        """These take as long as pop3get waits; they can run side by side."""

        def stalled(**answers: object) -> str:
            return self.against((NETWORK,), seconds=STALLED_SECONDS, **answers)

        return {
            # Covers silent-peer.
            "pop3get: a stall before the greeting": lambda: stalled(greeting=(HOLD,)),
            "pop3get: a stall in the greeting": lambda: stalled(greeting=(b"+OK re", HOLD)),
            # Covers silent-peer.
            "pop3get: a stall in a message": lambda: stalled(RETR=(b"+OK\r\ntext\r\n", HOLD)),
            # Covers silent-peer.
            "pop3get: a stall in a handshake": lambda: stalled(
                mode=STLS, CAPA=b"+OK\r\nSTLS\r\n.\r\n", STLS=(b"+OK\r\n", HOLD)
            ),
        }

    def deletion_in_doubt(self, answer: tuple[object, ...]) -> str:
        with FakeServer(QUIT=answer) as server:
            outcome, target = self.pop3get(f"{HOST}:{server.port}", "--plain", "--delete")
        expect(len(list((target / "new").iterdir())) == 2, "the messages are not in new/")
        return expect_error(outcome, (NETWORK, PROTOCOL))

    def terminal_codes(self) -> str:
        with FakeServer(PASS=b"-ERR \x1b]0;pwned\x07\x1b[2J\x9b2J no\r\n") as server:
            outcome, _ = self.pop3get(f"{HOST}:{server.port}", "--plain")
        printed = [code for code in "\x07\x1b\x9b" if code in outcome.stderr]
        expect(not printed, f"control characters reach the terminal: {outcome.stderr!r}")
        return expect_error(outcome, (LOGIN,))

    # Proves 1957-Observations-03, 2449-5-08, 2449-7-01.
    def bare_line_feeds(self) -> str:
        """Only CRLF, dot, CRLF ends a message; who takes less can be made to see messages that are none."""
        sent = b"text\n.\n+OK\n.\r\nmore\r\n"
        with FakeServer(RETR=b"+OK\r\n" + sent + b".\r\n") as server:
            outcome, target = self.pop3get(f"{HOST}:{server.port}", "--plain")
        expect(outcome.code == 0, f"code {outcome.code}: {outcome.stderr}")
        messages = [path.read_bytes() for path in (target / "new").iterdir()]
        expect(messages == [sent, sent], f"{len(messages)} messages in new/: {shown(b'|'.join(messages))}")
        return "part of the message"

    def two_messages(self, user: str = USER, host: str = HOST, lines: int = 4000) -> Pop3d:
        maildir = self.folder / f"two-messages-{next(self.numbers)}"
        corpus.write_maildir(maildir, iter([("small", b"Subject: a\n\na\n"), ("large", corpus.line_of(75) * lines)]))
        return Pop3d("--maildir", maildir, certificates=self.certificates, users=(user,), host=host)

    # Proves 2595-4-18, 8314-3.1-03, 8314-5.2-03, 5034-4-33.
    def unknown_authority(self, mode: str) -> str:
        other = make_certificates(self.folder / f"other-authority-{mode}")
        with self.two_messages() as pop3d:
            port = pop3d.server.tls_port if mode == TLS else pop3d.server.plain_port
            return expect_error(
                self.pop3get(f"{HOST}:{port}", f"--{mode}", "--ca", other.ca)[0], (NETWORK,), "certificate"
            )

    # Proves 8314-3.1-03, 7817-3-01.
    def another_name(self) -> str:
        """127.0.0.2 is this machine as well, and not in the certificate."""
        with self.two_messages(host="127.0.0.2") as pop3d:
            where = f"127.0.0.2:{pop3d.server.tls_port}"
            outcome, _ = self.pop3get(where, "--tls", "--ca", self.certificates.ca)
            return expect_error(outcome, (NETWORK,), "certificate")

    def wrong_password(self) -> str:
        with self.two_messages("bob") as pop3d:
            for mode, port in (
                (PLAIN, pop3d.server.plain_port),
                (STLS, pop3d.server.plain_port),
                (TLS, pop3d.server.tls_port),
            ):
                outcome, _ = self.pop3get(f"{HOST}:{port}", f"--{mode}", "--ca", self.certificates.ca)
                remark = expect_error(outcome, (LOGIN,))
        return remark

    def in_use(self) -> str:
        with self.two_messages() as pop3d, poplib_session(pop3d.server):
            return expect_error(self.pop3get(f"{HOST}:{pop3d.server.plain_port}", "--plain")[0], (LOGIN,), "in use")

    def full_disk(self) -> str:
        """No file may grow beyond 64 KiB; the second message does."""
        return self.no_room(65536, 4000)

    def full_at_the_end(self) -> str:
        """The second message is written in one go when all of it is there; the first is whole, and must come alone."""
        return self.no_room(8192, 300)

    def no_room(self, limit: int, lines: int) -> str:
        def limit_files() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        with self.two_messages(lines=lines) as pop3d:
            where = f"{HOST}:{pop3d.server.plain_port}"
            # Python ignores SIGXFSZ, and so does what it starts with restore_signals=False.
            outcome, target = self.pop3get(where, "--plain", "--delete", preexec_fn=limit_files, restore_signals=False)
            remark = expect_error(outcome, (DISK,), target)
            messages = [path.read_bytes() for path in (target / "new").iterdir()]
            expect(messages == [b"Subject: a\r\n\r\na\r\n"], f"{len(messages)} messages in new/")
            expect(not list((target / "tmp").iterdir()), "something is left in tmp/")
            log_in_soon(pop3d.server)
            with poplib_session(pop3d.server) as session:
                expect(session.stat()[0] == 2, "messages were deleted")
        return remark

    def file_as_target(self) -> str:
        file = self.folder / "file"
        file.touch()
        with self.two_messages() as pop3d:
            where = f"{HOST}:{pop3d.server.plain_port}"
            return expect_error(self.pop3get(where, "--plain", to=file)[0], (DISK,), file)

    def closed_port(self) -> str:
        (port,) = free_ports(1)
        return expect_error(self.pop3get(f"{HOST}:{port}", "--plain")[0], (NETWORK,), port)

    def missing_ca(self) -> str:
        missing = self.folder / "missing.pem"
        with self.two_messages() as pop3d:
            where = f"{HOST}:{pop3d.server.tls_port}"
            return expect_error(self.pop3get(where, "--tls", "--ca", missing)[0], (USAGE,), missing)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--line-mb", type=int, default=64, help="length of an endless line in MiB (default 64)")
    parser.add_argument("--stalls", action="store_true", help="with the peers that stall for long")
    parser.add_argument("--full", action="store_true", help="the same as --line-mb 1024 --stalls")
    options = parser.parse_args()
    line_mb = 1024 if options.full else options.line_mb
    need_programs()
    report = Report()
    with scratch_folder() as folder, ThreadPoolExecutor() as executor:
        certificates = make_certificates(folder / "certificates")
        bad_servers = BadServers(folder, certificates, line_mb)
        bad_peers = BadPeers(folder, certificates, line_mb)
        stalling = {}
        if options.full or options.stalls:
            stalling = {"pop3d: one that does not read is cut off": bad_peers.cut_off, **bad_servers.stalling()}
        stalled = {name: executor.submit(body) for name, body in stalling.items()}
        bad_peers.all(report)
        bad_command_lines_of_pop3d(report, folder, certificates)
        bad_servers.all(report)
        for name, future in stalled.items():
            report.check(name, future.result)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
