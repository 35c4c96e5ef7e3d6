#!/usr/bin/env python3
"""Judges pop3d and the real servers with pop3check, each with the known messages in its maildrop.

A check passes if pop3check ends with a verdict (exit code 0 or 1), writes nothing to standard error, and shows the
password in none of its reports. pop3d has to pass strictly, but for what pop3d-known.toml gives a reason for. The last
line of each report is printed, and a table of all.
By hand, as root (the servers live in mount namespaces of their own):

  .ci/interop/install.sh && .ci/interop/judge.py
  .ci/interop/judge.py --server Dovecot --out /tmp/judged -- server/lines -v
"""

import argparse
import base64
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from configured import make_client_certificate
from harness import (
    HOST,
    PROGRAMS,
    USER,
    Certificates,
    Pop3d,
    Report,
    Server,
    expect,
    make_certificates,
    scratch_folder,
)
from servers.base import MaildirStore, RealServer, Setting
from servers.courier import Courier
from servers.cyrus import Cyrus
from servers.dovecot import Dovecot
from servers.mailutils import Mailutils
from servers.popa3d import Popa3d
from servers.solid import Solid
from servers.twisted import Twisted
from servers.wildduck import WildDuck

POP3CHECK = PROGRAMS / "pop3check"
SERVERS: tuple[type[RealServer], ...] = (Dovecot, Courier, Cyrus, Mailutils, Popa3d, Solid, Twisted, WildDuck)
KNOWN = Path(__file__).with_name("pop3d-known.toml")
SECONDS = 1800
# What a store refuses, or takes for something else.
WITHOUT = {
    "Cyrus": ("empty",),
    "GNU Mailutils": ("empty", "only-line-end", "body-only"),
    "solid-pop3d": ("no-final-line-end",),
    "Twisted": ("empty",),
}
# Whose Maildir gets the messages without a change of line ends.
AS_THEY_ARE = ("Courier",)


def messages(folder: Path, without: Iterable[str]) -> list[bytes]:
    """The known messages, in the order in which pop3check has them."""
    command = [POP3CHECK, "corpus", "--to", folder, "--as", "maildir", "--without", ",".join(without)]
    subprocess.run(command if without else command[:-2], check=True, capture_output=True)
    return [path.read_bytes() for path in sorted((folder / "new").iterdir())]


def forms(password: str) -> list[str]:
    """What a report may not hold."""
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=") for text in (password, f"\0{USER}\0{password}")]
    return [password, password.encode().hex(), *encoded]


def judge(server: Server, out: Path, name: str, options: list[str], codes: tuple[int, ...] = (0, 1)) -> str:
    """One run. Returns the last line."""
    files = {form: out / f"{name}.{form}" for form in ("json", "xml", "html", "txt")}
    where = [HOST, "--clear", server.plain_port]
    where += ["--tls", server.tls_port] if server.tls_port else []
    who = ["--name", "localhost", "--user", server.user, "--password-env", "POP3_PASSWORD"]
    reports = ["--json", files["json"], "--junit", files["xml"], "--html", files["html"], "--only-corpus"]
    command = [POP3CHECK, "server", *where, *who, *reports, *options]
    ran = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=SECONDS, check=False,
        env={**os.environ, "POP3_PASSWORD": server.password},
    )  # fmt: skip
    files["txt"].write_text(ran.stdout + ran.stderr)
    expect(ran.returncode in codes, f"exit code {ran.returncode}: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    expect(not ran.stderr, f"standard error: {ran.stderr[-2000:]}")
    for file in files.values():
        text = file.read_text()
        expect(not any(form in text for form in forms(server.password)), f"{file.name} shows the password")
    return ran.stdout.splitlines()[-1]


@contextmanager
def running(kind: type[RealServer], folder: Path, certificates: Certificates) -> Iterator[Server]:
    server = kind(Setting(folder / "server", certificates, *make_client_certificate(certificates, USER)))
    try:
        if kind.name in AS_THEY_ARE and isinstance(server.store, MaildirStore):
            server.store.lines = False
        server.put(messages(folder / "known", WITHOUT.get(kind.name, ())))
        if len(server.offers) == 1:  # no TLS
            server.server.tls_port = 0
        yield server.server
    finally:
        server.stop()


def real(kind: type[RealServer], folder: Path, certificates: Certificates, out: Path, options: list[str]) -> str:
    with running(kind, folder, certificates) as server:
        return judge(server, out, kind.name.lower().replace(" ", "-"), options)


def ours(folder: Path, certificates: Certificates, out: Path, options: list[str]) -> str:
    messages(folder / "mail", ())
    settings = folder / "pop3d.toml"
    settings.write_text('[store]\nutf8-headers = "refuse"\n')
    with Pop3d("--config", settings, "--maildir", folder / "mail", certificates=certificates) as running:
        if options:
            return judge(running.server, out, "pop3d", options)
        strictly = ["--strict", "--known", str(KNOWN), "--delete-own", "--flood"]
        return judge(running.server, out, "pop3d", strictly, (0,))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ["pop3d", *(kind.name for kind in SERVERS)]
    parser.add_argument("--server", action="append", choices=names, help="only this one; may be repeated")
    parser.add_argument("--out", type=Path, help="keep the reports in this folder")
    parser.add_argument("options", nargs="*", help="options of pop3check server, after --")
    args = parser.parse_args()
    if not os.access(POP3CHECK, os.X_OK):
        sys.exit(f"not built: {POP3CHECK}; run: cargo programs")
    report = Report()
    with scratch_folder() as folder:
        out = args.out or folder / "reports"
        out.mkdir(parents=True, exist_ok=True)
        certificates = make_certificates(folder / "certificates")
        if not args.server or "pop3d" in args.server:
            report.check("pop3d", ours, folder / "pop3d", certificates, out, args.options)
        for kind in SERVERS:
            if not args.server or kind.name in args.server:
                place = folder / kind.name.lower().replace(" ", "-")
                place.mkdir()
                place.chmod(0o755)
                report.check(kind.name, real, kind, place, certificates, out, args.options)
        runs = sorted(out.glob("*.json"))
        if len(runs) > 1:
            print(flush=True)
            subprocess.run([POP3CHECK, "compare", "--sections", *runs], check=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
