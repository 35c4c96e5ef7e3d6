"""Dovecot 2.3, with every mechanism it has: passwords, hashes of them, tokens, a client certificate, and guests.

Nothing to run by hand.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import time
from typing import ClassVar

from clients import PLAIN, STLS, TLS
from harness import HOST, PASSWORD, USER, expect, mail_owner

from servers.base import MaildirStore, RealServer

PASSWORDS = ("user", "apop", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "anonymous")
INSIDE_TLS = (*PASSWORDS, "oauthbearer", "xoauth2", "external")
KEY = b"a key that the authorization server and Dovecot share"


class Dovecot(RealServer):
    name = "Dovecot"
    # It takes tokens in clear, too, but no client may send them so (RFC 7628, section 4).
    offers: ClassVar[dict[str, tuple[str, ...]]] = {PLAIN: PASSWORDS, STLS: INSIDE_TLS, TLS: INSIDE_TLS}
    leaves_out = "those that start with a dot, which it does not stuff"

    def start(self) -> None:
        program = shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
        expect(program, "dovecot is not installed; run install.sh")
        uid, gid = mail_owner()
        home = self.folder / "home"
        self.store = MaildirStore(home / "Maildir", uid, gid)
        os.chown(home, uid, gid)
        (self.folder / "passwords").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        keys = self.folder / "keys/default/HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_text(base64.b64encode(KEY).decode())
        self.token = token()
        (self.folder / "oauth2.conf").write_text(f"""
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={self.folder}/keys/
username_attribute = sub
issuers = https://issuer.example.org
""")
        certificates, server = self.setting.certificates, self.server
        # A certificate authority in ssl_ca wants a list of revoked certificates, unless told otherwise.
        (self.folder / "dovecot.conf").write_text(f"""
protocols = pop3
listen = {HOST}
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/output
ssl = yes
ssl_cert = <{certificates.cert}
ssl_key = <{certificates.key}
ssl_ca = <{certificates.ca}
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
disable_plaintext_auth = no
auth_mechanisms = {" ".join(INSIDE_TLS[1:])}
auth_anonymous_username = anonymous
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {self.folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = external
  args = nopassword=y
}}
passdb {{
  driver = passwd-file
  mechanisms = {" ".join(PASSWORDS[1:-1])}
  args = {self.folder}/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_location = maildir:{home}/Maildir
pop3_lock_session = yes
pop3_no_flag_updates = yes
mail_max_userip_connections = 100
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {server.plain_port}
  }}
  inet_listener pop3s {{
    port = {server.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
""")
        self.spawn([program, "-F", "-c", self.folder / "dovecot.conf"])

    def version(self) -> str:
        printed = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True, check=True).stdout
        return printed.split()[0]

    def takes(self, message: bytes) -> bool:
        return not message.startswith(b".")

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()  # ends its children, too
            process.wait(20)


def token() -> str:
    """An access token (RFC 9068) as an authorization server signs it."""

    def part(octets: bytes) -> bytes:
        return base64.urlsafe_b64encode(octets).rstrip(b"=")

    now = int(time.time())
    claims = {"sub": USER, "iss": "https://issuer.example.org", "iat": now - 60, "nbf": now - 60, "exp": now + 86400}
    head = {"typ": "JWT", "alg": "HS256", "kid": "default"}
    text = part(json.dumps(head).encode()) + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.new(KEY, text, hashlib.sha256).digest())).decode()
