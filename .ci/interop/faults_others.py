"""Other programs at the same maildrop: delivery programs, mail readers, and users who remove messages.

An open session shows what it showed at the login, QUIT removes what was marked and nothing else, and what was delivered
in the meantime is there afterwards. Run by faults.py.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from corpus import crlf_form
from harness import Failed, Pop3d, expect
from maildrops import (
    FROM_LINE,
    KINDS,
    Drop,
    Ground,
    Maildir,
    Mbox,
    at_the_same_time,
    has_exactly,
    ids,
    message,
    quits,
    retrieved,
    sees_all,
    session,
    succeeds,
    try_login,
)
from peer import Peer


def shown(peer: Peer) -> tuple[bytes, ...]:
    return (peer.ask(b"STAT"), peer.fetch(b"LIST"), peer.fetch(b"UIDL"))


def delivery_in_session(ground: Ground, kind: type, deliveries: Callable[[Drop], None]) -> str:
    """Mail comes and a mail reader renames files, before messages are marked and after that."""
    drop = ground.filled(kind, 4)
    drop.flag(":2,S")
    for _ in range(4):
        drop.deliver(message(5000))
    stored = drop.messages()
    with ground.pop3d(drop) as pop3d:
        with session(pop3d) as peer:
            before, names = shown(peer), ids(peer)
            for change in (deliveries, lambda drop: drop.flag(":2,S"), lambda drop: drop.flag(":2,FRS")):
                change(drop)
                expect(shown(peer) == before, "STAT, LIST or UIDL is not what it was")
                sees_all(peer, stored)
            for number in (1, 4, 8):
                succeeds(peer, b"DELE %d" % number)
            drop.flag(":2,RS")
            deliveries(drop)
            delivered = [octets for octets in drop.messages() if octets not in stored]
            quits(peer)
        left = [octets for at, octets in enumerate(stored, 1) if at not in (1, 4, 8)]
        has_exactly(drop, left + delivered)
        with session(pop3d) as peer:
            sees_all(peer, left + delivered)
            now = ids(peer)
            kept = [name for at, name in enumerate(names, 1) if at not in (1, 4, 8)]
            expect(now[: len(kept)] == kept, "unique-ids changed")
            expect(not set(now[len(kept) :]) & set(names), "a new message has the unique-id of an old one")
            quits(peer)
    return f"{len(delivered)} delivered, 3 removed"


def three(drop: Drop) -> None:
    for size in (100, 10_000, 300):
        drop.deliver(message(size))


def stream_of_deliveries(ground: Ground, kind: type) -> str:
    """Sessions retrieve and remove all they see while mail comes in. Each message is seen complete and once, and
    none is lost.
    """
    drop = ground.filled(kind, 1)
    delivered: list[bytes] = drop.messages()

    def deliver() -> None:
        octets = message(3000)
        delivered.append(octets)
        drop.deliver(octets)
        time.sleep(0.002)

    seen: list[bytes] = []
    sessions = 0
    with ground.pop3d(drop) as pop3d:
        with at_the_same_time(deliver):
            deadline = time.monotonic() + (20 if ground.full else 2)
            while time.monotonic() < deadline:
                take_all(pop3d, seen)
                sessions += 1
        take_all(pop3d, seen)
    expect(not drop.messages(), f"{len(drop.messages())} messages are left")
    wanted = sorted(map(crlf_form, delivered))
    lost, surplus = set(wanted) - set(seen), set(seen) - set(wanted)
    expect(not lost and not surplus, f"{len(lost)} lost, {len(surplus)} not as delivered")
    expect(sorted(seen) == wanted, "a message was seen twice")
    return f"{len(delivered)} delivered, {sessions} sessions"


def take_all(pop3d: Pop3d, seen: list[bytes]) -> None:
    with session(pop3d) as peer:
        for number in range(1, len(ids(peer)) + 1):
            seen.append(retrieved(peer, number))
            succeeds(peer, b"DELE %d" % number)
        quits(peer)


def moved_during_login(ground: Ground) -> str:
    """A mail reader moves everything from new/ to cur/ while the folders are read. Each message is listed once."""
    count, tries = (5000, 10) if ground.full else (3000, 3)
    for _ in range(tries):
        drop = ground.filled(Maildir, count, 2000)
        with ground.pop3d(drop) as pop3d, Peer(pop3d.server) as peer:
            peer.ask(b"")
            with at_the_same_time(partial(drop.flag, ":2,S"), again=False):
                answer = try_login(peer)
            expect(answer.startswith(b"+OK"), f"PASS is answered with {answer!r}")
            names = ids(peer)
            twice = len(names) - len(set(names))
            expect(not twice, f"{twice} of {count} messages are listed twice")
            expect(len(names) == count, f"{len(names)} of {count} messages are listed")
            quits(peer)
        shutil.rmtree(drop.path)
    return f"{count} messages, {tries} times"


def flags_during_update(ground: Ground) -> str:
    """A mail reader changes flags all the time. After +OK to QUIT everything that was marked is gone."""
    removed = refused = 0
    for _ in range(40 if ground.full else 12):
        drop = ground.filled(Maildir, 300)
        stored = drop.messages()
        drop.flag(":2,S")
        marked = ground.rng.sample(range(1, len(stored) + 1), 200)
        with ground.pop3d(drop) as pop3d, session(pop3d) as peer, at_the_same_time(partial(change_flags, drop)):
            succeeds(peer, *(b"DELE %d" % number for number in marked))
            answer = peer.ask(b"QUIT")
        there = set(drop.messages())
        asked = {stored[number - 1] for number in marked}
        expect(set(stored) - there <= asked, "a message is gone that was not marked")
        if answer.startswith(b"+OK"):
            expect(not asked & there, f"{len(asked & there)} of {len(asked)} are there after {answer!r}")
            removed += 1
        else:
            expect(answer.startswith(b"-ERR [SYS/TEMP] "), f"QUIT is answered with {answer!r}")
            refused += 1
    return f"{removed} times removed, {refused} times refused"


def change_flags(drop: Maildir) -> None:
    for info in (":2,FS", ":2,S"):
        for path in (drop.path / "cur").iterdir():
            with suppress(FileNotFoundError):
                path.rename(path.with_name(path.name.split(":")[0] + info))


def no_info(ground: Ground) -> str:
    """Messages are moved to cur/ without flags, as `mv new/* cur/` does."""
    drop = ground.filled(Maildir, 3)
    stored = drop.messages()
    with ground.pop3d(drop) as pop3d:
        with session(pop3d) as peer:
            names = ids(peer)
            drop.flag("")
            sees_all(peer, stored)
            succeeds(peer, b"DELE 2")
            quits(peer)
        has_exactly(drop, [stored[0], stored[2]])
        with session(pop3d) as peer:
            sees_all(peer, [stored[0], stored[2]])
            expect(ids(peer) == [names[0], names[2]], "unique-ids changed")
            quits(peer)
    return "served"


def stray_entries(ground: Ground) -> str:
    """Entries that are not messages do not keep the user from the mail."""
    drop = ground.filled(Maildir, 2)
    stored = drop.messages()
    for part in ("new", "cur"):
        (drop.path / part / "folder").mkdir()
        (drop.path / part / "1700000000.dangling").symlink_to(ground.folder / "nowhere")
        (drop.path / part / ".hidden").write_bytes(b"no message\n")
    with ground.pop3d(drop) as pop3d, session(pop3d) as peer:
        sees_all(peer, stored)
        quits(peer)
    return "left alone"


def pipe(ground: Ground) -> str:
    """A named pipe in new/ delays neither the login nor the end of pop3d."""
    drop = ground.filled(Maildir, 2)
    stored = drop.messages()
    subprocess.run(["mkfifo", drop.path / "new" / "1700000000.pipe"], check=True)
    pop3d = ground.pop3d(drop)
    try:
        with Peer(pop3d.server) as peer:
            peer.ask(b"")
            peer.socket.settimeout(5)
            try:
                answer = try_login(peer)
            except TimeoutError:
                raise Failed("no answer to PASS within 5 s") from None
            expect(answer.startswith(b"+OK"), f"PASS is answered with {answer!r}")
            sees_all(peer, stored)
        pop3d.stop()
    finally:
        pop3d.kill()
    return "left alone"


def vanished_and_shown(ground: Ground, kind: type, remove: Callable[[Drop, bytes], None]) -> str:
    """A message is removed without the server. It is refused, or sent as it was, and the others are sent as usual."""
    drop = ground.filled(kind, 5)
    stored = drop.messages()
    with ground.pop3d(drop) as pop3d, session(pop3d) as peer:
        before = shown(peer)
        remove(drop, stored[1])
        for command in (b"RETR 2", b"TOP 2 0"):
            answer = peer.ask(command)
            if answer.startswith(b"+OK"):  # from a file that the server still holds, as it was
                body = b"".join(iter(peer.lines.readline, b".\r\n"))
                expect(crlf_form(stored[1]).startswith(body) and body, f"{command!r} gives {body[:60]!r}")
            else:
                expect(answer.startswith(b"-ERR"), f"{command!r} is answered with {answer!r}")
            succeeds(peer, b"NOOP")
        expect(shown(peer) == before, "STAT, LIST or UIDL is not what it was")
        others = 0
        for number in (1, 3, 4, 5):
            answer = peer.ask(b"RETR %d" % number)
            if answer.startswith(b"+OK"):
                body = b"".join(iter(peer.lines.readline, b".\r\n"))
                expect(body == crlf_form(stored[number - 1]), f"RETR {number} gives {body[:60]!r}")
                others += 1
        quits(peer)
    return f"{others} of the other 4 are served"


def vanished_and_quit(ground: Ground, kind: type, remove: Callable[[Drop, bytes], None]) -> str:
    """After that, QUIT removes what was marked, or says that it did not, and removes nothing else."""
    drop = ground.filled(kind, 5)
    stored = drop.messages()
    with ground.pop3d(drop) as pop3d:
        with session(pop3d) as peer:
            succeeds(peer, b"DELE 2", b"DELE 4")
            remove(drop, stored[1])
            there = drop.messages()
            answer = peer.ask(b"QUIT")
        left = drop.messages()
        lost = [octets[:12] for octets in there if octets not in left and octets != stored[3]]
        expect(not lost, f"{answer!r}, and messages are gone that were not marked: {lost}")
        expect(set(left) <= set(there), f"{answer!r}, and a message is not as it was")
        refused = answer.startswith(b"-ERR [SYS/TEMP] ")
        expect(refused or answer.startswith(b"+OK"), f"QUIT is answered with {answer!r}")
        expect(refused or stored[3] not in left, f"message 4 is there after {answer!r}")
        if drop.path.exists():
            with session(pop3d) as peer:
                sees_all(peer, left)
                quits(peer)
    return f"{answer!r}"


def in_place(drop: Mbox, octets: bytes) -> None:
    """As mail readers do that keep the file and overwrite it."""
    with drop.locked():
        left = drop.path.read_bytes().replace(FROM_LINE + octets + b"\n", b"")
        with drop.path.open("r+b") as file:
            file.write(left)
            file.truncate()


def emptied(drop: Mbox, _: bytes) -> None:
    with drop.locked(), drop.path.open("r+b") as file:
        file.truncate()


def unreadable(ground: Ground, spoil: Callable[[Path], object]) -> str:
    """A message that cannot be read is refused, and the session goes on with the others."""
    drop = ground.filled(Maildir, 3)
    stored = drop.messages()
    with ground.pop3d(drop) as pop3d, session(pop3d) as peer:
        sees_all(peer, stored)
        spoil(next(path for path in drop.files() if path.read_bytes() == stored[1]))
        answer = peer.ask(b"RETR 2")
        expect(answer.startswith(b"-ERR [SYS/TEMP] "), f"RETR is answered with {answer!r}")
        expect(retrieved(peer, 3) == crlf_form(stored[2]), "the next message is not as it was")
        quits(peer)
    return f"{answer!r}"


def made_a_pipe(path: Path) -> None:
    path.unlink()
    subprocess.run(["mkfifo", path], check=True)


def made_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def run(ground: Ground) -> None:
    check = ground.report.check
    for kind in KINDS:
        name = kind.__name__
        check(f"{name}: mail comes during a session", delivery_in_session, ground, kind, three)
        check(f"{name}: mail comes all the time", stream_of_deliveries, ground, kind)
    check("Maildir: a login while new/ is moved to cur/", moved_during_login, ground)
    check("Maildir: flags change all the time while QUIT removes", flags_during_update, ground)
    check("Maildir: new/ is moved to cur/ without flags", no_info, ground)
    check("Maildir: folders, hidden files and dangling links", stray_entries, ground)
    check("Maildir: a named pipe", pipe, ground)
    for how, spoil in (
        ("cut short", lambda path: os.truncate(path, 5)),
        ("emptied", lambda path: os.truncate(path, 0)),
        ("a named pipe", made_a_pipe),
        ("a link", made_a_link),
    ):
        check(f"Maildir: a message becomes {how} in a session", unreadable, ground, spoil)
    for kind, how, remove in (
        (Maildir, "its file is removed", Maildir.remove),
        (Mbox, "the file is replaced", Mbox.remove),
        (Mbox, "the file is written over", in_place),
        (Mbox, "the file is emptied", emptied),
        (Mbox, "the file is removed", lambda drop, _: drop.path.unlink()),
    ):
        name = f"{kind.__name__}: a message vanishes, {how}"
        check(f"{name}, RETR", vanished_and_shown, ground, kind, remove)
        check(f"{name}, QUIT", vanished_and_quit, ground, kind, remove)
