"""Bad peers against which pop3d has settings: wrong PROXY headers, many connections, guessed passwords, slow clients.

They wait a lot, so they run side by side. Run by faults.py; if pop3d has no `--config`, these checks are skipped.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

from clients import PLAIN, TLS, log_in_soon
from corpus import line_of
from faults_config import WRONG, configured, has_config, logged
from harness import HOST, PASSWORD, Pop3d, expect
from maildrops import Ground, Maildir, Mbox, quits, session, succeeds
from peer import Peer

CLEAR = '[login]\nclear = "always"\nfailure-delay = 0\n'
PROXIES = '[proxy]\nfrom = ["127.0.0.2/32"]\n'
PROXY, OTHER = "127.0.0.2", "127.0.0.3"
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def v1(address: str, family: str = "TCP4", to: str = HOST) -> bytes:
    return f"PROXY {family} {address} {to} 4711 110\r\n".encode()


def v2(address: str, more: bytes = b"", command: int = 0x21) -> bytes:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    octets = socket.inet_pton(family, address)
    addresses = octets + octets + struct.pack("!HH", 4711, 110) + more
    return V2 + struct.pack("!BBH", command, 0x21 if family == socket.AF_INET6 else 0x11, len(addresses)) + addresses


def greeted(peer: Peer, seconds: float = 3) -> bool:
    """Whether the server accepts the connection."""
    peer.socket.settimeout(seconds)
    try:
        return peer.ask(b"").startswith(b"+OK")
    except OSError:
        return False
    finally:
        peer.socket.settimeout(30)


def closes(peer: Peer, seconds: float = 10) -> None:
    """Expects a close without any text."""
    peer.socket.settimeout(seconds)
    try:
        octets = peer.rest()
    except TimeoutError:
        octets = b"nothing, and no close"
    expect(octets == b"", f"instead of a close: {octets!r}")


def proxied(ground: Ground) -> str:
    """The log, and what is permitted without TLS, depend on the address in the header."""
    drop = ground.filled(Maildir, 1)
    headers = {
        "192.0.2.1": (PLAIN, v1("192.0.2.1")),
        "192.0.2.2": (TLS, v1("192.0.2.2")),
        "2001:db8::3": (PLAIN, v1("2001:db8::3", "TCP6", "::1")),
        "192.0.2.4": (PLAIN, v2("192.0.2.4")),
        "192.0.2.5": (TLS, v2("192.0.2.5")),
        "2001:db8::6": (PLAIN, v2("2001:db8::6")),
        "192.0.2.7": (PLAIN, v2("192.0.2.7", b"\x04\0\x03abc" + b"\x20\0\x01x")),
    }
    with configured(ground, drop, PROXIES + CLEAR) as pop3d:
        for address, (mode, header) in headers.items():
            with Peer(pop3d.server, mode, PROXY, header) as peer:
                peer.log_in()
                quits(peer)
            logged(pop3d, address)
        expect(PROXY not in pop3d.text(), f"the log names the proxy: {pop3d.text()}")
        # Without an address the proxy speaks for itself.
        for header in (b"PROXY UNKNOWN\r\n", v2("0.0.0.0", command=0x20)):
            with Peer(pop3d.server, PLAIN, PROXY, header) as peer:
                peer.log_in()
                quits(peer)
        logged(pop3d, PROXY)
    with configured(ground, drop, PROXIES) as pop3d:
        with Peer(pop3d.server, PLAIN, PROXY, v1("192.0.2.8")) as peer:
            peer.ask(b"")
            answers = peer.ask(b"USER alice"), peer.ask(b"PASS " + PASSWORD.encode())
            expect(b"+OK" not in answers[1], f"a password in clear from elsewhere: {answers}")
        with Peer(pop3d.server, PLAIN, PROXY, v1("127.0.0.9")) as peer:
            peer.log_in()
            quits(peer)
    return f"{len(headers)} headers"


def header_in_pieces(ground: Ground) -> str:
    drop = ground.filled(Maildir, 1)
    with configured(ground, drop, PROXIES + CLEAR) as pop3d:
        for header in (v1("192.0.2.1"), v2("192.0.2.1")):
            with Peer(pop3d.server, PLAIN, PROXY) as peer:
                peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for octet in header:
                    peer.socket.sendall(bytes([octet]))
                    time.sleep(0.002)
                peer.log_in()
                quits(peer)
            # With commands after it in the same packet.
            with Peer(pop3d.server, PLAIN, PROXY, header + b"CAPA\r\nQUIT\r\n") as peer:
                expect(peer.ask(b"").startswith(b"+OK"), "no greeting")
                expect(b"UIDL" in peer.rest(), "what follows the header is lost")
    return "read"


def bad_headers(ground: Ground) -> str:
    drop = ground.filled(Maildir, 1)
    bad = {
        "none": b"CAPA\r\n",
        "none, TLS instead": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        "an address that is none": v1("192.0.2.256"),
        "the other family": v1("192.0.2.1", "TCP6"),
        "a family that is none": v1("192.0.2.1", "UDP4"),
        "no addresses": b"PROXY TCP4\r\n",
        "one address": b"PROXY TCP4 192.0.2.1\r\n",
        "a port that is none": b"PROXY TCP4 192.0.2.1 127.0.0.1 65536 110\r\n",
        "too much": b"PROXY TCP4 192.0.2.1 127.0.0.1 1 110 more\r\n",
        "no line end within 107 octets": b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
        "a bare line feed": b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 110\n" + b"CAPA\r\n" * 30,
        "version 1 in the form of version 2": v2("192.0.2.1", command=0x11),
        "a command that is none": v2("192.0.2.1", command=0x2F),
        "a length that is too short": V2 + b"\x21\x11\0\x04\x7f\0\0\x01" + b"CAPA\r\n" * 30,
        "half a header of version 2": V2[:6] + b"CAPA\r\n" * 30,
    }
    with configured(ground, drop, PROXIES + CLEAR) as pop3d:
        for what, header in bad.items():
            with Peer(pop3d.server, PLAIN, PROXY, header) as peer:
                try:
                    closes(peer)
                except Exception as error:
                    raise type(error)(f"{what}: {error}") from None
        with Peer(pop3d.server, PLAIN, PROXY, v1("192.0.2.1")) as peer:
            peer.log_in()
            quits(peer)
    return f"{len(bad)} are closed without a word"


def silent_proxy(ground: Ground) -> str:
    """A header that does not come, or does not come to its end."""
    drop = ground.filled(Maildir, 1)
    with configured(ground, drop, PROXIES + CLEAR) as pop3d:
        start = time.monotonic()
        with Peer(pop3d.server, PLAIN, PROXY) as peer, Peer(pop3d.server, PLAIN, PROXY, b"PROXY TCP4 1") as half:
            closes(peer, 60)
            closes(half, 60)
    return f"closed after {time.monotonic() - start:.0f} s"


def header_from_others(ground: Ground) -> str:
    """A peer that is not listed as a proxy cannot give itself an address."""
    drop = ground.filled(Maildir, 1)
    with configured(ground, drop, PROXIES + CLEAR) as pop3d:
        for header in (v1("192.0.2.66"), v2("192.0.2.66")):
            with Peer(pop3d.server, PLAIN, OTHER, header + b"\r\nNOOP\r\n") as peer:
                peer.socket.settimeout(2)
                with contextlib.suppress(TimeoutError):
                    answers = b""
                    while line := peer.lines.readline():
                        answers += line
                _, *refusals = answers.split(b"\r\n")
                expect(all(line[:4] in (b"-ERR", b"") for line in refusals), f"answered with {answers!r}")
        with Peer(pop3d.server, PLAIN, OTHER) as peer:
            peer.log_in()
            quits(peer)
        logged(pop3d, OTHER)
        expect("192.0.2.66" not in pop3d.text(), "the log believes the header")
    return "refused"


def connections(ground: Ground) -> str:
    """Limits on connections in all, and from one address. One that ends makes room for another."""
    drop = ground.filled(Maildir, 1)
    config = PROXIES + CLEAR + "[limits]\nconnections = 6\nper-address = 3\n"
    with configured(ground, drop, config) as pop3d, contextlib.ExitStack() as held:

        def connect(source: str, header: bytes = b"") -> Peer:
            return held.enter_context(Peer(pop3d.server, PLAIN, source, header))

        mine = [connect(HOST) for _ in range(3)]
        expect(all(map(greeted, mine)), "the first three are not served")
        expect(not greeted(connect(HOST), 1), "a fourth connection of one address is served")
        through = [connect(PROXY, v1("192.0.2.1")) for _ in range(3)]
        expect(all(map(greeted, through)), "three through a proxy are not served")
        late = connect(OTHER)
        expect(greeted(late), "a seventh connection is not served although nobody is logged in")
        expect(mine.pop(0).rest() == b"", "the oldest connection did not have to go")
        quits(late)
        late.close()
        for peer in through:
            quits(peer)
            peer.close()
        again = [connect(PROXY, v1("192.0.2.2")) for _ in range(3)]
        expect(all(map(greeted, again)), "there is no room when others have ended")
        quits(again[0])
        again[0].close()
        time.sleep(0.2)
        # One after another, because two that come at once may be counted in any order.
        served = greeted(connect(PROXY, v1("192.0.2.2")))
        expect(served and not greeted(connect(PROXY, v1("192.0.2.2")), 1), "the address in the header does not count")
        mine.append(connect(HOST))
        expect(greeted(mine[-1]) and not greeted(connect(HOST), 1), "one that had to go still counts, or never did")
        quits(mine[1])
        mine[1].close()
        time.sleep(0.2)
        expect(greeted(connect(HOST)), "there is no room for the address when one of its own has ended")
    return "3 of one address, 6 of all, and the oldest goes for one more"


def table(file: Path) -> dict[str, int]:
    return {address: int(end) for address, end in (line.split() for line in file.read_text().splitlines())}


def relay(ground: Ground) -> str:
    """POP-before-SMTP."""
    drop, file, window = ground.filled(Maildir, 1), ground.fresh(), 3
    config = PROXIES + CLEAR + f'[relay]\nwindow = {window}\ntable = "{file}"\n'
    with configured(ground, drop, config) as pop3d:
        with Peer(pop3d.server) as peer:
            peer.ask(b"")
            succeeds(peer, b"USER alice")
            peer.ask(b"PASS " + WRONG.encode())
        expect(not file.exists() or not table(file), "a wrong password opens the relay")
        for peer in (Peer(pop3d.server), Peer(pop3d.server, PLAIN, PROXY, v1("192.0.2.1"))):
            with peer:
                peer.log_in()
                quits(peer)
        now, deadline = time.time(), time.monotonic() + 5
        while not file.exists() or len(table(file)) < 2:
            expect(time.monotonic() < deadline, "no two addresses in the table")
            time.sleep(0.02)
        ends = table(file)
        expect(ends.keys() == {HOST, "192.0.2.1"}, f"the table is {ends}")
        expect(all(abs(end - now - window) <= 1.5 for end in ends.values()), f"it is {now:.0f}, the table is {ends}")
        deadline = time.monotonic() + window + 15
        while table(file):
            expect(time.monotonic() < deadline, f"it is {time.time():.0f}, the table is {table(file)}")
            time.sleep(0.05)
        left = [path.name for path in file.parent.glob(f"{file.name}*") if path != file]
        expect(not left, f"files are left: {left}")
    return f"gone {time.time() - now:.1f} s after the login"


def guess(pop3d: Pop3d, source: str = HOST) -> float:
    """How long the answer to a wrong password takes."""
    with Peer(pop3d.server, PLAIN, source) as peer:
        peer.ask(b"")
        succeeds(peer, b"USER alice")
        start = time.monotonic()
        answer = peer.ask(b"PASS " + WRONG.encode())
        expect(answer.startswith(b"-ERR [AUTH]"), f"a wrong password is answered with {answer!r}")
        return time.monotonic() - start


def throttle(ground: Ground) -> str:
    """The first failed login costs a second, and each further one twice as much as the one before."""
    drop = ground.filled(Maildir, 1)
    config = '[login]\nclear = "always"\nfailure-delay = 1\n'
    with configured(ground, drop, config) as pop3d:
        times = [guess(pop3d) for _ in range(4)]
        elsewhere = guess(pop3d, OTHER)
        with session(pop3d) as peer:
            quits(peer)
        after = guess(pop3d)
        shown = ", ".join(f"{seconds:.1f}" for seconds in times)
        _, *later = times  # the first may wait before its own answer or make the next one wait
        slower = all(b > a + 0.5 for a, b in pairwise(later))
        expect(slower and sum(times) > 6, f"guesses took {shown} s")
        expect(elsewhere < later[1], f"the first guess of another address took {elsewhere:.1f} s")
        expect(after < later[1], f"a guess after a right login took {after:.1f} s")
    return f"{shown} s, after a right login {after:.1f} s"


def guesses_side_by_side(ground: Ground) -> str:
    """After a failed login, logins from many connections at once are answered one after another."""
    drop = ground.filled(Maildir, 1)
    with configured(ground, drop, "[login]\nfailure-delay = 1\n") as pop3d, ThreadPoolExecutor(4) as executor:
        guess(pop3d)
        times = sorted(executor.map(lambda _: guess(pop3d), range(4)))
        expect(times[-1] > 3, f"4 guesses took {times[-1]:.1f} s")
    return f"4 guesses in {times[-1]:.1f} s"


def login_delay(ground: Ground) -> str:
    drop = ground.filled(Mbox, 1)
    with configured(ground, drop, "[login]\ndelay = 3\nfailure-delay = 0\n") as pop3d:
        with session(pop3d) as peer:
            logged_in = time.monotonic()
            expect(b"LOGIN-DELAY 3\r\n" in peer.fetch(b"CAPA"), "CAPA does not tell of the delay")
            quits(peer)
        with Peer(pop3d.server) as peer:
            peer.ask(b"")
            succeeds(peer, b"USER alice")
            answer = peer.ask(b"PASS " + PASSWORD.encode())
            expect(answer.startswith(b"-ERR [LOGIN-DELAY] "), f"the second login is answered with {answer!r}")
            succeeds(peer, b"USER alice")
            answer = peer.ask(b"PASS " + WRONG.encode())
            expect(answer.startswith(b"-ERR [AUTH]"), f"a wrong password within the delay: {answer!r}")
        time.sleep(max(0.0, logged_in + 3.2 - time.monotonic()))
        with session(pop3d) as peer:
            quits(peer)
    return "refused within 3 s, and not after"


def no_reading(ground: Ground, mode: str) -> str:
    """The client is cut off after `write` seconds, not before. Then the maildrop is free, and complete."""
    drop = ground.filled(Maildir, 1)
    drop.deliver(b"Subject: big\n\n" + (line_of(75) + b"\n") * 500_000)
    with configured(ground, drop, CLEAR + "[limits]\nwrite = 2\n") as pop3d, Peer(pop3d.server, mode) as peer:
        peer.log_in()
        succeeds(peer, b"DELE 1")
        peer.socket.sendall(b"RETR 2\r\n")
        start = time.monotonic()
        log_in_soon(pop3d.server, 9)
        took = time.monotonic() - start
        expect(took > 1.5, f"cut off after {took:.1f} s already")
    expect(len(drop.messages()) == 2, "a message is gone without QUIT")
    return f"cut off after {took:.1f} s"


def slow_writer(ground: Ground) -> str:
    """A byte each second is no command, so the inactivity timer, which may not be shorter than ten minutes, runs on."""
    drop = ground.filled(Maildir, 1)
    with ground.pop3d(drop) as pop3d, Peer(pop3d.server) as peer:
        peer.log_in()
        start = time.monotonic()
        peer.socket.settimeout(1)
        try:
            while time.monotonic() < start + 660:
                peer.socket.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    if not peer.socket.recv(1000):
                        break
        except OSError:
            pass
        took = time.monotonic() - start
        expect(595 < took < 630, f"closed after {took:.0f} s")
    return f"closed after {took:.0f} s"


def end_with_stalled(ground: Ground) -> str:
    """SIGTERM while a client does not read: pop3d ends when the time for open sessions is over."""
    drop = ground.filled(Maildir, 1)
    drop.deliver(b"Subject: big\n\n" + (line_of(75) + b"\n") * 500_000)
    stored = drop.messages()
    pop3d = ground.pop3d(drop)
    with Peer(pop3d.server) as peer:
        peer.log_in()
        succeeds(peer, b"DELE 1")
        peer.socket.sendall(b"RETR 2\r\n")
        time.sleep(0.5)
        start = time.monotonic()
        pop3d.stop()
        took = time.monotonic() - start
    expect(took < 12, f"it took {took:.1f} s to end")
    expect(drop.messages() == stored, "a message is gone without QUIT")
    return f"ended after {took:.1f} s"


def run(ground: Ground) -> None:
    checks: dict[str, Callable[[], str]] = {
        "SIGTERM while a client does not read": lambda: end_with_stalled(ground),
    }
    with_config: dict[str, Callable[[], str]] = {
        "PROXY: the address in the header counts": lambda: proxied(ground),
        "PROXY: a header in pieces": lambda: header_in_pieces(ground),
        "PROXY: bad headers": lambda: bad_headers(ground),
        "PROXY: a header that does not come": lambda: silent_proxy(ground),
        "PROXY: a header from a peer that is not listed": lambda: header_from_others(ground),
        "limits on connections": lambda: connections(ground),
        "the relay table": lambda: relay(ground),
        "failed logins get slower": lambda: throttle(ground),
        "failed logins side by side": lambda: guesses_side_by_side(ground),
        "LOGIN-DELAY": lambda: login_delay(ground),
        "a client that does not read, plain": lambda: no_reading(ground, PLAIN),
        "a client that does not read, TLS": lambda: no_reading(ground, TLS),
    }
    if ground.full:
        checks["an octet a second"] = lambda: slow_writer(ground)
    else:
        ground.report.skip("an octet a second", "the inactivity timer takes ten minutes; run with --full")
    if has_config():
        checks |= with_config
    else:
        for name in with_config:
            ground.report.skip(name, "this pop3d has no --config")
    with ThreadPoolExecutor(len(checks)) as executor:
        started = {name: executor.submit(body) for name, body in checks.items()}
        for name, future in started.items():
            ground.report.check(name, future.result)
