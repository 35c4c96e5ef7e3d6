#!/usr/bin/env python3
"""Checks that no message is lost when pop3d or pop3get is killed in the middle of a download with --delete.

Each round lets pop3get drain pop3d and kills one of the two with SIGKILL at a random moment, after some messages were
delivered or removed. Then every message that is not complete in new/ of the target must be complete in the source. A
drained source is filled again while rounds are left. At the end all messages must be in the target. Some may be there
twice, because a client that is killed before its QUIT has to fetch again. By hand:

  .ci/interop/kill.py --rounds 20 [--seed 7]
"""

import argparse
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import corpus
from clients import MODES, log_in_soon, pop3get_command
from corpus import crlf_form, read_maildir
from harness import (
    PANIC,
    Certificates,
    Pop3d,
    Report,
    expect,
    make_certificates,
    need_programs,
    scratch_folder,
)

PATIENCE = 120


class Drain:
    """The source, the target, and all messages that were ever put into the source."""

    def __init__(self, folder: Path, count: int, big_mb: int, rng: random.Random) -> None:
        self.certificates: Certificates = make_certificates(folder / "certificates")
        self.source = folder / "source"
        self.target = folder / "target"
        self.count = count
        self.big_mb = big_mb
        self.rng = rng
        self.stored: set[bytes] = set()
        self.sent: set[bytes] = set()
        self.pop3d: Pop3d | None = None

    def fill(self) -> None:
        """Every message has a number of its own, so that no two are alike."""
        pairs = corpus.messages(self.count, self.big_mb)
        numbered = [
            (name, b"X-Number: %d\n" % number + octets) for number, (name, octets) in enumerate(pairs, len(self.stored))
        ]
        corpus.write_maildir(self.source, iter(numbered))
        self.stored.update(octets for _, octets in numbered)
        self.sent.update(crlf_form(octets) for _, octets in numbered)

    def serve(self) -> Pop3d:
        if self.pop3d is None or self.pop3d.process.poll() is not None:
            self.pop3d = Pop3d("--maildir", self.source, certificates=self.certificates)
        log_in_soon(self.pop3d.server)
        return self.pop3d

    def start_pop3get(self, pop3d: Pop3d) -> subprocess.Popen:
        command, environment = pop3get_command(pop3d.server, self.rng.choice(MODES), self.target, "--delete")
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def in_source(self) -> int:
        return sum(len(list((self.source / part).iterdir())) for part in ("new", "cur"))

    def in_target(self) -> int:
        try:
            return len(list((self.target / "new").iterdir()))
        except FileNotFoundError:
            return 0

    def round(self) -> str:
        if not self.in_source():
            self.fill()
        pop3d = self.serve()
        pop3get = self.start_pop3get(pop3d)
        victim, name = self.rng.choice([(pop3d.process, "pop3d"), (pop3get, "pop3get")])
        left, there = self.in_source(), self.in_target()
        if self.rng.random() < 0.6:
            step = self.rng.randrange(left)
            moment = f"{step} of {left} delivered"
            while self.in_target() < there + step and pop3get.poll() is None:
                pass
            time.sleep(self.rng.random() * 0.005)
        else:
            step = self.rng.randrange(1, left + 1)
            moment = f"{step} of {left} removed"
            while self.in_source() > left - step and pop3get.poll() is None:
                pass
        victim.kill()
        code, text = self.end_of(pop3get)
        if name == "pop3d":
            pop3d.kill()
        else:
            log_in_soon(pop3d.server)  # its session has ended, with all removals of a QUIT that was sent
        stock = self.take_stock()
        if name == "pop3d":
            # Its +OK to QUIT may have been on the way before the end.
            expect(code in (0, 4, 5), f"pop3get ended with code {code}: {text}")
        else:
            expect(code in (0, -9), f"pop3get ended with code {code}: {text}")
        expect(code != 0 or not self.in_source(), "pop3get was content, and there are messages in the source")
        expect(PANIC not in pop3d.text(), pop3d.text())
        return f"{name} killed, {moment}; {stock}"

    @staticmethod
    def end_of(pop3get: subprocess.Popen) -> tuple[int, str]:
        text = pop3get.communicate(timeout=PATIENCE)[0].decode(errors="replace")
        expect(PANIC not in text, text)
        return pop3get.returncode, text

    def take_stock(self) -> str:
        source = Counter(read_maildir(self.source).values())
        target = self.target_messages()
        sent_from_source = {crlf_form(octets) for octets in source}
        expect(
            set(source) <= self.stored, f"{len(set(source) - self.stored)} messages in the source are not as they were"
        )
        expect(set(target) <= self.sent, f"{len(set(target) - self.sent)} messages in the target are not whole")
        lost = self.sent - sent_from_source - set(target)
        expect(not lost, f"{len(lost)} messages are lost")
        return f"{source.total()} in the source, {target.total()} in the target"

    def target_messages(self) -> Counter[bytes]:
        new = self.target / "new"
        return Counter(path.read_bytes() for path in new.iterdir()) if new.is_dir() else Counter()

    def drain(self) -> str:
        pop3d = self.serve()
        code, text = self.end_of(self.start_pop3get(pop3d))
        expect(code == 0, f"pop3get ended with code {code}: {text}")
        expect(not self.in_source(), f"{self.in_source()} messages are left in the source")
        self.take_stock()
        target = self.target_messages()
        expect(set(target) == self.sent, f"{len(self.sent - set(target))} messages are missing in the target")
        pop3d.stop()
        cut_off = len(list((self.target / "tmp").iterdir()))
        return (
            f"{len(self.sent)} messages, {target.total() - len(target)} duplicates,"
            f" {cut_off} files of killed clients in tmp/"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--count", type=int, default=150, help="messages in a full source (default 150)")
    parser.add_argument("--big-mb", type=int, default=5)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="random seed, which is printed, too")
    options = parser.parse_args()
    need_programs()
    print(f"seed {options.seed}")
    report = Report()
    with scratch_folder() as folder:
        drain = Drain(folder, options.count, options.big_mb, random.Random(options.seed))
        drain.fill()
        try:
            for number in range(1, options.rounds + 1):
                report.check(f"round {number}", drain.round)
            report.check("at the end all messages are in the target", drain.drain)
        finally:
            if drain.pop3d and drain.pop3d.process.poll() is None:
                drain.pop3d.kill()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
