"""Limits of time and size. Run by ../options.py."""

from fake import HOLD, Answer, Drip
from harness import expect

from options.stage import Stage, delivered, five_messages, message, objects


def run(stage: Stage) -> None:
    check = stage.check
    check("--timeout: a server that falls silent", falls_silent, stage)
    check("--max-time: a server that never ends", never_ends, stage)
    for option in ("--timeout", "--max-time"):
        check(f"{option}: the largest numbers", largest_time, stage, option)
    check("other numbers: the largest", largest_numbers, stage)
    check("--max-message: what is larger breaks off, what came before stays", larger_message, stage)
    check("--no-pipelining: one command at a time", no_pipelining, stage)
    check("numbers that are none", no_numbers, stage)


def falls_silent(stage: Stage) -> str:
    seconds = []
    silent: list[dict[str, Answer]] = [
        {"GREETING": HOLD}, {"PASS": HOLD}, {"RETR": (b"+OK\r\nSubject: half\r\n", HOLD)},
    ]  # fmt: skip
    for answers in silent:
        with five_messages(**answers) as standin:
            to = stage.new_path()
            ran = stage.stand_in_get(standin, "--timeout", 1, to=to, code=4, says="no progress for 1 s")
            expect(1 <= ran.seconds < 3, f"after {ran.seconds:.1f} s")
            expect(delivered(to) == [], "half a message")
            seconds.append(f"{ran.seconds:.1f} s")
    return ", ".join(seconds)


def never_ends(stage: Stage) -> str:
    slow = (b"+OK\r\nSubject: slow\r\n\r\n", Drip(b"x\r\n"))
    with five_messages(RETR=slow) as standin:
        to = stage.new_path()
        ran = stage.stand_in_get(standin, "--max-time", 1, to=to, code=4, says="--max-time")
    expect(0.9 <= ran.seconds < 3 and delivered(to) == [], f"after {ran.seconds:.1f} s")
    return f"after {ran.seconds:.1f} s"


def largest_time(stage: Stage, option: str) -> None:
    drop, _ = stage.filled(1)
    for seconds in (2**31, 2**63, 2**64 - 1):
        stage.get(drop, stage.new_path(), option, seconds)


def largest_numbers(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    keep = ("--keep-octets", 2**64 - 1, "--keep-count", 2**32 - 1)
    stage.get(drop, stage.new_path(), "--delete-after", 2**32 - 1, *keep)
    stage.get(drop, stage.new_path(), "--size-limit", 0, "--preview", 2**64 - 1)


def larger_message(stage: Stage) -> None:
    drop = stage.drop()
    sent = drop.fill([message(1), message(2, 1000), message(3)])
    to = stage.new_path()
    most = ("--max-message", len(sent[1]) - 1)
    ran = stage.get(drop, to, *most, "--delete", "--json", code=5, says="--max-message: a message of more than")
    expect(delivered(to) == sent[:1] and not list((to / "tmp").iterdir()), "not the first one alone")
    expect(objects(ran)[0]["exit"] == 5 and set(sent[1:]) <= set(drop.left()), ran.out)
    stage.free(drop)
    stage.get(drop, to, "--max-message", len(sent[1]), "--delete")
    expect(delivered(to) == sent and not drop.left(), "a message of just that size")


def no_pipelining(stage: Stage) -> str:
    at_once = []
    for options in ((), ("--no-pipelining",)):
        with five_messages() as standin:
            stage.stand_in_get(standin, *options, "--delete")
            at_once.append(standin.at_once)
    expect(at_once[0] > 1 and at_once[1] == 1, f"commands at once: {at_once}")
    return f"{at_once[0]} commands at once, then {at_once[1]}"


def no_numbers(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    options = (
        "--timeout", "--max-time", "--delete-after", "--keep-count", "--keep-octets", "--size-limit", "--preview",
        "--max-message",
    )  # fmt: skip
    for option in options:
        for value in ("", "x", "-1", "1.5", str(2**64)):
            stage.get(drop, stage.new_path(), f"{option}={value}", code=2, says=option)
