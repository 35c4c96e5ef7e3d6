"""Downloads and deletions through the gateway. Run by ../gateway.py."""

import hashlib
import re
import socket
from collections.abc import Callable

from clients import CLIENTS, PLAIN, STLS, TLS, delete_with_curl, log_in_soon, poplib_session, with_fetchmail
from configured import logged_methods
from corpus import crlf_form, read_maildir
from harness import USER, Pop3d, Server, expect, expect_same
from peer import Peer
from run import Stage as Downloads

from gateway.ends import END, LOCAL, Gateway
from gateway.stage import Stage, expect_code


def run(stage: Stage) -> None:
    check = stage.report.check
    with stage.pop3d(stage.full) as pop3d:
        for mode in (TLS, STLS):
            for method in ("xoauth2", "oauthbearer"):
                with stage.before(pop3d, "--method", method, mode=mode) as gateway:
                    for client in ("poplib", "curl", "fetchmail"):
                        name = f"{client} downloads everything, {method}, {mode}"
                        check(name, downloads_all, stage, pop3d, gateway, client, method.upper())
        with stage.before(pop3d) as gateway:
            check("poplib downloads everything, auto", downloads_all, stage, pop3d, gateway, "poplib", "OAUTHBEARER")
        check("nothing was removed so far", stage.unchanged, stage.full, stage.stored)
    check("every answer is that of the real server, octet for octet", same_answers, stage)
    check("commands in one segment are answered in order", pipelined, stage)
    check("what the gateway does not have is refused, and the session goes on", refused_commands, stage)
    check("LOGIN-DELAY and EXPIRE are those of the real server, after the login", announced, stage)
    check("DELE and QUIT remove exactly those, poplib", delete, stage, remove_by_poplib)
    check("DELE and QUIT remove exactly those, curl", delete, stage, remove_by_curl)
    check("fetchmail empties the maildrop", empty, stage)
    check("DELE without QUIT removes nothing", delete_without_quit, stage)
    check("RSET takes DELE back", delete_and_reset, stage)
    check("unique-ids that break the rule become digests, and bad lines are left out", bad_listings, stage)


def downloads_all(stage: Stage, pop3d: Pop3d, gateway: Gateway, client: str, method: str) -> str:
    since = len(pop3d.output)
    download = CLIENTS[client](gateway.server, PLAIN)
    if client == "curl":
        Downloads.undo_line_ends_of_curl(download)
    expect_same(download.messages, stage.wanted)
    expect(logged_methods(pop3d, since, USER) == {method}, "the real server saw another method")
    return f"{len(download.messages)} messages, {sum(map(len, download.messages))} octets, {gateway.peak()}"


def same_answers(stage: Stage) -> str:
    lines = ["STAT", "LIST", "UIDL", "LIST 3", "UIDL 3"]
    lines += ["LIST 9999", "UIDL 9999", "RETR 9999", "DELE 9999", "TOP 9999 1"]
    lines += [f"RETR {number}" for number in range(1, 21)] + [f"TOP {number} 2" for number in range(1, 21)]
    lines += ["DELE 1", "DELE 1", "RETR 1", "LIST 1", "TOP 1 0", "LIST", "UIDL", "STAT"]
    lines += ["NOOP", "RSET", "STAT", "QUIT"]
    dialogue = "".join(f"{line}\r\n" for line in lines).encode()

    def answers(server: Server) -> bytes:
        log_in_soon(server)
        with Peer(server) as peer:
            peer.log_in()
            peer.socket.sendall(dialogue)
            return peer.rest()

    with stage.pop3d(stage.maildir(30), direct=True) as pop3d, stage.before(pop3d) as gateway:
        direct, through = answers(pop3d.server), answers(gateway.server)
    expect(direct == through, f"{len(direct)} octets direct, {len(through)} through the gateway")
    expect(direct.count(b"-ERR") >= 9, f"only {direct.count(b'-ERR')} refusals")
    return f"{len(lines)} commands, {len(direct)} octets"


def pipelined(stage: Stage) -> None:
    with stage.pop3d(stage.maildir(2)) as pop3d, stage.before(pop3d) as gateway, Peer(gateway.server) as device:
        device.ask(b"")
        lines = [f"USER {USER}", f"PASS {LOCAL}", "LIST 1", "DELE 1", "LIST 1", "RSET", "QUIT"]
        device.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())
        got = [line[:4] for line in device.rest().splitlines()]
        wanted = [b"+OK ", b"+OK ", b"+OK ", b"+OK ", b"-ERR", b"+OK", b"+OK "]
        expect([one.strip() for one in got] == [one.strip() for one in wanted], f"answered {got}")


def refused_commands(stage: Stage) -> None:
    with stage.pop3d(stage.maildir(2)) as pop3d, stage.before(pop3d) as gateway, Peer(gateway.server) as device:
        device.ask(b"")
        for line in (b"STLS", b"AUTH PLAIN", b"APOP a 00000000000000000000000000000000", b"STAT", b"UTF8", b"XYZ"):
            answer = device.ask(line)
            expect(answer.startswith(b"-ERR"), f"{line!r} is answered with {answer!r}")
        expect(b"SASL" not in device.fetch(b"CAPA"), "CAPA offers AUTH")
        expect(device.ask(b"USER " + USER.encode()).startswith(b"+OK"), "USER is refused")
        expect(device.ask(b"PASS " + LOCAL.encode()).startswith(b"+OK"), "PASS is refused")
        for line in (b"UTF8", b"XYZ", b"RETR x", b"X" * 5000):
            answer = device.ask(line)
            expect(answer.startswith(b"-ERR"), f"{line[:10]!r} is answered with {answer!r}")
        expect(device.ask(b"STAT").startswith(b"+OK 2 "), "STAT is refused")


def announced(stage: Stage) -> None:
    lines = b"EXPIRE 7\r\nLOGIN-DELAY 900\r\n"
    capabilities = b"+OK\r\nSASL XOAUTH2\r\n" + lines + END
    with stage.stand_in(CAPA=capabilities) as (gateway, _), Peer(gateway.server) as device:
        device.ask(b"")
        before = device.fetch(b"CAPA")
        expect(b"EXPIRE" not in before and b"LOGIN-DELAY" not in before, f"announced before the login: {before!r}")
        device.ask(b"USER " + USER.encode())
        expect(device.ask(b"PASS " + LOCAL.encode()).startswith(b"+OK"), "PASS is refused")
        after = device.fetch(b"CAPA").splitlines()
        expect(set(lines.splitlines()) <= set(after), f"announced: {after}")


def delete(stage: Stage, remove: Callable[[Server, list[int]], None]) -> None:
    maildir = stage.maildir(8)
    before = read_maildir(maildir)
    with stage.pop3d(maildir) as pop3d, stage.before(pop3d) as gateway:
        remove(gateway.server, [2, 5, 8])
    gone = {octets for name, octets in before.items() if name not in read_maildir(maildir)}
    numbers = sorted(int(re.match(rb"X-Number: (\d+)\n", octets)[1]) + 1 for octets in gone)
    expect(numbers == [2, 5, 8], f"removed: {numbers}")


def remove_by_poplib(server: Server, numbers: list[int]) -> None:
    with poplib_session(server) as session:
        for number in numbers:
            session.dele(number)


def remove_by_curl(server: Server, numbers: list[int]) -> None:
    delete_with_curl(server, PLAIN, numbers)


def empty(stage: Stage) -> str:
    maildir = stage.maildir(30)
    wanted = {name: crlf_form(octets) for name, octets in read_maildir(maildir).items()}
    with stage.pop3d(maildir) as pop3d, stage.before(pop3d) as gateway:
        expect_same(with_fetchmail(gateway.server, PLAIN, keep=False).messages, wanted)
    expect(not read_maildir(maildir), "messages are left")
    return f"{len(wanted)} messages"


def delete_without_quit(stage: Stage) -> None:
    maildir = stage.maildir(4)
    before = read_maildir(maildir)
    with stage.pop3d(maildir) as pop3d, stage.before(pop3d) as gateway:
        for end in (socket.SHUT_WR, socket.SHUT_RDWR):
            log_in_soon(gateway.server)
            with Peer(gateway.server) as device:
                device.log_in()
                expect(device.ask(b"DELE 1").startswith(b"+OK"), "DELE is refused")
                device.socket.shutdown(end)
        log_in_soon(gateway.server)
    stage.unchanged(maildir, before)


def delete_and_reset(stage: Stage) -> None:
    maildir = stage.maildir(4)
    before = read_maildir(maildir)
    with stage.pop3d(maildir) as pop3d, stage.before(pop3d) as gateway, poplib_session(gateway.server) as session:
        session.dele(1)
        session.rset()
    stage.unchanged(maildir, before)


def bad_listings(stage: Stage) -> None:
    bad = b"x" * 100
    uidl = b"+OK\r\n1 fine\r\n2 " + bad + b"\r\nnonsense\r\n3 gr\xfc\xdfe\r\n" + END
    scan = b"+OK\r\n1 10\r\nnonsense\r\n2 20\r\n" + END
    answers = {"UIDL": uidl, "UIDL_2": b"+OK 2 " + bad + b"\r\n", "LIST": scan, "LIST_1": b"+OK 2 20\r\n"}
    with stage.stand_in(**answers, STAT=b"+OK many\r\n") as (gateway, _), Peer(gateway.server) as device:
        device.log_in()
        digests = [hashlib.sha256(octets).hexdigest().encode() for octets in (bad, b"gr\xfc\xdfe")]
        expect(device.fetch(b"UIDL") == b"1 fine\r\n2 %s\r\n3 %s\r\n" % tuple(digests), "UIDL")
        expect(device.ask(b"UIDL 2") == b"+OK 2 %s\r\n" % digests[0], "UIDL 2")
        expect(device.fetch(b"LIST") == b"1 10\r\n2 20\r\n", "LIST")
        expect_code(device.ask(b"LIST 1"), "SYS/TEMP")
        expect_code(device.ask(b"STAT"), "SYS/TEMP")
        expect(device.ask(b"QUIT").startswith(b"+OK"), "QUIT")
