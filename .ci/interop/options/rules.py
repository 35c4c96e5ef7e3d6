"""What is fetched and deleted. Run by ../options.py."""

from pathlib import Path

from harness import expect, shown

from options.stage import Stage, delivered, message, objects

DAY = 24 * 60 * 60


def run(stage: Stage) -> None:
    check = stage.check
    check("--delete-after: by the dates of the record", delete_after, stage)
    check("--keep-count: the newest stay", keep_count, stage)
    check("--keep-octets: the newest stay", keep_octets, stage)
    check("--size-limit and --preview, and the whole message later", previews, stage)
    check("--headers-only", headers_only, stage)
    check("--keep, --delete, --delete-after: one of them", one_rule, stage)


def aged(stage: Stage, record: Path, days: dict[int, float]) -> None:
    """Makes messages, by their place in the record, seem to have been fetched this many days ago."""
    head, *lines = record.read_text().splitlines()
    for place, age in days.items():
        fields = lines[place].split(" ")
        for at in (2, 3):
            fields[at] = str(int(fields[at]) - int(age * DAY))
        lines[place] = " ".join(fields)
    record.write_text("\n".join([head, *lines]) + "\n")


def delete_after(stage: Stage) -> None:
    drop, sent = stage.filled(4)
    to, record = stage.new_path(), stage.new_path()
    options = ("--record", record, "--delete-after", 3, "--json")
    stage.get(drop, to, *options)
    expect(drop.left() == sent, "deleted at once")
    aged(stage, record, {0: 2.9, 1: 3.1, 3: 400})
    plan = stage.get(drop, to, *options[:-1], "--dry-run").out
    deleted = [line for line in plan.splitlines() if line.startswith("delete ")]
    expect(deleted == ["delete 2", "delete 4"], f"the plan: {plan}")
    ran = stage.get(drop, to, *options)
    expect(drop.left() == [sent[0], sent[2]], f"{len(drop.left())} are left")
    expect(objects(ran)[0]["deleted"] == 2 and delivered(to) == sent, ran.out)
    stage.get(drop, to, "--record", record, "--delete-after", 0)
    expect(not drop.left(), "0 days is at once")


def keep_count(stage: Stage) -> None:
    drop, sent = stage.filled(5)
    to = stage.new_path()
    for count, left in ((7, sent), (2, sent[3:]), (2, sent[3:]), (0, [])):
        stage.get(drop, to, "--keep-count", count)
        expect(drop.left() == left, f"--keep-count {count}: {len(drop.left())} are left")
    expect(delivered(to) == sent, "not each once")


def keep_octets(stage: Stage) -> None:
    drop, sent = stage.filled(5)
    size = len(sent[0])
    to = stage.new_path()
    for octets, left in ((size * 5, sent), (size * 3 - 1, sent[3:]), (size * 2, sent[3:]), (size - 1, [])):
        stage.get(drop, to, "--keep-octets", octets)
        expect(drop.left() == left, f"--keep-octets {octets}: {len(drop.left())} are left")
    expect(delivered(to) == sent, "not each once")


def previews(stage: Stage) -> None:
    drop = stage.drop()
    sent = drop.fill([message(1), message(2, 100), message(3)])
    to = stage.new_path()
    limit = ("--size-limit", len(sent[1]) - 1, "--json")
    ran = stage.get(drop, to, *limit, "--preview", 2, "--delete")
    preview = b"\r\n".join(sent[1].split(b"\r\n")[:5]) + b"\r\n"
    expect(delivered(to) == sorted([sent[0], preview, sent[2]]), f"{list(map(shown, delivered(to)))}")
    expect(drop.left() == [sent[1]], "a preview was enough to delete it, or nothing was deleted")
    expect([objects(ran)[0][key] for key in ("fetched", "previewed", "deleted")] == [2, 1, 2], ran.out)
    ran = stage.get(drop, to, *limit, "--preview", 2, "--delete")
    expect(len(delivered(to)) == 3 and drop.left() == [sent[1]], "the preview came again, or it was deleted")
    stage.get(drop, to, "--size-limit", len(sent[1]), "--delete")
    expect(delivered(to) == sorted([*sent, preview]) and not drop.left(), "the whole message did not come")
    drop, sent = stage.filled(1, 100)
    to = stage.new_path()
    stage.get(drop, to, "--size-limit", 1)
    expect(delivered(to)[0].count(b"text\r\n") == 20, "20 lines by default")
    to = stage.new_path()
    stage.get(drop, to, "--size-limit", 1, "--preview", 0)
    expect(delivered(to)[0].endswith(b"\r\n\r\n"), "--preview 0")


def headers_only(stage: Stage) -> None:
    drop, sent = stage.filled(3)
    to = stage.new_path()
    stage.get(drop, to, "--headers-only", "--delete")
    heads = [octets.split(b"\r\n\r\n")[0] + b"\r\n\r\n" for octets in sent]
    expect(delivered(to) == heads, f"{delivered(to)}")
    expect(drop.left() == sent, "deleted")
    ran = stage.get(drop, to, "--headers-only", "--json")
    expect(delivered(to) == heads, f"the headers came again: {ran.out}")
    stage.get(drop, to)
    expect(delivered(to) == sorted(heads + sent), "the whole messages did not come")


def one_rule(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    for two in (("--keep", "--delete"), ("--delete", "--delete-after", 3), ("--keep", "--delete-after", 3)):
        stage.get(drop, stage.new_path(), *two, code=2, says="cannot be used with")
