"""The parts of a mail service of several machines: front ends, and HAProxy before them.

Nothing to run by hand.
"""

import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from harness import HOST, PASSWORD, POP3D, Certificates, Failed, Server, expect, free_ports

LEASE = 3
PROXIED = '[proxy]\nfrom = ["127.0.0.0/8"]\n'


def wait_for(port: int, greeting: bytes = b"") -> None:
    """Until somebody listens there, and greets so."""
    for _ in range(200):
        try:
            with socket.create_connection((HOST, port), 5) as there:
                if not greeting or there.recv(len(greeting)) == greeting:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise Failed(f"nobody is on port {port}")


class FrontEnd:
    """One pop3d with ports that it keeps when it is started again."""

    def __init__(
        self,
        folder: Path,
        name: str,
        url: str,
        certificates: Certificates,
        users: Iterable[str],
        limits: str = "[limits]\nfiles = 10\nper-user = 100\n",
        log: str = "info",
        proxied: bool = True,
        delay: int = 0,
        database: str = "",
    ) -> None:
        self.plain, self.tls, self.metrics = free_ports(3)
        self.settings = folder / f"{name}.toml"
        self.settings.write_text(
            f'[store]\nurl = "{url}"\n[database]\nlease = {LEASE}\n{database}'
            f"{PROXIED if proxied else ''}"
            f'[login]\nfailure-delay = {delay}\nclear = "always"\nsecret = "{folder}/secret"\n'
            f"{limits}"
            f'[listen]\nplain = ["{HOST}:{self.plain}"]\ntls = ["{HOST}:{self.tls}"]\n'
            f'metrics = "{HOST}:{self.metrics}"\n'
            f'[tls]\ncert = "{certificates.cert}"\nkey = "{certificates.key}"\n'
        )
        self.users = [word for user in users for word in ("--user", f"{user}:{PASSWORD}")]
        self.level = log
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [POP3D, "--config", self.settings, "--log", self.level, *self.users]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log)

    def wait(self) -> None:
        wait_for(self.plain)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pause(self, seconds: float) -> None:
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Expects that it ends soon and without a panic."""
        self.process.terminate()
        code = self.process.wait(20)
        text = self.log.read_text(errors="replace")
        expect(code == 0 and "panicked" not in text, f"{self.log.name}: exit code {code}: {text[-2000:]}")


class Proxy:
    """HAProxy: each port leads to all front ends by turns, with a PROXY header."""

    def __init__(self, folder: Path, front_ends: list[FrontEnd]) -> None:
        self.plain, self.tls = free_ports(2)
        self.settings = folder / "haproxy.cfg"
        text = (
            "global\n  maxconn 4000\ndefaults\n  mode tcp\n  balance roundrobin\n  retries 3\n  option redispatch\n"
            "  timeout connect 2s\n  timeout client 120s\n  timeout server 120s\n"
        )
        for name, port in (("plain", self.plain), ("tls", self.tls)):
            check = "  option tcp-check\n  tcp-check expect string +OK\n" if name == "plain" else ""
            text += f"frontend {name}\n  bind {HOST}:{port}\n  default_backend {name}\nbackend {name}\n{check}"
            for number, one in enumerate(front_ends):
                there = one.plain if name == "plain" else one.tls
                text += f"  server {number} {HOST}:{there} send-proxy-v2 check-send-proxy check inter 300ms fall 2\n"
        self.settings.write_text(text)
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["haproxy", "-f", str(self.settings), "-db"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self) -> None:
        wait_for(self.plain, b"+OK")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def server(self, ca: Path, user: str) -> Server:
        return Server(self.plain, self.tls, ca, user)


def deliver(url: str, user: str, octets: bytes, *options: object) -> bool | None:
    """Whether the message is delivered; None if nobody knows."""
    command = [POP3D, "--store", url, "--user", f"{user}:{PASSWORD}", *options, "deliver", user]
    try:
        done = subprocess.run(
            list(map(str, command)),
            input=octets, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    if done.returncode not in (0, 75):
        raise Failed(f"deliver: exit code {done.returncode}: {done.stderr.decode(errors='replace')[-1000:]}")
    return True if done.returncode == 0 else None
