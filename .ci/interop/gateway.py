#!/usr/bin/env python3
"""Proves that the OAuth gateway passes a maildrop on as it is, and loses nothing when one of its ends fails.

The real server is pop3d, with tokens alone, or a stand-in that misbehaves on purpose; the devices are poplib, curl,
fetchmail and raw connections. A message comes octet for octet or visibly cut, nothing is removed without a QUIT that
the real server confirmed, every failed login has the right response code, and memory stays small whatever the sizes.
By hand:

  cargo build --release --examples -p pop3-proto --all-features && .ci/interop/gateway.py     (reduced, as in CI)
  .ci/interop/gateway.py --count 300 --big-mb 50                                              (full)
"""

import argparse
import base64
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

import corpus
from clients import (
    CLIENTS,
    PLAIN,
    STLS,
    TLS,
    delete_with_curl,
    log_in_soon,
    poplib_session,
    with_fetchmail,
)
from configured import logged_methods, plain_field, token_field, write_config
from corpus import crlf_form, read_maildir
from fake import CLOSE, HOLD, RESET, Answer, FakeServer, Line
from harness import (
    EXAMPLES,
    HOST,
    PANIC,
    PASSWORD,
    USER,
    Certificates,
    Failed,
    Pop3d,
    Report,
    Server,
    expect,
    expect_same,
    free_ports,
    make_certificates,
    need_programs,
    peak_kib,
    scratch_folder,
)
from peer import Peer
from run import Stage as Downloads

GATEWAY = EXAMPLES / "oauth_gateway"
LOCAL = PASSWORD  # what the devices send in PASS
TOKEN = "ya29.a-token~of/the+user=="
LIMIT_KIB = 16 * 1024
GRACE = 10  # the gateway's, when it stops
MESSAGES = 1_000_000
BIG_MB = 200
BLOCK = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJKL\r\n" * 800
IN_BUFFERS = 48_000_000  # what the system may hold of a message on its two ways, at most
END = b".\r\n"


class Gateway:
    """The gateway, started for the span of a `with`; stopping it cleanly is a check of its own."""

    printed: ClassVar[list[str]] = []  # by all of them

    def __init__(self, server: str, ca: Path, *options: object, token: str | None = TOKEN) -> None:
        source = ("--token-env", "TOKEN") if token else ()
        command = [GATEWAY, "--listen", f"{HOST}:0", "--server", server, "--ca", ca, "--log", "trace"]
        command += ["--local-password-env", "LOCAL", *source, *options]
        self.process = subprocess.Popen(
            list(map(str, command)), env={**os.environ, "LOCAL": LOCAL, "TOKEN": token or ""},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        self.output: list[str] = []
        self._ready = threading.Event()
        self._port = 0
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        if not self._ready.wait(10) or not self._port:
            self.process.kill()
            raise Failed(f"the gateway did not start: {self.text()!r}")
        self.server = Server(self._port, 0, ca, USER, LOCAL)

    def _read_output(self) -> None:
        for line in self.process.stdout:
            self.output.append(line)
            Gateway.printed.append(line)
            if found := re.match(r"listening on [\d.]+:(\d+)$", line):
                self._port = int(found[1])
                self._ready.set()
        self._ready.set()

    def text(self) -> str:
        return "".join(self.output)

    def peak(self) -> str:
        """The peak of memory as a remark, if it is below the limit."""
        peak = peak_kib(self.process.pid)
        expect(0 < peak < LIMIT_KIB, f"peak {peak} KiB, limit {LIMIT_KIB} KiB")
        return f"peak {peak} KiB"

    def signal(self, which: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(which)

    def end(self, seconds: float = GRACE + 5) -> float:
        """Waits for the end, which has to be clean; returns how long it took."""
        start = time.monotonic()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failed(f"the gateway was still there after {seconds} s") from None
        self._reader.join()
        expect(code == 0 and PANIC not in self.text(), f"the gateway ended with code {code}: {self.text()}")
        return time.monotonic() - start

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self.process.poll() is None:
            if kind is None:
                self.signal()
                self.end()
            else:
                self.process.kill()
                self.process.wait()


class StandIn(FakeServer):
    """A real server with answers of its own; it takes the token of whoever comes with it."""

    def __init__(self, certificates: Certificates, mode: str = TLS, token: str = TOKEN, **answers: Answer) -> None:
        usual: dict[str, Answer] = {
            "GREETING": b"+OK stand-in\r\n",
            "CAPA": b"+OK\r\nSASL OAUTHBEARER XOAUTH2\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nTOP\r\nUIDL\r\n" + END,
            "AUTH": self._log_in,
            "OTHER": b"+OK\r\n",
        }
        super().__init__(usual, certificates if mode == TLS else None, **answers)
        self.token = token
        self.users: list[bytes] = []
        self.address = f"localhost:{self.port}"

    def _log_in(self, line: Line) -> bytes:
        words = line.command.split()
        if len(words) < 3:
            line.say(b"+ \r\n")
            words.append(line.hear() or b"")
        said = base64.b64decode(words[2])
        found = re.search(rb"user=([^\x01]*)\x01|n,a=([^,]*),", said)
        line.user = found[1] or found[2]
        self.users.append(found[0])
        return b"+OK\r\n" if b"auth=Bearer " + self.token.encode() + b"\x01\x01" in said else b"-ERR [AUTH] no\r\n"


def password_answer(gateway: Gateway, password: str = LOCAL, user: str = USER) -> bytes:
    """The answer to PASS, with nothing behind it that would keep a maildrop locked."""
    with Peer(gateway.server) as device:
        expect(device.ask(b"").startswith(b"+OK"), "no greeting")
        device.ask(b"USER " + user.encode())
        return device.ask(b"PASS " + password.encode())


def expect_code(answer: bytes, code: str) -> None:
    expect(answer.startswith(f"-ERR [{code}] ".encode()), f"answered with {answer!r} instead of [{code}]")


class Stage:
    """The corpus, the certificates, and the checks."""

    def __init__(self, folder: Path, count: int, big_mb: int) -> None:
        self.folder = folder
        self.report = Report()
        self.certificates = make_certificates(folder / "certificates")
        self.strangers = make_certificates(folder / "strangers")
        self.full = folder / "full"
        corpus.write_maildir(self.full, corpus.messages(count, big_mb))
        self.stored = read_maildir(self.full)
        self.wanted = {name: crlf_form(octets) for name, octets in self.stored.items()}
        self.fresh = 0

    def maildir(self, count: int) -> Path:
        """A new Maildir with that many messages of another seed."""
        self.fresh += 1
        folder = self.folder / f"maildir-{self.fresh}"
        pairs = list(corpus.messages(count, 0, seed=self.fresh))[:count]
        corpus.write_maildir(folder, ((name, b"X-Number: %d\n" % n + octets) for n, (name, octets) in enumerate(pairs)))
        return folder

    def pop3d(self, maildir: Path, direct: bool = False) -> Pop3d:
        """The real server; with `direct` it takes a password, too."""
        self.fresh += 1
        passwd = self.folder / f"passwd-{self.fresh}"
        fields = [token_field(TOKEN), *([plain_field(PASSWORD)] if direct else [])]
        passwd.write_text(f"{USER}:{' '.join(fields)}\n")
        config = self.folder / f"config-{self.fresh}.toml"
        write_config(config, self.certificates, maildir, passwd, ("OAUTHBEARER", "XOAUTH2"), apop=False)
        return Pop3d("--config", config, users=(), certificates=self.certificates)

    @contextmanager
    def before(self, real: Pop3d | StandIn, *options: object, mode: str = TLS, **more: object) -> Iterator[Gateway]:
        """A gateway to that server."""
        if isinstance(real, Pop3d):
            address = f"localhost:{real.server.tls_port if mode == TLS else real.server.plain_port}"
        else:
            address = real.address
        stls = ["--stls"] if mode == STLS else []
        with Gateway(address, self.certificates.ca, *stls, *options, **more) as gateway:
            yield gateway

    @contextmanager
    def stand_in(self, *options: object, mode: str = TLS, **answers: Answer) -> Iterator[tuple[Gateway, StandIn]]:
        with (
            StandIn(self.certificates, mode if mode == TLS else PLAIN, **answers) as real,
            self.before(real, *options, mode=mode) as gateway,
        ):
            yield gateway, real

    def run(self) -> int:
        check = self.report.check
        with self.pop3d(self.full) as pop3d:
            for mode in (TLS, STLS):
                for method in ("xoauth2", "oauthbearer"):
                    with self.before(pop3d, "--method", method, mode=mode) as gateway:
                        for client in ("poplib", "curl", "fetchmail"):
                            name = f"{client} downloads everything, {method}, {mode}"
                            check(name, self.download, pop3d, gateway, client, method.upper())
            with self.before(pop3d) as gateway:
                check("poplib downloads everything, auto", self.download, pop3d, gateway, "poplib", "OAUTHBEARER")
            check("nothing was removed so far", self.unchanged, self.full, self.stored)
        check("every answer is that of the real server, octet for octet", self.same_answers)
        check("commands in one segment are answered in order", self.pipelined)
        check("what the gateway does not have is refused, and the session goes on", self.refused_commands)
        check("LOGIN-DELAY and EXPIRE are those of the real server, after the login", self.announced)
        check("DELE and QUIT remove exactly those, poplib", self.delete, self.delete_with_poplib)
        check("DELE and QUIT remove exactly those, curl", self.delete, self.delete_with_curl)
        check("fetchmail empties the maildrop", self.empty)
        check("DELE without QUIT removes nothing", self.delete_without_quit)
        check("RSET takes DELE back", self.delete_and_reset)
        check("unique-ids that break the rule become digests, and bad lines are left out", self.bad_listings)
        self.logins()
        self.tokens()
        self.failures()
        self.sizes()
        self.stops()
        check("bad settings are refused and named, an address that is not loopback among them", self.bad_settings)
        check("sixteen devices at once, each with its own maildrop, get their own mail", self.side_by_side)
        check("more devices than permitted are refused", self.too_many)
        check("neither token nor local password is in a log", self.no_secrets)
        return self.report.finish()

    # Downloads and deletions

    def download(self, pop3d: Pop3d, gateway: Gateway, client: str, method: str) -> str:
        since = len(pop3d.output)
        download = CLIENTS[client](gateway.server, PLAIN)
        if client == "curl":
            Downloads.undo_line_ends_of_curl(download)
        expect_same(download.messages, self.wanted)
        expect(logged_methods(pop3d, since, USER) == {method}, "the real server saw another method")
        return f"{len(download.messages)} messages, {sum(map(len, download.messages))} octets, {gateway.peak()}"

    def unchanged(self, maildir: Path, before: dict[str, bytes]) -> None:
        expect(read_maildir(maildir) == before, "the maildrop is not what it was")

    def same_answers(self) -> str:
        lines = ["STAT", "LIST", "UIDL", "LIST 3", "UIDL 3"]
        lines += ["LIST 9999", "UIDL 9999", "RETR 9999", "DELE 9999", "TOP 9999 1"]
        lines += [f"RETR {number}" for number in range(1, 21)] + [f"TOP {number} 2" for number in range(1, 21)]
        lines += ["DELE 1", "DELE 1", "RETR 1", "LIST 1", "TOP 1 0", "LIST", "UIDL", "STAT"]
        lines += ["NOOP", "RSET", "STAT", "QUIT"]
        dialogue = "".join(f"{line}\r\n" for line in lines).encode()

        def answers(server: Server) -> bytes:
            log_in_soon(server)
            with Peer(server) as peer:
                peer.log_in()
                peer.socket.sendall(dialogue)
                return peer.rest()

        with self.pop3d(self.maildir(30), direct=True) as pop3d, self.before(pop3d) as gateway:
            direct, through = answers(pop3d.server), answers(gateway.server)
        expect(direct == through, f"{len(direct)} octets direct, {len(through)} through the gateway")
        expect(direct.count(b"-ERR") >= 9, f"only {direct.count(b'-ERR')} refusals")
        return f"{len(lines)} commands, {len(direct)} octets"

    def pipelined(self) -> None:
        with self.pop3d(self.maildir(2)) as pop3d, self.before(pop3d) as gateway, Peer(gateway.server) as device:
            device.ask(b"")
            lines = [f"USER {USER}", f"PASS {LOCAL}", "LIST 1", "DELE 1", "LIST 1", "RSET", "QUIT"]
            device.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())
            got = [line[:4] for line in device.rest().splitlines()]
            wanted = [b"+OK ", b"+OK ", b"+OK ", b"+OK ", b"-ERR", b"+OK", b"+OK "]
            expect([one.strip() for one in got] == [one.strip() for one in wanted], f"answered {got}")

    def refused_commands(self) -> None:
        with self.pop3d(self.maildir(2)) as pop3d, self.before(pop3d) as gateway, Peer(gateway.server) as device:
            device.ask(b"")
            for line in (b"STLS", b"AUTH PLAIN", b"APOP a 00000000000000000000000000000000", b"STAT", b"UTF8", b"XYZ"):
                answer = device.ask(line)
                expect(answer.startswith(b"-ERR"), f"{line!r} is answered with {answer!r}")
            expect(b"SASL" not in device.fetch(b"CAPA"), "CAPA offers AUTH")
            expect(device.ask(b"USER " + USER.encode()).startswith(b"+OK"), "USER is refused")
            expect(device.ask(b"PASS " + LOCAL.encode()).startswith(b"+OK"), "PASS is refused")
            for line in (b"UTF8", b"XYZ", b"RETR x", b"X" * 5000):
                answer = device.ask(line)
                expect(answer.startswith(b"-ERR"), f"{line[:10]!r} is answered with {answer!r}")
            expect(device.ask(b"STAT").startswith(b"+OK 2 "), "STAT is refused")

    def announced(self) -> None:
        lines = b"EXPIRE 7\r\nLOGIN-DELAY 900\r\n"
        capabilities = b"+OK\r\nSASL XOAUTH2\r\n" + lines + END
        with self.stand_in(CAPA=capabilities) as (gateway, _), Peer(gateway.server) as device:
            device.ask(b"")
            before = device.fetch(b"CAPA")
            expect(b"EXPIRE" not in before and b"LOGIN-DELAY" not in before, f"announced before the login: {before!r}")
            device.ask(b"USER " + USER.encode())
            expect(device.ask(b"PASS " + LOCAL.encode()).startswith(b"+OK"), "PASS is refused")
            after = device.fetch(b"CAPA").splitlines()
            expect(set(lines.splitlines()) <= set(after), f"announced: {after}")

    def delete(self, remove: Callable[[Server, list[int]], None]) -> None:
        maildir = self.maildir(8)
        before = read_maildir(maildir)
        with self.pop3d(maildir) as pop3d, self.before(pop3d) as gateway:
            remove(gateway.server, [2, 5, 8])
        gone = {octets for name, octets in before.items() if name not in read_maildir(maildir)}
        numbers = sorted(int(re.match(rb"X-Number: (\d+)\n", octets)[1]) + 1 for octets in gone)
        expect(numbers == [2, 5, 8], f"removed: {numbers}")

    @staticmethod
    def delete_with_poplib(server: Server, numbers: list[int]) -> None:
        with poplib_session(server) as session:
            for number in numbers:
                session.dele(number)

    @staticmethod
    def delete_with_curl(server: Server, numbers: list[int]) -> None:
        delete_with_curl(server, PLAIN, numbers)

    def empty(self) -> str:
        maildir = self.maildir(30)
        wanted = {name: crlf_form(octets) for name, octets in read_maildir(maildir).items()}
        with self.pop3d(maildir) as pop3d, self.before(pop3d) as gateway:
            expect_same(with_fetchmail(gateway.server, PLAIN, keep=False).messages, wanted)
        expect(not read_maildir(maildir), "messages are left")
        return f"{len(wanted)} messages"

    def delete_without_quit(self) -> None:
        maildir = self.maildir(4)
        before = read_maildir(maildir)
        with self.pop3d(maildir) as pop3d, self.before(pop3d) as gateway:
            for end in (socket.SHUT_WR, socket.SHUT_RDWR):
                log_in_soon(gateway.server)
                with Peer(gateway.server) as device:
                    device.log_in()
                    expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
                    device.socket.shutdown(end)
            log_in_soon(gateway.server)
        self.unchanged(maildir, before)

    def delete_and_reset(self) -> None:
        maildir = self.maildir(4)
        before = read_maildir(maildir)
        with self.pop3d(maildir) as pop3d, self.before(pop3d) as gateway, poplib_session(gateway.server) as session:
            session.dele(1)
            session.rset()
        self.unchanged(maildir, before)

    def bad_listings(self) -> None:
        bad = b"x" * 100
        uidl = b"+OK\r\n1 fine\r\n2 " + bad + b"\r\nnonsense\r\n3 gr\xfc\xdfe\r\n" + END
        scan = b"+OK\r\n1 10\r\nnonsense\r\n2 20\r\n" + END
        answers = {"UIDL": uidl, "UIDL_2": b"+OK 2 " + bad + b"\r\n", "LIST": scan, "LIST_1": b"+OK 2 20\r\n"}
        with self.stand_in(**answers, STAT=b"+OK many\r\n") as (gateway, _), Peer(gateway.server) as device:
            device.log_in()
            digests = [hashlib.sha256(octets).hexdigest().encode() for octets in (bad, b"gr\xfc\xdfe")]
            expect(device.fetch(b"UIDL") == b"1 fine\r\n2 %s\r\n3 %s\r\n" % tuple(digests), "UIDL")
            expect(device.ask(b"UIDL 2") == b"+OK 2 %s\r\n" % digests[0], "UIDL 2")
            expect(device.fetch(b"LIST") == b"1 10\r\n2 20\r\n", "LIST")
            expect_code(device.ask(b"LIST 1"), "SYS/TEMP")
            expect_code(device.ask(b"STAT"), "SYS/TEMP")
            expect(device.ask(b"QUIT").startswith(b"+OK"), "QUIT")

    # Logins

    def logins(self) -> None:
        check = self.report.check
        check("a wrong local password is [AUTH], and the real server is not asked", self.wrong_local_password)
        check("a wrong token is [AUTH], and the right user may try again", self.wrong_token)
        check("a maildrop in use is [IN-USE]", self.in_use)
        refusals = {
            "[AUTH] x": "AUTH", "[IN-USE] x": "IN-USE", "[LOGIN-DELAY] x": "SYS/TEMP", "[SYS/TEMP] x": "SYS/TEMP",
            "[SYS/PERM] x": "SYS/PERM", "account suspended": "SYS/PERM", "mailbox is locked": "IN-USE",
            "please try again later": "SYS/TEMP", "no": "AUTH",
        }  # fmt: skip
        for words, code in refusals.items():
            check(f"a login refused with -ERR {words} is [{code}]", self.refused_login, words, code)
        check(
            "a login refused without a code, where one is promised, is [SYS/TEMP]",
            lambda: self.refused_login("no", "SYS/TEMP", promised=True),
        )
        check("a real server that is down is [SYS/TEMP]", self.down)
        check("a certificate that is not trusted is [SYS/PERM]", self.untrusted)
        check("a real server without STLS is [SYS/PERM], and gets nothing", self.no_stls)
        check("octets injected behind STLS are [SYS/PERM]", self.injected)
        check("a real server that says nothing is [SYS/TEMP]", self.silent)
        check("a real server that hangs up on AUTH is a failed login", self.hangs_up)

    def wrong_local_password(self) -> None:
        with self.stand_in() as (gateway, real):
            for password in ("", "x", LOCAL[:-1], LOCAL + "x", LOCAL.upper(), TOKEN):
                with Peer(gateway.server) as device:
                    device.ask(b"")
                    device.ask(b"USER " + USER.encode())
                    answer = device.ask(b"PASS " + password.encode())
                    expect(answer.startswith(b"-ERR [AUTH] " if password else b"-ERR"), f"answered {answer!r}")
            expect(not real.lines, f"the real server was asked {len(real.lines)} times")
            expect(password_answer(gateway).startswith(b"+OK"), "the right one is refused")
            expect(len(real.lines) == 1, "the real server was not asked")

    def wrong_token(self) -> None:
        with self.pop3d(self.maildir(1)) as pop3d:
            for method in ("xoauth2", "oauthbearer"):
                with self.before(pop3d, "--method", method, token="another") as gateway:
                    expect_code(password_answer(gateway), "AUTH")
            command = f'[ "$POP3_USER" = {USER} ] && echo "{TOKEN}" || echo another'
            with self.before(pop3d, "--token-command", command, token=None) as gateway, Peer(gateway.server) as device:
                device.ask(b"")
                device.ask(b"USER bob")
                expect_code(device.ask(b"PASS " + LOCAL.encode()), "AUTH")
                device.ask(b"USER " + USER.encode())
                expect(device.ask(b"PASS " + LOCAL.encode()).startswith(b"+OK"), "the second attempt is refused")

    def in_use(self) -> None:
        with self.pop3d(self.maildir(1)) as pop3d, self.before(pop3d) as gateway:
            with Peer(gateway.server) as first:
                first.log_in()
                answer = password_answer(gateway)
            expect(answer == b"-ERR [IN-USE] maildrop is locked by another session\r\n", f"answered {answer!r}")
            log_in_soon(gateway.server)

    def refused_login(self, words: str, code: str, promised: bool = False) -> None:
        capabilities = b"+OK\r\nSASL XOAUTH2\r\n" + (b"AUTH-RESP-CODE\r\n" if promised else b"") + END
        refusal = f"-ERR {words}\r\n".encode()
        with self.stand_in("--method", "xoauth2", CAPA=capabilities, AUTH=refusal) as (gateway, _):
            answer = password_answer(gateway)
            wanted = f"-ERR [{code}] {words.split('] ')[-1]}\r\n".encode()
            expect(answer == wanted, f"answered {answer!r}")

    def down(self) -> None:
        (port,) = free_ports(1)
        with Gateway(f"{HOST}:{port}", self.certificates.ca) as gateway:
            expect_code(password_answer(gateway), "SYS/TEMP")

    def untrusted(self) -> None:
        with self.pop3d(self.maildir(1)) as pop3d:
            for mode in (TLS, STLS):
                port = pop3d.server.tls_port if mode == TLS else pop3d.server.plain_port
                stls = ["--stls"] if mode == STLS else []
                with Gateway(f"localhost:{port}", self.strangers.ca, *stls) as gateway:
                    expect_code(password_answer(gateway), "SYS/PERM")

    def no_stls(self) -> None:
        with self.stand_in(mode=STLS) as (gateway, real):
            expect_code(password_answer(gateway), "SYS/PERM")
            expect(set(real.commands) <= {b"CAPA"}, f"the real server got {real.commands}")

    def injected(self) -> None:
        capabilities = b"+OK\r\nSTLS\r\nSASL XOAUTH2\r\n" + END
        with self.stand_in(mode=STLS, CAPA=capabilities, STLS=b"+OK\r\n+OK\r\n") as (gateway, real):
            expect_code(password_answer(gateway), "SYS/PERM")
            expect(real.commands == [b"CAPA", b"STLS"], f"the real server got {real.commands}")

    def silent(self) -> str:
        with self.stand_in("--timeout", 2, AUTH=HOLD) as (gateway, _):
            start = time.monotonic()
            expect_code(password_answer(gateway), "SYS/TEMP")
            seconds = time.monotonic() - start
            expect(2 <= seconds < 4, f"answered after {seconds:.1f} s")
            return f"after {seconds:.1f} s"

    def hangs_up(self) -> None:
        with self.stand_in(AUTH=CLOSE) as (gateway, real):
            expect_code(password_answer(gateway), "AUTH")
            expect(len(real.lines) == 2, f"{len(real.lines)} connections")

    # Tokens

    def tokens(self) -> None:
        check = self.report.check
        check("the token command gets the user and no password, and its first line counts", self.command)
        check("a user's name is no part of the shell's text", self.awkward_names)
        failing = {
            "fails": "echo token; exit 3", "prints nothing": "true", "prints an empty line": "echo; echo token",
            "prints what is no token": "echo two words", "is not there": "no-such-command-of-ours",
            "prints without end": "yes", "prints too long a line": "head -c 9000 /dev/zero | tr '\\0' a",
        }  # fmt: skip
        for what, command in failing.items():
            check(f"a token command that {what} is [SYS/TEMP]", self.failing_command, command)
        for rest, what in {"wait": "hangs", f"echo {TOKEN}": "leaves its output open"}.items():
            check(f"a token command that {what} is ended with all it started", self.hanging_command, rest)
        check("a token command does not outlive the gateway", self.command_cut)
        check("a token of 8,192 octets passes", self.long_token)

    def command(self) -> None:
        seen = self.folder / "seen"
        command = f'echo "$POP3_USER,$LOCAL" >"{seen}"; echo " {TOKEN} "; echo second'
        with StandIn(self.certificates) as real, self.before(real, "--token-command", command, token=None) as gateway:
            expect(password_answer(gateway).startswith(b"+OK"), "refused")
        expect(seen.read_text() == f"{USER},\n", f"the command saw {seen.read_text()!r}")
        expect(real.users == [b"n,a=%s," % USER.encode()], f"the real server was told {real.users}")

    def awkward_names(self) -> None:
        touched = self.folder / "touched"
        command = f'printf %s "$POP3_USER" >/dev/null; echo "{TOKEN}"'
        names = [f"a;touch {touched}", f'a";touch {touched};"', f"$(touch {touched})"]
        names += ["a'b", "-n", "%s", "a=b,c", "a b"]
        with (
            StandIn(self.certificates) as real,
            self.before(real, "--token-command", command, "--method", "xoauth2", token=None) as gateway,
        ):
            for name in names:
                answer = password_answer(gateway, user=name)
                expect(answer.startswith(b"+OK"), f"{name!r} is answered with {answer!r}")
        expect(not touched.exists(), "the name was run")
        told = [b"user=%s\x01" % name.encode() for name in names]
        expect(real.users == told, f"the real server was told {real.users}")

    def failing_command(self, command: str) -> None:
        with StandIn(self.certificates) as real, self.before(real, "--token-command", command, token=None) as gateway:
            answer = password_answer(gateway)
        expect(answer == b"-ERR [SYS/TEMP] no token for this user\r\n", f"answered {answer!r}")
        expect(not real.lines, "the real server was asked")

    def sleeper(self, rest: str = "wait") -> tuple[str, Callable[[], None]]:
        """A command that hangs, and the check that nothing is left of it."""
        self.fresh += 1
        number = self.folder / f"sleeper-{self.fresh}"

        def is_gone() -> None:
            state = Path(f"/proc/{int(number.read_text())}/stat")
            with suppress(FileNotFoundError):
                expect(state.read_text().split()[2] == "Z", "what the command started goes on")

        return f'sleep 60 & echo $! >"{number}"; {rest}', is_gone

    def hanging_command(self, rest: str) -> str:
        command, is_gone = self.sleeper(rest)
        with (
            StandIn(self.certificates) as real,
            self.before(real, "--token-command", command, "--timeout", 1, token=None) as gateway,
        ):
            start = time.monotonic()
            expect_code(password_answer(gateway), "SYS/TEMP")
            seconds = time.monotonic() - start
            expect(1 <= seconds < 3, f"answered after {seconds:.1f} s")
            is_gone()
        return f"after {seconds:.1f} s"

    def command_cut(self) -> None:
        command, is_gone = self.sleeper()
        with (
            StandIn(self.certificates) as real,
            self.before(real, "--token-command", command, token=None) as gateway,
            Peer(gateway.server) as device,
        ):
            device.ask(b"")
            device.socket.sendall(f"USER {USER}\r\nPASS {LOCAL}\r\n".encode())
            time.sleep(0.5)
            gateway.signal()
            time.sleep(0.3)
            gateway.signal()
            gateway.end(3)
            is_gone()

    def long_token(self) -> None:
        token = "a" * 8192
        with StandIn(self.certificates, token=token) as real:
            for method in ("xoauth2", "oauthbearer"):
                with self.before(real, "--method", method, token=token) as gateway:
                    answer = password_answer(gateway)
                    expect(answer.startswith(b"+OK"), f"{method}: {answer!r}")

    # Failures of the real server

    def failures(self) -> None:
        check = self.report.check
        for name, cut in {"closed": CLOSE, "reset": RESET}.items():
            check(f"a real server {name} in the middle of RETR: no final dot", self.cut, b"RETR 1", cut)
            check(f"a real server {name} in the middle of LIST: no final dot", self.cut, b"LIST", cut)
            check(f"a real server {name} at STAT: [SYS/TEMP], and the end", self.lost, cut)
            check(f"a real server {name} at QUIT: -ERR", self.quit, cut, b"-ERR [SYS/TEMP] the real server")
        check("a real server silent in the middle of RETR: no final dot", self.stalled)
        check("a real server that goes while nothing is asked: the end", self.gone)
        check("a real server that speaks unasked: the end, and no answer is taken for another", self.unasked)
        check("QUIT refused by the real server: its -ERR", self.quit_refused)
        check("QUIT not answered in time: -ERR", self.quit_silent)

    def cut(self, command: bytes, cut: Callable[[Line], None]) -> str:
        part = b"1 10\r\n2 20\r\n" if command == b"LIST" else b"Subject: cut\r\n\r\n..dot\r\n" + BLOCK * 20

        def answer(line: Line) -> None:
            line.say(b"+OK\r\n" + part)
            time.sleep(0.3)  # so that a reset does not overtake it
            cut(line)

        with self.stand_in(**{command.split()[0].decode(): answer}) as (gateway, _), Peer(gateway.server) as device:
            device.log_in()
            device.socket.sendall(command + b"\r\n")
            got = device.rest()
            expect(got.startswith(b"+OK\r\n") and (b"+OK\r\n" + part).startswith(got), f"came: {got[-60:]!r}")
            expect(not got.endswith(b"\r\n" + END), "the message looks whole")
            expect(b"-ERR" not in got, "there is an -ERR in the message")
            return f"{len(got)} of {len(part) + 5} octets"

    def stalled(self) -> None:
        def answer(line: Line) -> None:
            line.say(b"+OK\r\nSubject: stalled\r\n")
            time.sleep(6)

        with self.stand_in("--timeout", 2, RETR=answer) as (gateway, _), Peer(gateway.server) as device:
            device.log_in()
            device.socket.sendall(b"RETR 1\r\n")
            start = time.monotonic()
            got = device.rest()
            expect(got == b"+OK\r\nSubject: stalled\r\n", f"came: {got!r}")
            expect(2 <= time.monotonic() - start < 4, f"ended after {time.monotonic() - start:.1f} s")

    def lost(self, cut: Callable[[Line], None]) -> None:
        with self.stand_in(STAT=cut) as (gateway, _), Peer(gateway.server) as device:
            device.log_in()
            expect_code(device.ask(b"STAT"), "SYS/TEMP")
            expect(device.rest() == b"", "the session goes on")

    def gone(self) -> None:
        with self.stand_in() as (gateway, real), Peer(gateway.server) as device:
            device.log_in()
            real.lines[0].conn.shutdown(socket.SHUT_RDWR)
            expect(device.rest() == b"", "the session goes on")

    def unasked(self) -> None:
        with self.stand_in(DELE=b"+OK marked\r\n+OK unasked\r\n", QUIT=b"-ERR not removed\r\n") as (gateway, real):
            with Peer(gateway.server) as device:
                device.log_in()
                expect(device.ask(b"DELE 1") == b"+OK marked\r\n", "DELE is refused")
                device.send_if_open(b"QUIT\r\n")
                expect(device.rest() == b"", "QUIT was answered by what belongs to nothing")
            expect(b"QUIT" not in real.commands, "QUIT was passed on")

    def quit(self, answer: Answer, wanted: bytes) -> None:
        with self.stand_in(QUIT=answer) as (gateway, real), Peer(gateway.server) as device:
            device.log_in()
            expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
            got = device.ask(b"QUIT")
            expect(got.startswith(wanted), f"QUIT is answered with {got!r}")
            expect(device.rest() == b"", "the session goes on")
            expect(real.commands.count(b"QUIT") == 1, f"{real.commands}")

    def quit_refused(self) -> None:
        self.quit(b"-ERR [SYS/TEMP] 1 not removed\r\n", b"-ERR [SYS/TEMP] 1 not removed\r\n")

    def quit_silent(self) -> None:
        with (
            self.stand_in("--timeout", 2, QUIT=HOLD) as (gateway, _),
            Peer(gateway.server) as device,
        ):
            device.log_in()
            expect_code(device.ask(b"QUIT"), "SYS/TEMP")

    # Sizes

    def sizes(self) -> None:
        check = self.report.check
        check(f"listings of {MESSAGES:,} messages pass in constant memory", self.million)
        check(f"a message of {BIG_MB} MB waits for a device that does not read", self.waits)
        check("a device that never reads is given up, and nothing is removed", self.never_reads)

    def million(self) -> str:
        def listing(line_of: Callable[[int], bytes]) -> Callable[[Line], None]:
            def answer(line: Line) -> None:
                line.say(b"+OK\r\n")
                for start in range(1, MESSAGES + 1, 1000):
                    line.say(b"".join(map(line_of, range(start, start + 1000))))
                line.say(END)

            return answer

        sizes, ids = (lambda n: b"%d %d\r\n" % (n, n * 7)), (lambda n: b"%d uid-%d\r\n" % (n, n))
        with self.stand_in(LIST=listing(sizes), UIDL=listing(ids)) as (gateway, _), Peer(gateway.server) as device:
            device.log_in()
            start = time.monotonic()
            for command, line_of in ((b"LIST", sizes), (b"UIDL", ids)):
                expect(device.fetch(command) == b"".join(map(line_of, range(1, MESSAGES + 1))), f"{command!r} differs")
            return f"{gateway.peak()}, {time.monotonic() - start:.1f} s for both"

    @staticmethod
    def big_message(line: Line) -> None:
        line.say(b"+OK\r\n")
        for _ in range(BIG_MB * 1_000_000 // len(BLOCK)):
            line.say(BLOCK)
        line.say(END)

    def waits(self) -> str:
        with self.stand_in(RETR=self.big_message) as (gateway, real), Peer(gateway.server) as device:
            device.log_in()
            device.socket.sendall(b"RETR 1\r\n")
            time.sleep(2)
            before = real.lines[0].sent
            time.sleep(2)
            after = real.lines[0].sent
            expect(before == after < IN_BUFFERS, f"the real server sent {before}, later {after} octets to nobody")
            start = time.monotonic()
            expect(device.lines.readline() == b"+OK\r\n", "refused")
            total = BIG_MB * 1_000_000 // len(BLOCK) * len(BLOCK)
            for _ in range(total // len(BLOCK)):
                expect(device.lines.read(len(BLOCK)) == BLOCK, "the message is not the original")
            expect(device.lines.readline() == END, "the message goes on")
            seconds = time.monotonic() - start
            return f"{after} octets sent before it read; {gateway.peak()}, {total / seconds / 1e6:.0f} MB/s"

    def never_reads(self) -> str:
        with self.stand_in("--timeout", 2, RETR=self.big_message) as (gateway, real), Peer(gateway.server) as device:
            device.log_in()
            device.socket.sendall(b"DELE 1\r\nRETR 1\r\nQUIT\r\n")
            deadline = time.monotonic() + 10
            while "the device does not read" not in gateway.text():
                expect(time.monotonic() < deadline, f"not given up: {gateway.text()}")
                time.sleep(0.05)
            expect(b"QUIT" not in real.commands, "QUIT was passed on")
            return gateway.peak()

    # The end

    def stops(self) -> None:
        check = self.report.check
        for which in (signal.SIGINT, signal.SIGTERM):
            check(f"{which.name} in the middle of RETR: the session comes to its end", self.finish, which)
        check("SIGTERM beside an idle session: it is cut, and nothing is removed", self.cut_idle)
        check("SIGTERM in the middle of QUIT: it comes to its end, later than the rest", self.cut_quit)
        check("a second signal ends it at once", self.second_signal)

    def finish(self, which: signal.Signals) -> str:
        maildir = self.maildir(3)
        big = maildir / "cur" / "1800000000.big:2,S"
        big.write_bytes(b"Subject: big\r\n\r\n" + BLOCK * 400)
        with self.pop3d(maildir) as pop3d, self.before(pop3d) as gateway:
            with Peer(gateway.server) as device:
                device.log_in()
                expect(device.ask(b"RETR 4").startswith(b"+OK"), "RETR is refused")
                gateway.signal(which)
                time.sleep(0.5)
                refused = socket.socket()
                expect(refused.connect_ex((HOST, gateway.server.plain_port)), "a new device is served")
                refused.close()
                wanted = big.read_bytes()
                expect(device.lines.read(len(wanted) + len(END)) == wanted + END, "the message is not whole")
                expect(device.ask(b"DELE 4").startswith(b"+OK"), "DELE is refused")
                expect(device.ask(b"QUIT").startswith(b"+OK"), "QUIT is refused")
            seconds = gateway.end()
        expect(len(read_maildir(maildir)) == 3 and not big.exists(), "the message was not removed")
        return f"ended {seconds:.2f} s after QUIT"

    def cut_idle(self) -> str:
        maildir = self.maildir(3)
        before = read_maildir(maildir)
        with self.pop3d(maildir) as pop3d, self.before(pop3d) as gateway, Peer(gateway.server) as device:
            device.log_in()
            expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
            gateway.signal()
            seconds = gateway.end()
            expect(GRACE - 1 < seconds < GRACE + 2, f"ended after {seconds:.1f} s")
            expect(device.rest() == b"", "something was said")
        self.unchanged(maildir, before)
        return f"after {seconds:.1f} s"

    def cut_quit(self) -> str:
        def answer(line: Line) -> None:
            time.sleep(GRACE + 2)
            line.say(b"+OK removed at last\r\n")

        with self.stand_in(QUIT=answer) as (gateway, _), Peer(gateway.server) as device:
            device.log_in()
            device.socket.sendall(b"QUIT\r\n")
            time.sleep(0.3)
            gateway.signal()
            seconds = gateway.end()
            got = device.rest()
            expect(got == b"+OK removed at last\r\n", f"answered {got!r}")
            return f"after {seconds:.1f} s"

    def second_signal(self) -> str:
        with self.stand_in() as (gateway, _), Peer(gateway.server) as device:
            device.log_in()
            gateway.signal()
            time.sleep(0.5)
            gateway.signal(signal.SIGINT)
            seconds = gateway.end()
            expect(seconds < 1, f"ended after {seconds:.1f} s")
            return f"after {seconds:.2f} s"

    # Limits

    def bad_settings(self) -> str:
        good = {
            "--server": "localhost", "--listen": f"{HOST}:0", "--token-env": "TOKEN", "--local-password-env": "LOCAL",
            "--ca": str(self.certificates.ca),
        }  # fmt: skip
        bad = [("--listen", address) for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0")]
        bad += [("--local-password-env", name) for name in ("NOT_SET", "EMPTY", "LATIN", "LONG")]
        bad += [("--token-env", name) for name in ("NOT_SET", "EMPTY", "LATIN", "LONG")]
        bad += [("--server", name) for name in ("a b", "localhost:pop3", "[::1", "[::1]995")]
        bad += [("--ca", name) for name in ("/no/such/file", str(self.certificates.key))]
        variables = {"LOCAL": "x", "TOKEN": "x", "EMPTY": "", "LATIN": "gr\u00fc\u00df", "LONG": "x" * 9000}
        for flag, value in bad:
            options = [word for pair in {**good, flag: value}.items() for word in pair]
            done = subprocess.run(
                [str(GATEWAY), *options], env={**os.environ, **variables}, capture_output=True, text=True, timeout=10,
                check=False,
            )  # fmt: skip
            expect(
                done.returncode == 1 and f"{flag} {value}" in done.stderr,
                f"{flag} {value}: code {done.returncode}, {done.stderr}",
            )
        return f"{len(bad)} settings"

    def side_by_side(self) -> str:
        """Each gets a message that names its user, and nobody else's."""
        users = [f"user{n}" for n in range(16)]

        def body(user: bytes) -> bytes:
            return b"To: " + user + b"\r\n\r\n" + (user + b"\r\n") * 200_000

        def answer(line: Line) -> None:
            line.say(b"+OK\r\n" + body(line.user) + END)

        got: dict[str, bytes] = {}

        def fetch(user: str) -> None:
            with Peer(gateway.server) as device:
                device.log_in(user)
                got[user] = device.fetch(b"RETR 1")
                device.ask(b"QUIT")

        with self.stand_in("--method", "xoauth2", RETR=answer) as (gateway, _):
            threads = [threading.Thread(target=fetch, args=(user,)) for user in users]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wrong = [user for user in users if got.get(user) != body(user.encode())]
            expect(not wrong, f"{len(wrong)} got something else: {wrong}")
            return f"{sum(map(len, got.values()))} octets, {gateway.peak()}"

    def too_many(self) -> None:
        with self.stand_in("--max-sessions", 2) as (gateway, _):
            devices = [Peer(gateway.server) for _ in range(3)]
            greetings = [device.ask(b"") for device in devices]
            expect([greeting[:4] for greeting in greetings] == [b"+OK ", b"+OK ", b"-ERR"], f"greeted with {greetings}")
            expect(devices[2].rest() == b"", "the session goes on")
            expect(devices[0].ask(b"QUIT").startswith(b"+OK"), "QUIT is refused")
            devices[0].rest()
            time.sleep(0.2)
            with Peer(gateway.server) as device:
                expect(device.ask(b"").startswith(b"+OK"), "refused although there is a place")
            for device in devices:
                device.close()

    @staticmethod
    def no_secrets() -> str:
        text = "".join(Gateway.printed)
        for secret in (TOKEN, LOCAL, base64.b64encode(TOKEN.encode()).decode()[:-4]):
            expect(secret not in text, f"a secret is in the log: {secret!r}")
        expect("session: QUIT" in text, "there is no log")
        return f"{len(Gateway.printed)} lines"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="messages (default 60; in full 300)")
    parser.add_argument("--big-mb", type=int, default=5, help="size of the big one (default 5; in full 50)")
    options = parser.parse_args()
    need_programs()
    if not os.access(GATEWAY, os.X_OK):
        sys.exit(f"not built: {GATEWAY}")
    with scratch_folder() as folder:
        return Stage(folder, options.count, options.big_mb).run()


if __name__ == "__main__":
    sys.exit(main())
