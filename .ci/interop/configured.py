"""What pop3d needs to offer every mechanism: a configuration file, passwd fields, and a certificate for a user. It also
reads the log of pop3d. Nothing to run by hand.
"""

import base64
import hashlib
import re
import ssl
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from harness import POP3D, Certificates, Pop3d, expect

SASL = (
    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "OAUTHBEARER", "XOAUTH2",
    "PLAIN", "LOGIN",
)  # fmt: skip
LOGGED_METHOD = re.compile(r'session: .* user="(.*?)" method="(.*?)"')


def write_config(
    path: Path,
    certificates: Certificates,
    maildir: object,
    passwd: Path,
    mechanisms: Iterable[str] = SASL,
    apop: bool = True,
    hostname: str = "localhost",
) -> Path:
    """USER is always offered, EXTERNAL wherever there is TLS."""
    path.write_text(
        f'hostname = "{hostname}"\n'
        f'[tls]\nclient-ca = "{certificates.ca}"\n'
        f'[store]\nmaildir = "{maildir}"\n'
        f'[users]\npasswd = "{passwd}"\n'
        f"[login]\nmechanisms = {list(mechanisms)}\napop = {str(apop).lower()}\n"
    )
    return path


def plain_field(password: str) -> str:
    return "{PLAIN}" + base64.b64encode(password.encode()).decode()


def token_field(token: str) -> str:
    return "{TOKEN}" + hashlib.sha256(token.encode()).hexdigest()


def certificate_field(certificate: Path) -> str:
    return "{CERT}" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()


def hash_fields(password: str) -> list[str]:
    """One field for PLAIN and the like, and one for each SCRAM."""
    printed = subprocess.run(
        [POP3D, "--hash-password"], input=password + "\n", capture_output=True, text=True, check=True
    )
    return printed.stdout.split()


def make_client_certificate(certificates: Certificates, name: str) -> tuple[Path, Path]:
    """A certificate for a user, issued by the same authority, and its key."""
    folder = certificates.ca.parent
    (folder / "client-extensions").write_text("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
    request = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout client.key -out client.csr"
    sign = (
        "x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out client.pem -days 2"
        " -extfile client-extensions"
    )
    for arguments in ([*request.split(), "-subj", f"/CN={name}"], sign.split()):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)
    return folder / "client.pem", folder / "client.key"


def logged_methods(pop3d: Pop3d, since: int, user: str) -> set[str]:
    """How the user logged in, by the lines of the log from `since` on. A session is logged shortly after its end."""
    deadline = time.monotonic() + 5
    while True:
        found = LOGGED_METHOD.findall("".join(pop3d.output[since:]))
        if methods := {method for name, method in found if name == user}:
            return methods
        expect(time.monotonic() < deadline, f"pop3d logged no session of {user}")
        time.sleep(0.01)
