"""Driver for getmail6 with the unique-ids of the server, or without. It has no STLS.

It adds a Return-Path as the first line, folds header fields, and drops blanks and line ends in them.
"""

import os

from clients import PLAIN, TLS, run
from harness import Failed, give_to_mail_owner

from drivers.base import HOST_NAME, Driver, Errand, files_in, version_in

ATTEMPTS = 3


class Getmail(Driver):
    modes = (PLAIN, TLS)
    mechanisms = ("USER", "APOP")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = f"getmail6, {kind}"

    def version(self) -> str:
        return version_in(["getmail", "--version"], r"getmail (\S+)")

    def fetch(self, errand: Errand) -> list[bytes]:
        login, maildir = errand.login, errand.maildir()
        give_to_mail_owner(maildir)
        control = errand.folder / "getmailrc"
        control.write_text(
            f"[retriever]\ntype = {self.kind}POP3{'SSL' if errand.mode == TLS else ''}Retriever\n"
            f"server = {HOST_NAME}\nport = {errand.port}\ntimeout = 5\n"
            f"username = {login.user}\npassword = {login.secret}\nuse_apop = {login.mechanism == 'APOP'}\n"
            + (f"ca_certs = {errand.server.ca}\n" if errand.mode == TLS else "")
            + f"[destination]\ntype = Maildir\npath = {maildir}/\n"
            + ("" if os.geteuid() else "user = nobody\n")  # it does not deliver as root
            + f"[options]\ndelete = {not errand.keep}\nread_all = true\ndelivered_to = false\nreceived = false\n"
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                run(["getmail", "--quiet", "--getmaildir", errand.folder, "--rcfile", control], "getmail")
                return files_in(maildir)
            except Failed as error:
                # If a child ends before it looks, it misses that, waits, and resets the session.
                if attempt == ATTEMPTS or "waiting child pid" not in str(error):
                    raise
                for path in maildir.glob("new/*"):
                    path.unlink()
        raise AssertionError

    def undo(self, stored: bytes) -> bytes:
        return stored.removeprefix(b"Return-Path: <unknown>\n")
