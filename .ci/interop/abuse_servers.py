"""Servers that send pop3get junk, refuse, stall, or close. Run by abuse.py."""

import random
from collections.abc import Callable
from functools import partial

from abuse_programs import LATER, LISTING_KIB, LOGIN, NETWORK, PROTOCOL, STALLED_SECONDS, expect_error
from abuse_runs import Runs
from clients import STLS
from fake import CLOSE, HOLD, Endless, FakeServer
from harness import HOST, expect, shown


def cases(runs: Runs) -> dict[str, Callable[[], str]]:
    junk = random.Random(4).randbytes(100_000)
    return {
        "junk as greeting": lambda: runs.against((PROTOCOL,), greeting=junk),
        # Covers greeting-not-checked.
        "HTTP": lambda: runs.against((PROTOCOL,), greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        # Covers greeting-not-checked.
        "a refusal as greeting": lambda: runs.against((LATER,), greeting=b"-ERR too busy\r\n"),
        "a close instead of a greeting": lambda: runs.against((NETWORK,), greeting=(CLOSE,)),
        # Covers endless-line.
        "a greeting without end": lambda: runs.against(
            (NETWORK, PROTOCOL), greeting=(b"+OK ", runs.endless(b"x" * 999), CLOSE)
        ),
        "endless capabilities": lambda: runs.against(
            (NETWORK, PROTOCOL), CAPA=(b"+OK\r\n", runs.endless(b"X-NEVER-HEARD-OF-IT\r\n"), CLOSE)
        ),
        # Covers quirk-110.
        "a close after PASS": lambda: runs.against((LOGIN,), PASS=(CLOSE,)),
        "junk as answer to STAT": lambda: runs.against((PROTOCOL,), STAT=junk),
        "junk as answer to LIST": lambda: runs.against((PROTOCOL,), LIST=junk),
        # Covers endless-listing.
        "an endless list": lambda: runs.against(
            (NETWORK, PROTOCOL),
            limit_kib=LISTING_KIB,
            LIST=(b"+OK\r\n", Endless(lambda n: b"%d 6\r\n" % (n + 1), 64 << 20), CLOSE),
        ),
        "a list without end": lambda: runs.against((NETWORK,), LIST=(b"+OK\r\n1 6\r\n", CLOSE)),
        "junk as answer to RETR": lambda: runs.against((PROTOCOL,), RETR=junk),
        "a refusal of RETR": lambda: runs.against((PROTOCOL,), RETR=b"-ERR no\r\n"),
        "a message without end": lambda: runs.against((NETWORK, PROTOCOL), RETR=(b"+OK\r\ntext\r\n", CLOSE)),
        "a close in the end of a message": lambda: runs.against((NETWORK, PROTOCOL), RETR=(b"+OK\r\ntext\r\n.", CLOSE)),
        # Covers bare-line-ends-in-replies.
        "dots after bare line feeds": partial(bare_line_feeds, runs),
        "a header line without end": lambda: runs.against(
            (NETWORK, PROTOCOL), RETR=(b"+OK\r\n", runs.endless(b"x" * 999), CLOSE)
        ),
        # Covers texts-in-logs.
        "a refusal that would paint the terminal": partial(terminal_codes, runs),
        "a refusal of DELE": lambda: runs.against((PROTOCOL,), whole=2, DELE=b"-ERR no\r\n"),
        "a close instead of an answer to QUIT": lambda: deletion_in_doubt(runs, (CLOSE,)),
        "a refusal of QUIT": lambda: deletion_in_doubt(runs, (b"-ERR some were not removed\r\n", CLOSE)),
    }


def deletion_in_doubt(runs: Runs, answer: tuple[object, ...]) -> str:
    with FakeServer(QUIT=answer) as server:
        outcome, target = runs.pop3get(f"{HOST}:{server.port}", "--plain", "--delete")
    expect(len(list((target / "new").iterdir())) == 2, "the messages are not in new/")
    return expect_error(outcome, (NETWORK, PROTOCOL))


def terminal_codes(runs: Runs) -> str:
    with FakeServer(PASS=b"-ERR \x1b]0;pwned\x07\x1b[2J\x9b2J no\r\n") as server:
        outcome, _ = runs.pop3get(f"{HOST}:{server.port}", "--plain")
    printed = [code for code in "\x07\x1b\x9b" if code in outcome.stderr]
    expect(not printed, f"control characters reach the terminal: {outcome.stderr!r}")
    return expect_error(outcome, (LOGIN,))


# Proves 1957-Observations-03, 2449-5-08, 2449-7-01.
def bare_line_feeds(runs: Runs) -> str:
    """Only CRLF, dot, CRLF ends a message. A client that accepts less can be shown messages that do not exist."""
    sent = b"text\n.\n+OK\n.\r\nmore\r\n"
    with FakeServer(RETR=b"+OK\r\n" + sent + b".\r\n") as server:
        outcome, target = runs.pop3get(f"{HOST}:{server.port}", "--plain")
    expect(outcome.code == 0, f"code {outcome.code}: {outcome.stderr}")
    messages = [path.read_bytes() for path in (target / "new").iterdir()]
    expect(messages == [sent, sent], f"{len(messages)} messages in new/: {shown(b'|'.join(messages))}")
    return "part of the message"


def stalling(runs: Runs) -> dict[str, Callable[[], str]]:
    """These take as long as pop3get waits, and can run side by side."""

    def stalled(**answers: object) -> str:
        return runs.against((NETWORK,), seconds=STALLED_SECONDS, **answers)

    return {
        # Covers silent-peer.
        "pop3get: a stall before the greeting": lambda: stalled(greeting=(HOLD,)),
        "pop3get: a stall in the greeting": lambda: stalled(greeting=(b"+OK re", HOLD)),
        # Covers silent-peer.
        "pop3get: a stall in a message": lambda: stalled(RETR=(b"+OK\r\ntext\r\n", HOLD)),
        # Covers silent-peer.
        "pop3get: a stall in a handshake": lambda: stalled(
            mode=STLS, CAPA=b"+OK\r\nSTLS\r\n.\r\n", STLS=(b"+OK\r\n", HOLD)
        ),
    }
