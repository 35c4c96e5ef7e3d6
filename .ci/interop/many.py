#!/usr/bin/env python3
"""Checks three pop3d behind HAProxy over one PostgreSQL: the corpus byte for byte, one session at a time on a maildrop,
and that nothing is lost, doubled or removed unasked while everything is killed or held up at random moments.

PostgreSQL is a primary with a standby that has every commit first; the standby takes over when the primary is killed.
While clients download and delete, and mail comes in, each round does one of these: SIGKILL of a front end, SIGSTOP of
one or of the primary for longer than leases last, SIGKILL of HAProxy, SIGKILL of the primary. Every message has a
number, so that it is known what was delivered, what was fetched, and what a client has been told is deleted. Then the
database is away, slow, or not the right one. By hand:

  .ci/interop/install.sh && cargo programs && .ci/interop/many.py --rounds 500 [--seed 7]
"""

import argparse
import poplib
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import corpus
from clients import PLAIN, TLS, poplib_session, with_curl, with_fetchmail, with_pop3get
from corpus import crlf_form, read_maildir
from harness import (
    HOST,
    PASSWORD,
    POP3D,
    Failed,
    Report,
    Server,
    expect,
    expect_same,
    make_certificates,
    need_programs,
    scratch_folder,
)
from many_engine import check_engine
from many_parts import LEASE, FrontEnd, Proxy, deliver
from postgres import Cluster

USERS = ("bob", "carol", "dave")
NUMBER = re.compile(rb"^X-Number: (\d+)\r?$", re.MULTILINE)


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificates = make_certificates(folder / "certificates")
        self.cluster = Cluster(folder / "postgres")
        self.front_ends = [
            FrontEnd(folder, f"front-{n}", self.cluster.url, self.certificates, ("alice", *USERS)) for n in range(3)
        ]
        for one in self.front_ends:
            one.start()
        self.proxy = Proxy(folder, self.front_ends)
        self.proxy.start()
        self.until_in("alice")

    def server(self, user: str) -> Server:
        return self.proxy.server(self.certificates.ca, user)

    def until_in(self, user: str, seconds: float = 30) -> float:
        """Logs in and out. Returns how long it took until that worked."""
        start = time.monotonic()
        last: Exception | None = None
        while time.monotonic() - start < seconds:
            try:
                with poplib_session(self.server(user)):
                    return time.monotonic() - start
            except (OSError, poplib.error_proto, EOFError) as error:
                last = error
                time.sleep(0.1)
        raise Failed(f"nobody gets in within {seconds} s: {last!r}")

    def stop(self) -> None:
        for one in self.front_ends:
            one.stop()
        self.proxy.kill()
        self.cluster.stop()


def with_mpop(server: Server) -> list[bytes]:
    """The messages in LF form, which is how mpop stores them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("new", "cur", "tmp"):
            (folder / "mail" / part).mkdir(parents=True)
        settings = folder / "rc"
        settings.write_text(
            f"account default\nhost {HOST}\nport {server.tls_port}\ntls on\ntls_starttls off\n"
            f"tls_trust_file {server.ca}\ntls_host_override localhost\nuser {server.user}\n"
            f'password "{server.password}"\n'
            f"auth user\nkeep on\nreceived_header off\ndelivery maildir {folder}/mail\nuidls_file {folder}/uidls\n"
        )
        settings.chmod(0o600)
        done = subprocess.run(["mpop", f"--file={settings}", "-q"], capture_output=True, timeout=120, check=False)
        expect(done.returncode == 0, f"mpop: {done.stderr.decode(errors='replace')[-500:]}")
        return [path.read_bytes() for path in (folder / "mail" / "new").iterdir()]


def check_corpus(stage: Stage, report: Report, count: int, big_mb: int) -> None:
    folder = stage.folder / "corpus"
    corpus.write_maildir(folder, corpus.messages(count, big_mb))
    stored = read_maildir(folder)
    wanted = {name: crlf_form(octets) for name, octets in stored.items()}

    def import_it() -> str:
        command = [POP3D, "--store", stage.cluster.url, "--user", f"alice:{PASSWORD}", "import", folder, "alice"]
        for expected in (f"{len(stored)} messages, and 0 that", f"0 messages, and {len(stored)} that"):
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)
            expect(done.returncode == 0 and expected in done.stdout, f"{done.stdout}{done.stderr}")
        return f"{len(stored)} messages, twice"

    server = stage.server("alice")
    report.check("import of a Maildir", import_it)
    # curl writes one line end for an empty message.
    by_curl = {name: octets or b"\r\n" for name, octets in wanted.items()}
    for name, got, due in (
        ("curl gets the corpus, plain", lambda: with_curl(server, PLAIN), by_curl),
        ("pop3get gets the corpus, TLS", lambda: with_pop3get(server, TLS), wanted),
        ("fetchmail gets the corpus, plain", lambda: with_fetchmail(server, PLAIN), wanted),
    ):
        report.check(name, lambda got=got, due=due: expect_same(got().messages, due))

    def mpop() -> str:
        got = Counter(with_mpop(server))
        missing = [name for name, octets in wanted.items() if got[octets.replace(b"\r\n", b"\n")] == 0]
        expect(not missing and got.total() == len(wanted), f"missing: {missing[:9]}, {len(missing)} of {len(wanted)}")
        return f"{got.total()} messages in LF form"

    report.check("mpop gets the corpus, TLS", mpop)


def check_one_wins(stage: Stage) -> str:
    """Two sessions on one maildrop through two front ends."""
    sessions = []
    for _ in range(2):
        # HAProxy takes the front ends by turns.
        pop = poplib.POP3(HOST, stage.proxy.plain, timeout=20)
        pop.user("bob")
        sessions.append(pop)
    sessions[0].pass_(PASSWORD)
    try:
        sessions[1].pass_(PASSWORD)
    except poplib.error_proto as error:
        expect(b"[IN-USE]" in error.args[0], f"refused otherwise: {error}")
    else:
        raise Failed("both are in")
    sessions[0].quit()
    took = stage.until_in("bob", LEASE)
    return f"free again {took:.2f} s after QUIT"


class Ledger:
    """What is known of each message of each user, by its number."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.next = 0
        self.delivered: set[int] = set()
        self.maybe: set[int] = set()
        self.asked: set[int] = set()
        # When each was told as deleted.
        self.deleted: dict[int, float] = {}
        self.trouble: list[tuple[float, str]] = []
        self.faults: list[str] = []
        self.sessions = self.refused = self.cut = 0

    def fault(self, text: str) -> None:
        with self.lock:
            self.faults.append(text)


def deliver_on(stage: Stage, ledger: Ledger, rng: random.Random, done: threading.Event) -> None:
    while not done.is_set():
        with ledger.lock:
            number = ledger.next
            ledger.next += 1
        octets = b"X-Number: %d\n\n%s" % (number, b"text\n" * rng.choice((1, 10, 30_000)))
        delivered = deliver(stage.cluster.url, USERS[number % len(USERS)], octets)
        with ledger.lock:
            (ledger.delivered if delivered else ledger.maybe).add(number)
        done.wait(rng.random() * 0.1)


def drain_on(stage: Stage, user: str, ledger: Ledger, rng: random.Random, done: threading.Event) -> None:
    """Fetches, and deletes some of what was fetched, again and again."""
    while not done.is_set():
        marked: set[int] = set()
        is_told = False
        try:
            pop = poplib.POP3(HOST, stage.proxy.plain, timeout=30)
            try:
                pop.user(user)
                pop.pass_(PASSWORD)
                count = pop.stat()[0]
                seen = set()
                for at in range(1, min(count, 12) + 1):
                    found = NUMBER.search(b"\r\n".join(pop.retr(at)[1]))
                    number = int(found[1]) if found else -1
                    if number in seen or number < 0:
                        ledger.fault(f"{user}: message {at} has number {number}")
                    seen.add(number)
                    with ledger.lock:
                        if number in ledger.deleted:
                            since = time.monotonic() - ledger.deleted[number]
                            lately = [f"{what} {time.monotonic() - at:.1f} s ago" for at, what in ledger.trouble[-6:]]
                            ledger.faults.append(
                                f"{user}: number {number} was deleted {since:.1f} s ago, and is there again; {lately}"
                            )
                    if rng.random() < 0.6:
                        pop.dele(at)
                        marked.add(number)
                with ledger.lock:
                    ledger.asked |= marked
                pop.quit()
                is_told = True
            finally:
                pop.close()
        except poplib.error_proto:
            ledger.refused += 1
        except (OSError, EOFError):
            ledger.cut += 1
        with ledger.lock:
            ledger.sessions += 1
            if is_told:
                ledger.deleted |= dict.fromkeys(marked, time.monotonic())
        done.wait(rng.random() * 0.05)


def check_kills(stage: Stage, rounds: int, rng: random.Random) -> str:
    ledger, done = Ledger(), threading.Event()
    work = [threading.Thread(target=deliver_on, args=(stage, ledger, random.Random(rng.random()), done))]
    work += [
        threading.Thread(target=drain_on, args=(stage, user, ledger, random.Random(rng.random()), done))
        for user in USERS
        for _ in range(2)
    ]
    for thread in work:
        thread.start()
    did: Counter[str] = Counter()
    try:
        for _ in range(rounds):
            time.sleep(rng.random() * 0.6)
            what = rng.choices(("front end", "pause", "proxy", "primary", "primary stands still"), (8, 3, 3, 1, 1))[0]
            did[what] += 1
            ledger.trouble.append((time.monotonic(), what))
            one = rng.choice(stage.front_ends)
            match what:
                case "front end":
                    one.kill()
                    one.start()
                case "pause":
                    one.pause(LEASE * (0.5 + rng.random()))
                case "proxy":
                    stage.proxy.kill()
                    stage.proxy.start()
                case "primary":
                    stage.cluster.fail_over()
                case "primary stands still":
                    stage.cluster.primary.pause()
                    time.sleep(LEASE * (0.5 + rng.random()))
                    stage.cluster.primary.go_on()
    finally:
        done.set()
        for thread in work:
            thread.join()
    for user in USERS:
        # A session of a front end that was killed may hold the maildrop for as long as its lease lasts.
        took = stage.until_in(user, LEASE + 5)
        expect(took < LEASE + 2, f"{user}: the maildrop was locked for {took:.1f} s")
    left: Counter[int] = Counter()
    for user in USERS:
        with poplib_session(stage.server(user)) as pop:
            for at in range(1, pop.stat()[0] + 1):
                left[int(NUMBER.search(b"\r\n".join(pop.retr(at)[1]))[1])] += 1
    doubled = [number for number, count in left.items() if count > 1]
    undone = ledger.deleted.keys() & left.keys()
    lost = ledger.delivered - ledger.asked - left.keys()
    unknown = left.keys() - ledger.delivered - ledger.maybe
    expect(not ledger.faults, "; ".join(ledger.faults[:5]))
    expect(not doubled, f"there twice: {doubled[:9]}")
    expect(not undone, f"deleted with +OK, and there again: {sorted(undone)[:9]}")
    expect(not lost, f"delivered, never deleted, and gone: {sorted(lost)[:9]}")
    expect(not unknown, f"never delivered: {sorted(unknown)[:9]}")
    rows = stage.cluster.primary.sql(
        "SELECT count(*) FROM pop3d_chunks WHERE message NOT IN (SELECT id FROM pop3d_messages)"
    )
    expect(rows == "0", f"{rows} chunks of no message")
    return (
        f"{rounds} rounds {dict(did)}: {len(ledger.delivered)} delivered, {len(ledger.deleted)} deleted, "
        f"{left.total()} left; {ledger.sessions} sessions, {ledger.refused} refused, {ledger.cut} cut"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="rounds of trouble (default 20)")
    parser.add_argument("--count", type=int, default=30, help="random messages in the corpus (default 30)")
    parser.add_argument("--big-mb", type=int, default=5, help="size of the biggest message (default 5)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="repeats a run, more or less")
    args = parser.parse_args()
    need_programs()
    report = Report()
    print(f"seed {args.seed}", flush=True)
    with scratch_folder() as folder:
        stage = Stage(folder)
        try:
            check_corpus(stage, report, args.count, args.big_mb)
            report.check("two sessions through two front ends", check_one_wins, stage)
            report.check("trouble", check_kills, stage, args.rounds, random.Random(args.seed))
            report.check("all front ends stop", stage.stop)
            check_engine(folder / "engine", report)
        finally:
            stage.proxy.process.kill()
            for one in stage.front_ends:
                one.process.kill()
            stage.cluster.stop()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
