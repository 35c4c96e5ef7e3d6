"""Dovecot 2.3, with every mechanism it has: passwords, hashes of them, tokens, a client certificate, and guests.

Nothing to run by hand.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import ClassVar

import dovecot
from clients import PLAIN, STLS, TLS
from harness import USER, mail_owner

from servers.base import MaildirStore, RealServer

PASSWORDS = ("user", "apop", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256", "anonymous")
INSIDE_TLS = (*PASSWORDS, "oauthbearer", "xoauth2", "external")
KEY = b"a key that the authorization server and Dovecot share"


class Dovecot(RealServer):
    name = "Dovecot"
    # It accepts tokens without TLS, too, but no client may send them so (RFC 7628, section 4).
    offers: ClassVar[dict[str, tuple[str, ...]]] = {PLAIN: PASSWORDS, STLS: INSIDE_TLS, TLS: INSIDE_TLS}
    running: dovecot.Dovecot | None = None
    leaves_out = "those that start with a dot, which it does not stuff"

    def start(self) -> None:
        home = self.folder / "home"
        self.store = MaildirStore(home / "Maildir", *mail_owner())
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
        passdb = f"""
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
"""
        # With a certificate authority in ssl_ca, Dovecot wants a list of revoked certificates, unless told
        # otherwise.
        settings = f"""{dovecot.USUAL}
ssl_ca = <{self.setting.certificates.ca}
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
auth_mechanisms = {" ".join(INSIDE_TLS[1:])}
auth_anonymous_username = anonymous
auth_failure_delay = 0

# Without this, failed logins from our address slow down all others from it, up to 17 s each.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
        mail, certificates = home / "Maildir", self.setting.certificates
        self.running = dovecot.Dovecot(self.folder, mail, certificates, settings=settings, passdb=passdb)
        self.server = self.running.server

    def version(self) -> str:
        return dovecot.version()

    def log(self) -> str:
        return self.running.logged()

    def takes(self, message: bytes) -> bool:
        return not message.startswith(b".")

    def stop(self) -> None:
        if self.running:
            self.running.stop()


def token() -> str:
    """An access token (RFC 9068) as an authorization server signs it."""

    def part(octets: bytes) -> bytes:
        return base64.urlsafe_b64encode(octets).rstrip(b"=")

    now = int(time.time())
    claims = {"sub": USER, "iss": "https://issuer.example.org", "iat": now - 60, "nbf": now - 60, "exp": now + 86400}
    head = {"typ": "JWT", "alg": "HS256", "kid": "default"}
    text = part(json.dumps(head).encode()) + b"." + part(json.dumps(claims).encode())
    return (text + b"." + part(hmac.new(KEY, text, hashlib.sha256).digest())).decode()
