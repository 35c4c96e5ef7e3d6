"""Records of other programs. Run by ../options.py."""

import os
import shutil

import clients
from clients import PLAIN
from corpus import crlf_form
from drivers.base import HOST_NAME, Driver, Errand, Login
from drivers.getmail import Getmail
from drivers.mpop import Mpop
from harness import HOST, PASSWORD, expect, give_to_mail_owner

from options.stage import Drop, Stage, delivered, entries, message, objects


class WithIds(Driver):
    """fetchmail with unique-ids, which the driver for logins does not ask for."""

    def fetch(self, errand: Errand) -> list[bytes]:
        store = errand.folder / "store"
        control = errand.folder / "fetchmailrc"
        control.touch(0o600)
        control.write_text(
            f"set no bouncemail\nset no syslog\npoll {HOST_NAME} protocol pop3 service {errand.port} timeout 20"
            " auth password uidl\n"
            f'user "{errand.login.user}" password "{errand.login.secret}" keep\n'
            f"sslproto '' mda \"sh -c 'cat >$(mktemp {store}XXXXXX)'\"\n"
        )
        files = ["--fetchmailrc", control, "--idfile", errand.folder / "ids", "--pidfile", errand.folder / "pid"]
        clients.run(["fetchmail", *files], "fetchmail", env={**os.environ, "FETCHMAILHOME": str(errand.folder)})
        return [path.read_bytes() for path in errand.folder.glob("store?*")]


def run(stage: Stage) -> None:
    drivers = {"getmail": Getmail("Simple"), "fetchmail": WithIds(), "mpop": Mpop(pipelining=True)}
    for program, driver in drivers.items():
        name = f"--import: what {program} wrote: nothing is fetched again"
        if shutil.which(program):
            stage.check(name, imported, stage, program, driver)
        else:
            stage.report.skip(name, "not installed")
    stage.check("--import: a record that is there wins", import_ignored, stage)
    stage.check("--import: malformed", import_malformed, stage)
    stage.check("--import: a run that is killed does not lose it", import_killed, stage)


def imported(stage: Stage, program: str, driver: Driver) -> str:
    drop, _ = stage.filled(4)
    folder = stage.new_path()
    folder.mkdir()
    give_to_mail_owner(folder)
    errand = Errand(stage.server, PLAIN, Login("USER", drop.user, PASSWORD), folder, keep=True)
    expect(len(driver.fetch(errand)) == 4, f"{program} did not fetch")
    stage.free(drop)
    written = {"getmail": "oldmail-*", "fetchmail": "ids", "mpop": "uidls"}[program]
    (file,) = folder.glob(written)
    before = file.read_bytes()
    drop.fill([message(5)], 5)
    to, place = stage.new_path(), f"{HOST_NAME}:{stage.server.tls_port}"
    options = (*stage.ca, "--user", drop.user, *stage.password, "--to", to, "--import", f"{program}:{file}")
    dry = stage.pop3get(place, *options, "--dry-run")
    expect(dry.out.splitlines()[0].startswith("fetch 5 (") and not to.exists(), f"a dry run: {dry.out}")
    ran = stage.pop3get(place, *options, "--json")
    expect(delivered(to) == [crlf_form(message(5))], f"{len(delivered(to))} messages: {before!r}")
    expect(objects(ran)[0]["skipped"] == 4, ran.out)
    expect(file.read_bytes() == before, "the file of the other program has changed")
    file.unlink()
    ran = stage.pop3get(place, *options[:-2], "--delete", "--json")
    expect(objects(ran)[0]["fetched"] == 0 and not drop.left(), f"then with --delete: {ran.out}")
    return f"{len(before)} octets"


def import_ignored(stage: Stage) -> None:
    drop, _ = stage.filled(2)
    to, file = stage.new_path(), stage.new_path()
    stage.get(drop, to)
    drop.fill([message(3)], 3)
    file.write_text(f"{drop.user}@{HOST} 1700000003.m\n")
    stage.get(drop, to, "--import", f"fetchmail:{file}")
    expect(len(delivered(to)) == 3, "the record was passed over")


def import_malformed(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    file = stage.new_path()
    file.write_bytes(b"no space nor NUL\n")
    for text, says in {
        f"getmail:{file}": "is line 1)", f"mpop:{file}": "is line 1)", f"pine:{file}": "not getmail, fetchmail or mpop",
        str(file): "not PROGRAM:FILE", f"getmail:{file}x": "No such file",
    }.items():  # fmt: skip
        stage.get(drop, stage.new_path(), "--import", text, code=2, says=says)
    file.write_bytes(b"nospace\n")
    stage.get(drop, stage.new_path(), "--import", f"fetchmail:{file}", code=2, says="is line 1)")


def import_killed(stage: Stage) -> None:
    """By then the record of the other program may be gone, or be ignored because there is one of our own."""
    drop, sent = stage.filled(3)
    ids = order_of_ids(stage, drop)
    file, out, record = stage.new_path(), stage.new_path(), stage.new_path()
    file.write_bytes(b"".join(b"%s@%s %s\n" % (drop.user.encode(), HOST.encode(), one.encode()) for one in ids))
    new = drop.fill([message(4), message(5)], 4)
    out.mkdir()
    kills = f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"; [ $n -lt 1 ] || kill -9 $PPID'
    options = ("--record", record, "--import", f"fetchmail:{file}")
    stage.get(drop, kills, *options, code=-9)
    stage.free(drop)
    stage.get(drop, f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"', *options)
    got = {path.read_bytes() for path in out.iterdir()}
    again = sorted(got & set(sent))
    expect(set(new) <= got, "a new one did not come")
    expect(not again, f"{len(again)} of 3 that were imported were fetched again")


def order_of_ids(stage: Stage, drop: Drop) -> list[str]:
    record = stage.new_path()
    stage.get(drop, stage.new_path(), "--record", record)
    return [line.split(":")[-1] for line in entries(record)]
