"""One series of `cuts.py`: sessions with faults, sessions without, and a look at both sides after each.

Nothing to run by hand.
"""

import os
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable

from clients import PLAIN, TLS
from corpus import crlf_form
from cuts_faults import ByReplies
from cuts_plan import Outcome, Place, Session
from cuts_proxy import CLIENT, PIECE, SERVER, Fault
from harness import HOST, PANIC, PASSWORD, POP3GET, Failed, Server, expect

CODES = {0, 3, 4, 5, 6, 7}
IN_USE = 7  # one of several reasons to try again later
MEMORY_KIB = 64 * 1024
# The extra time that a busy machine may need when a time-out runs out twice: for an answer, and for the one to QUIT.
SLACK_SECONDS = 6
SESSIONS_TO_END = 10


class Broken(Exception):
    """A failure that no fault excuses: a panic, a wrong code, too much time or too much memory."""


class Series:
    """One maildrop, from its messages to its end."""

    def __init__(
        self, place: Place, outcome: Outcome, server: Server, timeout: int, deliver: Callable[[Place, bytes], str]
    ) -> None:
        """`deliver` takes a message and returns its name; `timeout` is that of pop3get."""
        self.place = place
        self.server = server
        self.timeout = timeout
        self.deliver_to = deliver
        self.outcome = outcome
        self.plan = outcome.plan
        self.put: dict[str, bytes] = {}

    def run(self) -> None:
        self.deliver(self.plan.messages)
        late = self.plan.late
        for fault in self.plan.faults:
            self.session(fault)
            self.deliver(late)
            late = []
        self.finish()
        # Runs once more: now there is nothing to do but to remove what is old enough with --delete-after 0.
        self.finish()
        self.kept()

    def finish(self) -> None:
        for attempt in range(SESSIONS_TO_END):
            session = self.session(Fault())
            if session.code == 0:
                return
            # The server may not have noticed yet that the session before has ended.
            time.sleep(0.02 * 2**attempt if session.code == IN_USE else 0.02)
        raise Failed(f"no session of {SESSIONS_TO_END} without a fault ended with code 0")

    def deliver(self, messages: list[bytes]) -> None:
        for octets in messages:
            self.put[self.deliver_to(self.place, octets)] = crlf_form(octets)

    def session(self, fault: Fault) -> Session:
        """Runs pop3get once, and looks at what it left."""
        timeout, place, server = self.timeout, self.place, self.server
        deadline = 2 * timeout + SLACK_SECONDS
        command = [POP3GET, f"--{self.plan.mode}", f"{HOST}:{place.proxy.port}", "--user", place.user]
        command += ["--password-env", "POP3_PASSWORD", "--to", place.target, "--timeout", timeout, *self.plan.options]
        if self.plan.mode != PLAIN:
            command += ["--ca", server.ca]
        output = place.folder / "output"
        start = time.monotonic()
        with output.open("wb") as file:
            process = subprocess.Popen(
                list(map(str, command)), env={**os.environ, "POP3_PASSWORD": PASSWORD}, stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip
        pid_fd = os.pidfd_open(process.pid)
        try:
            port = server.tls_port if self.plan.mode == TLS else server.plain_port
            links = place.proxy.serve(port, fault, pid_fd, start + deadline)
        finally:
            os.kill(process.pid, signal.SIGKILL)  # no effect on one that has ended
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            os.close(pid_fd)
        seconds = time.monotonic() - start
        text = output.read_bytes()[-PIECE:].decode(errors="replace")
        octets = {side: b"".join(bytes(link.passed[side]) for link in links) for side in (CLIENT, SERVER)}
        session = Session(
            fault, process.returncode, text, seconds, usage.ru_maxrss,
            {side: len(all_of_it) for side, all_of_it in octets.items()},
            {side: all_of_it[-300:] for side, all_of_it in octets.items()},
        )  # fmt: skip
        self.outcome.sessions.append(session)
        broken(seconds >= deadline, f"still there after {deadline} s")
        waited = fault.kind == "long pause" and any(link.outlasted for link in links)
        broken(waited, f"waited beyond --timeout {timeout} without any octet")
        broken(PANIC in text or "Traceback" in text, "it panicked")
        broken(session.code not in CODES, f"code {session.code}")
        # The peak of a process that Python starts begins at the peak of Python itself.
        limit = max(MEMORY_KIB, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        broken(session.peak_kib > limit, f"{session.peak_kib} KiB of memory")
        self.look(session)
        return session

    def look(self, session: Session) -> None:
        """Looks at the server first: what is gone there must have been safe before."""
        there = self.on_server()
        got = self.in_target()
        whole = Counter(self.put.values())
        strange = got - whole
        twice = [octets for octets in strange if octets in whole]
        expect(not twice, f"{len(twice)} messages are there twice: {[octets[:30] for octets in twice[:3]]}")
        expect(not strange, f"{len(strange)} messages are not whole: {[octets[:60] for octets in list(strange)[:3]]}")
        lost = Counter(octets for name, octets in self.put.items() if name not in there) - got
        expect(not lost, f"{lost.total()} messages are neither on the server nor in the Maildir")
        left = list((self.place.target / "tmp").glob("*"))
        expect(not left, f"files left in tmp/: {left}")
        if session.code == 0 and not isinstance(session.fault, ByReplies):
            missing = whole - got
            expect(not missing, f"code 0, and {missing.total()} messages are not in the Maildir")
            if self.plan.options[0] != "--delete-after":
                self.kept()

    def kept(self) -> None:
        """What exit code 0 promises about the server."""
        there, names = self.on_server(), list(self.put)
        rule, *value = self.plan.options
        if rule == "--keep":
            wanted = set(names)
        elif rule == "--keep-count":
            wanted = set(names[-int(value[0]) :])
        else:
            wanted = set()
        expect(there == wanted, f"code 0, and the server has {len(there)} messages, {len(wanted)} are to be there")

    def on_server(self) -> set[str]:
        """A file that is moved meanwhile goes from new/ to cur/, so it is seen at least once."""
        return {path.name.split(":")[0] for part in ("new", "cur") for path in (self.place.maildrop / part).iterdir()}

    def in_target(self) -> Counter[bytes]:
        found: Counter[bytes] = Counter()
        for part in ("new", "cur"):
            folder = self.place.target / part
            if folder.exists():
                found.update(path.read_bytes() for path in folder.iterdir())
        return found


def broken(condition: object, what: str) -> None:
    if condition:
        raise Broken(what)
