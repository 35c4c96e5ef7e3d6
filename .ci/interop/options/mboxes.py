"""Delivery to an mbox. Run by ../options.py."""

import os
import re
import resource
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import HOST, PASSWORD, POP3GET, expect, shown

from options.stage import Stage, message, objects

FROM_LINE = rb"From MAILER-DAEMON (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d \d{4}\n"


def run(stage: Stage) -> None:
    check = stage.check
    check("mbox: exact octets", mbox_form, stage)
    check("mbox: a file that does not end in an empty line", mbox_unended, stage)
    check("mbox: nothing new leaves it alone", mbox_again, stage)
    check("mbox: a foreign FILE.lock is waited for", dot_lock, stage)
    check("mbox: a foreign FILE.lock that stays: code 6, nothing changed", dot_lock_stays, stage)
    check("mbox: a lock that is old is taken over", old_lock, stage)
    check("mbox: a flock of another process is waited for", locked_file, stage)
    check("mbox: a flock that stays ends with --max-time", flock_stays, stage)
    check("mbox: no room: the file is as it was", mbox_full, stage)
    check("mbox: a folder in its place", mbox_folder, stage)


def mbox_form(stage: Stage) -> None:
    drop = stage.drop()
    messages = [
        b"Subject: 1\n\nFrom me\n>From you\n>>>From them\n From here\nFrom: there\nfrom us\nFromage\n",
        b"Subject: 2\r\n\r\n.dot\r\n..dots\r\nno line end",
        b"From no header at all\nSubject: 3\n\na\rb\r\n",
        b"Subject: 4\n\n" + b"x" * 70_000 + b"\n" + b"y" * 65_535 + b"\r\n" + b"z" * 65_536 + b"From \n\xff\0\n",
        b"\n",
    ]
    drop.fill(messages)
    bodies = [
        b"Subject: 1\n\n>From me\n>>From you\n>>>>From them\n From here\nFrom: there\nfrom us\nFromage\n",
        b"Subject: 2\n\n.dot\n..dots\nno line end\n",
        b">From no header at all\nSubject: 3\n\na\rb\n",
        messages[3].replace(b"\r\n", b"\n"),
        b"\n",
    ]
    mbox = stage.new_path()
    old = b"From old Mon Jan  1 00:00:00 2024\nSubject: old\n\ntext\n\n"
    mbox.write_bytes(old)
    mbox.chmod(0o640)
    stage.get(drop, f"mbox:{mbox}", "--delete")
    got = mbox.read_bytes()
    expect(got.startswith(old), "what was there is gone")
    pattern = b"".join(FROM_LINE + re.escape(body) + b"\n" for body in bodies)
    expect(re.fullmatch(pattern, got[len(old) :]), f"not the form: {shown(got[len(old) :])}")
    expect(stat.S_IMODE(mbox.stat().st_mode) == 0o640, "the mode has changed")
    expect(not drop.left(), "not deleted")
    beside = {path.name for path in stage.folder.glob(f"{mbox.name}*")} - {mbox.name}
    front = f"{mbox.name}.pop3get-{drop.user}@{HOST},"
    expect(1 <= len(beside) <= 2 and all(name.startswith(front) for name in beside), f"beside it: {beside}")


def mbox_unended(stage: Stage) -> None:
    for end in (b"", b"\n"):
        drop, _ = stage.filled(1)
        mbox = stage.new_path()
        mbox.write_bytes(b"From old Mon Jan  1 00:00:00 2024\nSubject: old\n\ntext" + end)
        stage.get(drop, f"mbox:{mbox}")
        got = mbox.read_bytes()
        expect(re.search(rb"text\n\n" + FROM_LINE, got), f"two messages in one: {got[:120]!r}")


def mbox_again(stage: Stage) -> None:
    drop, _ = stage.filled(2)
    mbox = stage.new_path()
    stage.get(drop, f"mbox:{mbox}")
    before = (mbox.read_bytes(), mbox.stat().st_mtime_ns)
    ran = stage.get(drop, f"mbox:{mbox}", "--json")
    expect((mbox.read_bytes(), mbox.stat().st_mtime_ns) == before, "it was written to")
    expect(objects(ran)[0]["skipped"] == 2, ran.out)
    drop.fill([message(3)], 3)
    stage.get(drop, f"mbox:{mbox}")
    expect(mbox.read_bytes().startswith(before[0]), "not appended")
    expect(mbox.read_bytes().count(b"\nSubject: 3\n") == 1, "not once")


def dot_lock(stage: Stage) -> str:
    drop, _ = stage.filled(1)
    mbox = stage.new_path()
    lock = Path(f"{mbox}.lock")
    lock.write_bytes(b"")

    def release() -> None:
        time.sleep(1)
        released.append(not mbox.exists())
        lock.unlink()

    released: list[bool] = []
    thread = threading.Thread(target=release)
    thread.start()
    ran = stage.get(drop, f"mbox:{mbox}")
    thread.join()
    expect(released == [True], "it was written to under a foreign lock")
    expect(mbox.read_bytes().count(b"Subject: 1\n") == 1 and not lock.exists(), "not delivered, or a lock left")
    return f"after {ran.seconds:.1f} s"


def dot_lock_stays(stage: Stage) -> str:
    drop, sent = stage.filled(1)
    mbox = stage.new_path()
    mbox.write_bytes(b"")
    lock = Path(f"{mbox}.lock")
    lock.write_bytes(b"")
    ran = stage.get(drop, f"mbox:{mbox}", "--delete", code=6, says="is held by another program")
    expect(mbox.read_bytes() == b"" and lock.exists(), "changed")
    expect(drop.left() == sent, "deleted, and not delivered")
    lock.unlink()
    stage.free(drop)
    stage.get(drop, f"mbox:{mbox}", "--delete")
    expect(mbox.read_bytes().count(b"Subject: 1\n") == 1 and not drop.left(), "the next run does not deliver")
    return f"after {ran.seconds:.1f} s"


def old_lock(stage: Stage) -> None:
    """A number alone proves nothing: the process may live on another host."""
    drop, _ = stage.filled(1)
    mbox = stage.new_path()
    lock = Path(f"{mbox}.lock")
    lock.write_text("999999\n")
    os.utime(lock, (time.time() - 700,) * 2)
    stage.get(drop, f"mbox:{mbox}")
    expect(mbox.read_bytes().count(b"Subject: 1\n") == 1, "not delivered")


def locked_file(stage: Stage) -> str:
    drop, _ = stage.filled(1)
    mbox = stage.new_path()
    with held(mbox) as holder:
        timer = threading.Timer(1.5, holder.terminate)
        timer.start()
        ran = stage.get(drop, f"mbox:{mbox}")
        timer.join()
    expect(ran.seconds > 1, f"not waited: {ran.seconds:.1f} s")
    expect(mbox.read_bytes().count(b"Subject: 1\n") == 1, "not delivered")
    return f"after {ran.seconds:.1f} s"


def flock_stays(stage: Stage) -> str:
    drop, _ = stage.filled(1)
    mbox = stage.new_path()
    with held(mbox):
        command = [POP3GET, stage.tls, *stage.ca, "--user", drop.user, *stage.password, "--to", f"mbox:{mbox}"]
        process = subprocess.Popen(
            [*map(str, command), "--max-time", "2", "--timeout", "2"], env={**os.environ, "PW": PASSWORD},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            code = process.wait(6)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            expect(False, "still waiting after 6 s, with --max-time 2 and --timeout 2")
    expect(code == 6 and mbox.read_bytes() == b"", f"code {code}")
    return f"code {code}"


def mbox_full(stage: Stage) -> None:
    drop, sent = stage.filled(3, 800)
    mbox = stage.new_path()
    old = b"From old Mon Jan  1 00:00:00 2024\nSubject: old\n\n" + b"old text\n" * 12_000 + b"\n"
    mbox.write_bytes(old)
    most = len(old) + 2 * len(sent[0])
    limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))}
    # Python ignores SIGXFSZ, and so does a program that it starts, if that does not change it.
    stage.get(drop, f"mbox:{mbox}", "--delete", code=6, says=str(mbox), restore_signals=False, **limited)
    expect(mbox.read_bytes() == old, "the file has changed")
    expect(not Path(f"{mbox}.lock").exists(), "a lock is left")
    expect(drop.left() == sent, "deleted, and not delivered")
    stage.free(drop)
    stage.get(drop, f"mbox:{mbox}", "--delete")
    got = mbox.read_bytes()
    expect(got.startswith(old) and len(re.findall(rb"^Subject: [123]$", got, re.MULTILINE)) == 3, "not delivered")


def mbox_folder(stage: Stage) -> None:
    drop, sent = stage.filled(1)
    mbox = stage.new_path()
    mbox.mkdir()
    stage.get(drop, f"mbox:{mbox}", "--delete", code=6, says=str(mbox))
    expect(drop.left() == sent, "deleted")


@contextmanager
def held(file: Path) -> Iterator[subprocess.Popen]:
    """Another process has locked the file with flock, until it is ended."""
    file.touch()
    code = "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, 2); print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE)
    process.stdout.readline()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
