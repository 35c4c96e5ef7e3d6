"""Delivery to a command. Run by ../options.py."""

from harness import expect, shown

from options.stage import Stage, entries, message, objects


def run(stage: Stage) -> None:
    check = stage.check
    check("pipe: each message on standard input, in order", through_pipe, stage)
    check("pipe: it fails on the third message: that one stays, the first two are in the record", pipe_fails, stage)
    check("pipe: a command that reads nothing", pipe_reads_nothing, stage)
    check("pipe: needs --record", pipe_record, stage)


def through_pipe(stage: Stage) -> None:
    drop = stage.drop()
    sent = drop.fill([b"Subject: 1\n\n.\n..\n", b"", b"\xff\0\n", message(4, 200_000)])
    out, record = stage.new_path(), stage.new_path()
    out.mkdir()
    command = f'n=$(ls {out} | wc -l); cat >"{out}/$n"; echo noise; echo trouble >&2'
    ran = stage.get(drop, f"pipe:{command}", "--record", record, "--delete", "--json")
    got = [(out / str(n)).read_bytes() for n in range(len(list(out.iterdir())))]
    expect(sorted(filter(None, got)) == sorted(filter(None, sent)), f"{list(map(shown, got))}")
    expect([octets for octets in got if octets] == [octets for octets in sent if octets], "not in order")
    expect(objects(ran)[0]["fetched"] >= 3 and "trouble" in ran.err, f"{ran}")


def pipe_fails(stage: Stage) -> None:
    drop, sent = stage.filled(5)
    out, record = stage.new_path(), stage.new_path()
    out.mkdir()
    failing = f'n=$(ls {out} | wc -l); [ $n -lt 2 ] || {{ cat >/dev/null; exit 75; }}; cat >"{out}/$n"'
    options = ("--record", record, "--delete", "--json")
    ran = stage.get(drop, f"pipe:{failing}", *options, code=6, says="exit status: 75; the message stays")
    expect([(out / str(n)).read_bytes() for n in range(2)] == sent[:2], "the first two")
    expect(len(entries(record)) == 2, f"the record: {entries(record)}")
    expect(drop.left()[-3:] == sent[2:], "one of the others is gone")
    expect(objects(ran)[0]["exit"] == 6, ran.out)
    stage.free(drop)
    stage.get(drop, f'pipe:n=$(ls {out} | wc -l); cat >"{out}/$n"', *options)
    expect([(out / str(n)).read_bytes() for n in range(5)] == sent, "the next run does not go on from there")
    expect(len(list(out.iterdir())) == 5 and not drop.left(), "not deleted, or twice")
    drop, sent = stage.filled(1)
    for command, says in (("kill -9 $$", "signal: 9"), ("/no/such/program", "127"), ("", "")):
        code = 6 if command else 0
        stage.get(drop, f"pipe:{command}", "--record", stage.new_path(), code=code, says=says)
        stage.free(drop)


def pipe_reads_nothing(stage: Stage) -> None:
    drop, _ = stage.filled(3, 300_000)
    record = stage.new_path()
    stage.get(drop, "pipe:true", "--record", record)
    expect(len(entries(record)) == 3, "not in the record")


def pipe_record(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    stage.get(drop, "pipe:cat", code=2, says="--record: missing")
