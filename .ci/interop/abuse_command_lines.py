"""Bad command lines for pop3d. Run by abuse.py."""

import os
import shutil
import socket
from pathlib import Path

import corpus
from abuse_programs import USAGE, expect_error, run_program
from harness import HOST, POP3D, Certificates, Report, free_ports


def run(report: Report, folder: Path, certificates: Certificates) -> None:
    maildir = folder / "maildir"
    corpus.write_maildir(maildir, iter([("one", b"Subject: one\n\none\n")]))
    mbox = folder / "mbox"
    mbox.write_bytes(b"From a Mon Jan  1 00:00:00 2024\nSubject: one\n\none\n\n")
    unreadable = folder / "unreadable"
    unreadable.write_bytes(mbox.read_bytes())
    unreadable.chmod(0)
    program, as_other = POP3D, {}
    if os.geteuid() == 0:  # root can read every file
        program = folder / "pop3d"
        shutil.copy(POP3D, program)
        as_other = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    (busy,) = free_ports(1)
    missing = folder / "missing"
    user = ("--user", "alice:secret")
    listen = ("--listen", f"{HOST}:0")
    usual = ("--maildir", maildir, *user)
    cases: dict[str, tuple[int, tuple[object, ...], tuple[object, ...]]] = {
        "missing Maildir": (1, ("--maildir", missing, *listen, *user), (missing,)),
        "a file as Maildir": (1, ("--maildir", mbox, *listen, *user), (mbox,)),
        "missing mbox": (1, ("--mbox", missing, *listen, *user), (missing,)),
        "a folder as mbox": (1, ("--mbox", maildir, *listen, *user), (maildir,)),
        "unreadable mbox": (1, ("--mbox", unreadable, *listen, *user), (unreadable,)),
        "unreadable key": (
            1,
            (*usual, *listen, "--tls-cert", certificates.cert, "--tls-key", unreadable),
            (unreadable,),
        ),
        "missing certificate": (
            1,
            (*usual, *listen, "--tls-cert", missing, "--tls-key", certificates.key),
            (missing,),
        ),
        "junk as certificate": (1, (*usual, *listen, "--tls-cert", mbox, "--tls-key", certificates.key), (mbox,)),
        "key of another certificate": (
            1,
            (*usual, *listen, "--tls-cert", certificates.ca, "--tls-key", certificates.key),
            (certificates.ca,),
        ),
        "certificate without key": (USAGE, (*usual, *listen, "--tls-cert", certificates.cert), ("--tls-key",)),
        "no address": (USAGE, (*usual, "--listen", "nonsense"), ("nonsense",)),
        "a port too high": (USAGE, (*usual, "--listen", f"{HOST}:99999"), (f"{HOST}:99999",)),
        "an address of others": (1, (*usual, "--listen", "192.0.2.1:0"), ("192.0.2.1",)),
        "a port in use": (1, (*usual, "--listen", f"{HOST}:{busy}"), (busy,)),
        "a TLS port in use": (1, (*usual, "--listen-tls", f"{HOST}:{busy}"), (busy,)),
        "a user without password": (1, ("--maildir", maildir, *listen, "--user", "alice"), ("--user",)),
        # Covers name-as-path.
        "a user who leaves the folder": (1, ("--maildir", maildir, *listen, "--user", "../a:b"), ("../a",)),
        "nobody": (1, ("--maildir", maildir, *listen), ("--user",)),
        "two stores": (USAGE, ("--maildir", maildir, "--mbox", mbox, *listen, *user), ("--mbox",)),
        "unknown option": (USAGE, (*usual, "--frobnicate"), ("--frobnicate",)),
    }
    with socket.create_server((HOST, busy)):
        for name, (code, options, culprits) in cases.items():
            who = as_other if "unreadable" in name else {}
            report.check(f"pop3d: {name}", bad_command_line, [program, *options], who, code, culprits)


def bad_command_line(command: list[object], who: dict[str, object], code: int, culprits: tuple[object, ...]) -> str:
    return expect_error(run_program(command, 10, **who), (code,), *culprits)
