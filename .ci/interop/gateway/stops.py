"""How the gateway ends. Run by ../gateway.py."""

import signal
import socket
import time

from corpus import read_maildir
from fake import Line
from harness import HOST, expect
from peer import Peer

from gateway.ends import BLOCK, END, GRACE
from gateway.stage import Stage


def run(stage: Stage) -> None:
    check = stage.report.check
    for which in (signal.SIGINT, signal.SIGTERM):
        check(f"{which.name} in the middle of RETR: the session comes to its end", finishes, stage, which)
    check("SIGTERM beside an idle session: it is cut, and nothing is removed", cut_idle, stage)
    check("SIGTERM in the middle of QUIT: it comes to its end, later than the rest", cut_quit, stage)
    check("a second signal ends it at once", second_signal, stage)


def finishes(stage: Stage, which: signal.Signals) -> str:
    maildir = stage.maildir(3)
    big = maildir / "cur" / "1800000000.big:2,S"
    big.write_bytes(b"Subject: big\r\n\r\n" + BLOCK * 400)
    with stage.pop3d(maildir) as pop3d, stage.before(pop3d) as gateway:
        with Peer(gateway.server) as device:
            device.log_in()
            expect(device.ask(b"RETR 4").startswith(b"+OK"), "RETR is refused")
            gateway.signal(which)
            time.sleep(0.5)
            refused = socket.socket()
            expect(refused.connect_ex((HOST, gateway.server.plain_port)), "a new device is served")
            refused.close()
            wanted = big.read_bytes()
            expect(device.lines.read(len(wanted) + len(END)) == wanted + END, "the message is not whole")
            expect(device.ask(b"DELE 4").startswith(b"+OK"), "DELE is refused")
            expect(device.ask(b"QUIT").startswith(b"+OK"), "QUIT is refused")
        seconds = gateway.end()
    expect(len(read_maildir(maildir)) == 3 and not big.exists(), "the message was not removed")
    return f"ended {seconds:.2f} s after QUIT"


def cut_idle(stage: Stage) -> str:
    maildir = stage.maildir(3)
    before = read_maildir(maildir)
    with stage.pop3d(maildir) as pop3d, stage.before(pop3d) as gateway, Peer(gateway.server) as device:
        device.log_in()
        expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
        gateway.signal()
        seconds = gateway.end()
        expect(GRACE - 1 < seconds < GRACE + 2, f"ended after {seconds:.1f} s")
        expect(device.rest() == b"", "something was said")
    stage.unchanged(maildir, before)
    return f"after {seconds:.1f} s"


def cut_quit(stage: Stage) -> str:
    def answer(line: Line) -> None:
        time.sleep(GRACE + 2)
        line.say(b"+OK removed at last\r\n")

    with stage.stand_in(QUIT=answer) as (gateway, _), Peer(gateway.server) as device:
        device.log_in()
        expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
        device.socket.sendall(b"QUIT\r\n")
        time.sleep(0.3)
        gateway.signal()
        seconds = gateway.end()
        got = device.rest()
        expect(got == b"+OK removed at last\r\n", f"answered {got!r}")
        return f"after {seconds:.1f} s"


def second_signal(stage: Stage) -> str:
    with stage.stand_in() as (gateway, _), Peer(gateway.server) as device:
        device.log_in()
        gateway.signal()
        time.sleep(0.5)
        gateway.signal(signal.SIGINT)
        seconds = gateway.end()
        expect(seconds < 1, f"ended after {seconds:.1f} s")
        return f"after {seconds:.2f} s"
