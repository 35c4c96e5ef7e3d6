"""A fake server that does what real ones do only by accident: it sends junk, stalls, floods, and stops in the middle.

Nothing to run by hand. An answer is bytes; or a function of the `Line`, which may send anything or return an answer; or
a tuple of answers in a row.
"""

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness import HOST, Certificates

Answer = bytes | Callable[["Line"], Any] | tuple[Any, ...]

# Two messages for a client that logs in with a password. There are no capabilities.
TWO_MESSAGES: Mapping[str, Answer] = {
    "GREETING": b"+OK ready\r\n",
    "CAPA": b"-ERR\r\n",
    "USER": b"+OK\r\n",
    "PASS": b"+OK\r\n",
    "STAT": b"+OK 2 12\r\n",
    "LIST": b"+OK\r\n1 6\r\n2 6\r\n.\r\n",
    "RETR": b"+OK\r\ntext\r\n.\r\n",
    "DELE": b"+OK\r\n",
    "QUIT": (b"+OK\r\n", lambda line: line.hang_up()),
}


class Line:
    """A connection to the fake server."""

    def __init__(self, conn: socket.socket, server: "FakeServer") -> None:
        self.conn = conn
        self.server = server
        self.pending = bytearray()
        self.command = b""  # the last one
        self.sent = 0
        self.user = b""

    def say(self, octets: bytes) -> None:
        if self.conn.fileno() < 0:
            raise BrokenPipeError
        self.conn.sendall(octets)
        self.sent += len(octets)

    def hear(self) -> bytes | None:
        """The next line without its end; `None` when the other end is gone."""
        while b"\n" not in self.pending:
            # TLS would read from the old file descriptor number, which may belong to something else by now.
            octets = self.conn.recv(65536) if self.conn.fileno() >= 0 else b""
            if not octets:
                return None
            if self.server.gather:
                octets += self._what_else_is_there()
            self.server.received += octets
            self.pending += octets
            self.server.at_once = max(self.server.at_once, self.pending.count(b"\n"))
        line, _, self.pending = self.pending.partition(b"\n")
        return bytes(line.removesuffix(b"\r"))

    def _what_else_is_there(self) -> bytes:
        time.sleep(self.server.gather)
        with suppress(BlockingIOError):
            return self.conn.recv(65536, socket.MSG_DONTWAIT)
        return b""

    def answer(self, answer: Answer | None) -> None:
        if isinstance(answer, tuple):
            for part in answer:
                self.answer(part)
        elif callable(answer):
            self.answer(answer(self))
        elif answer is not None:
            self.say(answer)

    def reset(self) -> None:
        self.conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def hang_up(self) -> None:
        """Closes without the closing alert of TLS. Whatever is sent after that fails."""
        if self.conn.fileno() >= 0:
            os.close(self.conn.detach())

    def hold(self) -> None:
        """Sends nothing more until the server ends."""
        self.server.over.wait()
        self.hang_up()


CLOSE = Line.hang_up
RESET = Line.reset
HOLD = Line.hold


@dataclass
class Endless:
    """Sends numbered or equal pieces until this many bytes are sent, or the client is gone."""

    piece: Callable[[int], bytes]
    octets: int

    def __call__(self, line: Line) -> None:
        before, number = line.sent, 0
        while line.sent - before < self.octets:
            line.say(b"".join(map(self.piece, range(number, number := number + 1000))))


@dataclass
class Drip:
    """Sends the piece again and again, slowly, until the client is gone."""

    piece: bytes

    def __call__(self, line: Line) -> None:
        while not line.server.over.wait(0.05):
            line.say(self.piece)
        line.hang_up()


@dataclass
class Later:
    """Sends bytes in a segment of their own."""

    octets: bytes

    def __call__(self, line: Line) -> None:
        time.sleep(0.2)
        line.say(self.octets)


class FakeServer:
    """Answers as it is told to, and keeps what it received, for the span of a `with`."""

    def __init__(
        self,
        usual: Mapping[str, Answer] = TWO_MESSAGES,
        certificates: Certificates | None = None,
        gather: float = 0,
        **answers: Answer,
    ) -> None:
        """`answers` replace the `usual` ones. Each is named by the verb or the whole command in capitals, with `_`
        in place of a blank. GREETING and OTHER count as verbs. With certificates the server speaks TLS from the
        start. It waits `gather` seconds for what a client sends without waiting for answers, so that `at_once`
        counts it.
        """
        self.answers = dict(usual) | {verb.upper().replace("_", " "): answer for verb, answer in answers.items()}
        self.gather = gather
        self.received = bytearray()
        self.commands: list[bytes] = []
        self.at_once = 1  # the most commands that were there before any of them was answered
        self.lines: list[Line] = []
        self.over = threading.Event()
        self.context: ssl.SSLContext | None = None
        if certificates:
            self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.context.load_cert_chain(certificates.cert, certificates.key)
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: socket.socket) -> None:
        with suppress(OSError):  # the other end is gone, or an answer was to hang up
            line = Line(self.context.wrap_socket(conn, server_side=True) if self.context else conn, self)
            self.lines.append(line)
            try:
                line.answer(self.answers["GREETING"])
                while (command := line.hear()) is not None:
                    self.commands.append(command)
                    line.command = command
                    line.answer(self._answer_to(command.decode(errors="replace")))
            finally:
                line.hang_up()

    def _answer_to(self, command: str) -> Answer:
        verb = command.split()[0] if command.split() else ""
        # The lines of an exchange have no verb.
        usual = self.answers.get("OTHER", b"-ERR\r\n")
        return self.answers.get(command, self.answers.get(verb, usual))

    def __enter__(self) -> "FakeServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)  # a close alone does not end `accept`
        self.listener.close()
        self._thread.join(10)
