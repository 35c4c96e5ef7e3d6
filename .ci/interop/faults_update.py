"""UPDATE that cannot be done: a full file system, a limit on files, folders that may not be written to.

QUIT then answers -ERR [SYS/TEMP], and nothing has changed. When the cause is gone, the next session removes the
messages. Run by faults.py.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import POP3D, Pop3d, expect
from maildrops import Drop, Ground, Maildir, Mbox, has_exactly, message, quits, session, succeeds

# The signal is ignored, so that the write fails and the process goes on.
LIMITED = ("sh", "-c", 'trap "" XFSZ; ulimit -f 16; exec "$@"', "sh")
AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
Trouble = Callable[[], object]


def octets_of(drop: Drop) -> dict[str, bytes]:
    """All files of the maildrop by name, with locks and temporary files."""
    top = drop.path if drop.path.is_dir() else drop.path.parent
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def refused_update(pop3d: Pop3d, drop: Drop, trouble: Trouble = lambda: None) -> None:
    """The cause arises after the login. QUIT has to report it, and must leave no trace."""
    with session(pop3d) as peer:
        succeeds(peer, b"DELE 1", b"DELE 3")
        trouble()
        before = octets_of(drop)
        answer = peer.ask(b"QUIT")
        expect(answer.startswith(b"-ERR [SYS/TEMP] "), f"QUIT is answered with {answer!r}")
        expect(peer.rest() == b"", "something came after the answer to QUIT")
    after = octets_of(drop)
    expect(after.keys() == before.keys(), f"files that came or went: {sorted(after.keys() ^ before.keys())}")
    expect(after == before, "a file is not as it was")


def removes(pop3d: Pop3d, drop: Drop) -> None:
    """Makes the same deletions when nothing prevents them any more."""
    stored = drop.messages()
    with session(pop3d) as peer:
        succeeds(peer, b"DELE 1", b"DELE 3")
        quits(peer)
    has_exactly(drop, [octets for at, octets in enumerate(stored, 1) if at not in (1, 3)])


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Raises PermissionError where this may not be done."""
    done = subprocess.run(["mount", *options, folder], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(done.stderr.strip())
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True, capture_output=True)


def may_mount(ground: Ground) -> bool:
    folder = ground.fresh()
    folder.mkdir()
    try:
        with mounted(folder, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
            return True
    except (PermissionError, FileNotFoundError):
        return False


def fill(folder: Path) -> Path:
    """Makes a file that takes all the free space."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                pass
    return filler


def full_disk(ground: Ground) -> str:
    """The copy of the mbox finds no space."""
    folder = ground.fresh()
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        drop = Mbox(folder / "mbox")
        for _ in range(8):
            drop.deliver(message(20_000))
        with ground.pop3d(drop) as pop3d:
            refused_update(pop3d, drop, lambda: fill(folder))
            (folder / "filler").unlink()
            removes(pop3d, drop)
    return "refused, whole, and removed when there was room"


def no_inodes(ground: Ground) -> str:
    """There is no room even for an empty file, and so none for the dot lock."""
    folder = ground.fresh()
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=1m,nr_inodes=3", "tmpfs"):
        drop = Mbox(folder / "mbox")
        for _ in range(4):
            drop.deliver(message())
        with ground.pop3d(drop) as pop3d:
            refused_update(pop3d, drop, (folder / "in-the-way").touch)
            (folder / "in-the-way").unlink()
        with ground.pop3d(drop) as pop3d, session(pop3d) as peer:
            answer = peer.ask(b"STAT")
            expect(answer.startswith(b"+OK 4 "), f"STAT is answered with {answer!r}")
            quits(peer)
    return "refused, and whole"


def full_disk_maildir(ground: Ground) -> str:
    """Removing files needs no space, and neither does anything before it."""
    folder = ground.fresh()
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        drop = Maildir(folder / "maildir")
        for _ in range(4):
            drop.deliver(message())
        fill(folder)
        with ground.pop3d(drop) as pop3d:
            removes(pop3d, drop)
    return "removed"


def limited_files(ground: Ground) -> str:
    """No file of pop3d may grow beyond 8 KiB, and the copy of the mbox would."""
    drop = ground.filled(Mbox, 8, 2000)
    with ground.pop3d(drop, under=LIMITED) as pop3d:
        refused_update(pop3d, drop)
    with ground.pop3d(drop) as pop3d:
        removes(pop3d, drop)
    return "refused, whole, and removed without the limit"


def as_other(ground: Ground, drop: Drop) -> dict[str, object]:
    """The command that starts a pop3d that is bound by file permissions: root is not bound, so it becomes nobody."""
    if os.geteuid():
        return {}
    program = ground.fresh()
    shutil.copy(POP3D, program)
    for path in (drop.path, *drop.path.rglob("*")):
        shutil.chown(path, "nobody", "nogroup")
    return {"under": AS_NOBODY, "program": program}


def forbidden_folders(ground: Ground) -> str:
    drop = ground.filled(Maildir, 3)
    drop.flag(":2,S")
    drop.deliver(message())
    with ground.pop3d(drop, **as_other(ground, drop)) as pop3d:
        refused_update(pop3d, drop, lambda: rights(drop, 0o555))
        rights(drop, 0o755)
        removes(pop3d, drop)
    return "refused, whole, and removed when it was allowed"


def rights(drop: Maildir, mode: int) -> None:
    for part in ("new", "cur"):
        (drop.path / part).chmod(mode)


def forbidden_cur(ground: Ground) -> str:
    """Some messages can be removed and some cannot. No message goes that was not marked."""
    drop = ground.filled(Maildir, 3)
    drop.flag(":2,S")
    drop.deliver(message())
    stored = drop.messages()
    with ground.pop3d(drop, **as_other(ground, drop)) as pop3d:
        with session(pop3d) as peer:
            succeeds(peer, b"DELE 2", b"DELE 4")
            (drop.path / "cur").chmod(0o555)
            answer = peer.ask(b"QUIT")
            (drop.path / "cur").chmod(0o755)
            expect(answer.startswith(b"-ERR [SYS/TEMP] "), f"QUIT is answered with {answer!r}")
        left = drop.messages()
        expect(stored[0] in left and stored[1] in left and stored[2] in left, "a message is gone that could not be")
        with session(pop3d) as peer:
            succeeds(peer, b"DELE 2")
            quits(peer)
    expect(stored[1] not in drop.messages() and stored[0] in drop.messages(), "not the message that was marked")
    return f"refused, {len(stored) - len(left)} of 2 removed"


def forbidden_mbox_folder(ground: Ground) -> str:
    """Neither the dot lock nor the copy can be made."""
    folder = ground.fresh()
    folder.mkdir()
    drop = Mbox(folder / "mbox")
    for _ in range(4):
        drop.deliver(message())
    folder.chmod(0o555)
    with ground.pop3d(drop, **as_other(ground, drop)) as pop3d:
        refused_update(pop3d, drop)
    folder.chmod(0o755)
    return "refused, and whole"


def owner_and_mode(ground: Ground) -> str:
    """Delivery programs must be able to write to the file that UPDATE leaves, and others must not read it."""
    drop = ground.filled(Mbox, 4)
    drop.path.chmod(0o620)
    if os.geteuid() == 0:
        shutil.chown(drop.path, "nobody", "nogroup")
    before = drop.path.stat()
    with ground.pop3d(drop) as pop3d:
        removes(pop3d, drop)
    after = drop.path.stat()
    for what in ("st_mode", "st_uid", "st_gid"):
        was, became = getattr(before, what), getattr(after, what)
        expect(was == became, f"{what} was {was:o} and became {became:o}")
    return "kept"


def behind_link(ground: Ground) -> str:
    target = ground.filled(Mbox, 4)
    drop = Mbox(target.path)
    drop.path = ground.fresh()
    drop.path.symlink_to(target.path)
    with ground.pop3d(drop) as pop3d:
        removes(pop3d, drop)
    expect(drop.path.is_symlink(), "the link became a file")
    expect(drop.messages() == target.messages(), "what the link points to was not written")
    return "still a link"


def link_in_the_way(ground: Ground) -> str:
    """Somebody who may write to the folder of an mbox must not be able to make pop3d write to another file."""
    drop = ground.filled(Mbox, 4)
    victim = ground.fresh()
    for suffix in (".new", ".tmp", ".pop3d"):
        drop.path.with_name(drop.path.name + suffix).symlink_to(victim)
    victim.write_bytes(b"precious\n")
    with ground.pop3d(drop) as pop3d, session(pop3d) as peer:
        succeeds(peer, b"DELE 1")
        answer = peer.ask(b"QUIT")
    expect(victim.read_bytes() == b"precious\n", f"written over; QUIT was answered with {answer!r}")
    expect(len(drop.messages()) == (3 if answer.startswith(b"+OK") else 4), f"{answer!r} is not what happened")
    return f"not followed, {answer!r}"


def read_only(ground: Ground, kind: type) -> str:
    """The file system becomes read-only in the middle of a session."""
    folder = ground.fresh()
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        drop = kind(folder / "mail")
        for _ in range(4):
            drop.deliver(message())
        with ground.pop3d(drop) as pop3d:
            refused_update(pop3d, drop, lambda: remount(folder, "ro"))
            remount(folder, "rw")
            removes(pop3d, drop)
    return "refused, whole, and removed when it was writable again"


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True, capture_output=True)


def run(ground: Ground) -> None:
    with_mounts = {
        "Mbox: UPDATE on a full file system": full_disk,
        "Mbox: UPDATE on a file system without room for a lock": no_inodes,
        "Maildir: UPDATE on a full file system": full_disk_maildir,
        "Mbox: UPDATE on a file system that became read-only": lambda ground: read_only(ground, Mbox),
        "Maildir: UPDATE on a file system that became read-only": lambda ground: read_only(ground, Maildir),
    }
    everywhere = {
        "Mbox: UPDATE beyond the limit on the size of files": limited_files,
        "Mbox: UPDATE in a folder that may not be written": forbidden_mbox_folder,
        "Mbox: UPDATE keeps owner and mode": owner_and_mode,
        "Mbox: UPDATE of a file behind a symbolic link": behind_link,
        "Mbox: UPDATE where a symbolic link is in the way": link_in_the_way,
        "Maildir: UPDATE in folders that may not be written": forbidden_folders,
        "Maildir: UPDATE when cur/ may not be written": forbidden_cur,
    }
    mounts = may_mount(ground)
    for name, body in with_mounts.items():
        if mounts:
            ground.report.check(name, body, ground)
        else:
            ground.report.skip(name, "no file system may be mounted here")
    for name, body in everywhere.items():
        ground.report.check(name, body, ground)
