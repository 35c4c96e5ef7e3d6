"""What the real servers have in common: how to start and stop them, and how to fill and read their maildrops.

Nothing to run by hand. A server that has to be installed, or to have a system user, runs in a mount namespace of its
own. There its package is laid over /usr, its configuration over /etc, and a scratch folder is /run and /var. Nothing of
this shows outside or is left over. It is the first process of a process namespace, so that all of it ends with it.
"""

import gzip
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from clients import PLAIN, TLS
from harness import HOST, PASSWORD, USER, Certificates, Failed, Server, expect, free_ports

UNPACKED = Path("/opt/pop3-servers")  # where install.sh unpacks packages
START_SECONDS = 20
UID = 7995  # ids of the mail user inside the namespaces


@dataclass(frozen=True)
class Setting:
    """What a server is given to start with."""

    folder: Path
    certificates: Certificates
    client_cert: Path
    client_key: Path


@dataclass
class RealServer:
    """One server with one maildrop, running from its creation to `stop`.

    `offers` has the login methods of each mode, with the names that pop3get's --auth uses.
    """

    setting: Setting
    output: Path = field(init=False)
    processes: list[subprocess.Popen] = field(init=False, default_factory=list)
    server: Server = field(init=False)
    token: str = field(init=False, default="")

    store: "MaildirStore | MboxStore" = field(init=False)

    name = ""
    offers: ClassVar[dict[str, tuple[str, ...]]] = {PLAIN: ("user",)}
    leaves_out = ""  # which messages `takes` leaves out, and why

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        self.output = self.folder / "output"
        plain_port, tls_port = free_ports(2)
        self.server = Server(plain_port, tls_port, self.setting.certificates.ca)
        try:
            self.start()
            self.wait_for(self.server.plain_port)
            if TLS in self.offers:
                self.wait_for(self.server.tls_port)
        except BaseException:
            self.stop()
            raise

    @property
    def folder(self) -> Path:
        return self.setting.folder

    def start(self) -> None:
        raise NotImplementedError

    def version(self) -> str:
        raise NotImplementedError

    def put(self, messages: Iterable[bytes]) -> int:
        """Delivers new mail between sessions. Returns how many messages were accepted."""
        return self.store.put(messages)

    def remove(self, number: int) -> bytes:
        """Another program removes the message with this number, as the maildrop counts. Returns what it was."""
        return self.store.remove(number)

    def left(self) -> list[bytes]:
        """What the maildrop holds, as it is stored."""
        return self.store.left()

    def takes(self, message: bytes) -> bool:
        """Whether the server sends this message so that a client can read it."""
        return True

    def spawn(self, command: Iterable[object], **options: object) -> subprocess.Popen:
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **options,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def wait_for(self, port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection((HOST, port), 1).close()
                return
            except OSError:
                ended = any(process.poll() is not None for process in self.processes)
                if ended or time.monotonic() > deadline:
                    raise Failed(f"{self.name} did not start: {self.log()[-2000:]}") from None
                time.sleep(0.05)

    def log(self) -> str:
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def stop(self) -> None:
        for process in self.processes:
            # The first process of a namespace is a child of unshare. All processes in it end when it does. They do
            # not end with unshare once the server has changed its user.
            if process.poll() is None:
                for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                    os.kill(int(child), signal.SIGKILL)
            process.kill()
            process.wait()


def packaged_version(changelog: Path) -> str:
    """The upstream version of a package, by its compressed changelog."""
    return gzip.decompress(changelog.read_bytes()).decode().split("(")[1].split("-")[0]


def hashed_password(password: str) -> str:
    """A hash as in /etc/shadow."""
    command = ["openssl", "passwd", "-6", "-stdin"]
    return subprocess.run(command, input=password, capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Namespace:
    """A file tree of its own for a server. `etc` is laid over /etc, `usr` over /usr."""

    folder: Path
    usr: Path | None = None
    binds: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        expect(os.geteuid() == 0, "needs root, for a mount namespace")
        for part in ("etc", "run", "var"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
            (self.folder / part).chmod(0o755)
        expect(self.usr is None or self.usr.is_dir(), f"{self.usr} is missing; run install.sh")

    def user(self, name: str = USER, password: str = PASSWORD, uid: int = UID) -> None:
        """A user that the machine itself does not have, with a password for PAM if one is given."""
        users = pwd.getpwall()
        expect(uid not in (user.pw_uid for user in users), f"there is a user {uid} already")
        if name in (user.pw_name for user in users):
            return
        hashed = hashed_password(password) if password else "*"
        lines = {
            "passwd": f"{name}:x:{uid}:{uid}::/var/{name}:/bin/sh\n",
            "group": f"{name}:x:{uid}:\n",
            "shadow": f"{name}:{hashed}:19000:0:99999:7:::\n",
        }
        for file, line in lines.items():
            target = self.folder / "etc" / file
            if not target.exists():
                shutil.copy2(f"/etc/{file}", target)
            with target.open("a") as lines_of_file:
                lines_of_file.write(line)
        self.var(name, uid)

    def var(self, path: str, uid: int = 0) -> Path:
        """A folder below /var, as seen from outside."""
        folder = self.folder / "var" / path
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, uid, uid)
        return folder

    def command(self, *command: object) -> list[object]:
        mounts = [
            f"mount -t overlay -o lowerdir={self.folder}/etc:/etc overlay /etc",
            f"mount --bind {self.folder}/var /var",
            f"mount --bind {self.folder}/run /run",
        ]
        if self.usr:
            mounts.append(f"mount -t overlay -o lowerdir={self.usr}:/usr overlay /usr")
        enter = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return [*enter, "sh", "-e", "-c", "; ".join([*mounts, 'exec "$@"']), "sh", *command]


def whole_lines(octets: bytes) -> bytes:
    lines = octets.replace(b"\r\n", b"\n")
    return lines if not lines or lines.endswith(b"\n") else lines + b"\n"


class MaildirStore:
    """A Maildir, filled as a delivery program does. The server sees the messages in the order of delivery.

    With `lines`, messages are whole lines that end in LF, which some servers rely on.
    """

    def __init__(self, path: Path, uid: int, gid: int, lines: bool = False) -> None:
        self.path, self.owner, self.count, self.lines = path, (uid, gid), 0, lines
        for part in (path, path / "cur", path / "new", path / "tmp"):
            part.mkdir(parents=True, exist_ok=True)
            os.chown(part, uid, gid)

    def put(self, messages: Iterable[bytes]) -> int:
        before = self.count
        for octets in messages:
            self.count += 1
            when = 1_700_000_000 + self.count
            name = f"{when}.M{self.count:06}P1.host"
            path = self.path / "tmp" / name
            path.write_bytes(whole_lines(octets) if self.lines else octets)
            os.chown(path, *self.owner)
            os.utime(path, (when, when))
            path.rename(self.path / "new" / name)
        return self.count - before

    def files(self) -> list[Path]:
        return sorted((path for part in ("new", "cur") for path in (self.path / part).iterdir()), key=lambda p: p.name)

    def remove(self, number: int) -> bytes:
        path = self.files()[number - 1]
        octets = path.read_bytes()
        path.unlink()
        return octets

    def left(self) -> list[bytes]:
        return [path.read_bytes() for path in self.files()]


class MboxStore:
    """An mbox as delivery programs of today write it: a From line with the time, ">" before what looks like one, and
    an empty line after the message.
    """

    def __init__(self, path: Path, uid: int, gid: int) -> None:
        self.path, self.count = path, 0
        path.touch()
        os.chown(path, uid, gid)
        path.chmod(0o600)

    def put(self, messages: Iterable[bytes]) -> int:
        before = self.count
        with self.path.open("ab") as file:
            for octets in messages:
                self.count += 1
                when = time.asctime(time.gmtime(1_700_000_000 + self.count))
                quoted = re.sub(rb"^(>*From )", rb">\1", whole_lines(octets), flags=re.MULTILINE)
                file.write(b"From sender@example.org " + when.encode() + b"\n" + quoted + b"\n")
        return self.count - before

    def spans(self) -> tuple[bytes, list[tuple[int, int]]]:
        """The bytes of the file, and where in them each message is, with its From line."""
        octets = self.path.read_bytes() if self.path.exists() else b""
        starts = [found.start() for found in re.finditer(rb"(?:\A|(?<=\n))From [^\n]*\n", octets)]
        return octets, list(zip(starts, [*starts[1:], len(octets)], strict=False))

    def left(self) -> list[bytes]:
        octets, spans = self.spans()
        return [octets[start:end].partition(b"\n")[2] for start, end in spans]

    def remove(self, number: int) -> bytes:
        octets, spans = self.spans()
        start, end = spans[number - 1]
        self.path.write_bytes(octets[:start] + octets[end:])
        return octets[start:end].partition(b"\n")[2]
