"""Trouble without a bad server: refused logins, full disks, and bad command lines of pop3get. Run by abuse.py."""

import resource
from collections.abc import Callable
from functools import partial

from abuse_programs import DISK, LATER, LOGIN, NETWORK, USAGE, expect_error, run_program
from abuse_runs import Runs
from clients import PLAIN, STLS, TLS, log_in_soon, poplib_session
from harness import HOST, POP3GET, expect, free_ports


def cases(runs: Runs) -> dict[str, Callable[[], str]]:
    return {
        "a wrong password": partial(wrong_password, runs),
        "a maildrop in use": partial(in_use, runs),
        "a full disk": partial(full_disk, runs),
        "a full disk at the end of a message": partial(full_at_the_end, runs),
        "a file as target": partial(file_as_target, runs),
        "an unknown host": lambda: expect_error(runs.pop3get("host.invalid")[0], (NETWORK,), "host.invalid"),
        "a port nobody listens on": partial(closed_port, runs),
        "no arguments": lambda: expect_error(run_program([POP3GET]), (USAGE,), "name a server"),
        "a bad port": lambda: expect_error(runs.pop3get(f"{HOST}:many")[0], (USAGE,), f"{HOST}:***"),
        "a variable that is not set": lambda: expect_error(
            runs.pop3get(HOST, variable="NOT_SET")[0], (USAGE,), "NOT_SET"
        ),
        "an unknown option": lambda: expect_error(runs.pop3get(HOST, "--frobnicate")[0], (USAGE,), "--frobnicate"),
        "two kinds of security": lambda: expect_error(runs.pop3get(HOST, "--tls", "--plain")[0], (USAGE,), "--plain"),
        "keep and delete": lambda: expect_error(runs.pop3get(HOST, "--keep", "--delete")[0], (USAGE,), "--delete"),
        "a missing certificate file": partial(missing_ca, runs),
    }


def wrong_password(runs: Runs) -> str:
    with runs.two_messages("bob") as pop3d:
        for mode, port in (
            (PLAIN, pop3d.server.plain_port),
            (STLS, pop3d.server.plain_port),
            (TLS, pop3d.server.tls_port),
        ):
            outcome, _ = runs.pop3get(f"{HOST}:{port}", f"--{mode}", "--ca", runs.certificates.ca)
            remark = expect_error(outcome, (LOGIN,))
    return remark


def in_use(runs: Runs) -> str:
    with runs.two_messages() as pop3d, poplib_session(pop3d.server):
        return expect_error(runs.pop3get(f"{HOST}:{pop3d.server.plain_port}", "--plain")[0], (LATER,), "in use")


def full_disk(runs: Runs) -> str:
    """No file may grow beyond 64 KiB, and the second message is larger."""
    return no_room(runs, 65536, 4000)


def full_at_the_end(runs: Runs) -> str:
    """The second message is written only when all of it is there. The first is whole, and must be the only one to
    arrive.
    """
    return no_room(runs, 8192, 300)


def no_room(runs: Runs, limit: int, lines: int) -> str:
    def limit_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with runs.two_messages(lines=lines) as pop3d:
        where = f"{HOST}:{pop3d.server.plain_port}"
        # Python ignores SIGXFSZ, and with restore_signals=False so does pop3get. So its write fails, and it goes on.
        outcome, target = runs.pop3get(where, "--plain", "--delete", preexec_fn=limit_files, restore_signals=False)
        remark = expect_error(outcome, (DISK,), target)
        messages = [path.read_bytes() for path in (target / "new").iterdir()]
        expect(messages == [b"Subject: a\r\n\r\na\r\n"], f"{len(messages)} messages in new/")
        expect(not list((target / "tmp").iterdir()), "something is left in tmp/")
        log_in_soon(pop3d.server)
        with poplib_session(pop3d.server) as session:
            expect(session.stat()[0] == 2, "messages were deleted")
    return remark


def file_as_target(runs: Runs) -> str:
    file = runs.folder / "file"
    file.touch()
    with runs.two_messages() as pop3d:
        where = f"{HOST}:{pop3d.server.plain_port}"
        return expect_error(runs.pop3get(where, "--plain", to=file)[0], (DISK,), file)


def closed_port(runs: Runs) -> str:
    (port,) = free_ports(1)
    return expect_error(runs.pop3get(f"{HOST}:{port}", "--plain")[0], (NETWORK,), port)


def missing_ca(runs: Runs) -> str:
    missing = runs.folder / "missing.pem"
    with runs.two_messages() as pop3d:
        where = f"{HOST}:{pop3d.server.tls_port}"
        return expect_error(runs.pop3get(where, "--tls", "--ca", missing)[0], (USAGE,), missing)
