"""Maildrops as a delivery program, a mail reader and an administrator see them, and what the fault tests share.

Nothing to run by hand. Messages have LF line ends and a number of their own, so that no two are alike.
"""

import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from corpus import crlf_form, line_of
from harness import PASSWORD, USER, Certificates, Pop3d, Report, expect
from peer import Peer

NUMBERS = itertools.count(1)
FROM_LINE = b"From a@example.org Mon Jan  1 00:00:00 2024\n"


def message(octets: int = 300) -> bytes:
    """A message like no other, of at least this many bytes."""
    head = b"Subject: %d\n\n" % next(NUMBERS)
    return head + (line_of(70) + b"\n") * ((octets - len(head)) // 71 + 1)


class Maildir:
    """One file for each message. A mail reader moves it from new/ to cur/ and writes flags after its name."""

    option = "--maildir"

    def __init__(self, path: Path) -> None:
        self.path = path
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)

    def deliver(self, octets: bytes) -> None:
        name = f"{1_700_000_000 + next(NUMBERS)}.M1P{os.getpid()}.host"
        (self.path / "tmp" / name).write_bytes(octets)
        (self.path / "tmp" / name).rename(self.path / "new" / name)

    def files(self) -> list[Path]:
        """Sorted by name, and so by delivery."""
        return sorted((path for part in ("new", "cur") for path in (self.path / part).iterdir()), key=lambda p: p.name)

    def messages(self) -> list[bytes]:
        return [path.read_bytes() for path in self.files()]

    def flag(self, info: str) -> None:
        """Gives all messages these flags, as a mail reader does; those in new/ are moved to cur/."""
        for path in self.files():
            target = self.path / "cur" / (path.name.split(":")[0] + info)
            if path != target:
                path.rename(target)

    def remove(self, octets: bytes) -> None:
        (path,) = (path for path in self.files() if path.read_bytes() == octets)
        path.unlink()

    def break_locks(self) -> int:
        return 0

    def left_over(self) -> list[str]:
        """Files that belong to no message."""
        return [path.name for path in (self.path / "tmp").iterdir()]


class Mbox:
    """One file. Who writes to it holds the dot lock."""

    option = "--mbox"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path.with_name(path.name + ".lock")
        path.touch()

    @contextmanager
    def locked(self, seconds: float = 20) -> Iterator[None]:
        deadline = time.monotonic() + seconds
        while True:
            try:
                os.close(os.open(self.lock, os.O_CREAT | os.O_EXCL))
                break
            except FileExistsError:
                expect(time.monotonic() < deadline, f"{self.lock.name} is held for {seconds} s")
                time.sleep(0.002)
        try:
            yield
        finally:
            self.lock.unlink()

    def deliver(self, octets: bytes) -> None:
        with self.locked(), self.path.open("ab") as file:
            file.write(FROM_LINE + octets + b"\n")

    def messages(self) -> list[bytes]:
        return self.split(self.path.read_bytes()) if self.path.exists() else []

    @staticmethod
    def split(mbox: bytes) -> list[bytes]:
        if not mbox:
            return []
        first, *texts = (b"\n" + mbox).split(b"\n" + FROM_LINE)
        expect(not first, f"the mbox starts with {mbox[:60]!r}")
        texts[-1] = texts[-1].removesuffix(b"\n")  # the empty line that ends a message
        return texts

    def flag(self, info: str) -> None:
        """A server that keeps no flags has none that change."""

    def remove(self, octets: bytes) -> None:
        """Writes a new file beside the old one, and renames it over the old one."""
        with self.locked():
            beside = self.path.with_name(self.path.name + ".other")
            beside.write_bytes(self.path.read_bytes().replace(FROM_LINE + octets + b"\n", b""))
            beside.rename(self.path)

    def break_locks(self) -> int:
        """A server that is killed cannot remove its dot lock."""
        held = self.lock.exists()
        self.lock.unlink(missing_ok=True)
        return held

    def left_over(self) -> list[str]:
        return [path.name for path in self.path.parent.glob(f"{self.path.name}.*")]


KINDS = (Maildir, Mbox)
Drop = Maildir | Mbox


@dataclass
class Ground:
    """Where the checks run, and what they have in common."""

    folder: Path
    certificates: Certificates
    report: Report
    rng: random.Random
    full: bool
    started: list[Pop3d] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def fresh(self) -> Path:
        return self.folder / f"ground-{next(self._count)}"

    def filled(self, kind: type, count: int, octets: int = 300) -> Drop:
        drop = kind(self.fresh())
        for _ in range(count):
            drop.deliver(message(octets))
        return drop

    def pop3d(self, *options: object, **process: object) -> Pop3d:
        """Starts pop3d. A maildrop among the options stands for its option and path."""
        given = [part for one in options for part in ((one.option, one.path) if isinstance(one, KINDS) else (one,))]
        pop3d = Pop3d(*given, certificates=self.certificates, **process)
        self.started.append(pop3d)
        return pop3d


@contextmanager
def session(pop3d: Pop3d) -> Iterator[Peer]:
    """A session that is logged in. It ends with a dropped connection, so QUIT is sent only if the block sends it."""
    with Peer(pop3d.server) as peer:
        peer.log_in()
        yield peer


def try_login(peer: Peer) -> bytes:
    """The answer to PASS. The greeting must have been read."""
    succeeds(peer, b"USER " + USER.encode())
    return peer.ask(b"PASS " + PASSWORD.encode())


def ids(peer: Peer) -> list[bytes]:
    """The unique-ids by number."""
    pairs = [line.split() for line in peer.fetch(b"UIDL").splitlines()]
    expect([int(number) for number, _ in pairs] == list(range(1, len(pairs) + 1)), f"UIDL has gaps: {pairs}")
    return [unique_id for _, unique_id in pairs]


def retrieved(peer: Peer, number: int) -> bytes:
    return peer.fetch(b"RETR %d" % number)


def succeeds(peer: Peer, *commands: bytes) -> None:
    for command in commands:
        answer = peer.ask(command)
        expect(answer.startswith(b"+OK"), f"{command!r} is answered with {answer!r}")


def quits(peer: Peer) -> None:
    succeeds(peer, b"QUIT")


def has_exactly(drop: Drop, wanted: Iterable[bytes]) -> None:
    """Expects these messages in the maildrop, byte for byte, in any order."""
    there, wanted = Counter(drop.messages()), Counter(wanted)
    missing, surplus = wanted - there, there - wanted
    some = "".join(
        f"\n  {what} {octets[:60]!r}"
        for what, messages in (("missing", missing), ("unexpected", surplus))
        for octets in list(messages)[:5]
    )
    expect(not some, f"{missing.total()} messages are missing, {surplus.total()} are unexpected{some}")


def sees_all(peer: Peer, wanted: list[bytes]) -> None:
    """Expects these messages in this order."""
    expect(len(ids(peer)) == len(wanted), f"{len(ids(peer))} messages instead of {len(wanted)}")
    for number, octets in enumerate(wanted, 1):
        got = retrieved(peer, number)
        expect(got == crlf_form(octets), f"message {number} is not as stored: {got[:80]!r}")


@contextmanager
def at_the_same_time(body: Callable[[], None], again: bool = True) -> Iterator[None]:
    """Runs `body` in a thread, again and again if wanted, while the block runs."""
    over = threading.Event()
    failed: list[Exception] = []

    def run() -> None:
        try:
            body()
            while again and not over.is_set():
                body()
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]
