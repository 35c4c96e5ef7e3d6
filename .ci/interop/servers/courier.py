"""Courier, with its own TLS and authentication daemon, and a Maildir.

Nothing to run by hand.
"""

import os
import subprocess
from typing import ClassVar

from clients import PLAIN, STLS, TLS
from harness import HOST, PASSWORD, USER

from servers.base import (
    UID,
    UNPACKED,
    MaildirStore,
    Namespace,
    RealServer,
    hashed_password,
    packaged_version,
    whole_lines,
)

PACKAGE = UNPACKED / "courier"
LOGIN = "/usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir"
PASSWORDS = ("user", "plain", "login", "cram-md5")
SASL = "PLAIN LOGIN CRAM-MD5"


class Courier(RealServer):
    name = "Courier"
    offers: ClassVar[dict[str, tuple[str, ...]]] = {
        PLAIN: PASSWORDS,
        STLS: (*PASSWORDS, "external"),
        TLS: (*PASSWORDS, "external"),
    }
    leaves_out = "those that start with a dot, which it does not stuff, or have an 8-bit header, which it rewrites"

    def start(self) -> None:
        space = Namespace(self.folder, PACKAGE / "usr")
        space.user()
        space.user("courier", "", UID + 1)
        self.store = MaildirStore(space.var(USER, UID) / "Maildir", UID, UID, lines=True)
        etc = self.folder / "etc/courier"
        etc.mkdir()
        (etc / "authdaemonrc").write_text(
            'authmodulelist="authuserdb"\nauthmodulelistorig="authuserdb"\ndaemons=2\nversion=""\n'
            "authdaemonvar=/run/courier/authdaemon\n"
        )
        hmac = subprocess.run(
            [PACKAGE / "usr/sbin/userdbpw", "-hmac-md5"],
            input=f"{PASSWORD}\n{PASSWORD}\n", capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        users = etc / "userdb"
        users.touch(0o600)
        passwords = f"systempw={hashed_password(PASSWORD)}|hmac-md5pw={hmac}"
        users.write_text(f"{USER}\tuid={UID}|gid={UID}|home=/var/{USER}|{passwords}\n")
        (self.folder / "run/courier/authdaemon").mkdir(parents=True)
        certificates = self.setting.certificates
        (etc / "server.pem").write_text(certificates.key.read_text() + certificates.cert.read_text())
        (etc / "ca.pem").write_text(certificates.ca.read_text())
        os.chown(etc / "server.pem", UID + 1, UID + 1)
        tcpd = f"couriertcpd -stderr=/dev/stderr -address={HOST} -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup"
        (etc / "start").write_text(f"""
mount --bind {etc} /etc/courier  # makeuserdb writes there
makeuserdb
/usr/lib/courier/courier-authlib/authdaemond &
until [ -S /run/courier/authdaemon/socket ]; do sleep 0.05; done
export POP3AUTH="{SASL}" POP3AUTH_TLS="{SASL}" COURIERTLS=/usr/bin/couriertls
export TLS_CERTFILE=/etc/courier/server.pem TLS_TRUSTCERTS=/etc/courier/ca.pem
export TLS_VERIFYPEER=PEER TLS_EXTERNAL=cn
POP3_STARTTLS=YES {tcpd} {self.server.plain_port} {LOGIN} &
POP3_TLS=1 POP3_STARTTLS=NO {tcpd} {self.server.tls_port} /usr/bin/couriertls -server -tcpd {LOGIN} &
wait
""")
        self.spawn(space.command("sh", "-e", "/etc/courier/start"))

    def version(self) -> str:
        return packaged_version(PACKAGE / "usr/share/doc/courier-pop/changelog.Debian.gz")

    def takes(self, message: bytes) -> bool:
        return not message.startswith(b".") and whole_lines(message).partition(b"\n\n")[0].isascii()
