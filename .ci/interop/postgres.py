"""A pair of PostgreSQL servers of our own: a primary, and a standby that has every commit before it is confirmed.

Nothing to run by hand. They listen on 127.0.0.1 only, and their data are in a folder that is given.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from harness import HOST, expect, free_ports

DATABASE = "mail"
ROLE = "pop3d"


def binaries() -> Path:
    """Debian keeps them out of PATH, by version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    expect(found or shutil.which("initdb"), "no PostgreSQL here; run .ci/interop/install.sh")
    return found[-1].parent if found else Path(shutil.which("initdb")).parent


class Node:
    """One server, which may be stopped and made anew."""

    def __init__(self, folder: Path, name: str) -> None:
        self.data = folder / name
        self.log = folder / f"{name}.log"
        (self.port,) = free_ports(1)
        self.options: tuple[str, ...] = ()
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [
            binaries() / "postgres", "-D", self.data, "-p", self.port, "-c", f"listen_addresses={HOST}",
            "-c", f"unix_socket_directories={self.data}", "-c", "max_connections=200", "-c", "wal_keep_size=256MB",
            *self.options,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(as_owner(command), stdout=log, stderr=log, start_new_session=True)
        for _ in range(300):
            ready = subprocess.run(
                [str(binaries() / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port)], check=False
            )
            if ready.returncode == 0:
                return
            time.sleep(0.1)
        expect(False, f"PostgreSQL does not start: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """As if the machine had lost its power: everything at once."""
        if self.process and self.process.poll() is None:
            # The parent would start new children, so it stands still first.
            self.pause()
            self.signal(signal.SIGKILL)
            self.process.wait()
        pid = self.data / "postmaster.pid"
        pid.unlink(missing_ok=True)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, what: signal.Signals) -> None:
        """To the server and its children, each of which is a session of its own."""
        for pid in [*children(self.process.pid), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)

    def sql(self, text: str, database: str = DATABASE) -> str:
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-h", HOST, "-p", str(self.port), "-U", ROLE, "-d", database,
             "-v", "ON_ERROR_STOP=1"],
            input=text, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        expect(done.returncode == 0, f"psql: {done.stderr[-1000:]}")
        return done.stdout.strip()


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name, which may hold blanks: the state and the parent.
            if int(entry.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.parent.name))
    return found


def as_owner(command: list[object]) -> list[str]:
    """PostgreSQL does not run as root."""
    words = list(map(str, command))
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words] if os.getuid() == 0 else words


class Cluster:
    """A primary, and a standby. `fail_over` kills the first, promotes the second, and makes a new standby."""

    def __init__(self, folder: Path, replicated: bool = True) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        self.primary = Node(folder, "a")
        make = [binaries() / "initdb", "-D", self.primary.data, "-A", "trust", "-U", ROLE, "--no-sync"]
        subprocess.run(as_owner(make), check=True, capture_output=True, cwd=folder)
        self.primary.start()
        self.primary.sql(f"CREATE DATABASE {DATABASE}", "postgres")
        self.standby = Node(folder, "b") if replicated else None
        if self.standby:
            self.follow()

    @property
    def url(self) -> str:
        nodes = [node for node in (self.primary, self.standby) if node]
        hosts = ",".join(f"{HOST}:{node.port}" for node in nodes)
        return f"postgres://{ROLE}@{hosts}/{DATABASE}?sslmode=disable"

    def follow(self) -> None:
        """Makes the standby anew, and lets commits wait for it."""
        shutil.rmtree(self.standby.data, ignore_errors=True)
        copy = [
            binaries() / "pg_basebackup", "-h", HOST, "-p", self.primary.port, "-U", ROLE, "-D", self.standby.data,
            "-R", "-X", "stream", "--checkpoint=fast", "--no-sync",
        ]  # fmt: skip
        subprocess.run(as_owner(copy), check=True, capture_output=True, cwd=self.folder, timeout=120)
        self.standby.start()
        self.set("synchronous_standby_names", "'*'")
        for _ in range(300):
            if self.primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync":
                break
            time.sleep(0.1)
        # The setting reaches one process after the other. Until then some commits do not wait for the standby.
        time.sleep(1)

    def set(self, name: str, value: str) -> None:
        self.primary.sql(f"ALTER SYSTEM SET {name} = {value}", "postgres")
        self.primary.sql("SELECT pg_reload_conf()", "postgres")

    def fail_over(self) -> None:
        self.primary.kill()
        promote = [binaries() / "pg_ctl", "-D", self.standby.data, "-w", "promote"]
        subprocess.run(as_owner(promote), check=True, capture_output=True, cwd=self.folder, timeout=60)
        self.primary, self.standby = self.standby, self.primary
        # Nobody is there to wait for until the new standby stands.
        self.set("synchronous_standby_names", "''")
        self.follow()

    def stop(self) -> None:
        for node in (self.standby, self.primary):
            if node:
                node.kill()
