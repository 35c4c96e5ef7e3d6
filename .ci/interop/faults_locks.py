"""Locks: one session at a time, even with several servers, and no message that is only half delivered.

Run by faults.py.
"""

import shutil
import threading
import time

from corpus import crlf_form
from harness import PASSWORD, USER, expect
from maildrops import (
    FROM_LINE,
    KINDS,
    Ground,
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


def slow(call: str) -> tuple[str, ...]:
    """The command that starts a pop3d for which this system call takes two seconds longer."""
    inject = f"inject={call}:delay_enter=2000000"
    return ("strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", inject)


def two_processes(ground: Ground, kind: type) -> str:
    drop = ground.filled(kind, 5)
    with (
        ground.pop3d(drop) as first,
        ground.pop3d(drop) as second,
        session(first) as holder,
        Peer(second.server) as other,
        Peer(first.server) as neighbour,
    ):
        other.ask(b""), neighbour.ask(b"")
        for refused in (other, neighbour):
            answer = try_login(refused)
            expect(answer.startswith(b"-ERR [IN-USE] "), f"while the maildrop is in use: {answer!r}")
        succeeds(holder, b"DELE 1")
        quits(holder)
        answer = try_login(other)
        expect(answer.startswith(b"+OK"), f"when the first session has ended: {answer!r}")
        expect(len(ids(other)) == 4, "the second session shows what the first one removed")
        answer = try_login(neighbour)
        expect(answer.startswith(b"-ERR [IN-USE] "), f"while the second process has the maildrop: {answer!r}")
        quits(other)
    return "one at a time"


def killed_holder(ground: Ground, kind: type) -> str:
    """What a session had marked when its server was killed is not removed."""
    drop = ground.filled(kind, 5)
    stored = drop.messages()
    with ground.pop3d(drop) as second:
        first = ground.pop3d(drop)
        try:
            with session(first) as holder, Peer(second.server) as other:
                other.ask(b"")
                succeeds(holder, b"DELE 1", b"DELE 2")
                answer = try_login(other)
                expect(answer.startswith(b"-ERR [IN-USE] "), f"while the maildrop is in use: {answer!r}")
                first.kill()
                answer = try_login(other)
                expect(answer.startswith(b"+OK"), f"when the holder was killed: {answer!r}")
                sees_all(other, stored)
                quits(other)
        finally:
            first.kill()
    has_exactly(drop, stored)
    return "free, nothing removed"


def late_lock(ground: Ground) -> str:
    """UPDATE puts a new file in place of an mbox. A session that waits for the lock must not get that of the old
    file.
    """
    drop = ground.filled(Mbox, 5)
    with ground.pop3d(drop) as first, ground.pop3d(drop, under=slow("flock")) as late:
        with session(first) as peer, Peer(late.server) as other:
            other.ask(b"")
            succeeds(other, b"USER " + USER.encode())
            other.socket.sendall(b"PASS " + PASSWORD.encode() + b"\r\n")
            time.sleep(0.5)
            succeeds(peer, b"DELE 1")
            quits(peer)
            late_answer = other.ask(b"")
            with Peer(first.server) as third:
                third.ask(b"")
                answer = try_login(third)
        both = late_answer.startswith(b"+OK") and answer.startswith(b"+OK")
        expect(not both, "two sessions have the maildrop open at once")
    return f"{late_answer!r}, {answer!r}"


def killed_in_update(ground: Ground) -> str:
    """The dot lock of a server that was killed holds nobody up: the next session removes it."""
    drop = ground.filled(Mbox, 5)
    stored = drop.messages()
    killed = ground.pop3d(drop, under=slow("fsync"))
    try:
        with session(killed) as peer:
            succeeds(peer, b"DELE 1")
            peer.socket.sendall(b"QUIT\r\n")
            deadline = time.monotonic() + 10
            while not drop.lock.exists():
                expect(time.monotonic() < deadline, "no dot-lock in UPDATE")
                time.sleep(0.01)
            time.sleep(0.2)
    finally:
        killed.kill()
    expect(drop.lock.exists(), "the dot-lock was given back before the server was killed")
    has_exactly(drop, stored)
    with ground.pop3d(drop) as pop3d, session(pop3d) as peer:
        sees_all(peer, stored)
        succeeds(peer, b"DELE 2")
        answer = peer.ask(b"QUIT")
        expect(answer.startswith(b"+OK"), f"QUIT is answered with {answer!r}")
    has_exactly(drop, [octets for octets in stored if octets != stored[1]])
    return "removed"


def half_delivered(ground: Ground) -> str:
    """A delivery program holds the dot lock and has written half of a message. Nobody may take that for a message."""
    drop = ground.filled(Mbox, 2)
    stored, late = drop.messages(), message(20_000)
    half = threading.Event()

    def deliver() -> None:
        with drop.locked(), drop.path.open("ab", buffering=0) as file:
            file.write(FROM_LINE + late[:9000])
            half.set()
            time.sleep(1.5)
            file.write(late[9000:] + b"\n")

    seen: list[bytes] = []
    with ground.pop3d(drop) as pop3d, at_the_same_time(deliver, again=False):
        half.wait(10)
        with Peer(pop3d.server) as peer:
            peer.ask(b"")
            answer = try_login(peer)
            if answer.startswith(b"+OK"):
                seen = [retrieved(peer, number) for number in range(1, len(ids(peer)) + 1)]
                for number in range(1, len(seen) + 1):
                    succeeds(peer, b"DELE %d" % number)
                quits(peer)
    whole = [crlf_form(octets) for octets in (*stored, late)]
    sizes = list(map(len, seen)), list(map(len, whole))
    expect(seen == whole[: len(seen)], f"messages of {sizes[0]} octets were shown, whole they have {sizes[1]}")
    has_exactly(drop, [*stored, late][len(seen) :])
    return f"{answer!r}, {len(seen)} messages shown"


def run(ground: Ground) -> None:
    check = ground.report.check
    for kind in KINDS:
        check(f"{kind.__name__}: two pop3d have one session at a time", two_processes, ground, kind)
        check(f"{kind.__name__}: SIGKILL of the holder frees the maildrop", killed_holder, ground, kind)
    with_strace = {
        "Mbox: a lock that was waited for while the file was replaced": late_lock,
        "Mbox: SIGKILL in UPDATE": killed_in_update,
    }
    for name, body in with_strace.items():
        if shutil.which("strace"):
            check(name, body, ground)
        else:
            ground.report.skip(name, "strace is not installed")
    check("Mbox: a login while a message is half delivered", half_delivered, ground)
