"""What pop3d does when the database is away, slow, or not the right one, and what each front end keeps for itself.

Nothing to run by hand: many.py does.
"""

import os
import poplib
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from harness import HOST, PASSWORD, POP3D, Report, expect, make_certificates
from many_parts import FrontEnd, Proxy, deliver
from postgres import Cluster

FILES = 2
LIMITS = "[limits]\nfiles = %d\nper-user = 100\n"
# An answer that says that the database is at fault takes at most so long, with room for a machine that is busy.
PATIENCE = FILES + 3
GUESSES = 4
SERIAL = 30


def refused(command: str, wanted: bytes, body) -> float:
    """Expects a negative response with those words. Returns how long it took."""
    start = time.monotonic()
    try:
        body()
    except poplib.error_proto as error:
        took = time.monotonic() - start
        expect(wanted in error.args[0], f"{command}: {error}")
        expect(took < PATIENCE, f"{command}: refused after {took:.1f} s")
        return took
    raise AssertionError(f"{command} is answered")


def health(front_end: FrontEnd) -> int:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{front_end.metrics}/health", timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def session(front_end: FrontEnd) -> Iterator[poplib.POP3]:
    """Ends with QUIT."""
    pop = poplib.POP3(HOST, front_end.plain, timeout=30)
    try:
        pop.user("alice")
        pop.pass_(PASSWORD)
        yield pop
        pop.quit()
    finally:
        pop.close()


def log_in_and_out(front_end: FrontEnd) -> None:
    with session(front_end):
        pass


class Engine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.certificates = make_certificates(folder / "certificates")
        self.cluster = Cluster(folder / "postgres", replicated=False)
        self.made: list[FrontEnd] = []
        self.front_end = self.make("engine", self.cluster.url)
        self.front_end.start()
        self.front_end.wait()
        expect(deliver(self.cluster.url, "alice", b"Subject: one\n\ntext\n"), "not delivered")

    def make(self, name: str, url: str, files: int = FILES, delay: int = 0, more: str = "") -> FrontEnd:
        limits = LIMITS % files
        one = FrontEnd(
            self.folder, name, url, self.certificates, ("alice",), limits, proxied=delay > 0, delay=delay, database=more
        )
        self.made.append(one)
        return one

    def interrupted(self, stop, start) -> str:
        """A session that is open stays open, and does again what it can when the database is back."""
        with session(self.front_end) as pop:
            stop()
            took = [refused("RETR", b"[SYS/TEMP]", lambda: pop.retr(1))]
            pop.noop()
            expect(pop.stat()[0] == 1, "STAT")
            took.append(refused("PASS", b"[SYS/TEMP]", lambda: log_in_and_out(self.front_end)))
            expect((status := health(self.front_end)) == 503, f"/health: {status}")
            config = self.folder / "deliver.toml"
            config.write_text(LIMITS % FILES)
            late = deliver(self.cluster.url, "alice", b"Subject: late\n\n", "--config", config)
            expect(late is None, "delivered, and nobody is there")
            start()
            expect(pop.retr(1)[1][0] == b"Subject: one", "RETR when it is back")
        for _ in range(50):
            if health(self.front_end) == 200:
                break
            time.sleep(0.1)
        expect((status := health(self.front_end)) == 200, f"/health: {status}")
        log_in_and_out(self.front_end)
        return f"refused after {took[0]:.1f} and {took[1]:.1f} s; works again"

    def away(self) -> str:
        return self.interrupted(self.cluster.primary.kill, self.cluster.primary.start)

    def slow(self) -> str:
        return self.interrupted(self.cluster.primary.pause, self.cluster.primary.go_on)

    def waited_for(self) -> str:
        """A front end that starts before the database."""
        self.cluster.primary.kill()
        late = self.make("late", self.cluster.url, files=30)
        late.start()
        time.sleep(1)
        expect(late.process.poll() is None, "it has ended")
        self.cluster.primary.start()
        late.wait()
        log_in_and_out(late)
        late.stop()
        return "it serves when the database is there"

    def secured(self) -> str:
        """TLS to the database: with the right authority, with another one, and to a server that has none."""
        primary = self.cluster.primary
        there = f"{HOST}:{primary.port}"
        url = self.cluster.url.replace("sslmode=disable", "sslmode=require").replace(there, f"localhost:{primary.port}")
        said = self.fails(url, self.certificates.ca)
        expect("TLS" in said or "tls" in said, f"to a server without TLS: {said}")
        self.cluster.primary.kill()
        for name, file in (("server.crt", self.certificates.cert), ("server.key", self.certificates.key)):
            to = primary.data / name
            shutil.copy(file, to)
            to.chmod(0o600)
            if os.getuid() == 0:
                shutil.chown(to, "postgres", "postgres")
        primary.options = ("-c", "ssl=on")
        primary.start()
        other = make_certificates(self.folder / "other")
        said = self.fails(url, other.ca)
        expect("certificate" in said, f"with another authority: {said}")
        one = self.make("secured", url, more=f'ca = "{self.certificates.ca}"\n')
        one.start()
        one.wait()
        with session(one) as pop:
            expect(pop.retr(1)[1][0] == b"Subject: one", "RETR")
            rows = primary.sql(
                "SELECT DISTINCT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                " WHERE application_name = 'pop3d' AND ssl"
            )
        one.stop()
        expect(rows.startswith("t|TLSv1.3"), f"the database says: {rows!r}")
        return rows

    def fails(self, url: str, ca: Path) -> str:
        settings = self.folder / "fails.toml"
        settings.write_text(
            f'[store]\nurl = "{url}"\n[database]\nca = "{ca}"\n'
            f'[limits]\nfiles = {FILES}\n[listen]\nplain = ["{HOST}:0"]\n'
        )
        command = [str(POP3D), "--config", str(settings), "--user", f"alice:{PASSWORD}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        expect(done.returncode == 1, f"exit code {done.returncode}: {done.stderr}")
        return done.stderr

    def guesses(self) -> str:
        """How long an attacker with one address and one name waits for some guesses, behind one front end and three."""
        took = []
        for count in (1, 3):
            front_ends = [self.make(f"guess-{count}-{n}", self.cluster.url, delay=1) for n in range(count)]
            proxy = Proxy(self.folder, front_ends)
            try:
                for one in front_ends:
                    one.start()
                for one in front_ends:
                    one.wait()
                proxy.start()
                proxy.wait()
                start = time.monotonic()
                for _ in range(GUESSES):
                    pop = poplib.POP3(HOST, proxy.plain, timeout=60)
                    refused_guess(pop)
                took.append(time.monotonic() - start)
            finally:
                proxy.kill()
                for one in front_ends:
                    one.stop()
        return f"{GUESSES} guesses: {took[0]:.1f} s with one front end, {took[1]:.1f} s with three"

    def serializable(self) -> str:
        """At the isolation of CockroachDB conflicts are refused (SQLSTATE 40001). What was refused is done again."""
        primary = self.cluster.primary
        self.cluster.set("default_transaction_isolation", "'serializable'")
        front_ends = [self.make(f"serializable-{number}", self.cluster.url, files=20) for number in range(2)]
        for one in front_ends:
            one.start()
        for one in front_ends:
            one.wait()
        coming = [b"Subject: %d" % number for number in range(SERIAL)]
        with ThreadPoolExecutor() as pool:
            takers = [pool.submit(take_all, front_ends[number % 2], SERIAL + 1) for number in range(4)]
            for subject in coming:
                # A mail server tries again, too.
                tries = (deliver(self.cluster.url, "alice", subject + b"\n\n") for _ in range(3))
                expect(any(tries), f"{subject!r} is not delivered")
            found = [subject for taker in takers for subject in taker.result()]
        for one in front_ends:
            one.stop()
        self.cluster.set("default_transaction_isolation", "'read committed'")
        expect(sorted(found) == sorted([b"Subject: one", *coming]), f"taken: {sorted(found)}")
        conflicts = primary.log.read_text(errors="replace").count("could not serialize access")
        return f"{len(found)} messages, each taken once; {conflicts} conflicts"


def take_all(front_end: FrontEnd, wanted: int) -> list[bytes]:
    """Takes and deletes what comes, beside others, until that many are gone. Returns the subjects."""
    found: list[bytes] = []
    gone = front_end.settings.with_name("gone")
    deadline = time.monotonic() + 60
    while len(gone.read_bytes() if gone.exists() else b"") < wanted and time.monotonic() < deadline:
        try:
            with session(front_end) as pop:
                numbers = range(1, pop.stat()[0] + 1)
                subjects = [pop.retr(number)[1][0] for number in numbers]
                for number in numbers:
                    pop.dele(number)
        except poplib.error_proto as error:
            expect(b"[IN-USE]" in error.args[0], f"{error}")
            time.sleep(0.01)
            continue
        found += subjects
        with gone.open("ab") as file:
            file.write(b"x" * len(subjects))
    return found


def refused_guess(pop: poplib.POP3) -> None:
    pop.user("alice")
    try:
        pop.pass_("wrong")
    except poplib.error_proto:
        pop.close()
        return
    raise AssertionError("a wrong password is taken")


def check_engine(folder: Path, report: Report) -> None:
    engine = Engine(folder)
    try:
        report.check("the database is away", engine.away)
        report.check("the database stands still", engine.slow)
        report.check("a front end that starts before the database", engine.waited_for)
        report.check("TLS to the database", engine.secured)
        report.check("guesses with one front end and with three", engine.guesses)
        report.check("the isolation of CockroachDB", engine.serializable)
        report.check("the front end stops", engine.front_end.stop)
    finally:
        # A check that failed has left its own.
        for one in engine.made:
            if one.process:
                one.process.kill()
        engine.cluster.stop()
