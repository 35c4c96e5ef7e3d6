"""Accounts of a configuration file, and several URLs. Run by ../options.py."""

import json
import re
from pathlib import Path

from drivers.base import HOST_NAME
from harness import HOST, expect

from options.stage import Drop, Stage, delivered, objects


def run(stage: Stage) -> None:
    check = stage.check
    check("accounts: all of a file, or those that are named", all_accounts, stage)
    check("accounts: an unknown name, an unknown key, a wrong value: code 2, and where", bad_file, stage)
    contradictions: list[dict[str, object]] = [
        {"tls": True, "plain": True}, {"keep": True, "delete": True}, {"password_file": "/dev/null"},
        {"cert": str(stage.client_cert)},
    ]  # fmt: skip
    for keys in contradictions:
        name = " and ".join(key.replace("_", "-") for key in keys)
        check(f"accounts: a file may not say {name} either", file_contradicts, stage, keys)
    check("accounts: options of an account beside --config are not passed over", beside_config, stage)
    check("accounts: one fails, the others go on, the worst code counts", one_fails, stage)
    check("accounts: several URLs on the command line", several_urls, stage)
    check("accounts: two do not share a record", shared_record, stage)


def account(stage: Stage, name: str, drop: Drop, place: object, **keys: object) -> str:
    fields: dict[str, object] = {
        "server": stage.tls, "user": drop.user, "password-env": "PW", "to": str(place), "ca": str(stage.server.ca),
    }  # fmt: skip
    fields.update({key.replace("_", "-"): value for key, value in keys.items()})
    return f"[account.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())


def file_of(stage: Stage, *tables: str) -> Path:
    path = stage.new_path()
    path.write_text("".join(tables))
    return path


def all_accounts(stage: Stage) -> None:
    drops = {name: stage.filled(2) for name in ("one", "two", "three")}
    places = {name: stage.new_path() for name in drops}
    keys: dict[str, dict[str, object]] = {
        "one": {"auth": ["scram-sha-256", "plain"], "delete": True},
        "two": {"server": stage.clear, "stls": True, "size_limit": 10, "preview": 1},
        "three": {"to": f"mbox:{places['three']}", "keep_count": 1, "no_pipelining": True, "timeout": 20},
    }
    tables = [account(stage, name, drops[name][0], places[name], **keys[name]) for name in drops]
    config = file_of(stage, *tables)
    ran = stage.pop3get("--config", config, "two", "one", "--json")
    expect([one["account"] for one in objects(ran)] == ["two", "one"], f"not in the order asked for: {ran.out}")
    expect(delivered(places["one"]) == drops["one"][1] and not drops["one"][0].left(), "one")
    heads = [octets.split(b"\r\n\r\n")[0] + b"\r\n\r\ntext\r\n" for octets in drops["two"][1]]
    expect(delivered(places["two"]) == heads, f"two: {delivered(places['two'])}")
    expect(not places["three"].exists(), "three was not asked for")
    ran = stage.pop3get("--config", config, "--json")
    expect(sorted(one["account"] for one in objects(ran)) == ["one", "three", "two"], ran.out)
    expect(len(re.findall(rb"^From ", places["three"].read_bytes(), re.MULTILINE)) == 2, "three")
    expect(drops["three"][0].left() == drops["three"][1][1:], "keep-count of three")


def bad_file(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    to = stage.new_path()
    good = account(stage, "one", drop, to)
    bad = [
        (good, ["nobody"], "no [account.nobody]"),
        (good, ["one", "one"], "one"),
        (good + "kepe = true\n", [], "line 7"),
        (good + "delete-after = -1\n", [], "line 7"),
        (good + 'delete-after = "3"\n', [], "line 7"),
        (good + 'auth = ["ntlm"]\n', [], "one: method ntlm: not known"),
        (good + "[accounts.two]\n", [], "line 7"),
        (good.replace("server", "# server"), [], "[account.one] has no server"),
        (good.replace("user", "# user"), [], "one: --user: missing"),
        ("", [], "account"),
        ("[account]\n", [], "none"),
        ("[account.one\n", [], "line 1"),
    ]
    for text, names, says in bad:
        stage.pop3get("--config", file_of(stage, text), *names, code=2, says=says)
    stage.pop3get("--config", stage.new_path(), code=2, says="No such file")
    expect(not to.exists(), "something was made")


def file_contradicts(stage: Stage, keys: dict[str, object]) -> None:
    """What the command line refuses, a file refuses, too. Each table has a password-env, and none has a key."""
    drop, _ = stage.filled(1)
    stage.pop3get("--config", file_of(stage, account(stage, "one", drop, stage.new_path(), timeout=1, **keys)), code=2)


def beside_config(stage: Stage) -> None:
    """Options of an account beside --config either count or are refused."""
    drop, _ = stage.filled(2)
    to = stage.new_path()
    config = file_of(stage, account(stage, "one", drop, to))
    ran = stage.run_any("--config", config, "--delete")
    expect(ran.code == 2 or not drop.left(), f"code {ran.code}, --delete did nothing: {ran.out.strip()!r}")


def one_fails(stage: Stage) -> None:
    good, sent = stage.filled(2)
    login, network, disk = (stage.filled(1)[0] for _ in range(3))
    place = stage.new_path()
    in_the_way = stage.new_path()
    in_the_way.write_bytes(b"")
    tables = {
        "a-login": account(stage, "a-login", login, stage.new_path(), password_env="WRONG"),
        "b-network": account(stage, "b-network", network, stage.new_path(), server=f"{HOST}:1"),
        "c-disk": account(stage, "c-disk", disk, in_the_way),
        "d-good": account(stage, "d-good", good, place),
    }
    config = file_of(stage, *tables.values())
    codes = {"a-login": 3, "b-network": 4, "c-disk": 6, "d-good": 0}
    env = {"WRONG": "not it"}
    for names in (["a-login", "d-good"], ["b-network", "a-login", "d-good"], ["c-disk", "b-network"], []):
        asked = names or sorted(codes)
        ran = stage.pop3get("--config", config, *names, "--json", code=max(codes[one] for one in asked), env=env)
        results = objects(ran)
        expect([one["account"] for one in results] == asked, f"{results}")
        for one in results:
            expect(one["exit"] == codes[one["account"]], f"{one}")
            expect((one["error"] is None) == (one["exit"] == 0), f"{one}")
            expect(f"pop3get: {one['account']}: " in ran.err or one["exit"] == 0, ran.err)
        stage.free(good)
    expect(delivered(place) == sent, "the good one did not go on")


def several_urls(stage: Stage) -> None:
    drops = [stage.filled(2) for _ in range(2)]
    to = stage.new_path()
    places = [stage.url("pops", drop.user) for drop, _ in drops]
    ran = stage.pop3get(*places, *stage.ca, *stage.password, "--to", to, "--json")
    names = [f"{drop.user}@{HOST_NAME}" for drop, _ in drops]
    expect([one["account"] for one in objects(ran)] == names, ran.out)
    expect(delivered(to) == sorted(drops[0][1] + drops[1][1]), "not what was sent")
    records = {path.name for path in to.iterdir() if path.is_file() and not path.name.endswith(".lock")}
    port = places[0].rpartition(":")[2]
    expect(records == {f".pop3get-{name},{port}" for name in names}, f"the records: {records}")


def shared_record(stage: Stage) -> None:
    """A unique-id is unique only in one maildrop. Another maildrop may have the same."""
    drops = [stage.drop() for _ in range(2)]
    sent = [drop.fill([b"Subject: of %d\n\ntext\n" % n]) for n, drop in enumerate(drops)]
    to, record = stage.new_path(), stage.new_path()
    places = [stage.url("pops", drop.user) for drop in drops]
    ran = stage.run_any(*places, *stage.ca, *stage.password, "--to", to, "--record", record)
    got = delivered(to)
    expect(ran.code == 2 or got == sorted(sent[0] + sent[1]), f"code {ran.code}, {len(got)} of 2 messages came")
