"""Servers that send without end, and servers that count wrongly. Run by abuse.py."""

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from abuse_programs import LIMIT_KIB, LISTING_KIB, LOGIN, NETWORK, PROTOCOL
from abuse_runs import Runs
from fake import CLOSE, Drip, Endless, FakeServer, Line
from harness import HOST, PANIC, expect


def cases(runs: Runs) -> dict[str, Callable[[], str]]:
    """Servers that send without end, and servers that count wrongly."""
    scram = b"+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n"
    long_id = b"x" * 12_000
    return {
        # Covers endless-listing.
        "endless unique-ids": lambda: runs.against(
            (PROTOCOL,),
            limit_kib=LISTING_KIB,
            culprits=("does not end",),
            STAT=b"+OK 4294967295 99\r\n",
            UIDL=(b"+OK\r\n", Endless(lambda n: b"%d %060d\r\n" % (n, n), 1 << 30)),
        ),
        # Covers endless-listing.
        "more unique-ids than messages": lambda: runs.against(
            (PROTOCOL,),
            culprits=("does not end",),
            UIDL=(b"+OK\r\n", Endless(lambda n: b"%d %d\r\n" % (n, n), 1 << 30)),
        ),
        # Covers endless-listing, unique-id-too-long.
        "endless unique-ids of 12,000 octets": lambda: runs.against(
            (PROTOCOL,),
            limit_kib=LISTING_KIB,
            culprits=("does not end",),
            UIDL=(b"+OK\r\n", Endless(lambda n: b"%d %d%s\r\n" % (n, n, long_id), 1 << 30)),
        ),
        # Covers endless-listing.
        "an endless list that cannot be read": lambda: runs.against(
            (PROTOCOL,), culprits=("does not end",), LIST=(b"+OK\r\n", runs.endless(b"0 0\r\n"))
        ),
        # Covers endless-line.
        "an endless line of a list": lambda: runs.against(
            (NETWORK, PROTOCOL), UIDL=(b"+OK\r\n1 ", runs.endless(b"x" * 999), CLOSE)
        ),
        # Covers long-challenge.
        "an endless challenge": lambda: runs.against(
            (PROTOCOL,), CAPA=scram, AUTH=(b"+ ", runs.endless(b"A" * 1024), b"\r\n")
        ),
        "challenges without end": lambda: runs.against(
            (LOGIN,),
            culprits=("scram-sha-256",),
            **{"CAPA": scram, "AUTH": b"+ bW9yZQ==\r\n", "*": (runs.endless(b"+ bW9yZQ==\r\n"),)},
        ),
        "a server that wants 4 billion iterations": partial(iterations, runs),
        "a flood of +OK after the greeting": lambda: runs.against(
            (PROTOCOL,), culprits=("does not stop",), greeting=(runs.endless(b"+OK\r\n"),)
        ),
        "a flood of +OK in place of a listing": lambda: runs.against(
            (PROTOCOL,), culprits=("does not end",), LIST=(runs.endless(b"+OK\r\n"),)
        ),
        "a flood of -ERR after PASS": lambda: runs.against((PROTOCOL,), PASS=(b"+OK\r\n", runs.endless(b"-ERR\r\n"))),
        "a flood of +OK after QUIT": partial(flood_after_quit, runs),
        "a message without end, and --max-message": lambda: runs.against(
            (PROTOCOL,),
            options=("--max-message", 1_000_000),
            culprits=("--max-message",),
            RETR=(b"+OK\r\n", runs.endless(b"text\r\n" * 100)),
        ),
        # Covers silent-peer.
        "a slow drip, and --max-time": partial(drips, runs),
        # Covers odd-numbers-in-listings.
        "wrong counts and sizes": partial(wrong_counts, runs),
    }


def iterations(runs: Runs) -> str:
    def challenge(line: Line) -> bytes:
        nonce = base64.b64decode(line.command.split()[2]).split(b"r=")[1]
        return b"+ " + base64.b64encode(b"r=%sserver,s=QSXCR+Q6sek8bf92,i=4294967295" % nonce) + b"\r\n"

    start = time.monotonic()
    remark = runs.against((LOGIN,), CAPA=b"+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n", AUTH=challenge)
    expect(time.monotonic() - start < 10, "they were worked off")
    return remark


def flood_after_quit(runs: Runs) -> str:
    flood = runs.endless(b"+OK\r\n")
    with FakeServer(QUIT=(b"+OK\r\n", flood)) as server:
        outcome, target = runs.pop3get(f"{HOST}:{server.port}", "--plain", "--delete")
    expect(outcome.code == 0, f"code {outcome.code}: {outcome.stderr}")
    expect(outcome.peak_kib < LIMIT_KIB, f"{outcome.peak_kib} KiB")
    expect(len(list((target / "new").iterdir())) == 2, "the messages are not in new/")
    return f"not read, {outcome.peak_kib} KiB"


def drips(runs: Runs) -> str:
    """Every piece counts as progress, so only --max-time ends it."""
    dripping: tuple[dict[str, object], ...] = (
        {"greeting": (Drip(b"+"),)},
        {"LIST": (b"+OK\r\n", Drip(b"1 6\r\n"))},
        {"RETR": (b"+OK\r\n", Drip(b"t"))},
        {"STAT": (b"+OK ", Drip(b"1"))},
    )

    def one(answers: dict[str, object]) -> str:
        start = time.monotonic()
        remark = runs.against((NETWORK,), options=("--max-time", 2), **answers)
        expect(2 <= time.monotonic() - start < 8, f"{answers}: {time.monotonic() - start:.1f} s")
        return remark

    with ThreadPoolExecutor() as executor:
        return list(executor.map(one, dripping))[-1]


def wrong_counts(runs: Runs) -> str:
    """What is listed is fetched, once. No number causes a crash, a wait, or much memory."""
    usual = b"1 6\r\n2 6\r\n"
    both, none = [b"DELE 2", b"DELE 1"], []
    for stat, sizes, code, deleted in (
        (b"4294967295 18446744073709551615", usual, PROTOCOL, both),
        (b"99999999999999999999 99999999999999999999", usual, PROTOCOL, both),
        (b"-1 -6", usual, 0, both),
        (b"many", usual, 0, both),
        (b"1 6", usual, 0, both),
        # What has another size than announced is not deleted.
        (b"2 12", b"1 0\r\n2 0\r\n", 0, none),
        (b"2 12", b"1 18446744073709551615\r\n2 18446744073709551616\r\n", 0, none),
        (b"2 12", b"1 -1\r\n2 -6\r\n", 0, none),
        (
            b"2 12",
            b"2 6\r\n1 6\r\n1 6\r\n2 9\r\n0 6\r\n-1 6\r\n4294967296 6\r\n18446744073709551617 6\r\n",
            0,
            [b"DELE 1"],
        ),
    ):
        with FakeServer(STAT=b"+OK %s\r\n" % stat, LIST=b"+OK\r\n%s.\r\n" % sizes) as server:
            outcome, target = runs.pop3get(f"{HOST}:{server.port}", "--plain", "--delete")
        what = f"{stat!r} {sizes!r}"
        expect(outcome.code == code, f"{what}: code {outcome.code}: {outcome.stderr}")
        expect(PANIC not in outcome.stderr and outcome.peak_kib < LIMIT_KIB, f"{what}: {outcome}")
        messages = [path.read_bytes() for path in (target / "new").iterdir()]
        expect(messages == [b"text\r\n"] * 2, f"{what}: {len(messages)} messages in new/")
        asked = [line for line in server.received.split(b"\r\n") if line[:4] in (b"RETR", b"DELE")]
        expect(asked == [b"RETR 1", b"RETR 2", *deleted], f"{what}: {asked}")
    return "two messages each"
