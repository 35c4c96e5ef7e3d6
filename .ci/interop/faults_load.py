"""Signals under load: sessions retrieve, mark and quit all the time when pop3d gets SIGTERM or SIGKILL.

After each round: a message that was marked in a session whose QUIT was answered with +OK must be gone, and a message
that is gone must have been marked in a session that sent QUIT. Run by faults.py.
"""

import poplib
import random
import signal
import threading
import time
from collections import Counter
from contextlib import closing

from clients import joined
from corpus import crlf_form
from harness import HOST, PASSWORD, Failed, Pop3d, expect
from maildrops import KINDS, Drop, Ground, message

GRACE_SECONDS = 10  # how long pop3d lets open sessions go on
IN_DROP = 8


class User:
    """A user, the maildrop, and everything that was ever put into it or asked of the server."""

    def __init__(self, name: str, drop: Drop, rng: random.Random) -> None:
        self.name = name
        self.drop = drop
        self.rng = rng
        self.stored: dict[bytes, bytes] = {}  # the stored form, by the form that is sent
        self.asked: set[bytes] = set()  # marked in a session that sent QUIT
        self.done: set[bytes] = set()  # marked in one whose QUIT was answered with +OK

    def deliver(self) -> None:
        octets = message(self.rng.choice((100, 1000, 5000)))
        self.stored[crlf_form(octets)] = octets
        self.drop.deliver(octets)

    def session(self, port: int) -> None:
        """Raises OSError or EOFError if the connection ends before the session does."""
        try:
            with closing(poplib.POP3(HOST, port, timeout=30)) as client:
                self.talk(client)
        except poplib.error_proto as error:
            if str(error) == str(poplib.error_proto("-ERR EOF")):
                raise EOFError from None
            raise Failed(f"{self.name}: {error}") from None

    def talk(self, client: poplib.POP3) -> None:
        client.user(self.name)
        client.pass_(PASSWORD)
        marked = set()
        for number in range(1, client.stat()[0] + 1):
            sent = joined(client.retr(number))
            expect(sent in self.stored, f"{self.name}: sent a message that was not stored: {sent[:80]!r}")
            if self.rng.random() < 0.5:
                client.dele(number)
                marked.add(self.stored[sent])
        self.asked |= marked
        client.quit()
        self.done |= marked

    def take_stock(self) -> None:
        there = Counter(self.drop.messages())
        stored = set(self.stored.values())
        altered = set(there) - stored
        expect(not altered, f"{self.name}: not as stored: {[octets[:80] for octets in altered][:3]}")
        twice = [octets[:20] for octets, times in there.items() if times > 1]
        expect(not twice, f"{self.name}: there twice: {twice}")
        undone = self.done & set(there)
        expect(not undone, f"{self.name}: {len(undone)} messages are back after +OK to QUIT")
        lost = stored - set(there) - self.asked
        expect(not lost, f"{self.name}: {len(lost)} messages are gone that no session was to remove")


class Load:
    """All users, and rounds of load that a signal ends."""

    def __init__(self, ground: Ground, kind: type, count: int) -> None:
        self.ground = ground
        folder = ground.fresh()
        folder.mkdir()
        self.store = (kind.option, folder / "%u")
        self.users = [
            User(f"u{number}", kind(folder / f"u{number}"), random.Random(ground.rng.random()))
            for number in range(count)
        ]

    def round(self, sent: signal.Signals, seconds: float) -> str:
        for user in self.users:
            for _ in range(IN_DROP - len(user.drop.messages())):
                user.deliver()
        before = sum(len(user.done) for user in self.users)
        pop3d = self.ground.pop3d(*self.store, users=[user.name for user in self.users])
        self.stopping = threading.Event()
        self.faults: list[str] = []
        clients = [threading.Thread(target=self.client, args=(user, pop3d)) for user in self.users]
        try:
            for client in clients:
                client.start()
            time.sleep(seconds)
            self.stopping.set()
            took = self.end(pop3d, sent)
        finally:
            if pop3d.process.poll() is None:
                pop3d.kill()
            for client in clients:
                client.join(60)
        left = [name for user in self.users for name in user.drop.left_over()]
        expect(sent == signal.SIGKILL or not left, f"files are left: {left[:5]}")
        broken = sum(user.drop.break_locks() for user in self.users)
        for user in self.users:
            user.take_stock()
        expect(not self.faults, f"{len(self.faults)} sessions failed: {self.faults[:3]}")
        removed = sum(len(user.done) for user in self.users) - before
        locks = f", {broken} dot-locks left behind" if broken else ""
        return f"after {seconds:.2f} s, {removed} messages removed, ended in {took:.2f} s{locks}"

    def client(self, user: User, pop3d: Pop3d) -> None:
        try:
            while True:
                user.session(pop3d.server.plain_port)
                while not self.stopping.is_set() and len(user.drop.messages()) < IN_DROP // 2:
                    user.deliver()
        except (OSError, EOFError) as error:
            if not self.stopping.is_set():
                self.faults.append(f"{user.name}: closed before the signal: {error!r}")
        except Failed as error:
            self.faults.append(str(error))

    @staticmethod
    def end(pop3d: Pop3d, sent: signal.Signals) -> float:
        start = time.monotonic()
        if sent == signal.SIGKILL:
            pop3d.kill()
        else:
            pop3d.stop(sent)
        took = time.monotonic() - start
        expect(took < GRACE_SECONDS + 1, f"it took {took:.1f} s to end")
        return took


def run(ground: Ground) -> None:
    users, rounds = (50, 50) if ground.full else (50, 4)
    for kind in KINDS:
        load = Load(ground, kind, users)
        for number in range(1, rounds + 1):
            # With SIGKILL, too: then sessions cannot go on, and the same must hold.
            sent = signal.SIGTERM if number % 2 else signal.SIGKILL
            seconds = ground.rng.uniform(0.05, 1.5)
            name = f"{kind.__name__}: {sent.name} under the load of {users} sessions, round {number}"
            ground.report.check(name, load.round, sent, seconds)
