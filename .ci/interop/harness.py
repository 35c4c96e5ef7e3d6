"""What the scripts of this folder have in common: certificates, the servers under test, and the report.

Nothing to run by hand. Servers listen on 127.0.0.1 only, and only processes that were started here are ended here.
"""

import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
USER = "alice"
PASSWORD = "open sesame"
ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = (ROOT / os.environ.get("PROGRAMS", "target/release")).resolve()
TAKEN: set[int] = set()  # ports that this script has taken
POP3D = PROGRAMS / "pop3d"
POP3GET = PROGRAMS / "pop3get"
GATEWAY = PROGRAMS / "oauth-gateway"
PANIC = "panicked at"
STOP_SECONDS = 20  # pop3d gives open sessions 10 s to end


class Failed(Exception):
    """A check failed. The text says what was expected and what came."""


def expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


class Report:
    """Prints one line for each check, and the sum at the end."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, name: str, body: Callable[..., str | None], *arguments: object) -> None:
        """Calls `body` with the arguments. The check passes if it returns, and its result is printed as a remark."""
        start = time.monotonic()
        try:
            remark = body(*arguments) or ""
            verdict = "ok  "
            self.passed += 1
        except Exception as error:
            remark = str(error) or repr(error)
            if not isinstance(error, Failed):
                remark = "".join(traceback.format_exception(error)).rstrip()
            verdict = "FAIL"
            self.failed += 1
        print(f"{verdict} {name}  {time.monotonic() - start:.2f} s" + (f"  {remark}" if remark else ""), flush=True)

    def skip(self, name: str, why: str) -> None:
        """A check that cannot run here. The line says so."""
        print(f"skip {name}  {why}", flush=True)

    def finish(self) -> int:
        """Prints the sum. Returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder that other users may enter (Dovecot does not serve mail as root), removed at the end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended
    folder = Path(tempfile.mkdtemp(prefix="pop3-interop-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def need_programs() -> None:
    missing = [str(path) for path in (POP3D, POP3GET, GATEWAY) if not os.access(path, os.X_OK)]
    if missing:
        sys.exit(f"not built: {', '.join(missing)}; run: cargo programs")


@dataclass
class Certificates:
    """A certificate authority, and a certificate of it for localhost and 127.0.0.1."""

    ca: Path
    cert: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*args: object) -> None:
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True, cwd=folder)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", 2,
        "-subj", f"/CN=CA of {folder.name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    openssl("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "extensions").write_text(
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n"
    )
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", "server.pem", "-days", 2, "-extfile", "extensions",
    )  # fmt: skip
    return Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")


@dataclass
class Server:
    """Where a POP3 server is, and how to log in."""

    plain_port: int
    tls_port: int
    ca: Path
    user: str = USER
    password: str = PASSWORD


def peak_kib(pid: int) -> int:
    """The peak of resident memory until now, in KiB; 0 when the process is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) if found else 0


class Pop3d:
    """pop3d, started for the span of a `with`. That it stops cleanly is a check of its own."""

    def __init__(
        self,
        *source: object,
        certificates: Certificates,
        users: Iterable[str] = (USER,),
        host: str = HOST,
        under: Iterable[object] = (),
        program: Path = POP3D,
    ) -> None:
        """`under` is a command that starts pop3d as another user or with limits, and that pop3d replaces."""
        command = [*under, program, *source, "--listen", f"{host}:0", "--listen-tls", f"{host}:0"]
        for user in users:
            command += ["--user", f"{user}:{PASSWORD}"]
        command += ["--tls-cert", certificates.cert, "--tls-key", certificates.key]
        self.output: list[str] = []
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        self._ready = threading.Event()
        self._ports: dict[str, int] = {}
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        if not self._ready.wait(10) or len(self._ports) < 2:
            self.kill()
            raise Failed(f"pop3d did not start: {self.text()!r}")
        self.server = Server(self._ports["plain, STLS"], self._ports["TLS"], certificates.ca)

    def _read_output(self) -> None:
        for line in self.process.stdout:
            self.output.append(line)
            if found := re.match(r"listening on [\d.]+:(\d+) \((plain, STLS|TLS)\)$", line):
                self._ports[found[2]] = int(found[1])
                if len(self._ports) == 2:
                    self._ready.set()
        self._ready.set()

    def text(self) -> str:
        return "".join(self.output)

    def peak_kib(self) -> int:
        return peak_kib(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """Asks pop3d to stop, and expects that it does so soon, with exit code 0, and that it has not panicked."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"pop3d was still there {STOP_SECONDS} s after {with_signal.name}") from None
        self._reader.join()
        expect(PANIC not in self.text(), f"pop3d panicked: {self.text()}")
        expect(code == 0, f"pop3d ended with code {code}: {self.text()}")

    def __enter__(self) -> "Pop3d":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.stop()
        elif self.process.poll() is None:
            self.kill()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, and that the system gives to no connection, so a server finds its port free
    when it is started again.
    """
    range_of_system = Path("/proc/sys/net/ipv4/ip_local_port_range")
    end = int(range_of_system.read_text().split()[0]) if range_of_system.exists() else 32_768
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(10_000, max(end, 20_000))
        if port in TAKEN:
            continue
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            continue
        TAKEN.add(port)
        ports.append(port)
    return ports


def mail_owner() -> tuple[int, int]:
    """The user and group that Dovecot reads mail as: this user, or nobody if this user is root."""
    if os.geteuid():
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def give_to_mail_owner(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *mail_owner())


def shown(octets: bytes) -> str:
    """The bytes in a short form for people, with a count."""
    inner = octets if len(octets) <= 60 else octets[:30] + b" ... " + octets[-30:]
    return f"{len(octets)} octets {inner!r}"


def expect_same(got: Iterable[bytes], wanted: dict[str, bytes]) -> None:
    """Expects the same messages in any order, each as often as wanted, byte for byte."""
    surplus = Counter(got)
    missing = []
    for name, octets in wanted.items():
        if surplus[octets]:
            surplus[octets] -= 1
        else:
            missing.append(f"  missing {name}: {shown(octets)}")
    extra = [f"  unexpected: {shown(octets)}" for octets in surplus.elements()]
    if missing or extra:
        raise Failed("\n".join([f"{len(missing)} missing, {len(extra)} unexpected", *missing[:10], *extra[:10]]))
