#!/usr/bin/env python3
"""Figures of pop3d over PostgreSQL: statements and octets of each command, rates with one, two and three front ends
beside a Maildir in the same run, the memory of idle sessions over one pool, and of a maildrop of a million messages.

Users and mail are in the database, which is one server without a standby. Everything runs on this machine, so that
front ends, proxy, database and clients share its processors. By hand:

  .ci/interop/install.sh && cargo programs && cargo build --release -p pop3-proto-benches && .ci/load/many.py
"""

import argparse
import asyncio
import base64
import poplib
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from contenders import CONNECTIONS, Running, run_pop3d
from driver import Driver
from harness import HOST, PASSWORD, Report, expect, free_ports, make_certificates, scratch_folder
from many_parts import FrontEnd, Proxy
from postgres import Cluster
from processes import memory_kib
from stored import write_maildirs

USERS, MESSAGES, OCTETS = 200, 20, 4096
WORKERS = 50
# Rows that were changed so far, and octets of the write-ahead log.
WORK = (
    "SELECT n_tup_upd, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::INT8"
    " FROM pg_stat_user_tables WHERE relname = 'pop3d_maildrops'"
)
LIMITS = f"[limits]\nfiles = 60\nconnections = {CONNECTIONS}\nper-address = {CONNECTIONS}\nper-user = 100\n"


class Counter:
    """Stands between pop3d and the database, and counts statements and octets."""

    def __init__(self, port: int) -> None:
        (self.port,), self.to = free_ports(1), port
        self.statements = self.sent = self.received = 0
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True).start()
        ready.wait(10)

    async def serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self.one, HOST, self.port)
        ready.set()
        await server.serve_forever()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection(HOST, self.to)

        async def back() -> None:
            while octets := await there.read(65536):
                self.received += len(octets)
                writer.write(octets)
            writer.close()

        task = asyncio.create_task(back())
        waiting, is_first = b"", True
        while octets := await reader.read(65536):
            self.sent += len(octets)
            out.write(octets)
            waiting += octets
            # The first message has no letter; of the others each has one, and its length.
            while len(waiting) >= 5:
                front = 0 if is_first else 1
                length = front + int.from_bytes(waiting[front : front + 4])
                if len(waiting) < length:
                    break
                # Execute, or a simple query.
                self.statements += not is_first and waiting[:1] in (b"E", b"Q")
                waiting, is_first = waiting[length:], False
        out.close()
        await task

    def taken(self) -> tuple[int, int, int]:
        time.sleep(0.1)
        found = (self.statements, self.sent, self.received)
        self.statements = self.sent = self.received = 0
        return found


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificates = make_certificates(folder / "certificates")
        self.cluster = Cluster(folder / "postgres", replicated=False)
        # Makes the tables.
        with self.front_ends(1):
            pass

    def fill(self, users: int, messages: int, octets: int, first: int = 0) -> None:
        """Users with a password, each with so many messages of the same text."""
        line = "x" * 62 + "\r\n"
        secret = base64.b64encode(PASSWORD.encode()).decode()
        names = f"generate_series({first}, {first + users - 1}) AS u"
        self.cluster.primary.sql(f"INSERT INTO pop3d_users SELECT 'user' || u, '{{PLAIN}}{secret}' FROM {names};")
        if messages:
            body = f"decode(md5(u || '-' || m), 'hex') AS id FROM {names}, generate_series(1, {messages}) AS m"
            self.cluster.primary.sql(
                f"INSERT INTO pop3d_messages SELECT 'user' || u, id, encode(id, 'hex'), {octets}"
                f" FROM (SELECT u, {body}) AS made;"
                f"INSERT INTO pop3d_chunks SELECT id, 0, convert_to(repeat('{line}', {octets // 64}), 'LATIN1')"
                f" FROM (SELECT {body}) AS made;"
            )
        self.cluster.primary.sql("ANALYZE")

    @contextmanager
    def front_ends(self, count: int, url: str = "", proxied: bool = False):
        folder = self.folder / f"run-{time.monotonic_ns()}"
        folder.mkdir()
        all_of_them = [
            FrontEnd(folder, f"front-{n}", url or self.cluster.url, self.certificates, (), LIMITS, "warn", proxied)
            for n in range(count)
        ]
        proxy = Proxy(folder, all_of_them)
        try:
            for one in all_of_them:
                one.start()
            for one in all_of_them:
                one.wait()
            if proxied:
                proxy.start()
                proxy.wait()
            yield all_of_them, proxy
            for one in all_of_them:
                one.stop()
        finally:
            for one in all_of_them:
                one.kill()
            proxy.kill()


def statements(stage: Stage) -> str:
    """What each command costs, with 20 and with 2,000 messages."""
    stage.fill(1, 2000, OCTETS, first=1_000_000)
    lines = []
    url = stage.cluster.url.replace(f":{stage.cluster.primary.port}", ":PORT")
    for user, count in (("user0", MESSAGES), ("user1000000", 2000)):
        counter = Counter(stage.cluster.primary.port)
        with stage.front_ends(1, url.replace("PORT", str(counter.port))) as ([one], _):
            for turn in range(2):
                # The second turn has its statements prepared, and its connection made.
                counter.taken()
                pop = poplib.POP3(HOST, one.plain, timeout=60)
                pop.user(user)
                pop.pass_(PASSWORD)
                found = {"login": counter.taken()}
                expect(len(pop.list()[1]) == count - turn, "not all messages are listed")
                found["LIST"] = counter.taken()
                pop.retr(1)
                found["RETR"] = counter.taken()
                pop.dele(1)
                pop.quit()
                found["QUIT, 1 deleted"] = counter.taken()
        shown = ", ".join(f"{name} {n} ({sent} B out, {got} B in)" for name, (n, sent, got) in found.items())
        lines.append(f"{count} messages: {shown}")
    return "; ".join(lines)


def rates(stage: Stage, report: Report, seconds: float) -> None:
    maildirs = stage.folder / "maildirs"
    write_maildirs(maildirs, {f"user{n}": (MESSAGES, OCTETS) for n in range(USERS)}, crlf=True)
    found: dict[str, dict[str, float]] = {}

    def measure(name: str, server: Running) -> str:
        rows = {}
        for mode, more in (("sessions", ()), ("messages", ("--depth", 1))):
            octets = OCTETS if mode == "messages" else 0
            for time_of in (1, seconds):
                plan = ("--connections", WORKERS, "--seconds", time_of, *more)
                with Driver(server, mode, *plan, octets=octets) as driver:
                    rows[mode] = driver.result()[f"{mode}_per_second"]
        found[name] = rows
        beside = found.get("Maildir", rows)
        return ", ".join(f"{rate:.0f} {mode}/s ({rate / beside[mode]:.2f})" for mode, rate in rows.items())

    def with_maildir() -> str:
        users = [f"user{n}" for n in range(USERS)]
        with run_pop3d(stage.folder / "maildir", maildirs, users) as server:
            return measure("Maildir", server)

    def with_front_ends(count: int) -> str:
        with stage.front_ends(count, proxied=True) as (all_of_them, proxy):
            return measure(f"{count}", Running(proxy.plain, all_of_them[0].process.pid))

    report.check("Maildir, one pop3d without a proxy", with_maildir)
    for count in (1, 2, 3):
        report.check(f"PostgreSQL, HAProxy and {count} pop3d", with_front_ends, count)


def idle(stage: Stage, count: int) -> str:
    stage.fill(count, 0, 0, first=USERS)
    with stage.front_ends(1) as ([one], _):
        before = memory_kib(one.process.pid)
        server = Running(one.plain, one.process.pid)
        with Driver(
            server, "idle", "--connections", count, "--seconds", 600, "--interval", 120, first=USERS
        ) as waiting:
            waiting.wait_until_open()
            time.sleep(2)
            first = stage.cluster.primary.sql(WORK).split("|")
            start = time.monotonic()
            time.sleep(10)
            last = stage.cluster.primary.sql(WORK).split("|")
            seconds = time.monotonic() - start
            after = memory_kib(one.process.pid)
            open_ones = stage.cluster.primary.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pop3d'"
            )
            waiting.process.terminate()
            waiting.result()
    renewed, logged = (int(now) - int(then) for now, then in zip(last, first, strict=True))
    renewals = f"{renewed / seconds:.0f} leases renewed a second, {logged / max(renewed, 1):.0f} octets of WAL for each"
    return (
        f"{(after - before) / count:.1f} KiB a session, {after // 1024} MiB in all, {open_ones} connections; {renewals}"
    )


def million(stage: Stage) -> str:
    stage.fill(1, 1_000_000, 64, first=2_000_000)
    with stage.front_ends(1) as ([one], _):
        before = memory_kib(one.process.pid)
        start = time.monotonic()
        pop = poplib.POP3(HOST, one.plain, timeout=300)
        pop.user("user2000000")
        pop.pass_(PASSWORD)
        inside = time.monotonic() - start
        start = time.monotonic()
        count = len(pop.uidl()[1])
        listed = time.monotonic() - start
        after = memory_kib(one.process.pid)
        pop.quit()
    expect(count == 1_000_000, f"{count} messages")
    return f"login {inside:.1f} s, UIDL {listed:.1f} s with poplib, {(after - before) // 1024} MiB more"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of each rate (default 10)")
    parser.add_argument("--idle", type=int, default=10_000, help="idle sessions (default 10,000)")
    parser.add_argument("--only", default="statements,rates,idle,million", help="some of these")
    args = parser.parse_args()
    only = args.only.split(",")
    report = Report()
    with scratch_folder() as folder:
        stage = Stage(folder)
        try:
            stage.fill(USERS, MESSAGES, OCTETS)
            if "statements" in only:
                report.check("statements and octets to the database", statements, stage)
            if "rates" in only:
                rates(stage, report, args.seconds)
            if "idle" in only:
                report.check(f"{args.idle} idle sessions", idle, stage, args.idle)
            if "million" in only:
                report.check("a maildrop of 1,000,000 messages", million, stage)
        finally:
            stage.cluster.stop()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
