"""A raw connection to pop3d, for scripts that look at single lines. Nothing to run by hand."""

import socket
from contextlib import suppress

from clients import PLAIN, TLS, tls_context
from harness import HOST, PASSWORD, USER, Server, expect


class Peer:
    """Sends what it is told to. `source` is the address it comes from, `header` is sent before TLS."""

    def __init__(self, server: Server, mode: str = PLAIN, source: str = HOST, header: bytes = b"") -> None:
        port = server.tls_port if mode == TLS else server.plain_port
        self.socket = socket.create_connection((HOST, port), 30, (source, 0))
        self.socket.sendall(header)
        if mode == TLS:
            self.socket = tls_context(server).wrap_socket(self.socket, server_hostname=HOST)
        self.lines = self.socket.makefile("rb")

    def ask(self, command: bytes) -> bytes:
        """Sends a line (nothing for the greeting) and returns the status line; b"" if the server closes."""
        if command:
            self.socket.sendall(command + b"\r\n")
        return self.lines.readline()

    def fetch(self, command: bytes) -> bytes:
        """The bytes of the multi-line reply, with dots unstuffed, without the end. The command has to succeed."""
        answer = self.ask(command)
        expect(answer.startswith(b"+OK"), f"{command!r} is answered with {answer!r}")
        octets = bytearray()
        while (line := self.lines.readline()) != b".\r\n":
            expect(line.endswith(b"\n"), f"closed in the reply to {command!r}")
            octets += line.removeprefix(b".")
        return bytes(octets)

    def log_in(self, user: str = USER) -> None:
        for command in (b"", b"USER " + user.encode(), b"PASS " + PASSWORD.encode()):
            answer = self.ask(command)
            expect(answer.startswith(b"+OK"), f"{command!r} is answered with {answer!r}")

    def rest(self) -> bytes:
        """What comes until the close. A reset counts as a close, because the server need not read what it does not
        want.
        """
        octets = bytearray()
        try:
            while piece := self.lines.read1(65536):
                octets += piece
        except TimeoutError:
            raise
        except OSError:
            pass
        return bytes(octets)

    def send_if_open(self, octets: bytes) -> None:
        with suppress(OSError):
            self.socket.sendall(octets)

    def close(self) -> None:
        self.lines.close()
        self.socket.close()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
