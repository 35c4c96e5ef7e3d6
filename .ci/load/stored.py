"""Writes the mail that is served under load into Maildirs. Nothing to run by hand."""

from functools import cache
from pathlib import Path

from harness import expect, give_to_mail_owner

# Every line has this many bytes with CRLF.
LINE = 64
LINES_AT_ONCE = 1000


@cache
def block(end: bytes) -> bytes:
    """Lines of a body. Every tenth starts with a dot."""
    return b"".join((b"." if at % 10 == 0 else b"").ljust(LINE - 2, b"x") + end for at in range(LINES_AT_ONCE))


def write_message(path: Path, number: int, octets: int, end: bytes) -> None:
    """Writes a message of `octets` with CRLF line ends, stored with the line ends `end`."""
    expect(octets % LINE == 0 and octets > 2 * LINE, f"messages have a multiple of {LINE} octets, not {octets}")
    subject = f"Subject: message {number} ".ljust(LINE - 2, "-").encode()
    blocks, rest = divmod(octets // LINE - 2, LINES_AT_ONCE)
    with path.open("wb") as file:
        # Two lines, the empty one included.
        file.write(end.join((subject, b"X-Filler: ".ljust(LINE - 4, b"-"), b"", b"")))
        for _ in range(blocks):
            file.write(block(end))
        file.write(block(end)[: rest * (LINE - 2 + len(end))])


def write_maildirs(folder: Path, plan: dict[str, tuple[int, int]], crlf: bool) -> None:
    """For each user this many messages of this many octets, seen, with LF as mail servers store them, or with CRLF."""
    for user, (count, octets) in plan.items():
        for part in ("cur", "new", "tmp"):
            (folder / user / part).mkdir(parents=True)
        for number in range(count):
            name = f"{1_700_000_000 + number}.M{number}P1.load:2,S"
            write_message(folder / user / "cur" / name, number, octets, b"\r\n" if crlf else b"\n")
    give_to_mail_owner(folder)
