"""Delivery to a Maildir. Run by ../options.py."""

import os
import re
import resource
import shutil
import subprocess

from harness import HOST, PASSWORD, POP3GET, expect, give_to_mail_owner, mail_owner

from options.stage import PATIENCE, Stage, delivered, entries, message


def run(stage: Stage) -> None:
    check = stage.check
    check("Maildir: into one that is there", existing_maildir, stage)
    check("Maildir: maildir:PATH, below folders that are missing", deep_maildir, stage)
    check("Maildir: a file in its place", file_in_place, stage)
    check("Maildir: a folder that may not be written to", read_only, stage)
    check("Maildir: new/ may not be written to: nothing counts as fetched", read_only_new, stage)
    if shutil.which("strace"):
        check("Maildir: a sync that fails: nothing counts as fetched", sync_fails, stage)
    else:
        stage.report.skip("Maildir: a sync that fails", "no strace here")
    check("Maildir: no room: nothing half in new/, and nothing deleted", maildir_full, stage)


def existing_maildir(stage: Stage) -> None:
    drop, sent = stage.filled(2)
    to = stage.new_path()
    for part in ("cur", "new", "tmp"):
        (to / part).mkdir(parents=True)
    old = {"cur/1.old:2,S": b"old\n", "new/2.old": b"new\n", "tmp/3.old": b"half"}
    for name, octets in old.items():
        (to / name).write_bytes(octets)
    stage.get(drop, to)
    expect(all((to / name).read_bytes() == octets for name, octets in old.items()), "what was there has changed")
    expect(delivered(to) == sorted([b"new\n", *sent]), f"{delivered(to)}")
    names = [path.name for path in (to / "new").iterdir() if path.name != "2.old"]
    expect(all(re.fullmatch(r"\d+\.M\d+P\d+Q\d+\.[^/:]+", name) for name in names), f"{names}")
    expect([path.name for path in (to / "tmp").iterdir()] == ["3.old"], "something is left in tmp/")


def deep_maildir(stage: Stage) -> None:
    drop, sent = stage.filled(1)
    to = stage.new_path() / "a" / "b"
    stage.get(drop, f"maildir:{to}")
    expect(delivered(to) == sent, "nothing came")


def file_in_place(stage: Stage) -> None:
    drop, sent = stage.filled(1)
    to = stage.new_path()
    to.write_bytes(b"precious")
    stage.get(drop, to, "--delete", code=6, says=str(to))
    expect(to.read_bytes() == b"precious" and drop.left() == sent, "changed")


def read_only(stage: Stage) -> None:
    """Root may write everywhere, so this is done as another user."""
    uid, gid = mail_owner()
    other = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
    drop, sent = stage.filled(1)
    missing, whole = stage.new_path(), stage.new_path()
    missing.mkdir()
    for part in ("cur", "new", "tmp"):
        (whole / part).mkdir(parents=True)
    mbox = stage.new_path()
    mbox.write_bytes(b"")
    for path in (missing, whole, *whole.iterdir(), mbox):
        give_to_mail_owner(path)
        path.chmod(0o444 if path.is_file() else 0o555)
    record = stage.new_path()
    record.mkdir()
    give_to_mail_owner(record)
    kept = ("--record", record / "record", "--delete")
    for to in (missing, whole, f"mbox:{mbox}"):
        for options in (kept, ("--delete",)):
            stage.get(drop, to, *options, code=6, says="Permission denied", **other)
            stage.free(drop)
            expect(drop.left() == sent, "deleted, and not delivered")
    stage.get(drop, "pipe:true", "--record", missing / "record", code=6, says=str(missing), **other)


def read_only_new(stage: Stage) -> None:
    """A rename that fails must not count as done when it is tried again."""
    uid, gid = mail_owner()
    other = {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}
    drop, sent = stage.filled(3)
    to = stage.new_path()
    for part in ("cur", "new", "tmp"):
        (to / part).mkdir(parents=True)
    give_to_mail_owner(to)
    (to / "new").chmod(0o555)
    stage.get(drop, to, "--delete", code=6, says="Permission denied", **other)
    stage.free(drop)
    (to / "new").chmod(0o755)
    recorded = len(entries(to / f".pop3get-{drop.user}@{HOST}"))
    ran = stage.get(drop, to, "--delete", **other)
    lost = [octets for octets in sent if octets not in delivered(to) and octets not in drop.left()]
    expect(not lost, f"{len(lost)} of 3 are lost, {recorded} were in the record: {ran.out.strip()!r}")


def sync_fails(stage: Stage) -> None:
    """The system reports the error only once; the next sync of the same file succeeds."""
    drop, sent = stage.filled(1)
    to = stage.new_path()
    inject = ("-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=1")
    login = (*stage.ca, "--user", drop.user, *stage.password)
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *inject, POP3GET, stage.tls, *login, "--to", to, "--delete"]
    done = subprocess.run(
        list(map(str, command)),
        env={**os.environ, "PW": PASSWORD},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    expect(done.returncode == 6, f"code {done.returncode}: {done.stderr!r}")
    record = to / f".pop3get-{drop.user}@{HOST}"
    expect(drop.left() == sent, "deleted")
    expect(not entries(record), f"in the record after one sync that failed: {entries(record)}")


def maildir_full(stage: Stage) -> None:
    drop = stage.drop()
    sent = drop.fill([message(1), message(2), message(3, 20_000), message(4)])
    to = stage.new_path()
    limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))}
    stage.get(drop, to, "--delete", code=6, says="File too large", restore_signals=False, **limited)
    expect(delivered(to) == sent[:2] and not list((to / "tmp").iterdir()), "what was whole is not there, or more")
    expect(set(sent[2:]) <= set(drop.left()), "deleted, and not delivered")
    stage.free(drop)
    stage.get(drop, to, "--delete")
    expect(delivered(to) == sent and not drop.left(), "the next run does not go on from there")
