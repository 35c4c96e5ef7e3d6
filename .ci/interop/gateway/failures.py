"""Failures of the real server. Run by ../gateway.py."""

import socket
import time
from collections.abc import Callable

from fake import CLOSE, HOLD, RESET, Answer, Line
from harness import expect
from peer import Peer

from gateway.ends import BLOCK, END
from gateway.stage import Stage, expect_code


def run(stage: Stage) -> None:
    check = stage.report.check
    for name, cut in {"closed": CLOSE, "reset": RESET}.items():
        check(f"a real server {name} in the middle of RETR: no final dot", cut_short, stage, b"RETR 1", cut)
        check(f"a real server {name} in the middle of LIST: no final dot", cut_short, stage, b"LIST", cut)
        check(f"a real server {name} at STAT: [SYS/TEMP], and the end", lost, stage, cut)
        check(f"a real server {name} at QUIT: -ERR", at_quit, stage, cut, b"-ERR [SYS/TEMP] the real server")
    check("a real server silent in the middle of RETR: no final dot", stalled, stage)
    check("a real server that goes while nothing is asked: the end", gone, stage)
    check("a real server that speaks unasked: the end, and no answer is taken for another", unasked, stage)
    check("QUIT refused by the real server: its -ERR", quit_refused, stage)
    check("QUIT not answered in time: -ERR", quit_silent, stage)


def cut_short(stage: Stage, command: bytes, cut: Callable[[Line], None]) -> str:
    part = b"1 10\r\n2 20\r\n" if command == b"LIST" else b"Subject: cut\r\n\r\n..dot\r\n" + BLOCK * 20

    def answer(line: Line) -> None:
        line.say(b"+OK\r\n" + part)
        time.sleep(0.3)  # so that a reset does not overtake it
        cut(line)

    with stage.stand_in(**{command.split()[0].decode(): answer}) as (gateway, _), Peer(gateway.server) as device:
        device.log_in()
        device.socket.sendall(command + b"\r\n")
        got = device.rest()
        expect(got.startswith(b"+OK\r\n") and (b"+OK\r\n" + part).startswith(got), f"came: {got[-60:]!r}")
        expect(not got.endswith(b"\r\n" + END), "the message looks whole")
        expect(b"-ERR" not in got, "there is an -ERR in the message")
        return f"{len(got)} of {len(part) + 5} octets"


def stalled(stage: Stage) -> None:
    def answer(line: Line) -> None:
        line.say(b"+OK\r\nSubject: stalled\r\n")
        time.sleep(6)

    with stage.stand_in("--timeout", 2, RETR=answer) as (gateway, _), Peer(gateway.server) as device:
        device.log_in()
        device.socket.sendall(b"RETR 1\r\n")
        start = time.monotonic()
        got = device.rest()
        expect(got == b"+OK\r\nSubject: stalled\r\n", f"came: {got!r}")
        expect(2 <= time.monotonic() - start < 4, f"ended after {time.monotonic() - start:.1f} s")


def lost(stage: Stage, cut: Callable[[Line], None]) -> None:
    with stage.stand_in(STAT=cut) as (gateway, _), Peer(gateway.server) as device:
        device.log_in()
        expect_code(device.ask(b"STAT"), "SYS/TEMP")
        expect(device.rest() == b"", "the session goes on")


def gone(stage: Stage) -> None:
    with stage.stand_in() as (gateway, real), Peer(gateway.server) as device:
        device.log_in()
        real.lines[0].conn.shutdown(socket.SHUT_RDWR)
        expect(device.rest() == b"", "the session goes on")


def unasked(stage: Stage) -> None:
    with stage.stand_in(DELE=b"+OK marked\r\n+OK unasked\r\n", QUIT=b"-ERR not removed\r\n") as (gateway, real):
        with Peer(gateway.server) as device:
            device.log_in()
            expect(device.ask(b"DELE 1") == b"+OK marked\r\n", "DELE is refused")
            device.send_if_open(b"QUIT\r\n")
            expect(device.rest() == b"", "QUIT was answered by what belongs to nothing")
        expect(b"QUIT" not in real.commands, "QUIT was passed on")


def at_quit(stage: Stage, answer: Answer, wanted: bytes) -> None:
    with stage.stand_in(QUIT=answer) as (gateway, real), Peer(gateway.server) as device:
        device.log_in()
        expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
        got = device.ask(b"QUIT")
        expect(got.startswith(wanted), f"QUIT is answered with {got!r}")
        expect(device.rest() == b"", "the session goes on")
        expect(real.commands.count(b"QUIT") == 1, f"{real.commands}")


def quit_refused(stage: Stage) -> None:
    at_quit(stage, b"-ERR [SYS/TEMP] 1 not removed\r\n", b"-ERR [SYS/TEMP] 1 not removed\r\n")


def quit_silent(stage: Stage) -> None:
    with (
        stage.stand_in("--timeout", 2, QUIT=HOLD) as (gateway, _),
        Peer(gateway.server) as device,
    ):
        device.log_in()
        expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
        expect_code(device.ask(b"QUIT"), "SYS/TEMP")
