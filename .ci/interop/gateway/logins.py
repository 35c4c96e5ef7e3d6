"""Logins: right and wrong ones, and real servers that refuse them. Run by ../gateway.py."""

import time

from clients import STLS, TLS, log_in_soon
from fake import CLOSE, HOLD, Line
from harness import HOST, USER, expect, free_ports
from peer import Peer

from gateway.ends import END, LOCAL, TOKEN, Gateway
from gateway.stage import Stage, expect_code, password_answer


def run(stage: Stage) -> None:
    check = stage.report.check
    check("a wrong local password is [AUTH], and the real server is not asked", wrong_local_password, stage)
    check("a wrong token is [AUTH], and the right user may try again", wrong_token, stage)
    check("a maildrop in use is [IN-USE]", in_use, stage)
    refusals = {
        "[AUTH] x": "AUTH", "[IN-USE] x": "IN-USE", "[LOGIN-DELAY] x": "SYS/TEMP", "[SYS/TEMP] x": "SYS/TEMP",
        "[SYS/PERM] x": "SYS/PERM", "account suspended": "SYS/PERM", "mailbox is locked": "IN-USE",
        "please try again later": "SYS/TEMP", "no": "AUTH",
    }  # fmt: skip
    for words, code in refusals.items():
        check(f"a login refused with -ERR {words} is [{code}]", refused_login, stage, words, code)
    check(
        "a login refused without a code, where one is promised, is [SYS/TEMP]",
        lambda: refused_login(stage, "no", "SYS/TEMP", promised=True),
    )
    for words in ("no", "Authentication failed"):
        check(f"-ERR {words} before the token was sent is [SYS/PERM]", refused_method, stage, words)
    check("a real server that is down is [SYS/TEMP]", down, stage)
    check("a certificate that is not trusted is [SYS/PERM]", untrusted, stage)
    check("a real server without STLS is [SYS/PERM], and gets nothing", no_stls, stage)
    check("text injected after STLS is [SYS/PERM]", injected, stage)
    check("a real server that says nothing is [SYS/TEMP]", silent, stage)
    check("a real server that hangs up on AUTH is a failed login", hangs_up, stage)


def wrong_local_password(stage: Stage) -> None:
    with stage.stand_in() as (gateway, real):
        for password in ("", "x", LOCAL[:-1], LOCAL + "x", LOCAL.upper(), TOKEN):
            with Peer(gateway.server) as device:
                device.ask(b"")
                device.ask(b"USER " + USER.encode())
                answer = device.ask(b"PASS " + password.encode())
                expect(answer.startswith(b"-ERR [AUTH] " if password else b"-ERR"), f"answered {answer!r}")
        expect(not real.lines, f"the real server was asked {len(real.lines)} times")
        expect(password_answer(gateway).startswith(b"+OK"), "the right one is refused")
        expect(len(real.lines) == 1, "the real server was not asked")


def wrong_token(stage: Stage) -> None:
    with stage.pop3d(stage.maildir(1)) as pop3d:
        for method in ("xoauth2", "oauthbearer"):
            with stage.before(pop3d, "--method", method, token="another") as gateway:
                expect_code(password_answer(gateway), "AUTH")
        command = f'[ "$POP3_USER" = {USER} ] && echo "{TOKEN}" || echo another'
        with stage.before(pop3d, "--token-command", command, token=None) as gateway, Peer(gateway.server) as device:
            device.ask(b"")
            device.ask(b"USER bob")
            expect_code(device.ask(b"PASS " + LOCAL.encode()), "AUTH")
            device.ask(b"USER " + USER.encode())
            expect(device.ask(b"PASS " + LOCAL.encode()).startswith(b"+OK"), "the second attempt is refused")


def in_use(stage: Stage) -> None:
    with stage.pop3d(stage.maildir(1)) as pop3d, stage.before(pop3d) as gateway:
        with Peer(gateway.server) as first:
            first.log_in()
            answer = password_answer(gateway)
        expect(answer == b"-ERR [IN-USE] maildrop is locked by another session\r\n", f"answered {answer!r}")
        log_in_soon(gateway.server)


def refused_login(stage: Stage, words: str, code: str, promised: bool = False) -> None:
    capabilities = b"+OK\r\nSASL XOAUTH2\r\n" + (b"AUTH-RESP-CODE\r\n" if promised else b"") + END

    def refuses(line: Line) -> bytes:
        line.say(b"+ \r\n")
        line.hear()  # the token
        return f"-ERR {words}\r\n".encode()

    with stage.stand_in("--method", "xoauth2", CAPA=capabilities, AUTH=refuses) as (gateway, _):
        answer = password_answer(gateway)
        wanted = f"-ERR [{code}] {words.split('] ')[-1]}\r\n".encode()
        expect(answer == wanted, f"answered {answer!r}")


def refused_method(stage: Stage, words: str) -> None:
    capabilities = b"+OK\r\nSASL XOAUTH2\r\n" + END
    refusal = f"-ERR {words}\r\n".encode()
    with stage.stand_in("--method", "xoauth2", CAPA=capabilities, AUTH=refusal) as (gateway, _):
        answer = password_answer(gateway)
        expect(answer == f"-ERR [SYS/PERM] {words}\r\n".encode(), f"answered {answer!r}")


def down(stage: Stage) -> None:
    (port,) = free_ports(1)
    with Gateway(f"{HOST}:{port}", stage.certificates.ca) as gateway:
        expect_code(password_answer(gateway), "SYS/TEMP")


def untrusted(stage: Stage) -> None:
    with stage.pop3d(stage.maildir(1)) as pop3d:
        for mode in (TLS, STLS):
            port = pop3d.server.tls_port if mode == TLS else pop3d.server.plain_port
            stls = ["--stls"] if mode == STLS else []
            with Gateway(f"localhost:{port}", stage.strangers.ca, *stls) as gateway:
                expect_code(password_answer(gateway), "SYS/PERM")


def no_stls(stage: Stage) -> None:
    with stage.stand_in(mode=STLS) as (gateway, real):
        expect_code(password_answer(gateway), "SYS/PERM")
        expect(set(real.commands) <= {b"CAPA"}, f"the real server got {real.commands}")


def injected(stage: Stage) -> None:
    capabilities = b"+OK\r\nSTLS\r\nSASL XOAUTH2\r\n" + END
    with stage.stand_in(mode=STLS, CAPA=capabilities, STLS=b"+OK\r\n+OK\r\n") as (gateway, real):
        expect_code(password_answer(gateway), "SYS/PERM")
        expect(real.commands == [b"CAPA", b"STLS"], f"the real server got {real.commands}")


def silent(stage: Stage) -> str:
    with stage.stand_in("--timeout", 2, AUTH=HOLD) as (gateway, _):
        start = time.monotonic()
        expect_code(password_answer(gateway), "SYS/TEMP")
        seconds = time.monotonic() - start
        expect(2 <= seconds < 4, f"answered after {seconds:.1f} s")
        return f"after {seconds:.1f} s"


def hangs_up(stage: Stage) -> None:
    with stage.stand_in(AUTH=CLOSE) as (gateway, real):
        expect_code(password_answer(gateway), "SYS/TEMP")
        # XOAUTH2, OAUTHBEARER with the token in the AUTH line, and OAUTHBEARER in two steps.
        expect(len(real.lines) == 3, f"{len(real.lines)} connections")
