"""The configuration file, mistakes in it, the cache of message sizes, and the logs. Run by faults.py.

If pop3d has no `--config`, these checks are skipped.
"""

import base64
import hashlib
import hmac
import re
import shutil
import subprocess
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from abuse_programs import expect_error, run_program
from clients import TLS
from corpus import crlf_form
from harness import HOST, PASSWORD, POP3D, USER, Pop3d, expect
from maildrops import Drop, Ground, Maildir, Mbox, message, quits, retrieved, session, succeeds
from peer import Peer

WRONG = "wrong horse"
TOKEN = "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"


@cache
def has_config() -> bool:
    return "--config" in subprocess.run([POP3D, "--help"], capture_output=True, text=True, check=True).stdout


def configured(ground: Ground, drop: Drop, config: str, *options: object, **process: object) -> Pop3d:
    file = ground.fresh().with_suffix(".toml")
    file.write_text(config)
    return ground.pop3d(drop, "--config", file, *options, **process)


def logged(pop3d: Pop3d, *words: str, seconds: float = 5) -> str:
    """The line of the log that has all these words. It may come shortly after the end of a session."""
    deadline = time.monotonic() + seconds
    while True:
        for line in pop3d.text().splitlines():
            if all(re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", line) for word in words):
                return line
        expect(time.monotonic() < deadline, f"no line in the log with {words}: {pop3d.text()[-1000:]}")
        time.sleep(0.02)


# Mistakes.


def mistake(ground: Ground, config: str, line: int, culprit: object) -> str:
    """The message names the setting, the file and the line."""
    file = ground.fresh().with_suffix(".toml")
    file.write_text(config)
    outcome = run_program([POP3D, "--config", file, "--user", f"{USER}:{PASSWORD}"], 10)
    expect_error(outcome, (1, 2), file, culprit)
    named = re.search(rf"line {line}\b", outcome.stderr)
    expect(named, f"the message does not name line {line}: {outcome.stderr!r}")
    return f"code {outcome.code}"


def mistakes(ground: Ground) -> None:
    drop = ground.filled(Maildir, 1)
    unreadable = ground.fresh()
    unreadable.mkdir()  # not even root can read this
    missing = ground.fresh()
    usual = f'hostname = "localhost"\n[store]\nmaildir = "{drop.path}"\n[listen]\nplain = ["{HOST}:0"]\n'  # 5 lines
    keys = (ground.certificates.cert, ground.certificates.key)
    cases: dict[str, tuple[str, int, object]] = {
        "an unknown key": (usual + "[limits]\nconections = 5\n", 7, "conections"),
        "an unknown table": (usual + "[limit]\nconnections = 5\n", 6, "limit"),
        "an unknown key at the top": ("host = 1\n" + usual, 1, "host"),
        "a string for a number": (usual + '[limits]\nidle = "long"\n', 7, "idle"),
        "a number for a string": (usual.replace('"localhost"', "7"), 1, "hostname"),
        "a negative number": (usual + "[limits]\nconnections = -1\n", 7, "connections"),
        "a number for a list": (usual.replace(f'["{HOST}:0"]', "110"), 5, "plain"),
        "a word for a choice": (usual + '[login]\nclear = "sometimes"\n', 7, "sometimes"),
        "an unknown mechanism": (usual + '[login]\nmechanisms = ["PLAIN", "ROT13"]\n', 7, "ROT13"),
        "an address that is none": (usual.replace(f"{HOST}:0", "127.0.0.256:0"), 5, "127.0.0.256"),
        "an address without port": (usual.replace(f"{HOST}:0", HOST), 5, HOST),
        "a network that is none": (usual + '[proxy]\nfrom = ["127.0.0.1/33"]\n', 7, "127.0.0.1/33"),
        "a key twice": (usual + f'plain = ["{HOST}:0"]\n', 6, "plain"),
        "no TOML": (usual + "[limits\n", 6, "6"),
        "a missing certificate": (usual + f'[tls]\ncert = "{missing}"\nkey = "{keys[1]}"\n', 7, missing),
        "an unreadable certificate": (usual + f'[tls]\ncert = "{unreadable}"\nkey = "{keys[1]}"\n', 7, unreadable),
        "an unreadable key": (usual + f'[tls]\ncert = "{keys[0]}"\nkey = "{unreadable}"\n', 8, unreadable),
        "a certificate without key": (usual + f'[tls]\ncert = "{keys[0]}"\n', 7, "key"),
        "an unreadable passwd file": (usual + f'[users]\npasswd = "{unreadable}"\n', 7, unreadable),
        "two stores": (usual.replace("[listen]", 'mbox = "/nowhere"\n[listen]'), 4, "Maildir"),
    }
    for name, (config, line, culprit) in cases.items():
        ground.report.check(f"config: {name}", mistake, ground, config, line, culprit)

    def missing_file() -> str:
        return expect_error(run_program([POP3D, "--config", missing], 10), (1, 2), missing)

    ground.report.check("config: no such file", missing_file)
    for name, fields in {
        "an unknown field": "{ROT13}abc",
        "a hash that is none": "$argon2id$v=19$nonsense",
        "base64 that is none": "{PLAIN}%%%",
        "a digest that is too short": "{TOKEN}abcd",
    }.items():
        ground.report.check(f"passwd: {name}", bad_passwd, ground, drop, fields)


def bad_passwd(ground: Ground, drop: Drop, fields: str) -> str:
    """The message names file and line, and does not show the secret."""
    passwd = ground.fresh()
    good = base64.b64encode(PASSWORD.encode()).decode()
    passwd.write_text(f"# users\nalice:{{PLAIN}}{good}\nbob:{fields}\n")
    outcome = run_program([POP3D, drop.option, drop.path, "--listen", f"{HOST}:0", "--passwd", passwd], 10)
    expect(good not in outcome.stderr, "the message has the secret of another line in it")
    return expect_error(outcome, (1, 2), passwd, "line 3")


# The cache of message sizes.


def opened(trace: Path) -> int:
    return sum("M1P1.cached" in line for line in trace.read_text(errors="replace").splitlines())


def rchar(pid: int) -> int:
    return int(re.search(r"^rchar: (\d+)", Path(f"/proc/{pid}/io").read_text(), re.MULTILINE)[1])


def listing(pop3d: Pop3d) -> bytes:
    with session(pop3d) as peer:
        lines = peer.fetch(b"LIST")
        quits(peer)
    return lines


def sizes_are_kept(ground: Ground) -> str:
    """A second session opens no message, and a third only the one that changed. Without strace: it reads next to
    nothing.
    """
    count, octets = 20_000, message(1000)
    drop = Maildir(ground.fresh())
    for number in range(count):
        path = drop.path / "cur" / f"{1_700_000_000 + number}.M1P1.cached:2,S"
        path.write_bytes(octets + b"x\n" * (number % 7))
    sizes = [len(crlf_form(octets + b"x\n" * (at % 7))) for at in range(count)]
    wanted = b"".join(b"%d %d\r\n" % pair for pair in enumerate(sizes, 1))
    with ground.pop3d(drop) as pop3d:
        expect(listing(pop3d) == wanted, "the first LIST is wrong")
        before = rchar(pop3d.process.pid)
        expect(listing(pop3d) == wanted, "the second LIST is not the first")
        again = rchar(pop3d.process.pid) - before
        expect(again < sum(sizes) // 5, f"{again} octets were read again")
    trace = ground.fresh()
    under = ("strace", "-D", "-f", "-qq", "-s", "4096", "-o", trace, "-e", "trace=open,openat,openat2")
    tracing = shutil.which("strace")
    with ground.pop3d(drop, under=under if tracing else ()) as pop3d:
        expect(listing(pop3d) == wanted, "LIST is not the same after a restart")
        expect(not tracing or opened(trace) == 0, f"{opened(trace)} messages were opened again")
        (drop.path / "cur" / "1700000004.M1P1.cached:2,S").write_bytes(octets * 2)
        sizes[4] = len(crlf_form(octets * 2))
        wanted = b"".join(b"%d %d\r\n" % pair for pair in enumerate(sizes, 1))
        expect(listing(pop3d) == wanted, "a file whose size changed has its old size in LIST")
        expect(not tracing or opened(trace) == 1, f"{opened(trace)} messages were opened for one that changed")
        for path in list((drop.path / "cur").iterdir())[:100]:
            path.rename(f"{path}R")
        expect(listing(pop3d) == wanted, "LIST is not the same after a change of flags")
        expect(not tracing or opened(trace) == 1, f"{opened(trace) - 1} messages were opened after a change of flags")
    return f"{count} messages, {again} octets read the second time" + (", none opened" if tracing else "")


def kept_files(drop: Maildir) -> list[Path]:
    return [path for path in drop.path.iterdir() if path.is_file()]


def damaged_sizes(ground: Ground) -> str:
    """The file of sizes may be cut off or overwritten at any time."""
    drop = ground.filled(Maildir, 50)
    with ground.pop3d(drop) as pop3d:
        wanted = listing(pop3d)
        whole = {path: path.read_bytes() for path in kept_files(drop)}
        expect(whole, "nothing is kept")
        for path, octets in whole.items():
            for damage in (b"", b"\0" * 1000, ground.rng.randbytes(5000), octets[: len(octets) // 2], octets[:-3]):
                path.write_bytes(damage)
                expect(listing(pop3d) == wanted, f"LIST is not the same after {path.name} was {damage[:20]!r}")
            path.unlink()
            path.mkdir()
            expect(listing(pop3d) == wanted, f"LIST is not the same with a folder {path.name}")
            path.rmdir()
        expect(listing(pop3d) == wanted, "LIST is not the same when nothing is kept")
    return f"{len(whole)} files, measured anew"


def link_for_sizes(ground: Ground) -> str:
    """The owner of a Maildir must not be able to make pop3d write to another file, or wait for one."""
    drop = ground.filled(Maildir, 3)
    with ground.pop3d(drop) as pop3d:
        wanted = listing(pop3d)
        victim = ground.fresh()
        victim.write_bytes(b"precious\n")
        for path in kept_files(drop):
            path.unlink()
            for name in (path.name, path.name + ".new", path.name + ".tmp"):
                (drop.path / name).symlink_to(victim)
        drop.deliver(message())
        expect(listing(pop3d).startswith(wanted), "LIST is not what it was")
        expect(victim.read_bytes() == b"precious\n", "the target of the link was overwritten")
    return "not followed"


# The logs.


def one_line_a_session(ground: Ground, kind: type) -> str:
    drop = ground.filled(kind, 137)
    octets = sum(len(crlf_form(message)) for message in drop.messages())
    with configured(ground, drop, "") as pop3d:
        with session(pop3d) as peer:
            for number in range(1, 138):
                retrieved(peer, number)
            quits(peer)
        line = logged(pop3d, USER, "137")
        at_least = max(map(int, re.findall(r"\d+", line)))
        expect(at_least >= octets, f"{octets} octets were sent: {line!r}")
        lines = [line for line in pop3d.text().splitlines() if USER in line and HOST in line and "try:" not in line]
        expect(len(lines) == 1, f"{len(lines)} lines for a session: {lines}")
    return line


def secrets_in_use(ground: Ground) -> str:
    """Logs in in every way, right and wrong, with the most detailed log. `no_secrets` then looks at the log."""
    drop = ground.filled(Mbox, 1)
    passwd = ground.fresh()
    shared = base64.b64encode(PASSWORD.encode()).decode()
    hashed = subprocess.run(
        [POP3D, "--hash-password"], input=PASSWORD, capture_output=True, text=True, check=True
    ).stdout.strip()
    token = hashlib.sha256(TOKEN.encode()).hexdigest()
    passwd.write_text(f"alice:{hashed} {{PLAIN}}{shared} {{TOKEN}}{token}\n")
    config = f'[users]\npasswd = "{passwd}"\n[login]\nfailure-delay = 0\n'
    tried = 0
    with configured(ground, drop, config, "--log", "trace", users=()) as pop3d:
        for password in (PASSWORD, WRONG):
            with Peer(pop3d.server, TLS) as peer:
                peer.ask(b"")
                succeeds(peer, b"USER alice")
                answers = [peer.ask(b"PASS " + password.encode()), peer.ask(b"QUIT")]
            with Peer(pop3d.server, TLS) as peer:
                greeting = peer.ask(b"")
                stamp = re.search(rb"<.*>", greeting)
                expect(stamp, f"no timestamp in {greeting!r}")
                digest = hashlib.md5(stamp[0] + password.encode()).hexdigest()
                answers.append(peer.ask(b"APOP alice " + digest.encode()))
            for line in exchanges(password):
                with Peer(pop3d.server, TLS) as peer:
                    peer.ask(b"")
                    answer = peer.ask(line[0])
                    for part in line[1:]:
                        # Without `ask`, because an empty line counts here.
                        peer.socket.sendall(part(base64.b64decode(answer[2:])) + b"\r\n")
                        answer = peer.lines.readline()
                    answers.append(answer)
            right = [answer.startswith(b"+OK") for answer in answers]
            expect(all(right) if password == PASSWORD else not any(right[:1] + right[2:]), f"{password!r}: {answers}")
            tried += len(answers)
    return f"{tried} logins and ends"


def exchanges(password: str) -> Iterable[list]:
    """The lines of AUTH: the first as it is, the others made from the challenge."""
    encode = base64.b64encode
    token = (TOKEN if password == PASSWORD else WRONG.replace(" ", "")).encode()

    def cram(challenge: bytes) -> bytes:
        return encode(b"alice " + hmac.new(password.encode(), challenge, "md5").hexdigest().encode())

    yield [b"AUTH PLAIN " + encode(b"\0alice\0" + password.encode())]
    yield [b"AUTH LOGIN", lambda _: encode(b"alice"), lambda _: encode(password.encode())]
    yield [b"AUTH CRAM-MD5", cram]
    bearer = encode(b"n,a=alice,\1auth=Bearer " + token + b"\1\1")
    xoauth2 = encode(b"user=alice\1auth=Bearer " + token + b"\1\1")
    # A refusal is a challenge with the reason, which the client answers with an empty response.
    rest = [] if password == PASSWORD else [lambda _: b"AQ=="]
    yield [b"AUTH OAUTHBEARER", lambda _: bearer, *rest]
    rest = [] if password == PASSWORD else [lambda _: b""]
    yield [b"AUTH XOAUTH2", lambda _: xoauth2, *rest]


def no_secrets(ground: Ground) -> str:
    """Looks at all logs of the run."""
    needles = {TOKEN, hashlib.sha256(TOKEN.encode()).hexdigest(), "$argon2", "SCRAM-SHA-256$", "{PLAIN}", "{TOKEN}"}
    for password in (PASSWORD, WRONG):
        plain = password.encode()
        needles |= {password, plain.hex(), hashlib.sha256(plain).hexdigest()}
        needles |= {base64.b64encode(octets).decode() for octets in (plain, b"\0alice\0" + plain)}
        needles.add(repr(list(plain)))  # as Rust shows bytes
    lines = [line for pop3d in ground.started for line in pop3d.output]
    found = {(needle, line) for line in lines for needle in needles if needle in line}
    expect(not found, f"in the logs: {sorted(found)[:5]}")
    return f"{len(ground.started)} logs, {len(lines)} lines"


def run(ground: Ground) -> None:
    check = ground.report.check
    names = ("sizes", "config", "logs")
    if not has_config():
        for name in names:
            ground.report.skip(f"pop3d: {name}", "this pop3d has no --config")
        return
    mistakes(ground)
    check("Maildir: sizes are measured once", sizes_are_kept, ground)
    check("Maildir: kept sizes that are damaged", damaged_sizes, ground)
    check("Maildir: a symbolic link where sizes are kept", link_for_sizes, ground)
    for kind in (Maildir, Mbox):
        check(f"{kind.__name__}: the log has a line for a session", one_line_a_session, ground, kind)
    check("logins of all kinds", secrets_in_use, ground)
