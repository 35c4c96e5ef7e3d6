#!/usr/bin/env python3
"""Times the download of many small messages and of one big one from Dovecot, with pop3get and with other clients.

Every round runs each client once, in another order; the first round warms up and does not count. Each run has an empty
folder of its own on one file system, and what earlier runs wrote is on disk before it starts. Processor time is that of
the client and its children. After each run, messages and bytes that the client has stored are counted. On one machine
figures differ more from one moment to another than from one client to another. So what counts are the ratios to
pop3get, each the median of the ratios within the rounds. After a release build of pop3get, by hand:

  .ci/load/download.py                              (2,000 messages of 4 KiB, one of 500 MB, three modes)
  TMPDIR=/dev/shm .ci/load/download.py              (without the disk)
  .ci/load/download.py --only mpop --mode tls --big-mb 0 --rounds 11
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from clients import MODES
from dovecot import Dovecot
from download_clients import CLIENTS, MARK, Client, Drop
from harness import POP3GET, Report, expect, give_to_mail_owner, make_certificates, scratch_folder

LINE = b"".join(bytes([one]) for one in range(0x30, 0x7B))[:74] + b"\n"
HEADER = b"From: a@example.org\nTo: b@example.org\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n"


@dataclass
class Time:
    """The times of one run, in seconds."""

    wall: float
    processor: float


def write_message(path: Path, number: int, octets: int) -> int:
    """Writes a message of `octets` with CRLF line ends, stored with LF; some lines start with a dot. Returns its
    number of lines.
    """
    head = MARK + b"%d\n" % number + HEADER + b"\n"
    lines = head.count(b"\n")
    left = octets - len(head) - lines
    expect(left > 1, f"messages have at least {octets - left + 2} octets")
    whole, rest = divmod(left, len(LINE) + 1)
    if whole and rest == 1:  # no room for a line end
        whole, rest = whole - 1, rest + len(LINE) + 1
    dotted = b"." + LINE[1:]
    with path.open("wb") as file:
        file.write(head)
        block = LINE * 19 + dotted
        for _ in range(whole // 20):
            file.write(block)
        file.write(LINE * (whole % 20))
        if rest:
            file.write(LINE[-2:-1] * (rest - 2) + b"\n")
    return lines + whole + bool(rest)


def write_maildrop(maildir: Path, count: int, octets: int) -> int:
    for part in ("cur", "new", "tmp"):
        (maildir / part).mkdir(parents=True)
    names = (f"{1_700_000_000 + number}.M{number}P1.download:2,S" for number in range(count))
    return sum(write_message(maildir / "cur" / name, number, octets) for number, name in enumerate(names, 1))


def timed(client: Client, drop: Drop, mode: str, folder: Path) -> Time:
    """Times one run in a new folder, and checks what it stored."""
    folder.mkdir()
    start = client.start(drop, mode, folder)
    output = folder / "output"
    os.sync()
    with output.open("wb") as file:
        begin = time.monotonic()
        process = subprocess.Popen(
            start.command, env=start.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # this script is told to end
            process.kill()
            raise
        wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text(errors="replace")
    expect(process.returncode == 0, f"{client.name} ended with code {process.returncode}: {text[-500:]}")
    client.check(drop, folder)
    return Time(wall, usage.ru_utime + usage.ru_stime)


class Comparison:
    """The times of all clients with one maildrop in one mode, round by round."""

    def __init__(self, drop: Drop, mode: str, clients: list[Client]) -> None:
        self.drop = drop
        self.mode = mode
        self.clients = clients
        self.rounds: list[dict[str, Time]] = []

    def round(self, number: int, folder: Path) -> str:
        """Round 0 warms up."""
        at = number % len(self.clients)
        times = {}
        for client in self.clients[at:] + self.clients[:at]:
            try:
                times[client.name] = timed(client, self.drop, self.mode, folder / "run")
            finally:
                shutil.rmtree(folder / "run", ignore_errors=True)
        if number:
            self.rounds.append(times)
        return ", ".join(f"{client.name} {times[client.name].wall:.2f} s" for client in self.clients)

    def table(self) -> str:
        columns = ("wall, s", "least", "ratio", "processor, s", "least", "ratio")
        lines = [(f"{self.drop.name}, {self.mode}", *columns), ("---", *["---:"] * len(columns))]
        for client in self.clients:
            cells = []
            for what in ("wall", "processor"):
                own = [getattr(times[client.name], what) for times in self.rounds]
                ours = [getattr(times[self.clients[0].name], what) for times in self.rounds]
                ratio = statistics.median(one / other for one, other in zip(own, ours, strict=True))
                cells += [f"{statistics.median(own):.3f}", f"{min(own):.3f}", f"{ratio:.2f}"]
            lines.append((client.name + (" (synced)" if client.synced else ""), *cells))
        return "\n".join("| {:36} | {:>8} | {:>7} | {:>6} | {:>12} | {:>7} | {:>6} |".format(*line) for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="number of small messages (default 2000; 0: none)")
    parser.add_argument("--size", type=int, default=4096, help="size of small messages in octets (default 4096)")
    parser.add_argument("--big-mb", type=int, default=500, help="size of the big message in MB (default 500; 0: none)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default 5)")
    parser.add_argument("--mode", choices=MODES, action="append", help="only these modes; may be repeated")
    names = [client.name for client in CLIENTS[1:]]
    parser.add_argument("--only", choices=names, action="append", help="only pop3get and these; may be repeated")
    options = parser.parse_args()
    if not os.access(POP3GET, os.X_OK):
        sys.exit(f"not built: {POP3GET}; run: cargo programs")
    clients = [CLIENTS[0], *(one for one in CLIENTS[1:] if not options.only or one.name in options.only)]
    if missing := [client.name for client in clients if not client.installed()]:
        sys.exit(f"not installed: {', '.join(missing)}; run: .ci/interop/install.sh")
    print(", ".join(f"{client.name} {client.version()}" for client in clients))
    print(f"{os.cpu_count()} processors, {platform.machine()}; load at the start {os.getloadavg()[0]:.1f}")
    report = Report()
    comparisons: list[Comparison] = []
    with scratch_folder() as folder:
        certificates = make_certificates(folder / "certificates")
        plans = [(f"{options.count} messages of {options.size} octets", options.count, options.size)]
        plans.append((f"one message of {options.big_mb} MB", 1, options.big_mb * 1_000_000))
        for at, (name, count, octets) in enumerate(plan for plan in plans if plan[1] and plan[2]):
            maildir = folder / f"mail{at}"
            lines = write_maildrop(maildir, count, octets)
            give_to_mail_owner(maildir)
            with Dovecot(folder / f"dovecot{at}", maildir, certificates) as dovecot:
                drop = Drop(name, count, count * octets, lines, dovecot.server)
                for mode in options.mode or MODES:
                    comparison = Comparison(drop, mode, clients)
                    for number in range(options.rounds + 1):
                        what = f"round {number}" if number else "warm-up"
                        report.check(f"{name}, {mode}, {what}", comparison.round, number, folder)
                    comparisons.append(comparison)
            shutil.rmtree(maildir)
    for comparison in comparisons if not report.failed else []:
        print(f"\n{comparison.table()}", flush=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
