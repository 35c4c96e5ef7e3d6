#!/usr/bin/env python3
"""Makes a Maildir of awkward messages, the same ones for the same seed.

It checks nothing by itself: the other scripts of this folder fetch these messages and compare them, byte for byte,
with `crlf_form` of what is stored. By hand:

  .ci/interop/corpus.py /tmp/maildir --count 300 --big-mb 50
"""

import argparse
import base64
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

HEADER = b"From: a@example.org\nTo: b@example.org\nSubject: awkward\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n"
TEXT = b"The quick brown fox jumps over the lazy dog. "
DEFAULT_SEED = 1939


def crlf_form(stored: bytes) -> bytes:
    """What a POP3 server must send for a stored message: LF alone becomes CRLF, a missing last line end is added."""
    sent = re.sub(rb"(?<!\r)\n", b"\r\n", stored)
    return sent if not sent or sent.endswith(b"\n") else sent + b"\r\n"


def crlf(text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n")


def line_of(length: int) -> bytes:
    return (TEXT * (length // len(TEXT) + 1))[:length]


def fixed_shapes(big_mb: int, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Every shape that has a name, once."""
    head = HEADER + b"\n"
    all_octets = bytes(range(256))

    # Messages that are nearly empty.
    yield "empty", b""
    yield "one-lf", b"\n"
    yield "one-crlf", b"\r\n"
    yield "one-cr", b"\r"
    yield "one-octet", b"x"
    yield "one-nul", b"\0"

    # Dots.
    yield "dot", b"."
    yield "dot-lf", b".\n"
    yield "dot-crlf", b".\r\n"
    yield "dot-cr", b".\r"
    yield "two-dots", b".."
    yield "only-dots", b"".join(b"." * n + b"\n" for n in range(1, 80))
    yield "only-dots-one-line", b"." * 5000
    yield "first-line-dot", b".\n" + head + b"text\n"
    yield "first-line-dot-crlf", crlf(b".\n" + head + b"text\n")
    yield "first-octet-dot", b".dot: leads\n" + head + b"text\n"
    yield "first-line-two-dots", b"..\n" + head + b"text\n"
    yield "body-line-dot", head + b"before\n.\nafter\n"
    yield "body-line-dot-crlf", crlf(head + b"before\n.\nafter\n")
    yield "body-first-line-dot", head + b".\nafter\n"
    yield "body-line-two-dots", head + b"before\n..\nafter\n"
    yield "leading-dots", head + b".one\n..two\n...three\n. four\n.\tfive\n"
    yield "dot-lines-in-a-row", head + b".\n" * 1000

    # Ends of messages.
    yield "no-final-line-end", head + b"the last line has no end"
    yield "no-final-line-end-crlf", crlf(head) + b"the last line has no end"
    yield "ends-cr", head + b"text\r"
    yield "ends-crlf-cr", crlf(head + b"text\n") + b"\r"
    yield "ends-crlf-dot", crlf(head + b"text\n") + b"."
    yield "ends-lf-dot", head + b"text\n."
    yield "ends-crlf-dot-crlf", crlf(head + b"text\n.\n")
    yield "ends-lf-dot-crlf", head + b"text\n.\r\n"
    yield "ends-crlf-dot-cr", crlf(head + b"text\n") + b".\r"
    yield "ends-crlf-dot-lf", crlf(head + b"text\n") + b".\n"
    yield "ends-cr-dot-crlf", head + b"text\r.\r\n"
    yield "ends-lf-cr", head + b"text\n\r"

    # Line ends.
    yield "lf-only", head + b"one\ntwo\nthree\n"
    yield "crlf-only", crlf(head + b"one\ntwo\nthree\n")
    yield "mixed-line-ends", crlf(head) + b"one\ntwo\r\nthree\n\r\nfour\r\n\nfive\n"
    yield "bare-cr-inside", head + b"one\rtwo\r\rthree\n\rfour\n"
    yield "cr-before-crlf", crlf(head) + b"one\r\r\ntwo\r\r\r\n\r\r\nthree\r\n"
    yield "cr-before-dot", head + b"one\r.two\n\r.\n\r.\r\n\r\r.\r\r\nthree\n"
    yield "cr-in-header", b"Subject: a\rb\n" + head + b"text\n"
    yield "lf-cr-pairs", head + b"one\n\rtwo\n\rthree\n\r"
    yield "only-crs", b"\r" * 300
    yield "many-empty-lines-lf", head + b"\n" * 20000
    yield "many-empty-lines-crlf", crlf(head + b"\n" * 20000)

    # Unusual bytes.
    yield "nul-octets", head + b"a\0b\0\0c\n\0\n\0.\n.\0\n" + b"\0" * 600 + b"\n"
    yield "all-octets", head + all_octets + b"\n" + all_octets[::-1] + b"\n" + all_octets
    yield "all-octets-each-a-line", head + b"".join(bytes([n]) + b"\n" for n in range(256))
    yield "latin-1", head + "Grüße, ça va? ÿþ\n".encode("latin-1") * 40
    yield "utf-8", head + "Grüße, 你好, 😀 ﻿\n".encode() * 40
    yield "utf-8-header", "Subject: Grüße 你好\n".encode() + head + b"text\n"
    yield "high-octets", head + bytes(range(128, 256)) * 200 + b"\n"
    yield "random-octets", head + rng.randbytes(70_000)

    # Words of the protocol.
    yield "status-lines", head + b"+OK\n-ERR\n+OK 1 2\n-ERR [IN-USE] no\n+ \n+\nQUIT\nRETR 1\nSTLS\n"
    yield "starts-plus-ok", b"+OK\n" + head + b"+OK\n"
    yield "starts-minus-err", b"-ERR no\n" + head + b"text\n"
    yield "from-lines", head + b"From me to you\n>From me\n>>From me\n\nFrom a@b Mon Jan  1 00:00:00 2024\n"

    # Headers and bodies.
    yield "header-and-empty-line", head
    yield "header-alone", HEADER
    yield "header-no-line-end", HEADER[:-1]
    yield "body-alone", b"\n" + b"a body without a header\n" * 3
    yield "text-alone", b"neither a header nor an empty line\n" * 3
    yield "long-header-line", b"X-Long: " + line_of(60_000) + b"\n" + head + b"text\n"
    yield "long-header-folded", b"X-Folded: a\n" + b" folded\n" * 4000 + head + b"text\n"
    yield "many-headers", b"".join(b"X-%d: %d\n" % (n, n) for n in range(2000)) + head + b"text\n"
    yield "empty-header-values", b"Subject:\nX:\nY: \n" + head + b"text\n"

    # Long lines, and line ends near the sizes of buffers.
    yield "line-100000", head + line_of(100_000) + b"\nshort\n"
    yield "line-100000-no-end", head + line_of(100_000)
    yield "line-100000-dots", head + b"." * 100_000 + b"\n"
    for size in (64, 128, 512, 4096):
        near = range(size - 4, size + 5)
        yield f"lines-near-{size}", head + b"".join(line_of(n) + b"\n.\n" for n in near)
        yield f"lines-near-{size}-crlf", crlf(head + b"".join(line_of(n) + b"\n..\n" for n in near))
        yield f"dots-near-{size}", b"".join(b"." * n + b"\n" for n in near)
        for shift in range(-4, 2):
            at = size + shift
            yield f"dot-line-at-{at}", line_of(at) + b"\r\n.\r\nafter\r\n"
    for size in (8192, 16384, 65536):
        for shift in (-3, -2, -1, 0):
            yield f"dot-line-at-{size + shift}", line_of(size + shift) + b"\n.\r\n.\n..\r\r\n."
        yield f"ends-at-{size}", line_of(size - 1) + b"\n"
        yield f"ends-at-{size}-no-line-end", line_of(size)

    # One big message.
    lines = base64.encodebytes(rng.randbytes(57 * 1000))
    copies = big_mb * 1_000_000 // len(lines) + 1
    yield (
        "big-base64-attachment",
        (HEADER + b"MIME-Version: 1.0\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n")
        + lines * copies,
    )


def random_message(rng: random.Random) -> bytes:
    """Fragments of the shapes above, in any order.

    A NUL never stands before a dot. fetchmail 6.4 drops a NUL from a header, and takes a line that then has only a dot
    for the end of the message. That order is among the shapes above, in a body.
    """
    fragments = [
        b"\n", b"\r\n", b"\r", b".", b"..", b"\n.\n", b"\r\n.\r\n", b"\n.", b".\r\n", b"\r.", b"\0 ",
        b"+OK\r\n", b"-ERR\n", TEXT, TEXT + b"\n", HEADER, b"\n\n", "ü\n".encode(), b"\xff\xfe", b" ", b"\t\n",
    ]  # fmt: skip
    parts = [HEADER + b"\n"] if rng.random() < 0.6 else []
    parts += [
        line_of(rng.randrange(5000)) if rng.random() < 0.03 else rng.choice(fragments)
        for _ in range(rng.choice((3, 10, 50, 400)))
    ]
    return b"".join(parts)


def messages(count: int, big_mb: int, seed: int = DEFAULT_SEED) -> Iterator[tuple[str, bytes]]:
    """At least `count` pairs of a name and the bytes as stored. Every named shape is among them."""
    rng = random.Random(seed)
    shapes = list(fixed_shapes(big_mb, rng))
    yield from shapes
    for number in range(len(shapes), count):
        yield f"random-{number}", random_message(rng)


def write_maildir(folder: Path, pairs: Iterator[tuple[str, bytes]]) -> int:
    """Writes the messages into `folder`, half of them as new and half as already seen. Returns how many."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    number = 0
    for number, (name, stored) in enumerate(pairs, 1):
        time = 1_700_000_000 + number
        base = f"{time}.M{number:06}P1.{name}"
        path = folder / "new" / base if number % 2 else folder / "cur" / f"{base}:2,S"
        path.write_bytes(stored)
        os.utime(path, (time, time))
    return number


def read_maildir(folder: Path) -> dict[str, bytes]:
    """The messages of a Maildir, by file name without the flags."""
    return {
        path.name.split(":")[0]: path.read_bytes()
        for part in ("cur", "new")
        for path in sorted((folder / part).glob("*"))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--big-mb", type=int, default=50)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    options = parser.parse_args()
    made = write_maildir(options.dir, messages(options.count, options.big_mb, options.seed))
    print(f"{made} messages in {options.dir}")


if __name__ == "__main__":
    main()
