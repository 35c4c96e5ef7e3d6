"""The clients that download.py times: how each is told to fetch everything, and what it then must have stored.

Nothing to run by hand. Each keeps the mail on the server and stores it where it can be fast:

  pop3get         a Maildir with its record; each message is synced to disk
  pop3get, mbox   one mbox file with its record, synced to disk
  mpop            a Maildir with its list of unique-ids; commands in a row; each message is synced to disk
  fetchmail       one batch file (--bsmtp), its fastest way, because it needs no process for each message
  fetchmail, MDA  one file, appended to by a `cat` for each message: how its manual delivers on the same machine
  curl            a file for each message; one process and one connection, by a range of URLs
  poplib          a file for each message, by download_poplib.py
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from clients import PLAIN, STLS, TLS, pop3get_command
from harness import HOST, Server, expect

HOST_NAME = "localhost"  # some clients want a name, and the certificate has this one
POPLIB = Path(__file__).with_name("download_poplib.py")
MARK = b"Subject: message "  # each message starts with it


@dataclass
class Drop:
    """A maildrop: the number of its messages, and their octets and lines with CRLF line ends."""

    name: str
    count: int
    octets: int
    lines: int
    server: Server


@dataclass
class Start:
    """The command that starts a client."""

    command: list[str]
    environment: dict[str, str]


def port_of(drop: Drop, mode: str) -> int:
    return drop.server.tls_port if mode == TLS else drop.server.plain_port


class Client:
    """One client. `folder` is empty and its own in each run."""

    name = ""
    version_command: tuple[str, ...] = ()
    version_pattern = ""
    line_end = 2  # octets
    synced = False  # whether each message is on disk before it counts as stored

    def version(self) -> str:
        # Some clients print their version and end with a code that means failure.
        done = subprocess.run(
            self.version_command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        found = re.search(self.version_pattern, done.stdout + done.stderr)
        expect(found, f"no version in what {self.version_command} prints: {done.stdout[:200]!r}")
        return found[1]

    def installed(self) -> bool:
        return shutil.which(self.version_command[0]) is not None

    def start(self, drop: Drop, mode: str, folder: Path) -> Start:
        raise NotImplementedError

    def stored(self, folder: Path) -> tuple[int, int]:
        """How many messages, and how many octets."""
        sizes = [path.stat().st_size for path in files_below(folder)]
        return len(sizes), sum(sizes)

    def check(self, drop: Drop, folder: Path) -> None:
        """Expects all of the mail, because a client that loses some would seem faster."""
        wanted = drop.count, drop.octets - (2 - self.line_end) * drop.lines
        got = self.stored(folder)
        expect(got == wanted, f"{self.name} has {got[0]} messages of {got[1]} octets, not {wanted[0]} of {wanted[1]}")


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file()]


class Pop3get(Client):
    name = "pop3get"
    version_command = (pop3get_command(Server(0, 0, Path()), PLAIN, Path())[0][0], "--version")
    version_pattern = r"(\d+\.\S+)"
    synced = True

    def start(self, drop: Drop, mode: str, folder: Path) -> Start:
        return Start(*pop3get_command(drop.server, mode, folder / "maildir", "--keep"))

    def stored(self, folder: Path) -> tuple[int, int]:
        return super().stored(folder / "maildir" / "new")


class Pop3getMbox(Pop3get):
    name = "pop3get, mbox"
    line_end = 1

    def start(self, drop: Drop, mode: str, folder: Path) -> Start:
        return Start(*pop3get_command(drop.server, mode, f"mbox:{folder / 'mbox'}", "--keep"))

    def stored(self, folder: Path) -> tuple[int, int]:
        """Each message between a line that starts with `From ` and an empty line."""
        count = octets = 0
        with (folder / "mbox").open("rb") as mbox:
            for line in mbox:
                if line.startswith(b"From "):
                    count += 1
                else:
                    octets += len(line)
        return count, octets - count * len(b"\n")


class Mpop(Client):
    name = "mpop"
    version_command = ("mpop", "--version")
    version_pattern = r"mpop version (\S+)"
    synced = True
    line_end = 1

    def start(self, drop: Drop, mode: str, folder: Path) -> Start:
        for part in ("cur", "new", "tmp"):
            (folder / "maildir" / part).mkdir(parents=True)
        control = folder / "mpoprc"
        control.touch(0o600)
        lines = [
            "account server",
            f"host {HOST_NAME}",
            f"port {port_of(drop, mode)}",
            f"tls {'off' if mode == PLAIN else 'on'}",
            f"tls_starttls {'on' if mode == STLS else 'off'}",
            f"tls_trust_file {drop.server.ca}",
            "auth user",
            f'user "{drop.server.user}"',
            f'password "{drop.server.password}"',
            "pipelining on",
            "keep on",
            "only_new off",
            "received_header off",
            f"uidls_file {folder}/uidls",
            f"delivery maildir {folder}/maildir",
        ]
        control.write_text("\n".join(lines) + "\n")
        return Start(["mpop", "--quiet", "--file", str(control), "server"], dict(os.environ))

    def stored(self, folder: Path) -> tuple[int, int]:
        return super().stored(folder / "maildir" / "new")


class Fetchmail(Client):
    name = "fetchmail"
    version_command = ("fetchmail", "--version")
    version_pattern = r"fetchmail release (\d[\d.]*\d)"

    def delivery(self, folder: Path) -> str:
        return f'bsmtp "{folder}/batch"'

    def start(self, drop: Drop, mode: str, folder: Path) -> Start:
        security = {PLAIN: "sslproto ''", STLS: "sslproto 'TLS1.2+'", TLS: "ssl"}[mode]
        control = folder / "fetchmailrc"
        control.touch(0o600)
        control.write_text(
            "set no bouncemail\nset no syslog\n"
            f"poll {HOST_NAME} protocol pop3 service {port_of(drop, mode)} timeout 60 auth password\n"
            f'user "{drop.server.user}" password "{drop.server.password}" keep fetchall no rewrite\n'
            f'{security} sslcertck sslcertfile "{drop.server.ca}" {self.delivery(folder)}\n'
        )
        files = ["--fetchmailrc", folder / "fetchmailrc", "--idfile", folder / "ids", "--pidfile", folder / "pid"]
        environment = {**os.environ, "FETCHMAILHOME": str(folder)}
        return Start(["fetchmail", "--silent", "--invisible", *map(str, files)], environment)

    def stored(self, folder: Path) -> tuple[int, int]:
        """Between DATA and the lone dot, dots stuffed."""
        count = octets = 0
        inside = False
        with (folder / "batch").open("rb") as batch:
            for line in batch:
                if not inside:
                    inside = line.rstrip(b"\r\n") == b"DATA"
                    count += inside
                elif line.rstrip(b"\r\n") == b".":
                    inside = False
                else:
                    octets += len(line) - line.startswith(b".")
        return count, octets


class FetchmailMda(Fetchmail):
    name = "fetchmail, MDA"
    line_end = 1

    def delivery(self, folder: Path) -> str:
        return f'mda "exec cat >>{folder}/mbox"'

    def stored(self, folder: Path) -> tuple[int, int]:
        count = octets = 0
        with (folder / "mbox").open("rb") as mbox:
            for line in mbox:
                count += line.startswith(MARK)
                octets += len(line)
        return count, octets


class Curl(Client):
    name = "curl"
    version_command = ("curl", "--version")
    version_pattern = r"^curl (\S+)"

    def start(self, drop: Drop, mode: str, folder: Path) -> Start:
        (folder / "out").mkdir()
        scheme = "pop3s" if mode == TLS else "pop3"
        control = folder / "curlrc"
        control.touch(0o600)
        control.write_text(
            f'silent\nshow-error\nfail-early\ncacert = "{drop.server.ca}"\n{"ssl-reqd" if mode == STLS else ""}\n'
            f'user = "{drop.server.user}:{drop.server.password}"\noutput = "{folder}/out/#1"\n'
            f'url = "{scheme}://{HOST_NAME}:{port_of(drop, mode)}/[1-{drop.count}]"\n'
        )
        return Start(["curl", "--disable", "--config", str(control)], dict(os.environ))

    def stored(self, folder: Path) -> tuple[int, int]:
        return super().stored(folder / "out")


class Poplib(Client):
    name = "poplib"
    version_command = (sys.executable, "--version")
    version_pattern = r"Python (\S+)"

    def start(self, drop: Drop, mode: str, folder: Path) -> Start:
        (folder / "out").mkdir()
        server = drop.server
        where = [HOST, str(port_of(drop, mode)), server.user, str(server.ca), str(folder / "out")]
        return Start([sys.executable, str(POPLIB), mode, *where], {**os.environ, "POP3_PASSWORD": server.password})

    def stored(self, folder: Path) -> tuple[int, int]:
        return super().stored(folder / "out")


CLIENTS: list[Client] = [Pop3get(), Pop3getMbox(), Mpop(), Fetchmail(), FetchmailMda(), Curl(), Poplib()]
