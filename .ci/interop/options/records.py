"""The record of what was fetched. Run by ../options.py."""

import threading
import time

from harness import expect

from options.stage import Ran, Stage, delivered, entries, objects


def run(stage: Stage) -> None:
    check = stage.check
    check("--record: elsewhere, below folders that are missing", record_elsewhere, stage)
    check("--record: two at once: one is refused", two_at_once, stage)
    check("--record: torn in its last line, everywhere", torn, stage)
    check("--record: garbage: code 6, the line, nothing changed", garbage, stage)
    check("--record: after a run that was killed the next one goes on from there", record_survives_kill, stage)
    check("--all", all_again, stage)


def record_elsewhere(stage: Stage) -> None:
    drop, sent = stage.filled(2)
    record = stage.new_path() / "a" / "record"
    to = stage.new_path()
    stage.get(drop, to, "--record", record)
    expect(len(entries(record)) == 2 and record.read_text().startswith("pop3-proto record 1\n"), "the record")
    expect({path.name for path in to.iterdir()} == {"cur", "new", "tmp"}, "a record in the Maildir, too")
    other = stage.new_path()
    stage.get(drop, other, "--record", record)
    expect(delivered(other) == [], "what is in the record was fetched")
    stage.get(drop, other)
    expect(delivered(other) == sent, "without the record nothing came")
    plain = stage.new_path()
    plain.mkdir()
    stage.get(drop, to, "--record", "bare", cwd=plain)
    expect(len(entries(plain / "bare")) == 2, "a record without a folder in its name")


def two_at_once(stage: Stage) -> str:
    drop, sent = stage.filled(3)
    to, record, go = stage.new_path(), stage.new_path(), stage.new_path()
    command = f"pipe:cat >>{to}; while [ ! -e {go} ]; do sleep 0.05; done"
    first: list[Ran] = []
    thread = threading.Thread(target=lambda: first.append(stage.get(drop, command, "--record", record)))
    thread.start()
    while not to.exists():
        time.sleep(0.02)
    ran = stage.get(drop, stage.new_path(), "--record", record, code=6, says="another pop3get is at work with it")
    dry = stage.get(drop, stage.new_path(), "--record", record, "--dry-run", code=7, says="")
    go.touch()
    thread.join()
    expect(first and first[0].code == 0, "the first one failed")
    expect(to.read_bytes() == b"".join(sent) and len(entries(record)) == 3, "not each once")
    stage.get(drop, stage.new_path(), "--record", record)
    return f"refused after {ran.seconds:.2f} s; a dry run meets the server's lock: {dry.err.strip()!r}"


def torn(stage: Stage) -> str:
    drop, sent = stage.filled(3)
    record = stage.new_path()
    stage.get(drop, stage.new_path(), "--record", record)
    whole = record.read_bytes()
    start = whole[:-1].rindex(b"\n") + 1
    cuts = [*range(start + 1, len(whole), 7), len(whole) - 1]
    for cut in cuts:
        record.write_bytes(whole[:cut])
        to = stage.new_path()
        stage.get(drop, to, "--record", record)
        expect(delivered(to) == sent[2:], f"cut at {cut}: {len(delivered(to))} messages")
        expect([line.split()[-1] for line in entries(record)] == ids_of(whole), f"cut at {cut}: the record")
    for cut in (0, 1, 18, len("pop3-proto record 1\n")):
        record.write_bytes(whole[:cut])
        to = stage.new_path()
        stage.get(drop, to, "--record", record)
        expect(delivered(to) == sent, f"cut at {cut}: {len(delivered(to))} messages")
    return f"{len(cuts) + 4} cuts"


def garbage(stage: Stage) -> None:
    drop, sent = stage.filled(2)
    record = stage.new_path()
    stage.get(drop, stage.new_path(), "--record", record)
    whole = record.read_bytes()
    lines = whole.splitlines(keepends=True)
    bad = [
        (b"garbage\n" + whole, 1),
        (b"pop3-proto record 2\n", 1),
        (lines[0] + b"garbage\n" + lines[1], 2),
        (lines[0] + lines[1] + lines[2].replace(b"have", b"hvae"), 3),
        (lines[0] + b"\n" + lines[1], 2),
        (lines[0] + lines[1].replace(b"uid:", b"uid:%zz") + lines[2], 2),
    ]
    for text, line in bad:
        record.write_bytes(text)
        to = stage.new_path()
        stage.get(drop, to, "--record", record, "--delete", code=6, says=f"{record}: line {line} ")
        expect(record.read_bytes() == text and drop.left() == sent, "changed")
        expect(delivered(to) == [], "something was fetched")
    record.write_bytes(b"\xff\xfe" + whole)
    stage.get(drop, stage.new_path(), "--record", record, code=6, says=str(record))
    record.unlink()
    record.mkdir()
    stage.get(drop, stage.new_path(), "--record", record, code=6, says=str(record))


def record_survives_kill(stage: Stage) -> None:
    """pop3get is killed on its third message: the first two are in the record, the next run fetches the rest."""
    drop, sent = stage.filled(4)
    out, record = stage.new_path(), stage.new_path()
    out.mkdir()
    kills = f'pipe:n=$(ls {out} | wc -l); [ $n -lt 2 ] || kill -9 $PPID; cat >"{out}/$n"'
    stage.get(drop, kills, "--record", record, code=-9)
    stage.free(drop)
    there = len(list(out.iterdir()))
    stage.get(drop, f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"', "--record", record)
    got = [(out / str(n)).read_bytes() for n in range(len(list(out.iterdir())))]
    expect(got[:2] == sent[:2] and got[there:] == sent[2:], f"{len(got)} messages")


def all_again(stage: Stage) -> None:
    drop, sent = stage.filled(3)
    to = stage.new_path()
    stage.get(drop, to)
    stage.get(drop, to)
    expect(delivered(to) == sent, "not once")
    ran = stage.get(drop, to, "--all", "--json")
    expect(delivered(to) == sorted(sent * 2) and objects(ran)[0]["fetched"] == 3, "not all")
    stage.get(drop, to)
    expect(delivered(to) == sorted(sent * 2), "the record was lost")


def ids_of(record: bytes) -> list[str]:
    return [line.split()[-1] for line in record.decode().splitlines()[1:]]
