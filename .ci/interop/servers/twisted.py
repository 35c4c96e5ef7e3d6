"""A server built with Twisted Mail: the protocol and the logins are Twisted's, the Maildir is ours.

Its server side has no STLS, and of AUTH only what CRAM-MD5 needs: it accepts one response, of two words. Its APOP
compares a str with bytes, so that no digest is right on Python 3. Nothing to run by hand.
"""

import os
import subprocess
from pathlib import Path
from typing import ClassVar

from clients import PLAIN, TLS
from harness import PASSWORD, USER, expect

from servers.base import MaildirStore, RealServer, whole_lines

PYTHON = "/usr/bin/python3"  # the Python that Debian's Twisted is for
METHODS = ("user", "cram-md5")
PIECE = 1 << 14  # how many bytes of a message it reads at a time


class Twisted(RealServer):
    name = "Twisted"
    offers: ClassVar[dict[str, tuple[str, ...]]] = {PLAIN: METHODS, TLS: METHODS}
    leaves_out = "the empty one, which it takes for deleted, and those with dots it does not stuff: first, or at 16 KiB"

    def start(self) -> None:
        expect(Path("/usr/lib/python3/dist-packages/twisted").is_dir(), "Twisted is not installed; run install.sh")
        self.store = MaildirStore(self.folder / "Maildir", os.geteuid(), os.getegid(), lines=True)
        certificates, server = self.setting.certificates, self.server
        script = Path(__file__).with_name("twisted_process.py")
        given = [USER, PASSWORD, self.store.path, server.plain_port, server.tls_port]
        self.spawn([PYTHON, "-P", script, *given, certificates.cert, certificates.key])

    def version(self) -> str:
        command = [PYTHON, "-P", "-c", "import twisted; print(twisted.__version__)"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def takes(self, message: bytes) -> bool:
        """It stuffs each piece of a message separately."""
        lines = whole_lines(message)
        pieces = range(PIECE, len(lines), PIECE)
        return bool(lines) and not lines.startswith(b".") and all(lines[at - 1 : at + 1] != b"\n." for at in pieces)
