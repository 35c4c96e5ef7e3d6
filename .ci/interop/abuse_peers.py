"""Bad peers for pop3d. Run by abuse.py."""

import random
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import corpus
from abuse_programs import LIMIT_KIB, STALLED_SECONDS
from clients import PLAIN, STLS, TLS, log_in_soon, poplib_session
from harness import HOST, PANIC, USER, Certificates, Pop3d, Report, expect, shown
from peer import Peer

BIG_MB = 200


def only_refusals(answers: bytes) -> str:
    lines = answers.split(b"\r\n")
    bad = [line for line in lines[:-1] if not line.startswith(b"-ERR")]
    expect(not bad and not lines[-1], f"answers that are no refusals: {shown(b'|'.join(bad or lines[-1:]))}")
    return f"{len(lines) - 1} refusals"


class BadPeers:
    """Each method is a bad peer. `all` runs them against one pop3d, with a normal session after each."""

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
        # Bad peers and normal sessions come from the same address here.
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
                # Covers commands-after-stls.
                ("commands smuggled after STLS", self.smuggled_after_stls),
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
    def smuggled_after_stls(self) -> str:
        """What follows STLS without TLS must not be taken for a command given inside TLS."""
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
                source = f"127.0.0.{2 + number % 4}"  # one address may have this many connections and no more
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
        """Uses a pop3d and a maildrop of its own, because it takes as long as pop3d waits."""
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
        """Uses a pop3d of its own, so that the delays after failed logins do not hold up the others."""
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
        log_in_soon(self.server)  # the server notices a moment later that they are closed
        return "closed"
