"""Driver for NeoMutt, on a terminal of its own. It adds Content-Length and Lines as last header fields."""

import os
import pty
import re
import select
import subprocess
import time
from contextlib import suppress

from clients import PLAIN, STLS, TIMEOUT, TLS
from harness import expect

from drivers.base import BEARER, HOST_NAME, Driver, Errand, files_in, version_in


class Neomutt(Driver):
    name = "NeoMutt"
    mechanisms = (
        "USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "OAUTHBEARER", "EXTERNAL",
    )  # fmt: skip
    # A NeoMutt with GNU SASL accepts no other names than these. Without a name it takes what GNU SASL prefers among
    # the offer. If that is SCRAM with channel binding, it fails, cancels, and takes the reply to the cancellation for
    # the reply to its next command.
    named = frozenset({"USER", "APOP", "OAUTHBEARER"})
    alone = frozenset(mechanisms) - named

    def version(self) -> str:
        return version_in(["neomutt", "-v"], r"NeoMutt (\d\S*)")

    def fetch(self, errand: Errand) -> list[bytes]:
        login, maildir = errand.login, errand.maildir()
        control = errand.folder / "neomuttrc"
        control.write_text(
            f"set ssl_starttls={'yes' if errand.mode == STLS else 'no'}\n"
            f"set ssl_force_tls={'no' if errand.mode == PLAIN else 'yes'}\n"
            f"set certificate_file={errand.server.ca} ssl_ca_certificates_file={errand.server.ca}\n"
            f'set pop_user="{login.user}" pop_pass="{login.secret}" pop_auth_try_all=no pop_reconnect=no\n'
            + (f"set pop_authenticators={login.mechanism.lower()}\n" if login.mechanism in self.named else "")
            + (f'set pop_oauth_refresh_command="echo {login.secret}"\n' if login.mechanism in BEARER else "")
            + (f"set ssl_client_cert={errand.folder}/client.pem\n" if login.cert else "")
            + f"set mbox_type=Maildir spool_file={errand.folder}/none folder={errand.folder} header_cache=\n"
            "set confirmappend=no confirmcreate=no quit=yes delete=yes move=no wait_key=no sleep_time=0\n"
        )
        if login.cert:
            (errand.folder / "client.pem").write_text(login.cert.read_text() + login.key.read_text())
        url = f"pop{'s' if errand.mode == TLS else ''}://{login.user}@{HOST_NAME}:{errand.port}"
        # In an empty folder it asks nothing, so the keys for the answers have no meaning.
        copy = f"<tag-pattern>~A<enter><tag-prefix-cond><copy-message>{maildir}<enter><end-cond>"
        keys = copy + ("<exit>" if errand.keep else "<delete-pattern>~A<enter><quit>")
        self.on_terminal(["neomutt", "-n", "-F", str(control), "-f", url, "-e", f'push "{keys}"'], errand)
        return files_in(maildir)

    @staticmethod
    def on_terminal(command: list[str], errand: Errand) -> None:
        environment = {**os.environ, "HOME": str(errand.folder), "TERM": "dumb", "LINES": "40", "COLUMNS": "120"}
        ours, theirs = pty.openpty()
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
        os.close(theirs)
        shown = bytearray()
        deadline = time.monotonic() + TIMEOUT
        while process.poll() is None and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                with suppress(OSError):  # the other end is gone
                    shown += os.read(ours, 65536)
        os.close(ours)
        process.kill()
        code = process.wait()
        expect(code == 0, f"neomutt ended with code {code}: {bytes(shown[-1000:])!r}")

    def takes(self, sent: bytes) -> bool:
        return bool(sent)  # it stops copying at an empty message

    def undo(self, stored: bytes) -> bytes:
        return re.sub(rb"Content-Length: \d+\nLines: \d+\n(?=\n)", b"", stored, count=1)
