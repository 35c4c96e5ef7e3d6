"""solid-pop3d, started like by inetd, with a Maildir. It has no TLS and no AUTH.

Nothing to run by hand.
"""

import os
import pty
import subprocess
from pathlib import Path
from typing import ClassVar

from clients import PLAIN
from harness import PASSWORD, USER, Failed

from servers.base import UID, UNPACKED, MaildirStore, Namespace, RealServer, packaged_version

PACKAGE = UNPACKED / "solid"


class Solid(RealServer):
    name = "solid-pop3d"
    offers: ClassVar[dict[str, tuple[str, ...]]] = {PLAIN: ("user", "apop")}

    def start(self) -> None:
        space = Namespace(self.folder, PACKAGE / "usr")
        space.user()
        space.user("spop3d", "", UID + 1)
        home = space.var(USER, UID)
        self.store = MaildirStore(home / "Maildir", UID, UID, lines=True)
        etc = self.folder / "etc"
        (etc / "pam.d").mkdir()
        (etc / "pam.d/solid-pop3d").write_text("auth required pam_unix.so\naccount required pam_unix.so\n")
        (etc / "spop3d.conf").write_text(
            '<Global>\nMailDropName "Maildir"\nMailDropType maildir\nAllowAPOP yes\nAddBulletins no\n'
            "WrongCommandsLimit 0\n</Global>\n"
        )
        secret = home / ".spop3d"
        secret.write_text("")
        os.chown(secret, UID, UID)
        secret.chmod(0o600)
        self.set_secret(space)
        inetd = Path(__file__).with_name("inetd.py")
        self.spawn(space.command("/usr/bin/python3", inetd, self.server.plain_port, "/usr/sbin/solid-pop3d"))

    @staticmethod
    def set_secret(space: Namespace) -> None:
        """pop_auth asks for the secret of APOP, twice, on a terminal."""
        terminal, its_end = pty.openpty()
        command = space.command("setpriv", "--reuid", UID, "--regid", UID, "--clear-groups", "pop_auth")
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True,
        )  # fmt: skip
        os.close(its_end)
        shown = b""
        try:
            while process.poll() is None:
                try:
                    shown += os.read(terminal, 4096)
                except OSError:
                    break
                if shown.rstrip().endswith(b":"):
                    os.write(terminal, PASSWORD.encode() + b"\n")
        finally:
            os.close(terminal)
        if process.wait(20):
            raise Failed(f"pop_auth: {shown!r}")

    def version(self) -> str:
        return packaged_version(PACKAGE / "usr/share/doc/solid-pop3d/changelog.Debian.gz")
