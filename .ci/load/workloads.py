"""The workloads, each put on one server at a time. Nothing to run by hand."""

import signal
import time
from dataclasses import dataclass, field

from contenders import Contender, Running
from driver import Driver
from figures import Figures
from harness import expect
from processes import memory_kib

MESSAGES, OCTETS = 20, 4096
SMALL_MESSAGES, BIG_OCTETS = 2000, 500_000_000
IDLE, CHURN, FETCH = 2000, 100, 100
# Dovecot's default settings have at most 100 login processes, and one goes on for a moment after its session.
SESSION_WORKERS, MESSAGE_WORKERS = 50, 100
WARM_UP_SECONDS = 1
# When to look at the memory, as parts of the time under load.
LOOKS = {"start": 0.1, "middle": 0.5, "end": 0.95}
# How much the memory of pop3d may grow between the last two: pools of threads and of memory fill once, a leak goes
# on.
GROWTH = 0.05
GROWTH_KIB = 4 * 1024
# How long to wait until sessions are at rest, before their memory is measured.
REST_SECONDS = 3


@dataclass
class Lengths:
    """The seconds of a measurement, or the passes over a maildrop."""

    many: float
    rate: float
    small_passes: int
    big_passes: int


@dataclass
class ManySessions:
    """Idle sessions, workers that log in and out, and workers that fetch messages, all at once."""

    lengths: Lengths
    figures: Figures
    under_load_kib: dict[str, dict[str, int]] = field(default_factory=dict)
    sessions_between: int = 0

    def run(self, contender: Contender) -> str:
        seconds = self.lengths.many
        kib = self.under_load_kib[contender.name] = {}
        with contender.start() as server:
            before = memory_kib(server.pid)
            # Longer than needed, because a signal ends it when all else is done.
            with idle_sessions(server, IDLE, seconds + 600, min(60, seconds / 3)) as waiting:
                waiting.wait_until_open()
                self.figures.add(contender, "many: KiB", (memory_kib(server.pid) - before) / IDLE)
                begin = time.monotonic()
                with (
                    Driver(server, "sessions", "--connections", CHURN, "--seconds", seconds, first=IDLE) as churning,
                    messages(server, FETCH, seconds, 1, first=IDLE + CHURN) as fetching,
                ):
                    for name, part in LOOKS.items():
                        time.sleep(max(0, begin + part * seconds - time.monotonic()))
                        kib[name] = memory_kib(server.pid)
                        self.figures.add(contender, f"many: {name}", kib[name] / 1024)
                    sessions, fetched = churning.result()["sessions"], fetching.result()["messages"]
                waiting.process.send_signal(signal.SIGTERM)
                noops = waiting.result()["noops"]
        if contender.name == self.figures.names[0]:
            self.sessions_between = int(sessions * (LOOKS["end"] - LOOKS["middle"]))
        return f"{IDLE} idle, {noops} NOOP, {sessions} sessions, {fetched} messages"

    def no_growth(self, contender: Contender) -> str:
        kib = self.under_load_kib[contender.name]
        middle, end = kib["middle"], kib["end"]
        allowed = middle * GROWTH + GROWTH_KIB
        expect(end <= middle + allowed, f"{end} KiB at the end, {middle} in the middle: above {allowed:.0f} more")
        leak = allowed * 1024 / self.sessions_between
        return f"{end - middle:+} KiB from the middle to the end; a leak of {leak:.0f} octets a session would fail"


def idle_sessions(server: Running, count: int, seconds: float, interval: float) -> Driver:
    return Driver(server, "idle", "--connections", count, "--seconds", seconds, "--interval", interval)


def messages(server: Running, workers: int, seconds: float, depth: int, first: int = 0) -> Driver:
    plan = ("--connections", workers, "--seconds", seconds, "--depth", depth)
    return Driver(server, "messages", *plan, first=first, octets=OCTETS)


def idle(contender: Contender, figures: Figures, count: int) -> str:
    """Sessions that have logged in and wait."""
    with contender.start() as server:
        before = memory_kib(server.pid)
        with idle_sessions(server, count, 600, 60) as waiting:
            waiting.wait_until_open()
            time.sleep(REST_SECONDS)
            after = memory_kib(server.pid)
            waiting.process.send_signal(signal.SIGTERM)
            found = waiting.result()
    figures.add(contender, "idle: KiB", (after - before) / count)
    return f"{count} sessions in {found['open_seconds']:.1f} s; {before} KiB before, {after} after"


def note_rate(contender: Contender, figures: Figures, row: str, found: dict) -> str:
    """Notes a count for each second, its times, and the processor time for each."""
    count, rate = found[found["mode"]], found[f"{found['mode']}_per_second"]
    figures.add(contender, row, rate)
    for key in ("p50_ms", "p99_ms"):
        figures.add(contender, f"{row}: {key}", found[key])
    if "megabytes_per_second" in found:
        figures.add(contender, f"{row}: MB/s", found["megabytes_per_second"])
    for side in ("server", "driver"):
        figures.add(contender, f"{row}: {side}", found[f"{side}_cpu_seconds"] / count * 1e6)
    return f"{row} {rate:.0f}/s"


def session_rate(contender: Contender, server: Running, figures: Figures, lengths: Lengths) -> str:
    """Connect, USER, PASS, STAT, QUIT, and wait for the end of the connection."""
    for seconds in (WARM_UP_SECONDS, lengths.rate):
        with Driver(server, "sessions", "--connections", SESSION_WORKERS, "--seconds", seconds) as driver:
            found = driver.result()
    return note_rate(contender, figures, "sessions", found)


def message_rates(contender: Contender, server: Running, figures: Figures, lengths: Lengths) -> str:
    """RETR for all messages of many maildrops, again and again."""
    shown = []
    with messages(server, MESSAGE_WORKERS, WARM_UP_SECONDS, 1) as driver:
        driver.result()
    for depth in (1, 32):
        with messages(server, MESSAGE_WORKERS, lengths.rate, depth) as driver:
            shown.append(note_rate(contender, figures, f"messages: depth {depth}", driver.result()))
    return ", ".join(shown)


def downloads(contender: Contender, server: Running, figures: Figures, lengths: Lengths) -> str:
    """Whole maildrops over one connection: many small messages, and a big one."""
    plans = (
        ("small, depth 1", "small", 1, OCTETS, lengths.small_passes),
        ("small, depth 16", "small", 16, OCTETS, lengths.small_passes),
        ("big", "big", 1, BIG_OCTETS, lengths.big_passes),
    )
    shown = []
    for row, user, depth, octets, measured in plans:
        for passes in (1, measured):  # the first warms up
            plan = ("--connections", 1, "--passes", passes, "--depth", depth)
            with Driver(server, "messages", *plan, user=user, octets=octets) as driver:
                found = driver.result()
        figures.add(contender, f"{row}: MB/s", found["megabytes_per_second"])
        for side in ("server", "driver"):
            figures.add(contender, f"{row}: {side} ns", found[f"{side}_cpu_seconds"] / found["octets"] * 1e9)
        shown.append(f"{row} {found['megabytes_per_second']:.0f} MB/s")
    return ", ".join(shown)
