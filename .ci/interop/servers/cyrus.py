"""Cyrus IMAP's POP3 server, with Cyrus SASL and a mailbox that LMTP delivers to.

Nothing to run by hand.
"""

import os
import smtplib
import subprocess
from collections.abc import Iterable
from typing import ClassVar

from clients import PLAIN, STLS, TLS, joined, poplib_session
from corpus import HEADER, crlf_form
from harness import HOST, PASSWORD, USER

from servers.base import UID, UNPACKED, Namespace, RealServer

PACKAGE = UNPACKED / "cyrus"
BIN = "/usr/lib/cyrus/bin"
PASSWORDS = ("user", "apop", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256")


class Cyrus(RealServer):
    name = "Cyrus"
    offers: ClassVar[dict[str, tuple[str, ...]]] = {
        PLAIN: PASSWORDS,
        STLS: (*PASSWORDS, "external"),
        TLS: (*PASSWORDS, "external"),
    }

    delivered = False  # the first delivery makes the mailbox

    def start(self) -> None:
        space = Namespace(self.folder, PACKAGE / "usr")
        space.user("cyrus", "")
        lib, spool, run = space.var("cyrus", UID), space.var("spool", UID), self.folder / "run/cyrus"
        run.mkdir()
        os.chown(run, UID, UID)
        etc = self.folder / "etc"
        subprocess.run(
            ["saslpasswd2", "-f", etc / "sasldb", "-c", "-p", "-u", "localhost", USER],
            input=PASSWORD, text=True, check=True,
        )  # fmt: skip
        certificates = self.setting.certificates
        for source, target in ((certificates.cert, "cert"), (certificates.key, "key"), (certificates.ca, "ca")):
            (etc / f"{target}.pem").write_bytes(source.read_bytes())
        for file in ("sasldb", "key.pem"):
            os.chown(etc / file, UID, UID)
        (etc / "imapd.conf").write_text(f"""
configdirectory: /var/{lib.name}
partition-default: /var/{spool.name}
cyrus_user: cyrus
admins: cyrus
servername: localhost
defaultdomain: localhost
allowplaintext: yes
allowapop: yes
poptimeout: 10
popminpoll: 0
autocreate_quota: 0
autocreate_post: yes
reject8bit: no
munge8bit: no
lmtp_downcase_rcpt: yes
lmtpsocket: /run/cyrus/lmtp
idlesocket: /run/cyrus/idle
notifysocket: /run/cyrus/notify
mboxname_lockpath: /run/cyrus/lock
proc_path: /run/cyrus/proc
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: /etc/sasldb
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 EXTERNAL
tls_server_cert: /etc/cert.pem
tls_server_key: /etc/key.pem
tls_client_ca_file: /etc/ca.pem
syslog_prefix: cyrus
""")
        (etc / "cyrus.conf").write_text(f"""
START {{
  recover cmd="{BIN}/ctl_cyrusdb -r"
}}
SERVICES {{
  pop3 cmd="{BIN}/pop3d" listen="{HOST}:{self.server.plain_port}" prefork=0 maxchild=40
  pop3s cmd="{BIN}/pop3d -s" listen="{HOST}:{self.server.tls_port}" prefork=0 maxchild=40
  lmtpunix cmd="{BIN}/lmtpd" listen="/run/cyrus/lmtp" prefork=0 maxchild=5
}}
EVENTS {{
}}
""")
        self.spawn(space.command(f"{BIN}/master", "-C", "/etc/imapd.conf", "-M", "/etc/cyrus.conf"))

    def version(self) -> str:
        with poplib_session(self.server) as session:
            return session.capa()["IMPLEMENTATION"][-1].split("-")[0]

    def put(self, messages: Iterable[bytes]) -> int:
        """Delivers by LMTP, which adds fields to the header. A message without a header is refused, so it gets one;
        a NUL is refused.
        """
        before = self.count() if self.delivered else 0
        for octets in messages:
            self.deliver(octets) or self.deliver(HEADER + b"\n" + octets)
        return self.count() - before

    def deliver(self, octets: bytes) -> bool:
        session = smtplib.LMTP(str(self.folder / "run/cyrus/lmtp"))
        try:
            session.sendmail("sender@example.org", f"{USER}@localhost", crlf_form(octets))
            self.delivered = True
            session.quit()
        except smtplib.SMTPException:
            return False
        finally:
            session.close()
        return True

    def count(self) -> int:
        with poplib_session(self.server) as session:
            return session.stat()[0]

    def remove(self, number: int) -> bytes:
        with poplib_session(self.server) as session:
            octets = joined(session.retr(number))
            session.dele(number)
        return octets

    def left(self) -> list[bytes]:
        with poplib_session(self.server) as session:
            return [joined(session.retr(number)) for number in range(1, session.stat()[0] + 1)]
