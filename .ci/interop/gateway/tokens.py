"""Tokens that a command prints. Run by ../gateway.py."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness import USER, expect
from peer import Peer

from gateway.ends import LOCAL, TOKEN, StandIn
from gateway.stage import Stage, expect_code, password_answer


def run(stage: Stage) -> None:
    check = stage.report.check
    check("the token command gets the user and no password, and its first line counts", told_by_command, stage)
    check("a user's name is no part of the shell's text", awkward_names, stage)
    failing = {
        "fails": "echo token; exit 3", "prints nothing": "true", "prints an empty line": "echo; echo token",
        "prints what is no token": "echo two words", "is not there": "no-such-command-of-ours",
        "prints without end": "yes", "prints too long a line": "head -c 9000 /dev/zero | tr '\\0' a",
    }  # fmt: skip
    for what, command in failing.items():
        check(f"a token command that {what} is [SYS/TEMP]", failing_command, stage, command)
    for rest, what in {"wait": "hangs", f"echo {TOKEN}": "leaves its output open"}.items():
        check(f"a token command that {what} is ended with all it started", hanging_command, stage, rest)
    check("a token command does not outlive the gateway", command_cut, stage)
    check("a token of 8,192 octets passes", long_token, stage)


def told_by_command(stage: Stage) -> None:
    seen = stage.folder / "seen"
    command = f'echo "$POP3_USER,$LOCAL" >"{seen}"; echo " {TOKEN} "; echo second'
    with StandIn(stage.certificates) as real, stage.before(real, "--token-command", command, token=None) as gateway:
        expect(password_answer(gateway).startswith(b"+OK"), "refused")
    expect(seen.read_text() == f"{USER},\n", f"the command saw {seen.read_text()!r}")
    expect(real.users == [b"n,a=%s," % USER.encode()], f"the real server was told {real.users}")


def awkward_names(stage: Stage) -> None:
    touched = stage.folder / "touched"
    command = f'printf %s "$POP3_USER" >/dev/null; echo "{TOKEN}"'
    names = [f"a;touch {touched}", f'a";touch {touched};"', f"$(touch {touched})"]
    names += ["a'b", "%s", "a=b,c", "a b"]
    with (
        StandIn(stage.certificates) as real,
        stage.before(real, "--token-command", command, "--method", "xoauth2", token=None) as gateway,
    ):
        for name in names:
            answer = password_answer(gateway, user=name)
            expect(answer.startswith(b"+OK"), f"{name!r} is answered with {answer!r}")
        for name in ("-n", "--output=x"):
            answer = password_answer(gateway, user=name)
            expect(answer == b"-ERR [SYS/TEMP] no token for this user\r\n", f"{name!r} is answered with {answer!r}")
    expect(not touched.exists(), "the name was run")
    told = [b"user=%s\x01" % name.encode() for name in names]
    expect(real.users == told, f"the real server was told {real.users}")


def failing_command(stage: Stage, command: str) -> None:
    with StandIn(stage.certificates) as real, stage.before(real, "--token-command", command, token=None) as gateway:
        answer = password_answer(gateway)
    expect(answer == b"-ERR [SYS/TEMP] no token for this user\r\n", f"answered {answer!r}")
    expect(not real.lines, "the real server was asked")


def sleeper(stage: Stage, rest: str = "wait") -> tuple[str, Callable[[], None]]:
    """A command that hangs, and a check that nothing of it is left."""
    stage.fresh += 1
    number = stage.folder / f"sleeper-{stage.fresh}"

    def is_gone() -> None:
        state = Path(f"/proc/{int(number.read_text())}/stat")
        # A process that was killed may be seen for a moment longer.
        time.sleep(0.2)
        with suppress(FileNotFoundError):
            expect(state.read_text().split()[2] == "Z", "what the command started goes on")

    return f'sleep 60 & echo $! >"{number}"; {rest}', is_gone


def hanging_command(stage: Stage, rest: str) -> str:
    command, is_gone = sleeper(stage, rest)
    with (
        StandIn(stage.certificates) as real,
        stage.before(real, "--token-command", command, "--timeout", 1, token=None) as gateway,
    ):
        start = time.monotonic()
        expect_code(password_answer(gateway), "SYS/TEMP")
        seconds = time.monotonic() - start
        expect(1 <= seconds < 3, f"answered after {seconds:.1f} s")
        is_gone()
    return f"after {seconds:.1f} s"


def command_cut(stage: Stage) -> None:
    command, is_gone = sleeper(stage)
    with (
        StandIn(stage.certificates) as real,
        stage.before(real, "--token-command", command, token=None) as gateway,
        Peer(gateway.server) as device,
    ):
        device.ask(b"")
        device.socket.sendall(f"USER {USER}\r\nPASS {LOCAL}\r\n".encode())
        time.sleep(0.5)
        gateway.signal()
        time.sleep(0.3)
        gateway.signal()
        gateway.end(3)
        is_gone()


def long_token(stage: Stage) -> None:
    token = "a" * 8192
    with StandIn(stage.certificates, token=token) as real:
        for method in ("xoauth2", "oauthbearer"):
            with stage.before(real, "--method", method, token=token) as gateway:
                answer = password_answer(gateway)
                expect(answer.startswith(b"+OK"), f"{method}: {answer!r}")
