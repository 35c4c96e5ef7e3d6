"""Driver for the gsasl of GNU SASL, for SCRAM with channel binding, through OpenSSL's s_client.

gsasl does not speak POP3, and s_client does not speak SASL; this file passes lines between the two.
"""

import base64
import subprocess

from clients import STLS, TLS
from harness import expect

from drivers.base import HOST_NAME, Driver, Errand, version_in

LABEL = "EXPORTER-Channel-Binding"  # RFC 9266
OPENSSL = r"^OpenSSL (\S+)"
PROMPT = "Enter base64 encoded tls-exporter channel binding: "


class GnuSasl(Driver):
    name = "GNU SASL, OpenSSL"
    modes = (STLS, TLS)
    mechanisms = ("SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS")
    repeats = False

    def version(self) -> str:
        gsasl = version_in(["gsasl", "--version"], r"GNU SASL\) (\S+)")
        return f"{gsasl}, {version_in(['openssl', 'version'], OPENSSL)}"

    def fetch(self, errand: Errand) -> list[bytes]:
        with Connection(errand) as connection:
            authenticate(connection, errand)
            count = int(connection.ask("STAT").split()[1])
            messages = []
            for number in range(1, count + 1):
                connection.ask(f"RETR {number}")
                messages.append(connection.body())
                if not errand.keep:
                    connection.ask(f"DELE {number}")
            connection.ask("QUIT")
            return messages

    def keeps(self, sent: bytes) -> bool:
        return True


class Connection:
    """s_client, from the end of the handshake on."""

    def __init__(self, errand: Errand) -> None:
        options = ["-connect", f"{HOST_NAME}:{errand.port}", "-CAfile", errand.server.ca, "-verify_return_error"]
        options += ["-verify_hostname", HOST_NAME, "-keymatexport", LABEL, "-keymatexportlen", "32"]
        options += ["-starttls", "pop3"] if errand.mode == STLS else []
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-nocommands", "-ign_eof", *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        material = self.skip_to(b"    Keying material: ").split()[-1]
        self.binding = base64.b64encode(bytes.fromhex(material.decode())).decode()
        if errand.mode == TLS:
            self.skip_to(b"+OK")
        else:
            self.send("NOOP")
            self.skip_to(b"-ERR")  # not allowed before the login, but it gets a reply

    def skip_to(self, start: bytes) -> bytes:
        """Skips what s_client prints about session tickets until the server speaks."""
        while not (line := self.process.stdout.readline()).startswith(start):
            expect(line, f"s_client ended before {start!r}")
        return line

    def send(self, line: str) -> None:
        self.process.stdin.write(line.encode() + b"\r\n")
        self.process.stdin.flush()

    def ask(self, line: str, status: str = "+OK") -> str:
        self.send(line)
        answer = self.process.stdout.readline().decode()
        expect(answer.startswith(status), f"{line!r} is answered with {answer!r}")
        return answer

    def body(self) -> bytes:
        octets = bytearray()
        while (line := self.process.stdout.readline()) != b".\r\n":
            expect(line, "closed in a message")
            # A line of POP3 begins only after CRLF.
            at_line_start = not octets or octets.endswith(b"\r\n")
            octets += line.removeprefix(b".") if at_line_start else line
        return bytes(octets)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def authenticate(connection: Connection, errand: Errand) -> None:
    login = errand.login
    gsasl = subprocess.Popen(
        ["gsasl", "--client", "--quiet", "--mechanism", login.mechanism, "--authentication-id", login.user,
         "--password", login.secret],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
    )  # fmt: skip
    try:
        gsasl.stdin.write(connection.binding + "\n")
        gsasl.stdin.flush()
        while not (first := gsasl.stdout.readline()).startswith(PROMPT):
            expect(first, "gsasl ended")
        response = first.removeprefix(PROMPT).strip()
        connection.ask(f"AUTH {login.mechanism}", status="+ ")
        for _ in range(2):  # client-first-message, client-final-message
            challenge = connection.ask(response, status="+ ")
            gsasl.stdin.write(challenge[2:].strip() + "\n")
            gsasl.stdin.flush()
            response = gsasl.stdout.readline().strip()
        # It answers a server that proves that it knows the password with an empty line, and any other with an error.
        expect(response == "", f"gsasl does not believe the server: {response}")
        connection.ask("")
    finally:
        gsasl.kill()
        gsasl.wait()
