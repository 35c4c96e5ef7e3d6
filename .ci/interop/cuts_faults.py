"""The faults that `cuts.py` puts into a connection: at a byte in any mode, or at a reply where nothing is encrypted.

Nothing to run by hand. What is inserted or changed never affects the text of a message: it is in a greeting, a status
line or a listing. Two kinds of faults can still make a client take one reply for another, because a client that sends
several commands at once cannot notice them: a reply that comes twice, and a status line too many. They are `blind`
unless a listing comes between them and the next message, because the listing shows them.
"""

import random
from collections import deque

from cuts_proxy import CLIENT, SERVER, Fault, Link

FLOOD_OCTETS = 160 << 20
FLOOD_SECONDS = 5
LONGER_SECONDS = 3  # a pause longer than the time-out of the client
PRINTABLE = range(0x21, 0x7F)


class ByOctets(Fault):
    """Strikes when this many bytes of one side have passed."""

    def __init__(self, source: str, at: int) -> None:
        self.source = source
        self.at = at
        self.left = at

    def opened(self, link: Link) -> None:
        if self.left == 0:
            self.struck = True
            self.strike(link, b"")

    def octets(self, link: Link, source: str, octets: bytes) -> None:
        if source != self.source or self.struck:
            link.pass_on(source, octets)
            return
        now, rest = octets[: self.left], octets[self.left :]
        self.left -= len(now)
        link.pass_on(source, now)
        if self.left == 0 and not link.closed:
            self.struck = True
            self.strike(link, rest)

    def strike(self, link: Link, rest: bytes) -> None:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.kind} at octet {self.at} of the {self.source}"


class Cut(ByOctets):
    kind = "cut"

    def strike(self, link: Link, rest: bytes) -> None:
        link.close()


class Reset(ByOctets):
    kind = "reset"

    def __init__(self, source: str, at: int, ends: tuple[str, ...]) -> None:
        super().__init__(source, at)
        self.ends = ends

    def strike(self, link: Link, rest: bytes) -> None:
        link.reset(*self.ends)


class HalfClose(ByOctets):
    """From there on, what that side sends is lost and the other side sees its end. The other direction goes on."""

    kind = "half-close"

    def strike(self, link: Link, rest: bytes) -> None:
        link.pass_end(self.source)


class Pause(ByOctets):
    def __init__(self, source: str, at: int, seconds: float, kind: str) -> None:
        super().__init__(source, at)
        self.seconds = seconds
        self.kind = kind

    def strike(self, link: Link, rest: bytes) -> None:
        link.hold(self.source, self.seconds, rest)


class ByReplies(Fault):
    """Follows the dialogue, and strikes at the n-th reply to a verb. The greeting is the reply to b""."""

    def __init__(self, verb: bytes, nth: int, rng: random.Random) -> None:
        self.verb = verb
        self.nth = nth
        self.rng = rng
        self.said = ""
        self._commands: deque[bytes] = deque([b""])  # those without a reply so far
        self._part: dict[str, bytes] = {CLIENT: b"", SERVER: b""}
        self._reply: list[bytes] = []
        self._goes_on = False
        self._watching = False

    def octets(self, link: Link, source: str, octets: bytes) -> None:
        if source == SERVER and self.struck:
            link.pass_on(source, octets)
            return
        *lines, self._part[source] = (self._part[source] + octets).split(b"\n")
        if source == CLIENT:
            for line in lines:
                self._commands.append(b"AUTH" if self._goes_on else line.rstrip(b"\r"))
                self._look(self._commands[-1])
            link.pass_on(source, octets)
            return
        for at, line in enumerate(lines, 1):
            self._reply.append(line + b"\n")
            if not self._ended():
                continue
            reply, self._reply, command = self._reply, [], self._commands.popleft()
            self._goes_on = reply[0].startswith(b"+ ")
            self.nth -= verb_of(command) == self.verb
            if self.nth == 0:
                self.struck = True
                self.strike(link, command, reply)
                rest = b"\n".join([*lines[at:], self._part[source]])
                if rest and not link.closed:
                    link.pass_on(source, rest)
                return
            link.pass_on(source, b"".join(reply))

    def _ended(self) -> bool:
        if not self._commands:
            self._commands.append(b"?")  # the server says more than it was asked
        if not is_multi_line(self._commands[0]) or not self._reply[0].startswith(b"+OK"):
            return True
        return len(self._reply) > 1 and self._reply[-1] == b".\r\n"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        raise NotImplementedError

    def watch(self, *commands: bytes) -> None:
        """From here on one reply may be taken for another. Looks whether a listing or a message comes first."""
        self._watching = True
        for command in (*commands, *self._commands):
            self._look(command)

    def _look(self, command: bytes) -> None:
        if self._watching and is_multi_line(command):
            self._watching = False
            self.blind = verb_of(command) in (b"RETR", b"TOP")

    def garbage(self) -> bytes:
        """Bytes that no line starts with, without a line end."""
        length = self.rng.choice((1, 3, 20, 200, 6000))
        octets = bytes(one for one in self.rng.randbytes(length) if one not in b"\r\n")
        return b"\x07" + octets

    def __str__(self) -> str:
        name = self.verb.decode() or "the greeting"
        return f"{self.kind}, reply to {name}{f': {self.said}' if self.said else ''}"


class Before(ByReplies):
    kind = "garbage before a reply"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        link.pass_on(SERVER, self.garbage() + b"".join(reply))


class Within(ByReplies):
    kind = "garbage in a reply"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        if len(reply) > 1 and verb_of(command) in (b"CAPA", b"LIST", b"UIDL") and self.rng.random() < 0.5:
            at = self.rng.randrange(1, len(reply))
            reply.insert(at, self.garbage() + b"\r\n")
            self.said = f"a line before line {at}"
        else:
            at = self.rng.randrange(1, len(reply[0]) - 1)
            reply[0] = reply[0][:at] + self.garbage() + reply[0][at:]
            self.said = f"before octet {at}"
        link.pass_on(SERVER, b"".join(reply))


class Instead(ByReplies):
    kind = "garbage instead of a reply"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        link.pass_on(SERVER, self.garbage() + b"\r\n")


class Flip(ByReplies):
    """Line ends stay, because a status line without one would swallow a line of a message or a listing."""

    kind = "octet changed in a status line"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        at = self.rng.randrange(len(reply[0].rstrip(b"\r\n")))
        was = reply[0][at]
        bits = [was ^ (1 << bit) for bit in range(8)]
        becomes = self.rng.choice([one for one in (*bits, *PRINTABLE) if one not in (was, *b"\r\n")])
        reply[0] = reply[0][:at] + bytes([becomes]) + reply[0][at + 1 :]
        self.said = f"octet {at} from {bytes([was])!r} to {bytes([becomes])!r}"
        link.pass_on(SERVER, b"".join(reply))


class Refused(ByReplies):
    kind = "-ERR instead of a reply"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        link.pass_on(SERVER, b"-ERR [SYS/TEMP] not now\r\n")


class Doubled(ByReplies):
    kind = "reply doubled"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        if len(reply) > 1:
            self.blind = True
        else:
            self.watch()
        link.pass_on(SERVER, b"".join(reply) * 2)


class Stray(ByReplies):
    kind = "status line too many"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        self.watch(command)
        link.pass_on(SERVER, b"+OK one more thing\r\n" + b"".join(reply))


class Flood(ByReplies):
    """A line that goes on far beyond any limit, or, for a listing, as often a list that does."""

    kind = "reply without end"

    def strike(self, link: Link, command: bytes, reply: list[bytes]) -> None:
        flood = b"x" * 65536
        if len(reply) > 1 and self.rng.random() < 0.5:
            link.pass_on(SERVER, reply[0])
            flood = b"".join(b"%d 00%d\r\n" % (number, number) for number in range(1, 5000))
        else:
            link.pass_on(SERVER, reply[0].rstrip(b"\r\n"))
        if not link.closed:
            link.flood(flood, FLOOD_OCTETS, FLOOD_SECONDS)


def verb_of(command: bytes) -> bytes:
    return command.split(b" ", 1)[0].upper()


def is_multi_line(command: bytes) -> bool:
    return verb_of(command) in (b"RETR", b"TOP", b"CAPA") or command.strip().upper() in (b"LIST", b"UIDL")


GREETING = b""
LOGIN = (GREETING, b"CAPA", b"USER", b"PASS", b"AUTH", b"STAT")
ALL = (*LOGIN, b"UIDL", b"LIST", b"RETR", b"RETR", b"DELE", b"DELE", b"QUIT")
BY_REPLIES: dict[type[ByReplies], tuple[int, tuple[bytes, ...]]] = {
    # How often each fault is drawn, and the replies it can strike at.
    Before: (8, ALL),
    Within: (8, ALL),
    Instead: (8, ALL),
    Flip: (10, ALL),
    Refused: (6, ALL[1:]),
    Doubled: (6, ALL),
    Stray: (4, ALL),
    Flood: (1, (*LOGIN, b"UIDL", b"LIST", b"QUIT")),
}
BY_OCTETS = {"cut": 20, "reset": 12, "half-close": 12, "short pause": 5, "long pause": 3}


def draw(rng: random.Random, encrypted: bool, octets: dict[str, int], messages: int, timeout: int) -> Fault:
    """Draws a fault. `octets` is about what each side sends in a session without one."""
    weights: dict[object, int] = dict(BY_OCTETS)
    if not encrypted:
        weights |= {kind: weight for kind, (weight, _) in BY_REPLIES.items()}
    kind = rng.choices(list(weights), list(weights.values()))[0]
    if isinstance(kind, type):
        verb = rng.choice(BY_REPLIES[kind][1])
        nth = rng.randint(1, messages) if verb in (b"RETR", b"DELE") else 1
        return kind(verb, nth, random.Random(rng.random()))
    source = rng.choice((SERVER, SERVER, CLIENT))
    at = rng.randrange(octets[source] + 1)
    if kind == "cut":
        return Cut(source, at)
    if kind == "reset":
        return Reset(source, at, rng.choice(((CLIENT, SERVER), (CLIENT,), (SERVER,))))
    if kind == "half-close":
        return HalfClose(source, at)
    return Pause(source, at, rng.uniform(0.02, 0.3) if kind == "short pause" else timeout + LONGER_SECONDS, kind)
