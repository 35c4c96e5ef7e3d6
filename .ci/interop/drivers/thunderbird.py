"""Driver for Thunderbird without a window, controlled remotely through Marionette.

It adds header fields of its own before the first line. It names no mechanisms but "password", "encrypted password" and
"OAuth2", and takes the first of those offered that it likes.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from clients import PLAIN, STLS, TLS
from harness import HOST, Failed, expect, free_ports

from drivers.base import Driver, Errand, version_in

SCRIPT = Path(__file__).with_name("thunderbird.js")
START_SECONDS, FETCH_SECONDS = 120, 60
SOCKET_TYPES = {PLAIN: 0, STLS: 2, TLS: 3}
PASSWORD, ENCRYPTED_PASSWORD, OAUTH2 = 3, 4, 10
OWN_FIELDS = (b"X-Account-Key:", b"X-UIDL:", b"X-Mozilla-Status:", b"X-Mozilla-Status2:", b"X-Mozilla-Keys:")


class Thunderbird(Driver):
    name = "Thunderbird"
    mechanisms = ("USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2")
    alone = frozenset({"USER", "APOP", "LOGIN"})

    def __init__(self) -> None:
        self.browser: Browser | None = None

    def version(self) -> str:
        return version_in(["thunderbird", "--version"], r"Thunderbird (\d\S*)")

    def fetch(self, errand: Errand) -> list[bytes]:
        if not self.browser:
            self.browser = Browser()
        login = errand.login
        method = {"XOAUTH2": OAUTH2, "APOP": ENCRYPTED_PASSWORD, "CRAM-MD5": ENCRYPTED_PASSWORD}
        self.browser.tokens.token = login.secret
        account = {
            "host": HOST,  # OAuth2 is for hosts with a dot in their name
            "port": errand.port,
            "user": login.user,
            "password": login.secret,
            "socketType": SOCKET_TYPES[errand.mode],
            "authMethod": method.get(login.mechanism, PASSWORD),
            "keep": errand.keep,
            "authority": "".join(errand.server.ca.read_text().splitlines()[1:-1]),
            "tokenEndpoint": self.browser.tokens.url,
        }
        status, folder = self.browser.script("fetch", account)
        try:
            expect(status == 0, f"Thunderbird ended the download with {status:#x}")
            return [path.read_bytes() for path in Path(folder, "cur").glob("*")]  # it has no new/
        finally:
            self.browser.script("forget", account)

    def close(self) -> None:
        if self.browser:
            self.browser.close()
            self.browser = None

    def undo(self, stored: bytes) -> bytes:
        return super().undo(self.normal(stored))

    def normal(self, stored: bytes) -> bytes:
        while stored.startswith(OWN_FIELDS):
            stored = stored.partition(b"\n")[2]
        return stored


class Browser:
    """A running Thunderbird with a profile of its own."""

    def __init__(self) -> None:
        self.tokens = TokenEndpoint()
        self.profile = Path(tempfile.mkdtemp(prefix="pop3-interop-"))
        (port,) = free_ports(1)
        preferences = {
            "marionette.port": port,
            "app.update.enabled": False,
            "datareporting.policy.bypassNotification": True,
            "mail.provider.suppress_dialog_on_startup": True,
            "mail.spotlight.firstRunDone": True,
            "mailnews.start_page.enabled": False,
            "network.captive-portal-service.enabled": False,
            "network.connectivity-service.enabled": False,
            "services.settings.server": "data:,",
            "toolkit.telemetry.enabled": False,
        }
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items())
        (self.profile / "user.js").write_text("".join(lines))
        self.process = subprocess.Popen(
            ["thunderbird", "--headless", "--no-remote", "--profile", self.profile, "--marionette",
             "--remote-allow-system-access"],
            env={**os.environ, "HOME": str(self.profile)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            self.socket = self.connect(port)
            self.replies = self.socket.makefile("rb")
            self.read()  # its greeting
            self.command("WebDriver:NewSession")
            self.command("Marionette:SetContext", value="chrome")
            self.command("WebDriver:SetTimeouts", script=FETCH_SECONDS * 1000)
        except BaseException:
            self.close()
            raise

    def connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return socket.create_connection((HOST, port), FETCH_SECONDS + 10)
            except OSError:
                ended = self.process.poll() is not None
                expect(not ended and time.monotonic() < deadline, "Thunderbird does not start")
                time.sleep(0.1)

    def read(self) -> list[object]:
        """A message is its length, a colon, and JSON."""
        length = b""
        while (octet := self.replies.read(1)) != b":":
            expect(octet, "Thunderbird is gone")
            length += octet
        return json.loads(self.replies.read(int(length)))

    def command(self, name: str, **parameters: object) -> dict[str, object]:
        message = json.dumps([0, 0, name, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.read()
        if error:
            raise Failed(f"Thunderbird: {error['error']}: {error['message']}")
        return result

    def script(self, function: str, *arguments: object) -> list[object]:
        script = f"{SCRIPT.read_text()}\nrun({function}, arguments);"
        result = self.command("WebDriver:ExecuteAsyncScript", script=script, args=arguments, sandbox="system")["value"]
        expect(isinstance(result, list), f"Thunderbird: {result}")
        return result

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.tokens.close()
        shutil.rmtree(self.profile, ignore_errors=True)


class TokenEndpoint:
    """Gives a client an access token for the refresh token it has (RFC 6749 section 6)."""

    def __init__(self) -> None:
        self.token = ""
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                answer = {"access_token": endpoint.token, "token_type": "Bearer", "expires_in": 3600}
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
