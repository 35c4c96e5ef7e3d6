"""Where passwords and tokens come from. Run by ../options.py."""

from configured import logged_methods
from harness import PASSWORD, expect

from options.stage import TOKEN, WITH_TOKEN, Drop, Ran, Stage


def run(stage: Stage) -> None:
    check = stage.check
    check("password: from a variable", from_env, stage)
    check("password: from a file, its first line", from_file, stage)
    check("password: from a command, the first line of its output", from_command, stage)
    check("token: from a variable and from a command", tokens, stage)
    check("password: one source only", one_source, stage)


def logs_in(stage: Stage, drop: Drop, *options: object, code: int = 0, says: str = "", **more: object) -> Ran:
    user = (*stage.ca, "--user", drop.user, "--to", stage.new_path())
    return stage.pop3get(stage.tls, *user, *options, code=code, says=says, **more)


def from_env(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    logs_in(stage, drop, "--password-env", "MINE", env={"MINE": PASSWORD})
    logs_in(stage, drop, "--password-env", "NOT_SET", code=2, says="--password-env NOT_SET: there is no such")
    logs_in(stage, drop, "--password-env", "EMPTY", code=2, says="is empty", env={"EMPTY": ""})
    logs_in(stage, drop, "--password-env", "WRONG", code=3, says="login refused", env={"WRONG": PASSWORD + " "})
    logs_in(stage, drop, code=3, says="no login method that server, credentials and policy have in common")


def from_file(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    path = stage.new_path()
    for text in (PASSWORD, f"{PASSWORD}\n", f"{PASSWORD}\r\n", f"{PASSWORD}\nsecond line\n"):
        path.write_text(text, newline="")
        logs_in(stage, drop, "--password-file", path)
    path.write_text(f" {PASSWORD}\n")
    logs_in(stage, drop, "--password-file", path, code=3)
    for text, says in {"": "empty", f"\n{PASSWORD}\n": "its first line is empty"}.items():
        path.write_text(text)
        logs_in(stage, drop, "--password-file", path, code=2, says=f"--password-file: {path}: {says}")
    path.write_bytes(b"\xff\n")
    logs_in(stage, drop, "--password-file", path, code=3, says="not UTF-8")
    logs_in(stage, drop, "--password-file", stage.new_path(), code=2, says="No such file")


def from_command(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    path = stage.new_path()
    path.write_text(f"{PASSWORD}\nsecond line\nthird\n")
    logs_in(stage, drop, "--password-command", f"cat {path}")
    logs_in(stage, drop, "--password-command", f"head -n 1 {path} | tr -d '\\n'")
    bad = {
        "exit 3": "--password-command: exit status: 3",
        f"cat {path}; exit 1": "--password-command: exit status: 1",
        "kill -9 $$": "signal: 9",
        "true": "--password-command: it printed nothing",
        f"echo; cat {path}": "--password-command: its output: its first line is empty",
        "printf '\\377\\n'": "not UTF-8",
        "/no/such/program": "127",
    }
    for command, says in bad.items():
        logs_in(stage, drop, "--password-command", command, code=3, says=says)
    ran = logs_in(stage, drop, "--password-command", "echo why it failed >&2; exit 1", code=3)
    expect("why it failed" in ran.err, f"what the command says is lost: {ran.err!r}")


def tokens(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    path = stage.new_path()
    path.write_text(f"{TOKEN}{drop.user}\nsecond line\n")
    env = {"TOKEN": TOKEN + drop.user, "WRONG": "xx" + TOKEN[:8]}
    for method in WITH_TOKEN:
        for source in (("--token-env", "TOKEN"), ("--token-command", f"cat {path}")):
            since = len(stage.pop3d.output)
            logs_in(stage, drop, *source, "--auth", method, env=env)
            used = logged_methods(stage.pop3d, since, drop.user)
            expect(used == {method.upper()}, f"{method}: {used}")
        refused = f"login refused ({method})"
        logs_in(stage, drop, "--token-env", "WRONG", "--auth", method, code=3, says=refused, env=env)
    logs_in(stage, drop, "--token-env", "TOKEN", env=env)
    logs_in(stage, drop, "--token-env", "NOT_SET", code=2, says="--token-env NOT_SET")
    logs_in(stage, drop, "--token-command", "false", code=3, says="--token-command: exit status: 1")
    logs_in(stage, drop, "--token-command", "true", code=3, says="--token-command: it printed nothing")
    logs_in(stage, drop, "--token-env", "TOKEN", "--auth", "plain", code=3, says="no login method", env=env)


def one_source(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    logs_in(stage, drop, "--password-env", "PW", "--password-file", "/dev/null", code=2, says="cannot be used with")
    logs_in(stage, drop, "--password-env", "PW", "--token-env", "PW", code=2, says="cannot be used with")
