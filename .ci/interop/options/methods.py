"""Login methods. Run by ../options.py."""

from configured import logged_methods
from harness import expect

from options.stage import WITH_PASSWORD, Stage, delivered, message


def run(stage: Stage) -> None:
    check = stage.check
    check("--auth: each method, alone", each_method, stage)
    check("--auth: external, with --cert and --key", external, stage)
    for how in ("--auth anonymous", "--auth ANONYMOUS", "a URL with AUTH=ANONYMOUS"):
        check(f"anonymous, by {how}", anonymous, stage, how)
    check("--auth: a list; a name that is not one", lists, stage)


def each_method(stage: Stage) -> str:
    for method in WITH_PASSWORD:
        for name in (method, method.upper()):
            drop, sent = stage.filled(1)
            to, since = stage.new_path(), len(stage.pop3d.output)
            stage.get(drop, to, "--auth", name)
            expect(delivered(to) == sent, f"{name}: nothing came")
            used = logged_methods(stage.pop3d, since, drop.user)
            expect(used == {method.upper()}, f"{name}: {used}")
    return f"{len(WITH_PASSWORD)} methods"


def external(stage: Stage) -> None:
    drop = stage.drop("external")
    sent = drop.fill([message(1)])
    certificate = ("--cert", stage.client_cert, "--key", stage.client_key)
    for options in (("--auth", "external"), (), ("--user", "external")):
        to, since = stage.new_path(), len(stage.pop3d.output)
        stage.pop3get(stage.tls, *stage.ca, *certificate, *options, "--to", to)
        expect(delivered(to) == sent, f"{options}: nothing came")
        used = logged_methods(stage.pop3d, since, "external")
        expect(used == {"EXTERNAL"}, f"{options}: {used}")
    to = stage.new_path()
    stage.pop3get(stage.clear, "--stls", *stage.ca, *certificate, "--to", to)
    expect(delivered(to) == sent, "with STLS nothing came")
    base = (stage.tls, *stage.ca, "--user", "external", "--to", to)
    stage.pop3get(*base, "--cert", stage.client_cert, code=2, says="--key")
    stage.pop3get(*base, "--key", stage.client_key, code=2, says="--cert")
    stage.pop3get(*base, "--cert", stage.client_cert, "--key", stage.certificates.key, code=2)
    stage.pop3get(*base, "--cert", stage.new_path(), "--key", stage.client_key, code=2, says="No such file")
    stage.pop3get(*base, "--auth", "external", code=3, says="no login method")


def anonymous(stage: Stage, how: str) -> None:
    drop = stage.drop("anonymous")
    sent = drop.fill([message(1)])
    to = stage.new_path()
    place = [stage.tls, *how.split()] if how.startswith("--") else [stage.url("pops", "guest;AUTH=ANONYMOUS")]
    stage.pop3get(*place, *stage.ca, "--to", to)
    expect(delivered(to) == sent, "nothing came")


def lists(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    for options in (("--auth", "login,cram-md5"), ("--auth", "login", "--auth", "cram-md5")):
        since = len(stage.pop3d.output)
        stage.get(drop, stage.new_path(), *options)
        used = logged_methods(stage.pop3d, since, drop.user)
        expect(used == {"CRAM-MD5"}, f"{options}: not the best of them, but {used}")
    for bad in ("ntlm", "plain,ntlm", "", "plain,", "plain login", "digest-md5"):
        to = stage.new_path()
        stage.get(drop, to, "--auth", bad, code=2)
        expect(not to.exists(), f"--auth {bad!r}: something was made")
