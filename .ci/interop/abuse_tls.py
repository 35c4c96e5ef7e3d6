"""Servers that pop3get cannot trust, and attackers who remove TLS. Run by abuse.py."""

import random
from collections.abc import Callable
from functools import partial

from abuse_programs import LOGIN, NETWORK, PROTOCOL, expect_error
from abuse_runs import Runs
from clients import STLS, TLS
from fake import CLOSE, HOLD, Endless, Later
from harness import HOST, make_certificates


def cases(runs: Runs) -> dict[str, Callable[[], str]]:
    junk = random.Random(4).randbytes(100_000)
    return {
        # Proves 2595-2.2-01, 2595-2.3-01, 2595-9-01.
        # Covers stls-stripped.
        "no STLS": lambda: runs.against((LOGIN,), mode=STLS, CAPA=b"+OK\r\nUSER\r\n.\r\n"),
        # Covers stls-stripped.
        "no STLS, no CAPA": lambda: runs.against((LOGIN, PROTOCOL), mode=STLS),
        # Proves 2595-4-17.
        # Covers stls-stripped.
        "a refusal of STLS": lambda: runs.against((LOGIN,), mode=STLS, CAPA=b"+OK\r\nSTLS\r\n.\r\n", STLS=b"-ERR\r\n"),
        # Covers replies-after-stls.
        "text smuggled after STLS": lambda: runs.against(
            (PROTOCOL,), mode=STLS, CAPA=b"+OK\r\nSTLS\r\n.\r\n", STLS=b"+OK\r\n+OK injected\r\n"
        ),
        "junk instead of a handshake": lambda: runs.against((NETWORK,), mode=TLS, greeting=junk),
        # Covers certificate-not-checked.
        "an unknown certificate authority, STLS": lambda: unknown_authority(runs, STLS),
        # Covers certificate-not-checked.
        "an unknown certificate authority, TLS": lambda: unknown_authority(runs, TLS),
        # Covers certificate-not-checked.
        "a certificate for another name": partial(another_name, runs),
        **without_tls(runs),
    }


def without_tls(runs: Runs) -> dict[str, Callable[[], str]]:
    """An attacker in the middle removes STLS, or speaks in place of the server, and asks for everything."""
    lists = b"+OK\r\nSTLS\r\nUSER\r\nSASL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 XOAUTH2\r\n.\r\n"
    greedy = {
        "greeting": b"+OK <1896.697170952@h.example>\r\n",
        "CAPA": lists,
        "AUTH": b"+ PDFAaD4=\r\n",
        "APOP": b"+OK\r\n",
        "other": b"+ \r\n",
    }

    def stolen(codes: tuple[int, ...], **answers: object) -> Callable[[], str]:
        return lambda: runs.against(codes, mode=STLS, **{**greedy, **answers})

    return {
        # Covers stls-stripped.
        "STLS cut from a list": stolen((LOGIN,), CAPA=lists.replace(b"STLS\r\n", b"")),
        # Covers stls-stripped.
        "an empty list": stolen((LOGIN,), CAPA=b"+OK\r\n.\r\n"),
        # Covers stls-stripped.
        "a close at CAPA, then a refusal of STLS": stolen((LOGIN,), CAPA=(CLOSE,), STLS=b"-ERR\r\n"),
        # Covers stls-stripped.
        "a close at STLS": stolen((NETWORK,), STLS=(CLOSE,)),
        # Covers stls-stripped.
        "junk as answer to STLS": stolen((PROTOCOL,), STLS=b"HTTP/1.1 200 OK\r\n+OK\r\n"),
        # Covers stls-stripped, secrets-beside-stls.
        "a refusal of STLS with answers after it": stolen((LOGIN,), STLS=b"-ERR\r\n+OK\r\n+ \r\n+OK\r\n"),
        # Covers replies-after-stls.
        "replies after STLS in a later segment": stolen(
            (NETWORK,), STLS=(b"+OK\r\n", Later(b"+OK\r\n+OK injected\r\n"), Later(b"+OK\r\n"), CLOSE)
        ),
        # Covers halves-over-the-edge-of-tls.
        "half a reply after STLS": stolen((PROTOCOL,), STLS=(b"+OK\r\n+O", HOLD)),
        # Covers replies-after-stls, secrets-beside-stls.
        "all replies at once, before the handshake": stolen(
            (NETWORK, PROTOCOL), greeting=b"+OK\r\n" + lists + b"+OK\r\n" + lists + b"+OK\r\n" * 9, CAPA=(CLOSE,)
        ),
        # Covers stls-stripped.
        "a flood in place of the answer to STLS": stolen(
            (NETWORK, PROTOCOL), STLS=(Endless(lambda _: b"+OK\r\n", 8 << 20), CLOSE)
        ),
    }


# Proves 2595-4-18, 8314-3.1-03, 8314-5.2-03, 5034-4-33.
def unknown_authority(runs: Runs, mode: str) -> str:
    other = make_certificates(runs.folder / f"other-authority-{mode}")
    with runs.two_messages() as pop3d:
        port = pop3d.server.tls_port if mode == TLS else pop3d.server.plain_port
        return expect_error(runs.pop3get(f"{HOST}:{port}", f"--{mode}", "--ca", other.ca)[0], (NETWORK,), "certificate")


# Proves 8314-3.1-03, 7817-3-01.
def another_name(runs: Runs) -> str:
    """127.0.0.2 is this machine, too, but is not in the certificate."""
    with runs.two_messages(host="127.0.0.2") as pop3d:
        where = f"127.0.0.2:{pop3d.server.tls_port}"
        outcome, _ = runs.pop3get(where, "--tls", "--ca", runs.certificates.ca)
        return expect_error(outcome, (NETWORK,), "certificate")
