"""A TCP proxy that keeps what passes, and a reader of the POP3 dialogue that it kept.

Nothing to run by hand. With it a check sees what a server SENT, whatever the client does with it afterwards.
"""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness import HOST, Failed


@dataclass
class Dialogue:
    """One connection: all bytes of the client, and all bytes of the server."""

    client: bytearray = field(default_factory=bytearray)
    server: bytearray = field(default_factory=bytearray)


class Recorder:
    """Listens on a port of its own and passes everything to another port and back, for the span of a `with`."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.dialogues: list[Dialogue] = []
        self._pumps: list[threading.Thread] = []
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self.target_port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            dialogue = Dialogue()
            self.dialogues.append(dialogue)
            for source, sink, kept in ((client, server, dialogue.client), (server, client, dialogue.server)):
                pump = threading.Thread(target=self._pump, args=(source, sink, kept), daemon=True)
                pump.start()
                self._pumps.append(pump)

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
        try:
            while octets := source.recv(65536):
                # Otherwise servers that send a reply in two pieces wait for the acknowledgement of the first.
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                kept += octets
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(10)
        for pump in self._pumps:
            pump.join(10)


def exchanges(dialogue: Dialogue) -> Iterator[tuple[bytes, bytes, bytes | None]]:
    """Each command of an unencrypted dialogue with its status line and, for a multi-line reply, its decoded body.

    This is a second reader of the protocol, independent of the crate, and strict: lines end only in CRLF.
    """
    server = bytes(dialogue.server)
    at = 0

    def status_line() -> bytes:
        nonlocal at
        end = server.find(b"\r\n", at)
        if end < 0:
            raise Failed(f"no whole status line after octet {at}: {server[at : at + 60]!r}")
        line, at = server[at:end], end + 2
        if not line.startswith((b"+OK", b"-ERR")):
            raise Failed(f"not a status line: {line[:60]!r}")
        return line

    yield b"", status_line(), None
    lines = iter(bytes(dialogue.client).split(b"\r\n")[:-1])
    for command in lines:
        while server.startswith(b"+ ", at) and command.upper().startswith(b"AUTH "):
            at = server.index(b"\r\n", at) + 2
            next(lines)  # the response to the challenge
        status = status_line()
        words = command.upper().split() or [b""]
        long_reply = words[0] in (b"RETR", b"TOP", b"CAPA") or words in ([b"LIST"], [b"UIDL"])
        if not long_reply or not status.startswith(b"+OK"):
            yield command, status, None
            continue
        # The line end of the status line counts as the one before the first body line.
        end = server.find(b"\r\n.\r\n", at - 2)
        if end < 0:
            raise Failed(f"the reply to {command!r} has no end")
        body, at = server[at : end + 2], end + 5
        yield command, status, (b"\r\n" + body).replace(b"\r\n.", b"\r\n")[2:]
