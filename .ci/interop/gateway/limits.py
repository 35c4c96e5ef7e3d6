"""Settings, many devices at once, and secrets that must not be in the log. Run by ../gateway.py."""

import base64
import os
import subprocess
import threading
import time

from fake import Line
from harness import GATEWAY, HOST, expect
from peer import Peer

from gateway.ends import END, LOCAL, TOKEN, Gateway
from gateway.stage import Stage


def run(stage: Stage) -> None:
    check = stage.report.check
    check("bad settings are refused and named, an address that is not loopback among them", bad_settings, stage)
    check("sixteen devices at once, each with its own maildrop, get their own mail", side_by_side, stage)
    check("more devices than permitted are refused", too_many, stage)
    check("neither token nor local password is in a log", no_secrets)


def bad_settings(stage: Stage) -> str:
    good = {
        "--server": "localhost", "--listen": f"{HOST}:0", "--token-env": "TOKEN", "--local-password-env": "LOCAL",
        "--ca": str(stage.certificates.ca),
    }  # fmt: skip
    bad = [("--listen", address) for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0")]
    bad += [("--local-password-env", name) for name in ("NOT_SET", "EMPTY", "LATIN", "LONG")]
    bad += [("--token-env", name) for name in ("NOT_SET", "EMPTY", "LATIN", "LONG")]
    bad += [("--server", name) for name in ("a b", "localhost:pop3", "[::1", "[::1]995")]
    bad += [("--ca", name) for name in ("/no/such/file", str(stage.certificates.key))]
    variables = {"LOCAL": "x", "TOKEN": "x", "EMPTY": "", "LATIN": "gr\u00fc\u00df", "LONG": "x" * 9000}
    for flag, value in bad:
        options = [word for pair in {**good, flag: value}.items() for word in pair]
        done = subprocess.run(
            [str(GATEWAY), *options], env={**os.environ, **variables}, capture_output=True, text=True, timeout=10,
            check=False,
        )  # fmt: skip
        expect(
            done.returncode == 1 and f"{flag} {value}" in done.stderr,
            f"{flag} {value}: code {done.returncode}, {done.stderr}",
        )
    return f"{len(bad)} settings"


def side_by_side(stage: Stage) -> str:
    """Each device gets a message that names its user, and no other user's message."""
    users = [f"user{n}" for n in range(16)]

    def body(user: bytes) -> bytes:
        return b"To: " + user + b"\r\n\r\n" + (user + b"\r\n") * 200_000

    def answer(line: Line) -> None:
        line.say(b"+OK\r\n" + body(line.user) + END)

    got: dict[str, bytes] = {}

    def fetch(user: str) -> None:
        with Peer(gateway.server) as device:
            device.log_in(user)
            got[user] = device.fetch(b"RETR 1")
            device.ask(b"QUIT")

    with stage.stand_in("--method", "xoauth2", RETR=answer) as (gateway, _):
        threads = [threading.Thread(target=fetch, args=(user,)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wrong = [user for user in users if got.get(user) != body(user.encode())]
        expect(not wrong, f"{len(wrong)} got something else: {wrong}")
        return f"{sum(map(len, got.values()))} octets, {gateway.peak()}"


def too_many(stage: Stage) -> None:
    with stage.stand_in("--max-sessions", 2) as (gateway, _):
        silent = [Peer(gateway.server) for _ in range(2)]
        for device in silent:
            expect(device.ask(b"").startswith(b"+OK"), "not greeted")
        # Those who have shown no password leave for others.
        devices = [Peer(gateway.server) for _ in range(2)]
        for device in devices:
            device.log_in()
        expect([device.rest() for device in silent] == [b"", b""], "the silent ones stay")
        with Peer(gateway.server) as device:
            expect(device.ask(b"").startswith(b"-ERR"), "greeted although there is no place")
            expect(device.rest() == b"", "the session goes on")
        expect(devices[0].ask(b"QUIT").startswith(b"+OK"), "QUIT is refused")
        devices[0].rest()
        time.sleep(0.2)
        with Peer(gateway.server) as device:
            expect(device.ask(b"").startswith(b"+OK"), "refused although there is a place")
        for device in (*silent, *devices):
            device.close()


def no_secrets() -> str:
    text = "".join(Gateway.printed)
    for secret in (TOKEN, LOCAL, base64.b64encode(TOKEN.encode()).decode()[:-4]):
        expect(secret not in text, f"a secret is in the log: {secret!r}")
    expect("session: QUIT" in text, "there is no log")
    return f"{len(Gateway.printed)} lines"
