"""Which servers are trusted: pins, authorities, and TLS or not. Run by ../options.py."""

import hashlib
import re
import subprocess

from harness import HOST, expect, make_certificates

from options.stage import Stage, delivered, five_messages


def run(stage: Stage) -> None:
    check = stage.check
    check("--pin: right, and wrong", pins, stage)
    check("--pin: malformed", malformed_pins, stage)
    check("--pin: the usual checks come first", pin_and_ca, stage)
    check("--ca: missing, empty, of somebody else", authorities, stage)
    check("--stls where it is missing: no password is sent", no_stls, stage)
    check("--tls, --stls, --plain: one of them", one_security, stage)


def own_pin(stage: Stage) -> str:
    key = subprocess.run(
        ["openssl", "pkey", "-in", stage.certificates.key, "-pubout", "-outform", "DER"],
        check=True, capture_output=True,
    )  # fmt: skip
    return hashlib.sha256(key.stdout).hexdigest()


def pins(stage: Stage) -> None:
    drop, sent = stage.filled(1)
    right = own_pin(stage)
    for pin in (right, right.upper()):
        to = stage.new_path()
        stage.get(drop, to, "--pin", f"sha256:{pin}")
        expect(delivered(to) == sent, "nothing came")
    login = ("--user", drop.user, *stage.password, *stage.ca)
    stage.pop3get("--stls", stage.clear, *login, "--to", stage.new_path(), "--pin", f"sha256:{right}")
    wrong = ("0" if right[0] != "0" else "1") + right[1:]
    for mode, place in (("--tls", stage.tls), ("--stls", stage.clear)):
        options = ("--to", stage.new_path(), "--pin", f"sha256:{wrong}")
        stage.pop3get(mode, place, *login, *options, code=4, says="the server's key is not the one of --pin")


def malformed_pins(stage: Stage) -> str:
    drop, _ = stage.filled(1)
    right = own_pin(stage)
    malformed = [
        right, f"sha1:{right}", f"SHA256:{right}", "sha256:", f"sha256:{right[1:]}", f"sha256:{right}0",
        f"sha256:g{right[1:]}", f"sha256: {right[1:]}", "", "sha256:" + "é" * 32, f"sha256:+{right[1:]}",
    ]  # fmt: skip
    for pin in malformed:
        stage.get(drop, stage.new_path(), "--pin", pin, code=2, says="not sha256: and 64 hexadecimal digits")
    return f"{len(malformed)} forms"


def pin_and_ca(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    other = make_certificates(stage.new_path())
    options = ("--user", drop.user, *stage.password, "--to", stage.new_path(), "--pin", f"sha256:{own_pin(stage)}")
    stage.pop3get(stage.tls, "--ca", other.ca, *options, code=4, says="the TLS handshake: the server's certificate is")


def authorities(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    other = make_certificates(stage.new_path())
    empty = stage.new_path()
    empty.write_bytes(b"")
    torn = stage.new_path()
    torn.write_bytes(stage.certificates.ca.read_bytes()[:200])
    for ca, code, says in [
        (stage.new_path(), 2, "No such file"), (empty, 2, "no certificate in it"), (torn, 2, f"--ca {torn}"),
        (stage.certificates.key, 2, "no certificate in it"), (other.ca, 4, "certificate is not trusted"),
    ]:  # fmt: skip
        options = ("--user", drop.user, *stage.password, "--to", stage.new_path())
        stage.pop3get(stage.tls, "--ca", ca, *options, code=code, says=says)


def no_stls(stage: Stage) -> None:
    for capabilities in (b"UIDL\r\nUSER\r\nSASL PLAIN\r\n", b"UIDL\r\nSTLS\r\nUSER\r\n"):
        with five_messages(capabilities) as standin:
            options = (*stage.ca, "--user", "someone", *stage.password, "--to", stage.new_path())
            says = "offers no STLS" if b"STLS" not in capabilities else "refused STLS"
            stage.pop3get("--stls", f"{HOST}:{standin.port}", *options, code=3, says=says)
            sent = set(re.findall(rb"^\w+", standin.received, re.MULTILINE))
            expect(sent <= {b"CAPA", b"STLS", b"QUIT"}, f"sent: {bytes(standin.received)!r}")


def one_security(stage: Stage) -> None:
    drop, _ = stage.filled(1)
    for two in (("--tls", "--stls"), ("--stls", "--plain"), ("--tls", "--plain")):
        stage.get(drop, stage.new_path(), *two, code=2, says="cannot be used with")
