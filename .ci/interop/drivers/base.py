"""What all drivers of real clients have in common. Nothing to run by hand.

A driver knows how to tell its client where the server is, how to log in, where to store mail and whether to delete it
from the server. It also knows what the client alters in what it stores.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clients import MODES, PLAIN, run
from harness import Failed, Server

HOST_NAME = "localhost"  # in the certificate, like 127.0.0.1; some clients want a name
MECHANISMS = (
    "USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS", "OAUTHBEARER", "XOAUTH2", "EXTERNAL",
)  # fmt: skip
ANY = "ANY"  # whatever the client chooses if it is free to
BEARER = frozenset({"OAUTHBEARER", "XOAUTH2"})
NEED_TLS = BEARER | {"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "EXTERNAL"}


@dataclass
class Login:
    """Who logs in, and with what. `secret` is a password or a token."""

    mechanism: str
    user: str
    secret: str = ""
    cert: Path | None = None
    key: Path | None = None


@dataclass
class Errand:
    """One session, or several if the client needs them. `folder` is its own, and empty."""

    server: Server
    mode: str
    login: Login
    folder: Path
    keep: bool

    @property
    def port(self) -> int:
        return self.server.plain_port if self.mode in (PLAIN, "stls") else self.server.tls_port

    def maildir(self) -> Path:
        path = self.folder / "store"
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True)
        return path


class Driver:
    """One client, in one way of using it."""

    name = ""
    modes = MODES
    mechanisms: tuple[str, ...] = ()
    alone: frozenset[str] = frozenset()  # mechanisms it uses only if the server offers none that it prefers
    repeats = True  # whether it stores the same message in the same way every time

    def version(self) -> str:
        raise NotImplementedError

    def fetch(self, errand: Errand) -> list[bytes]:
        """Downloads everything, deletes it unless told to keep it, and returns what was stored."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends what `fetch` left running."""

    def takes(self, sent: bytes) -> bool:
        """Whether the client can store this message at all."""
        return True

    def undo(self, stored: bytes) -> bytes:
        """Removes what the client adds to every message. The result has LF line ends."""
        return stored.replace(b"\r\n", b"\n")

    def normal(self, stored: bytes) -> bytes:
        """Removes what differs between plain mode and TLS."""
        return stored

    def keeps(self, sent: bytes) -> bool:
        """Whether the client stores this message as it was sent, apart from what `undo` removes."""
        header, empty_line, text = sent.replace(b"\r\n", b"\n").partition(b"\n\n")
        field = rb"[!-9;-~]+: [ -~]{1,60}"
        fields = re.fullmatch(rb"(%b\n)*%b" % (field, field), header)
        return bool(fields and empty_line and re.fullmatch(rb"([\t -~]{0,900}\n)+", text))

    def logins(self) -> Iterator[tuple[str, str]]:
        """The mode and mechanism of every login that the client can do."""
        for mechanism in MECHANISMS:
            for mode in self.modes:
                if mechanism in self.mechanisms and (mode != PLAIN or mechanism not in NEED_TLS):
                    yield mode, mechanism


def version_in(output_of: list[str], pattern: str) -> str:
    """What the pattern finds in the output of a command."""
    try:
        text = run(output_of, output_of[0])
    except FileNotFoundError:
        raise Failed(f"{output_of[0]} is not installed; run install.sh") from None
    found = re.search(pattern, text)
    if not found:
        raise Failed(f"no version in what {output_of} prints: {text[:200]!r}")
    return found[1]


def files_in(maildir: Path) -> list[bytes]:
    return [path.read_bytes() for part in ("new", "cur") for path in sorted((maildir / part).iterdir())]
