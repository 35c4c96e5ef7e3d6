"""What is printed: the plan, JSON objects, and nothing. Run by ../options.py."""

import re
from dataclasses import replace
from pathlib import Path

from harness import HOST, expect

from options.stage import Stage, five_messages, message, objects


def run(stage: Stage) -> None:
    check = stage.check
    check("--dry-run: prints, and changes nothing", dry_run, stage)
    check("--dry-run with --json: an object a line", dry_json, stage)
    check("--json: the fields, after a success and after failures", json_objects, stage)
    check("--quiet: not a word", quiet, stage)


def dry_run(stage: Stage) -> None:
    drop = stage.drop()
    drop.fill([message(1), message(2, 100), message(3)])
    work = stage.new_path()
    work.mkdir()
    record = work / "record"
    stage.get(drop, work / "old", "--record", record)
    drop.fill([message(4), message(5, 100)], 4)
    before = tree(work)
    sizes = [len(octets) for octets in drop.left()]
    for to in (work / "new", f"mbox:{work / 'mbox'}", f"pipe:touch {work / 'touched'}"):
        ran = stage.get(drop, to, "--record", record, "--dry-run", "--delete", "--size-limit", 200, cwd=work)
        lines = [line for line in ran.out.splitlines() if re.match("fetch|preview|delete", line)]
        wanted = [f"fetch 4 ({sizes[3]} octets)", f"preview 5 ({sizes[4]} octets, 20 lines)"]
        expect(lines == [*wanted, *(f"delete {n}" for n in (1, 2, 3, 4))], f"{to}: {lines}")
        expect(tree(work) == before, f"{to}: changed: {set(tree(work)) ^ set(before)}")
        expect(len(drop.left()) == 5, f"{to}: deleted")
    ran = stage.get(drop, work / "none" / "at" / "all", "--dry-run", cwd=work)
    expect(len(re.findall("^fetch", ran.out, re.MULTILINE)) == 5 and tree(work) == before, ran.out)
    stage.get(drop, work / "old", "--record", record, "--delete", "--size-limit", 200)
    expect(len(drop.left()) == 1, "the run did something else than the plan")


def dry_json(stage: Stage) -> None:
    drop, _ = stage.filled(2)
    ran = stage.get(drop, stage.new_path(), "--dry-run", "--json")
    expect(objects(ran)[0]["fetched"] == 0, ran.out)


def json_objects(stage: Stage) -> None:
    drop, sent = stage.filled(3)
    to = stage.new_path()
    octets = sum(map(len, sent))
    ran = stage.get(drop, to, "--json", "--delete")
    name = f"{drop.user}@{HOST}"
    wanted = {
        "account": name, "fetched": 3, "octets": octets, "skipped": 0, "previewed": 0, "deleted": 3,
        "unknown": 0, "failed": 0, "error": None, "exit": 0,
        "reason": None, "note": None, "missing": 0, "unreadable": 0, "doubtful": 0, "out_of_step": 0,
    }  # fmt: skip
    expect(objects(ran) == [wanted], ran.out)
    nothing = {**wanted, "fetched": 0, "octets": 0, "deleted": 0}
    expect(objects(stage.get(drop, to, "--json")) == [nothing], "an empty maildrop")
    in_the_way = stage.new_path()
    in_the_way.write_bytes(b"")
    failing = [
        (3, ("--user", "nobody"), stage.tls, to), (4, (), f"{HOST}:1", to), (6, (), stage.tls, in_the_way),
        (2, ("--ca", "/no/such/file"), stage.tls, to),
    ]  # fmt: skip
    for code, options, place, path in failing:
        base = {"--ca": stage.server.ca, "--user": drop.user, "--password-env": "PW", "--to": path}
        base.update(dict(zip(options[::2], options[1::2], strict=True)))
        ran = stage.pop3get(place, *[word for pair in base.items() for word in pair], "--json", code=code)
        (one,) = objects(ran)
        expect(one["exit"] == code and one["error"] and one["error"] in ran.err, f"{one}, {ran.err}")
    with five_messages(RETR=b"-ERR [SYS/TEMP] not now\r\n") as standin:
        (one,) = objects(stage.stand_in_get(standin, "--json", code=5))
        expect(one["failed"] > 0 and one["fetched"] == 0 and one["exit"] == 5, f"{one}")


def quiet(stage: Stage) -> None:
    drop, _ = stage.filled(2)
    ran = stage.get(drop, stage.new_path(), "--quiet")
    expect(not ran.out and not ran.err, f"{ran}")
    ran = stage.get(drop, stage.new_path(), "--quiet", "--user", "nobody", code=2)
    ran = stage.get(replace(drop, user="nobody"), stage.new_path(), "--quiet", code=3, says="login refused")
    expect(not ran.out, f"{ran}")


def tree(folder: Path) -> list[tuple[str, int, bytes]]:
    return sorted(
        (str(path), path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in (folder, *folder.rglob("*"))
    )
