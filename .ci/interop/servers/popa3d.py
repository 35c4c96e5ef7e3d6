"""popa3d, started like by inetd, with an mbox. It has USER and PASS, and no TLS.

Nothing to run by hand.
"""

import subprocess
from pathlib import Path

from harness import USER

from servers.base import UID, UNPACKED, MboxStore, Namespace, RealServer

PACKAGE = UNPACKED / "popa3d"


class Popa3d(RealServer):
    name = "popa3d"

    def start(self) -> None:
        space = Namespace(self.folder, PACKAGE / "usr")
        space.user()
        space.user("popa3d", "", UID + 1)
        self.store = MboxStore(space.var("mail") / USER, UID, UID)
        (self.folder / "var/mail").chmod(0o1777)
        space.var("lib/popa3d")  # the empty folder in which it parses without rights
        (self.folder / "etc/pam.d").mkdir()
        (self.folder / "etc/pam.d/popa3d").write_text("auth required pam_unix.so\naccount required pam_unix.so\n")
        inetd = Path(__file__).with_name("inetd.py")
        self.spawn(space.command("/usr/bin/python3", inetd, self.server.plain_port, "/usr/sbin/popa3d"))

    def version(self) -> str:
        printed = subprocess.run([PACKAGE / "usr/sbin/popa3d", "-V"], capture_output=True, text=True, check=True).stdout
        return printed.split()[2]
