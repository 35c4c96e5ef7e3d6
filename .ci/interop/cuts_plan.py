"""A series of `cuts.py`: where it runs, what is drawn for it, and its outcome. Nothing to run by hand."""

from dataclasses import dataclass, field
from pathlib import Path

from clients import PLAIN
from cuts_proxy import Fault, Proxy


@dataclass
class Place:
    """Where one series at a time can run: a user of the server, a maildrop, a port of the proxy, and files."""

    user: str
    maildrop: Path
    proxy: Proxy
    folder: Path

    @property
    def target(self) -> Path:
        return self.folder / "target"


@dataclass
class Session:
    """The outcome of one run of pop3get."""

    fault: Fault
    code: int
    text: str
    seconds: float
    peak_kib: int
    octets: dict[str, int]  # bytes that passed, by side
    last: dict[str, bytes]

    def __str__(self) -> str:
        said = " ".join(self.text.split())[-300:]
        return f"{self.fault}{'' if self.fault.struck else ' (not reached)'}: code {self.code}, {said}"


@dataclass
class Plan:
    """What is drawn before a series starts."""

    number: int
    mode: str
    options: list[str]
    messages: list[bytes]
    late: list[bytes]  # come after the first session
    faults: list[Fault]


@dataclass
class Outcome:
    """The outcome of a series."""

    plan: Plan
    sessions: list[Session] = field(default_factory=list)
    failure: str = ""
    misled: bool = False

    def struck(self) -> set[str]:
        """The kinds of faults that did strike."""
        return {session.fault.kind for session in self.sessions if session.fault.struck} or {Fault.kind}

    def __str__(self) -> str:
        plan = self.plan
        lines = [f"series {plan.number}, {plan.mode} {' '.join(plan.options)}: {self.failure}"]
        if self.sessions and self.failure:
            lines += [f"    {session}" for session in self.sessions]
            if plan.mode == PLAIN:
                lines += [f"    last octets of the {side}: {last!r}" for side, last in self.sessions[-1].last.items()]
        return "\n".join(lines)
