"""Large listings, large messages, and devices that do not read. Run by ../gateway.py."""

import time
from collections.abc import Callable

from fake import Line
from harness import expect
from peer import Peer

from gateway.ends import BLOCK, END
from gateway.stage import Stage

MESSAGES = 1_000_000
BIG_MB = 200
IN_BUFFERS = 48_000_000  # the most of a message that the system may hold in its two connections


def run(stage: Stage) -> None:
    check = stage.report.check
    check(f"listings of {MESSAGES:,} messages pass in constant memory", million_messages, stage)
    check(f"a message of {BIG_MB} MB waits for a device that does not read", waits, stage)
    check("a device that never reads is given up, and nothing is removed", never_reads, stage)


def million_messages(stage: Stage) -> str:
    def listing(line_of: Callable[[int], bytes]) -> Callable[[Line], None]:
        def answer(line: Line) -> None:
            line.say(b"+OK\r\n")
            for start in range(1, MESSAGES + 1, 1000):
                line.say(b"".join(map(line_of, range(start, start + 1000))))
            line.say(END)

        return answer

    sizes, ids = (lambda n: b"%d %d\r\n" % (n, n * 7)), (lambda n: b"%d uid-%d\r\n" % (n, n))
    with stage.stand_in(LIST=listing(sizes), UIDL=listing(ids)) as (gateway, _), Peer(gateway.server) as device:
        device.log_in()
        start = time.monotonic()
        for command, line_of in ((b"LIST", sizes), (b"UIDL", ids)):
            expect(device.fetch(command) == b"".join(map(line_of, range(1, MESSAGES + 1))), f"{command!r} differs")
        return f"{gateway.peak()}, {time.monotonic() - start:.1f} s for both"


def big_message(line: Line) -> None:
    line.say(b"+OK\r\n")
    for _ in range(BIG_MB * 1_000_000 // len(BLOCK)):
        line.say(BLOCK)
    line.say(END)


def waits(stage: Stage) -> str:
    with stage.stand_in(RETR=big_message) as (gateway, real), Peer(gateway.server) as device:
        device.log_in()
        device.socket.sendall(b"RETR 1\r\n")
        time.sleep(2)
        before = real.lines[0].sent
        time.sleep(2)
        after = real.lines[0].sent
        expect(before == after < IN_BUFFERS, f"the real server sent {before}, later {after} octets to nobody")
        start = time.monotonic()
        expect(device.lines.readline() == b"+OK\r\n", "refused")
        total = BIG_MB * 1_000_000 // len(BLOCK) * len(BLOCK)
        for _ in range(total // len(BLOCK)):
            expect(device.lines.read(len(BLOCK)) == BLOCK, "the message is not the original")
        expect(device.lines.readline() == END, "the message goes on")
        seconds = time.monotonic() - start
        return f"{after} octets sent before it read; {gateway.peak()}, {total / seconds / 1e6:.0f} MB/s"


def never_reads(stage: Stage) -> str:
    with stage.stand_in("--timeout", 2, RETR=big_message) as (gateway, real), Peer(gateway.server) as device:
        device.log_in()
        device.socket.sendall(b"DELE 1\r\nRETR 1\r\nQUIT\r\n")
        deadline = time.monotonic() + 10
        while "the device does not read" not in gateway.text():
            expect(time.monotonic() < deadline, f"not given up: {gateway.text()}")
            time.sleep(0.05)
        expect(b"QUIT" not in real.commands, "QUIT was passed on")
        return gateway.peak()
