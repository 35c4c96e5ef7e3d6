"""The gateway, and a stand-in for the real server. Run by ../gateway.py."""

import base64
import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import ClassVar

from clients import TLS
from fake import Answer, FakeServer, Line
from harness import GATEWAY, HOST, PANIC, PASSWORD, USER, Certificates, Failed, Server, expect, peak_kib

LOCAL = PASSWORD  # the password that devices send in PASS
TOKEN = "ya29.a-token~of/the+user=="
LIMIT_KIB = 16 * 1024
GRACE = 10  # how long the gateway lets sessions go on when it stops
BLOCK = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJKL\r\n" * 800
END = b".\r\n"


class Gateway:
    """The gateway, started for the span of a `with`. That it stops cleanly is a check of its own."""

    printed: ClassVar[list[str]] = []  # of all devices together

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
        """Waits for the end, which has to be clean. Returns how long it took."""
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
    """A real server with answers of its own. It accepts any token."""

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
