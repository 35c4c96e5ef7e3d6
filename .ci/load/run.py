#!/usr/bin/env python3
"""Puts the same load on pop3d and on Dovecot, in turns: same users, same messages, same driver.

  many sessions  2,000 idle ones; beside them 100 workers log in and out, and 100 fetch messages
  rates          sessions a second (connect, USER, PASS, STAT, QUIT; 200 workers), and messages a second (RETR; 100
                 workers), one at a time and with 32 on the way

Ends with code 1 on any error of either server, or if the memory of pop3d still grew in the second half of the load of
many sessions. Both servers compare plain passwords, lock a maildrop for its session, use no TLS, and keep no log of
sessions. After a release build of pop3d and of the driver, by hand:

  .ci/load/run.py --seconds 300 --rate-seconds 10 --rounds 5
"""

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from dovecot import Dovecot
from harness import (
    EXAMPLES,
    HOST,
    PASSWORD,
    POP3D,
    Pop3d,
    Report,
    expect,
    give_to_mail_owner,
    make_certificates,
    scratch_folder,
)
from processes import cpu_seconds, memory_kib

LOAD = EXAMPLES.parent / "load"
MESSAGES = 20
OCTETS = 4096
IDLE, CHURN, FETCH = 2000, 100, 100
SESSION_WORKERS, MESSAGE_WORKERS = 200, 100
WARM_UP_SECONDS = 2
DESCRIPTORS = 8192
CONNECTIONS = 4096
# When to look at the memory: parts of the time under load.
LOOKS = (0.1, 0.5, 0.95)
# What the memory of pop3d may gain between the last two: pools of threads and of memory fill once, a leak goes on.
GROWTH = 0.05
GROWTH_KIB = 4 * 1024


@dataclass
class Running:
    """A server that is up."""

    port: int
    pid: int


@dataclass
class Contender:
    """A server that can be started as often as wanted, and what was measured of it."""

    name: str
    start: Callable[[], AbstractContextManager[Running]]
    idle_kib: float = 0
    under_load_kib: list[int] = field(default_factory=list)
    sessions_between: int = 0
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        self.rounds.setdefault(name, []).append(value)


def message(number: int) -> bytes:
    """`OCTETS` long with CRLF line ends, stored with LF; some lines start with a dot."""
    lines = [f"Subject: message {number} ".ljust(62, "-"), "X-Filler: ".ljust(60, "-"), ""]
    lines += [("." if number % 10 == 0 else "").ljust(62, "x") for number in range(62)]
    text = "".join(f"{line}\n" for line in lines).encode()
    assert len(text) + text.count(b"\n") == OCTETS
    return text


def write_maildirs(folder: Path, users: list[str]) -> None:
    texts = [message(number) for number in range(MESSAGES)]
    for user in users:
        for part in ("cur", "new", "tmp"):
            (folder / user / part).mkdir(parents=True)
        for number, text in enumerate(texts):
            (folder / user / "cur" / f"{1_700_000_000 + number}.M{number}P1.load:2,S").write_bytes(text)
    give_to_mail_owner(folder)


def contenders(folder: Path, users: list[str]) -> Iterator[Contender]:
    certificates = make_certificates(folder / "certificates")
    maildirs = folder / "mail"
    config = folder / "pop3d.toml"
    config.write_text(f"[limits]\nconnections = {CONNECTIONS}\nper-address = {CONNECTIONS}\n")
    flags = ("--config", config, "--log", "warn", "--maildir", maildirs / "%u")

    @contextmanager
    def pop3d() -> Iterator[Running]:
        # Passwords of --user are compared as they are; one from a file costs an argon2 hash by intention.
        with Pop3d(*flags, certificates=certificates, users=users) as server:
            yield Running(server.server.plain_port, server.process.pid)

    @contextmanager
    def dovecot() -> Iterator[Running]:
        with Dovecot(folder / "dovecot", maildirs, users, PASSWORD) as server:
            yield Running(server.port, server.process.pid)
            expect(not server.complaints(), f"Dovecot complains: {server.complaints()}")

    yield Contender("pop3d", pop3d)
    yield Contender("Dovecot", dovecot)


class Driver:
    """A run of the load driver, started for the span of a `with`."""

    def __init__(self, server: Running, mode: str, count: int, seconds: float, *more: object, first: int = 0) -> None:
        command = [LOAD, "--address", f"{HOST}:{server.port}", "--user", "user%d", "--first", first]
        command += ["--password", PASSWORD, mode, "--connections", count, "--seconds", seconds, *more]
        self.mode = mode
        command = list(map(str, command))
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_until_open(self) -> None:
        line = self.process.stderr.readline()
        expect(line.startswith("open: "), f"the {self.mode} sessions did not open: {line}")

    def result(self) -> dict:
        """Waits for the end; expects that something was done, without an error and with messages of the right size."""
        output, errors = self.process.communicate()
        expect(self.process.returncode == 0, f"{self.mode}: code {self.process.returncode}: {errors}")
        found = json.loads(output)
        expect(found["errors"] == 0, f"{self.mode}: {found['errors']} errors, the first: {found['first_error']}")
        expect(found["noops" if self.mode == "idle" else self.mode] > 0, f"{self.mode}: nothing was done: {found}")
        if self.mode == "messages":
            expect(found["octets"] == found["messages"] * OCTETS, f"not messages of {OCTETS} octets: {found}")
        return found

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def many_sessions(contender: Contender, seconds: float) -> str:
    with contender.start() as server:
        before = memory_kib(server.pid)
        # Far too long: a signal ends it when all else is done.
        with Driver(server, "idle", IDLE, seconds + 600, "--interval", min(60, seconds / 3)) as waiting:
            waiting.wait_until_open()
            contender.idle_kib = (memory_kib(server.pid) - before) / IDLE
            begin = time.monotonic()
            with (
                Driver(server, "sessions", CHURN, seconds, first=IDLE) as churning,
                Driver(server, "messages", FETCH, seconds, first=IDLE + CHURN) as fetching,
            ):
                for part in LOOKS:
                    time.sleep(max(0, begin + part * seconds - time.monotonic()))
                    contender.under_load_kib.append(memory_kib(server.pid))
                sessions, messages = churning.result()["sessions"], fetching.result()["messages"]
            contender.sessions_between = int(sessions * (LOOKS[2] - LOOKS[1]))
            waiting.process.send_signal(signal.SIGTERM)
            noops = waiting.result()["noops"]
    at = ", ".join(str(kib) for kib in contender.under_load_kib)
    return f"{IDLE} idle, {noops} NOOP, {sessions} sessions, {messages} messages; {at} KiB"


def rates(contender: Contender, seconds: float) -> str:
    plans = {
        "sessions": ("sessions", SESSION_WORKERS, ()),
        "one at a time": ("messages", MESSAGE_WORKERS, ()),
        "pipelined": ("messages", MESSAGE_WORKERS, ("--pipelined",)),
    }
    shown = []
    with contender.start() as server:
        with Driver(server, "sessions", SESSION_WORKERS, WARM_UP_SECONDS) as driver:
            driver.result()
        for name, (mode, workers, more) in plans.items():
            before, driver_before = cpu_seconds(server.pid), ended_children_seconds()
            with Driver(server, mode, workers, seconds, *more) as driver:
                found = driver.result()
            contender.add(f"{name}: us", (cpu_seconds(server.pid) - before) / found[mode] * 1e6)
            contender.add(f"{name}: driver us", (ended_children_seconds() - driver_before) / found[mode] * 1e6)
            contender.add(name, found[f"{mode}_per_second"])
            for key in ("p50_ms", "p99_ms", "megabytes_per_second"):
                if key in found:
                    contender.add(f"{name}: {key}", found[key])
            shown.append(f"{name} {found[f'{mode}_per_second']:.0f}/s")
    return ", ".join(shown)


def no_growth(pop3d: Contender) -> str:
    _, middle, end = pop3d.under_load_kib
    allowed = middle * GROWTH + GROWTH_KIB
    expect(end <= middle + allowed, f"{end} KiB at the end, {middle} in the middle: above {allowed:.0f} more")
    leak = allowed * 1024 / pop3d.sessions_between
    return f"{end - middle:+} KiB from the middle to the end; a leak of {leak:.0f} octets a session would fail"


def table(pop3d: Contender, dovecot: Contender) -> str:
    rows = [("KiB an idle session", pop3d.idle_kib, dovecot.idle_kib)]
    for when, ours, theirs in zip(("start", "middle", "end"), pop3d.under_load_kib, dovecot.under_load_kib):
        rows.append((f"MiB under load, {when}", ours / 1024, theirs / 1024))
    names = {
        "sessions": "sessions/s",
        "sessions: p50_ms": "  p50, ms",
        "sessions: p99_ms": "  p99, ms",
        "sessions: us": "  its processor time, us each",
        "sessions: driver us": "  the driver's, us each",
        "one at a time": "messages/s, one at a time",
        "one at a time: megabytes_per_second": "  MB/s",
        "one at a time: us": "  its processor time, us each",
        "one at a time: driver us": "  the driver's, us each",
        "pipelined": "messages/s, 32 on the way",
        "pipelined: megabytes_per_second": "  MB/s",
        "pipelined: us": "  its processor time, us each",
        "pipelined: driver us": "  the driver's, us each",
    }
    for name, shown in names.items():
        rows.append((shown, statistics.median(pop3d.rounds[name]), statistics.median(dovecot.rounds[name])))
    lines = [("", pop3d.name, dovecot.name, "ratio"), ("---", "---:", "---:", "---:")]
    lines += [(shown, f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.3f}") for shown, ours, theirs in rows]
    return "\n".join("| {:29} | {:>10} | {:>10} | {:>8} |".format(*line) for line in lines)


def ended_children_seconds() -> float:
    """Processor time of the drivers so far; the servers are still there."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def raise_descriptors() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < DESCRIPTORS:
        sys.exit(f"{DESCRIPTORS} open files are needed, the limit is {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, most))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300, help="many sessions: so long (default 300)")
    parser.add_argument("--rate-seconds", type=float, default=10, help="each rate: so long (default 10)")
    parser.add_argument("--rounds", type=int, default=5, help="of the rates, whose medians count (default 5)")
    options = parser.parse_args()
    missing = [str(path) for path in (POP3D, LOAD) if not os.access(path, os.X_OK)]
    if missing:
        sys.exit(f"not built: {', '.join(missing)}; run: .ci/load/run")
    raise_descriptors()
    report = Report()
    with scratch_folder() as folder:
        users = [f"user{number}" for number in range(IDLE + CHURN + FETCH)]
        write_maildirs(folder / "mail", users)
        pop3d, dovecot = servers = list(contenders(folder, users))
        for one in servers:
            report.check(f"many sessions, {one.name}", lambda: many_sessions(one, options.seconds))
        if pop3d.sessions_between:
            report.check("many sessions, pop3d does not grow", lambda: no_growth(pop3d))
        for number in range(options.rounds):
            for one in servers if number % 2 == 0 else reversed(servers):
                report.check(f"rates, round {number + 1}, {one.name}", lambda: rates(one, options.rate_seconds))
        if not report.failed:
            print(table(pop3d, dovecot), flush=True)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
