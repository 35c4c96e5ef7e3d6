#!/usr/bin/env python3
"""Downloads a whole maildrop with poplib, curl, fetchmail or pop3get: plain, with STLS, or with TLS from the start.

It checks that clients written by others understand the server. Certificates are always verified. By hand:
  .ci/interop/clients.py --plain-port 110 --tls-port 995 --user alice --password secret --ca ca.pem \
      --client curl --mode stls --to /tmp/out

fetchmail alters what it stores. In plain mode its messages are therefore taken from a recording of what the server
sent. With TLS they are what it stored, and only a message that `fetchmail_keeps` may be compared, in its LF form.
"""

import argparse
import os
import poplib
import re
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpus import crlf_form
from harness import HOST, POP3GET, Failed, Server, expect
from recorder import Recorder, exchanges

PLAIN, STLS, TLS = "plain", "stls", "tls"
MODES = (PLAIN, STLS, TLS)
TIMEOUT = 120
poplib._MAXLINE = 1 << 30  # by default poplib gives up at lines of 2 KiB


@dataclass
class Download:
    """The messages in the order of the server where the client shows one, and the sizes from LIST, if it asked."""

    messages: list[bytes]
    sizes: list[int] | None = None


def run(command: list[object], what: str, codes: tuple[int, ...] = (0,), **options: object) -> str:
    """Runs a program to its end; expects one of the exit codes and returns all it printed."""
    try:
        done = subprocess.run(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=TIMEOUT, check=False, **options,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"{what} did not end within {TIMEOUT} s") from None
    text = done.stdout.decode(errors="replace")
    expect(done.returncode in codes, f"{what} ended with code {done.returncode}: {text[-2000:]}")
    return text


def tls_context(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca))


@contextmanager
def poplib_session(server: Server, mode: str = PLAIN) -> Iterator[poplib.POP3]:
    """A session that is logged in. It ends with QUIT when the block does, and by a dropped connection on an error."""
    if mode == TLS:
        session: poplib.POP3 = poplib.POP3_SSL(HOST, server.tls_port, timeout=20, context=tls_context(server))
    else:
        session = poplib.POP3(HOST, server.plain_port, timeout=20)
    try:
        if mode == STLS:
            session.stls(tls_context(server))
        session.user(server.user)
        session.pass_(server.password)
        yield session
        session.quit()
    finally:
        session.close()


def log_in_soon(server: Server, seconds: float = 5) -> None:
    """Tries for a while, because a server notices a dropped connection a little later."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with poplib_session(server):
                return
        except poplib.error_proto:
            expect(time.monotonic() < deadline, f"still locked after {seconds} s")
            time.sleep(0.05 if seconds < 10 else 1)


def joined(reply: tuple[bytes, list[bytes], int]) -> bytes:
    """The bytes of a multi-line reply. poplib counts them, so that a line end other than CRLF shows."""
    octets = b"".join(line + b"\r\n" for line in reply[1])
    expect(len(octets) == reply[2], f"lines that do not end in CRLF: {reply[2]} octets instead of {len(octets)}")
    return octets


def listed_sizes(lines: list[bytes]) -> list[int]:
    numbers = [int(line.split()[0]) for line in lines]
    expect(numbers == list(range(1, len(lines) + 1)), f"LIST has gaps: {numbers}")
    return [int(line.split()[1]) for line in lines]


def with_poplib(server: Server, mode: str) -> Download:
    with poplib_session(server, mode) as session:
        sizes = listed_sizes(session.list()[1])
        expect(
            session.stat() == (len(sizes), sum(sizes)), f"STAT says {session.stat()}, LIST {len(sizes)}, {sum(sizes)}"
        )
        return Download([joined(session.retr(number)) for number in range(1, len(sizes) + 1)], sizes)


def curl_command(server: Server, mode: str, path: str = "") -> list[object]:
    """The command line with which curl asks for one path (or a range of them)."""
    where = f"pop3s://{HOST}:{server.tls_port}" if mode == TLS else f"pop3://{HOST}:{server.plain_port}"
    security = ["--ssl-reqd"] if mode == STLS else []
    login = ["--cacert", server.ca, "--user", f"{server.user}:{server.password}"]
    stalled = ["--speed-limit", "1", "--speed-time", "20"]
    return [*security, *stalled, *login, f"{where}/{path}"]


def with_curl(server: Server, mode: str) -> Download:
    listing = run(["curl", "-sS", *curl_command(server, mode)], "curl")
    sizes = listed_sizes(listing.encode().splitlines())
    with tempfile.TemporaryDirectory() as folder:
        if sizes:  # one session for all of them
            all_of_them = curl_command(server, mode, f"[1-{len(sizes)}]")
            run(["curl", "-sS", "--fail-early", "--output", f"{folder}/#1", *all_of_them], "curl")
        return Download([Path(folder, str(number)).read_bytes() for number in range(1, len(sizes) + 1)], sizes)


def delete_with_curl(server: Server, mode: str, numbers: list[int]) -> None:
    """Sends DELE in one session, in which curl sends QUIT at its end."""
    command: list[object] = ["curl"]
    for number in numbers:
        # --head: the reply has no body to wait for
        one = ["-sS", "--fail-early", "--head", "--request", f"DELE {number}", *curl_command(server, mode)]
        command += one if len(command) == 1 else ["--next", *one]
    run(command, "curl")


def fetchmail_keeps(stored: bytes) -> bool:
    """Whether fetchmail 6.4 stores the message as sent, but with LF line ends.

    It does not if there is no empty line after the header (it adds one), if a line of the header is not a header line
    (it adds a header of its own, and leaves stuffed dots there), if a CR stands alone (it drops it), or if a line
    exceeds its buffer of 8 KiB (it cuts the line in two).
    """
    text = crlf_form(stored).replace(b"\r\n", b"\n")
    header, empty_line, _ = text.partition(b"\n\n")
    if not empty_line or b"\r" in text or max(map(len, text.split(b"\n"))) > 8000:
        return False
    return re.fullmatch(rb"[!-9;-~]+:[^\n]*(\n([!-9;-~]+:|[ \t])[^\n]*)*", header) is not None


def run_fetchmail(server: Server, mode: str, folder: Path, keep: bool) -> list[bytes]:
    """Returns what fetchmail stored, in order."""
    store = folder / "store"
    store.mkdir()
    count = folder / "count"
    deliver = folder / "deliver.sh"
    deliver.write_text(
        f"#!/bin/sh\nn=$(($(cat '{count}' 2>/dev/null || echo 0) + 1))\necho $n >'{count}'\nexec cat >'{store}'/$n\n"
    )
    deliver.chmod(0o700)
    port, security = {
        PLAIN: (server.plain_port, "sslproto ''"),
        STLS: (server.plain_port, "sslproto 'TLS1.2+'"),
        TLS: (server.tls_port, "ssl"),
    }[mode]
    control = folder / "fetchmailrc"
    control.touch(0o600)
    control.write_text(
        "set no bouncemail\nset no syslog\n"
        f"poll localhost protocol pop3 service {port} timeout 20 auth password bad-header accept\n"
        f'user "{server.user}" password "{server.password}" {"keep" if keep else "no keep"} fetchall no rewrite\n'
        f'{security} sslcertck sslcertfile "{server.ca}" mda "{deliver}"\n'
    )
    files = ["--fetchmailrc", control, "--idfile", folder / "ids", "--pidfile", folder / "pid"]
    output = run(
        ["fetchmail", "-v", "--invisible", *files], "fetchmail", env={**os.environ, "FETCHMAILHOME": str(folder)}
    )
    expect(("POP3> STLS" in output) == (mode == STLS), f"fetchmail and STLS: {output[:2000]}")
    return [path.read_bytes() for path in sorted(store.iterdir(), key=lambda path: int(path.name))]


def with_fetchmail(server: Server, mode: str, keep: bool = True) -> Download:
    with tempfile.TemporaryDirectory() as folder:
        if mode != PLAIN:
            return Download(run_fetchmail(server, mode, Path(folder), keep))
        with Recorder(server.plain_port) as recorder:
            via_recorder = Server(recorder.port, 0, server.ca, server.user, server.password)
            stored = run_fetchmail(via_recorder, mode, Path(folder), keep)
        (dialogue,) = recorder.dialogues
        sent = [body for command, _, body in exchanges(dialogue) if command.startswith(b"RETR ")]
        expect(len(sent) == len(stored), f"fetchmail was sent {len(sent)} messages and stored {len(stored)}")
        return Download(sent)


def pop3get_command(server: Server, mode: str, to: Path | str, *options: str) -> tuple[list[str], dict[str, str]]:
    """The command line and the environment."""
    port = server.tls_port if mode == TLS else server.plain_port
    certificate = [] if mode == PLAIN else ["--ca", str(server.ca)]
    login = ["--user", server.user, "--password-env", "POP3_PASSWORD"]
    command = [str(POP3GET), f"--{mode}", f"{HOST}:{port}", *login, "--to", str(to), *certificate, *options]
    return command, {**os.environ, "POP3_PASSWORD": server.password}


def with_pop3get(server: Server, mode: str, *options: str) -> Download:
    with tempfile.TemporaryDirectory() as folder:
        command, environment = pop3get_command(server, mode, Path(folder, "target"), *options)
        run(command, "pop3get", env=environment)
        left = list(Path(folder, "target", "tmp").iterdir())
        expect(not left, f"pop3get left files in tmp: {left}")
        return Download([path.read_bytes() for path in Path(folder, "target", "new").iterdir()])


CLIENTS = {"poplib": with_poplib, "curl": with_curl, "fetchmail": with_fetchmail, "pop3get": with_pop3get}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain-port", type=int, default=0)
    parser.add_argument("--tls-port", type=int, default=0)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--ca", type=Path, required=True)
    parser.add_argument("--client", choices=CLIENTS, required=True)
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--to", type=Path, required=True, help="a folder; each message becomes a numbered file in it")
    options = parser.parse_args()
    server = Server(options.plain_port, options.tls_port, options.ca, options.user, options.password)
    download = CLIENTS[options.client](server, options.mode)
    options.to.mkdir(parents=True, exist_ok=True)
    for number, message in enumerate(download.messages, 1):
        (options.to / str(number)).write_bytes(message)
    print(f"{len(download.messages)} messages in {options.to}")


if __name__ == "__main__":
    main()
