"""GNU Mailutils' pop3d, with an mbox, which is its default.

Nothing to run by hand.
"""

import re
import subprocess
from typing import ClassVar

from clients import PLAIN, STLS, TLS
from harness import HOST, PASSWORD, USER

from servers.base import UID, UNPACKED, MboxStore, Namespace, RealServer, whole_lines

PACKAGE = UNPACKED / "mailutils"
HEADER = re.compile(rb"([!-9;-~]+:.*\n([ \t].*\n)*)+\n")
LOGINS = ("user", "apop")  # it has no AUTH


class Mailutils(RealServer):
    name = "GNU Mailutils"
    offers: ClassVar[dict[str, tuple[str, ...]]] = {PLAIN: LOGINS, STLS: LOGINS, TLS: LOGINS}
    leaves_out = "those without a header, which it reads as one with the next"

    def start(self) -> None:
        space = Namespace(self.folder, PACKAGE / "usr")
        space.user()
        spool = space.var("mail", UID)
        self.store = MboxStore(spool / USER, UID, UID)
        etc = self.folder / "etc"
        certificates = self.setting.certificates
        for source, target in ((certificates.cert, "cert.pem"), (certificates.key, "key.pem")):
            (etc / target).write_bytes(source.read_bytes())
            (etc / target).chmod(0o600)
        popauth = [PACKAGE / "usr/bin/popauth", "--add", "--user", USER, "--password", PASSWORD]
        subprocess.run([*popauth, "--file", etc / "apop.db"], check=True)
        (etc / "pop3d.conf").write_text(f"""
mode daemon;
foreground yes;
pidfile "/run/pop3d.pid";
apop-database-file "gdbm:///etc/apop.db";
apop-database-owner root;
logging {{ syslog no; }}
auth {{
  authorization "system";
  authentication "generic:system";
}}
mailbox {{ mail-spool "/var/mail"; }}
tls {{
  ssl-certificate-file "/etc/cert.pem";
  ssl-key-file "/etc/key.pem";
}}
server {HOST}:{self.server.plain_port} {{
  tls-mode ondemand;
}}
server {HOST}:{self.server.tls_port} {{
  tls-mode connection;
}}
""")
        self.spawn(space.command("/usr/sbin/pop3d", "--config-file=/etc/pop3d.conf"))

    def version(self) -> str:
        command = [PACKAGE / "usr/sbin/pop3d", "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0].split()[-1]

    def takes(self, message: bytes) -> bool:
        return HEADER.match(whole_lines(message)) is not None
