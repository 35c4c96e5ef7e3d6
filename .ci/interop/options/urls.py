"""POP URLs. Run by ../options.py."""

from pathlib import Path

from configured import logged_methods
from drivers.base import HOST_NAME
from harness import expect

from options.stage import ODD_USER, Stage, delivered, message


def run(stage: Stage) -> None:
    check = stage.check
    check("URL: pops, pop, pop3s and pop3: TLS, or STLS", url_schemes, stage)
    check("URL: AUTH=", url_methods, stage)
    check("URL: a user name with escapes", url_escapes, stage)
    check("URL: options win", url_options, stage)
    check("URL: malformed ones are refused, nothing is made", url_malformed, stage)
    for scheme, option in (("pops", "--stls"), ("pops", "--plain"), ("pop", "--tls")):
        check(f"URL: {scheme} and {option} is a contradiction", url_contradicted, stage, scheme, option)


def url_schemes(stage: Stage) -> None:
    for scheme in ("pops", "pop", "pop3s", "pop3", "POPS", "Pop"):
        drop, sent = stage.filled()
        to, transcript = stage.new_path(), stage.new_path()
        url = stage.url(scheme.lower(), drop.user).replace(scheme.lower(), scheme, 1)
        stage.pop3get(url, *stage.ca, *stage.password, "--to", to, "--transcript", transcript)
        expect(delivered(to) == sent, f"{scheme}: {delivered(to)}")
        first = "set: tls" if scheme.lower().endswith("s") else "C: STLS"
        text = transcript.read_text()
        expect(first in text and ("C: STLS" in text) == (first == "C: STLS"), f"{scheme}: {text[:200]}")


def url_methods(stage: Stage) -> str:
    methods = {
        "SCRAM-SHA-256": "SCRAM-SHA-256", "cram-md5": "CRAM-MD5", "%50LAIN": "PLAIN", "+APOP": "APOP",
        "*": None, "LOGIN": "LOGIN", "SCRAM-SHA-1-PLUS": "SCRAM-SHA-1-PLUS",
    }  # fmt: skip
    for written, method in methods.items():
        drop, sent = stage.filled(1)
        to, since = stage.new_path(), len(stage.pop3d.output)
        stage.pop3get(stage.url("pops", f"{drop.user};AUTH={written}"), *stage.ca, *stage.password, "--to", to)
        expect(delivered(to) == sent, f"{written}: nothing came")
        used = logged_methods(stage.pop3d, since, drop.user)
        expect(method is None or used == {method}, f"{written}: {used}")
        expect(method == "APOP" or used != {"APOP"}, f"{written}: APOP, which nobody named")
    return f"{len(methods)} forms"


def url_escapes(stage: Stage) -> None:
    drop = stage.drop(ODD_USER)
    sent = drop.fill([message(1)])
    to = stage.new_path()
    url = stage.url("pops", "al%20ice%40home%3bx%25")
    stage.pop3get(url, *stage.ca, *stage.password, "--to", to)
    expect(delivered(to) == sent, "nothing came")
    records = [path.name for path in to.iterdir() if path.is_file() and not path.name.endswith(".lock")]
    port = url.rpartition(":")[2]
    expect(records == [f".pop3get-al%20ice@home%3Bx%25@localhost,{port}"], f"the record is {records}")


def url_options(stage: Stage) -> None:
    drop, sent = stage.filled(1)
    to, since = stage.new_path(), len(stage.pop3d.output)
    options = (*stage.ca, *stage.password, "--user", drop.user, "--auth", "plain", "--to", to)
    stage.pop3get(stage.url("pops", "nobody;AUTH=CRAM-MD5"), *options)
    expect(delivered(to) == sent, "the user of the URL")
    used = logged_methods(stage.pop3d, since, drop.user)
    expect(used == {"PLAIN"}, f"--auth does not win: {used}")
    drop, sent = stage.filled(1)
    to, transcript = stage.new_path(), stage.new_path()
    stage.pop3get(stage.url("pop", drop.user), "--plain", *stage.password, "--to", to, "--transcript", transcript)
    expect(delivered(to) == sent and "STLS\\r\\n" not in text_of_client(transcript), "pop with --plain: STLS")
    stage.pop3get(f"pops://{HOST_NAME}:1", *stage.ca, *stage.password, "--to", to, code=2, says="--user: missing")


def url_malformed(stage: Stage) -> str:
    to = stage.new_path()
    bad = {
        "pops://ann:secret@localhost": "a password, which has no place in a URL",
        "http://ann@localhost": "octet 0: the scheme is not pop",
        "pops://ann@localhost/inbox": "ends with its host and port",
        "pops://ann@localhost:0": "no port from 1 to 65535",
        "pops://ann@localhost:65536": "no port from 1 to 65535",
        "pops://ann@": "no host",
        "pops://@localhost": "no user name",
        "pops://an%0An@localhost": "control characters",
        "pops://an%ff@localhost": "not UTF-8",
        "pops://an%4@localhost": "broken %XX",
        "pops://ann;AUTH=@localhost": "not AUTH=",
        "pops://ann;TYPE=a@localhost": "not AUTH=",
        "pops://ann;AUTH=NTLM@localhost": "method NTLM: not known",
    }
    for url, why in bad.items():
        ran = stage.pop3get(url, *stage.ca, *stage.password, "--to", to, code=2, says=why)
        expect(not ran.out, ran.out)
    expect(not to.exists(), "something was made")
    return f"{len(bad)} forms"


def url_contradicted(stage: Stage, scheme: str, option: str) -> None:
    drop, _ = stage.filled(1)
    login = (*stage.ca, *stage.password, "--to", stage.new_path(), "--timeout", 1)
    stage.pop3get(stage.url(scheme, drop.user), *login, option, code=2, says="do not agree")


def text_of_client(transcript: Path) -> str:
    return "\n".join(line for line in transcript.read_text().splitlines() if line.startswith("C: "))
