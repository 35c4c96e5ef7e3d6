"""Unique-ids: each stands for one message, and stays the same in every session, whatever happens to names, flags and
servers. Run by faults.py.
"""

import os
from pathlib import Path

from harness import Pop3d, expect
from maildrops import FROM_LINE, KINDS, Drop, Ground, Maildir, ids, message, quits, retrieved, session, succeeds


def listed(pop3d: Pop3d) -> list[bytes]:
    with session(pop3d) as peer:
        names = ids(peer)
        quits(peer)
    return names


def kept(ground: Ground, kind: type) -> str:
    """Through restarts, killed servers, dropped connections, moves to cur/ and changes of flags."""
    drop = ground.filled(kind, 20)
    with ground.pop3d(drop) as pop3d:
        first = listed(pop3d)
        with session(pop3d) as peer:
            expect(ids(peer) == first, "unique-ids changed after a dropped connection")
    for info in ("", ":2,", ":2,S", ":2,FRS"):
        if info:
            drop.flag(info)
        killed = ground.pop3d(drop)
        try:
            expect(listed(killed) == first, f"unique-ids changed after a restart and flags {info!r}")
        finally:
            killed.kill()
    with ground.pop3d(drop) as pop3d:
        expect(listed(pop3d) == first, "unique-ids changed after SIGKILL")
    expect(len(set(first)) == 20, f"20 messages, {len(set(first))} unique-ids")
    return f"such as {first[0].decode()}"


def never_reused(ground: Ground, kind: type) -> str:
    """Deliveries and deletions in random order: an id always stands for one message, and no message gets a second
    id.
    """
    rng, drop = ground.rng, kind(ground.fresh())
    messages: dict[bytes, bytes] = {}  # by unique-id
    names: dict[bytes, bytes] = {}  # by message
    deliveries = sessions = 0
    with ground.pop3d(drop) as pop3d:
        while deliveries < (5000 if ground.full else 1000):
            for _ in range(rng.randrange(30)):
                drop.deliver(message(rng.choice((100, 400))))
                deliveries += 1
            drop.flag(rng.choice((":2,", ":2,S", ":2,RS")))
            with session(pop3d) as peer:
                sessions += 1
                for number, name in enumerate(ids(peer), 1):
                    octets = retrieved(peer, number)
                    expect(messages.setdefault(name, octets) == octets, f"{name!r} stands for another message now")
                    expect(names.setdefault(octets, name) == name, f"{octets[:12]!r} has another unique-id now")
                    if rng.random() < 0.4:
                        succeeds(peer, b"DELE %d" % number)
                quits(peer)
    expect(len(messages) == deliveries, f"{deliveries} deliveries, {len(messages)} unique-ids")
    return f"{deliveries} deliveries, {sessions} sessions"


def identical(ground: Ground, kind: type) -> str:
    """Two messages that are the same byte for byte, in an mbox, with the same From line."""
    drop = kind(ground.fresh())
    twin = message()
    for octets in (twin, message(), twin, twin):
        drop.deliver(octets)
    with ground.pop3d(drop) as pop3d:
        names = listed(pop3d)
        expect(len(set(names)) == 4, f"4 messages, {len(set(names))} unique-ids: {names}")
        expect(listed(pop3d) == names, "unique-ids changed")
        # A message that comes later does not take the id of one that is there.
        drop.deliver(twin)
        expect(listed(pop3d)[:4] == names and len(set(listed(pop3d))) == 5, "a late one changes the ids of the others")
    return "told apart"


def awkward_names(ground: Ground) -> str:
    """File names that may not stand in UIDL as they are: long ones, ones with blanks, and ones that are not UTF-8."""
    drop = ground.filled(Maildir, 1)
    base = bytes(drop.path / "cur") + b"/1700000000.M1P1."
    long = b"a" * 100
    for name in (long + b"x", long + b"y", b"with blank", b"with\tblank", b"\xff\xfe", b"\xff\xff", "ü".encode()):
        Path(os.fsdecode(base + name + b":2,S")).write_bytes(message())
    stored = drop.messages()
    with ground.pop3d(drop) as pop3d:
        names = listed(pop3d)
        expect(len(set(names)) == len(stored), f"{len(stored)} messages, {len(set(names))} unique-ids: {names}")
        for name in names:
            printable = 1 <= len(name) <= 70 and all(0x21 <= octet <= 0x7E for octet in name)
            expect(printable, f"{name!r} is no unique-id")
        drop_flags(drop)
        expect(listed(pop3d) == names, "unique-ids changed with the flags")
        with session(pop3d) as peer:
            for number in range(1, len(names) + 1):
                retrieved(peer, number)
                succeeds(peer, b"DELE %d" % number)
            drop_flags(drop, b":2,RS")
            quits(peer)
    expect(not drop.messages(), f"{len(drop.messages())} messages are there after +OK to QUIT")
    return f"{len(names)} names"


def drop_flags(drop: Drop, info: bytes = b":2,") -> None:
    for path in drop.files():
        octets = bytes(path)
        path.rename((octets.split(b":")[0] + info).decode(errors="surrogateescape"))


def look_alike(ground: Ground) -> str:
    """The same text, delivered again after it was removed, with another time in its From line: another message."""
    drop = ground.filled(KINDS[1], 1)
    (first,) = drop.messages()
    with ground.pop3d(drop) as pop3d:
        (before,) = listed(pop3d)
        with session(pop3d) as peer:
            succeeds(peer, b"DELE 1")
            quits(peer)
        with drop.locked(), drop.path.open("ab") as file:
            file.write(FROM_LINE.replace(b"00:00:00", b"00:00:01") + first + b"\n")
        (after,) = listed(pop3d)
    expect(before != after, f"{before!r} is used again")
    return "another unique-id"


def run(ground: Ground) -> None:
    check = ground.report.check
    for kind in KINDS:
        name = kind.__name__
        check(f"{name}: unique-ids are kept", kept, ground, kind)
        check(f"{name}: unique-ids are never used again", never_reused, ground, kind)
        check(f"{name}: unique-ids of identical messages", identical, ground, kind)
    check("Mbox: the unique-id of a message that comes again", look_alike, ground)
    check("Maildir: unique-ids of awkward names", awkward_names, ground)
