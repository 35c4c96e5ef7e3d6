"""What a transcript shows, and what it hides. Run by ../options.py."""

import base64
import hashlib
import re
from pathlib import Path

from harness import PASSWORD, expect

from options.stage import TOKEN, WITH_PASSWORD, WITH_TOKEN, Stage

# Lines of a transcript: the bytes after C and S are ASCII with escapes, and their line end is written out.
ESCAPED = r"(?:[ -\[\]-~]|\\[\\rnt0]|\\x[0-9a-f]{2})*"
TRANSCRIPT_LINE = re.compile(rf"#(?: .*)?|role: client|events: any|set: tls|TLS|C: {ESCAPED}\\r\\n|S: {ESCAPED}\\r\\n")


def run(stage: Stage) -> None:
    check = stage.check
    check("--transcript: no secret in any form, and lines of the right form", no_secrets, stage)
    check("--transcript: of several accounts none is lost", of_two, stage)


def no_secrets(stage: Stage) -> str:
    drop, _ = stage.filled(2)
    drop.fill([b"Subject: odd\n\nquote \" ' backslash \\ \t \xff \0 C: S: \n.\n"], 3)
    plain = PASSWORD.encode()
    count = 0
    for method in (*WITH_PASSWORD, *WITH_TOKEN):
        modes = [("--tls", stage.tls), ("--stls", stage.clear)]
        if method not in (*WITH_TOKEN, "scram-sha-256-plus", "scram-sha-1-plus"):
            modes.append(("--plain", stage.clear))
        for mode, place in modes:
            path = stage.new_path()
            source = ("--token-env", "TOKEN") if method in WITH_TOKEN else stage.password
            token = TOKEN + drop.user
            login = (*stage.ca, "--user", drop.user, *source, "--auth", method, "--to", stage.new_path())
            stage.pop3get(mode, place, *login, "--transcript", path, env={"TOKEN": token})
            is_transcript(path, mode)
            text = path.read_text()
            secrets = {PASSWORD, token, plain.hex(), hashlib.md5(plain).hexdigest()}
            for octets in (
                plain, f"\0{drop.user}\0{PASSWORD}".encode(), token.encode(),
                f"user={drop.user}\1auth=Bearer {token}\1\1".encode(),
            ):  # fmt: skip
                secrets.update(base64.b64encode(octets[skip:]).decode()[:-4] for skip in range(3))
            found = [secret for secret in secrets if secret and secret in text]
            expect(not found, f"{method} {mode}: {found}")
            # Of an exchange only the mask is shown.
            responses = re.findall(r"^C: ([A-Za-z0-9+/=]{8,})\\r\\n$", text, re.MULTILINE)
            expect(set(responses) <= {"bWFza2Vk"}, f"{method} {mode}: {responses}")
            challenges = re.findall(r"^S: \+ (.*)\\r\\n$", text, re.MULTILINE)
            expect(set(challenges) <= {"bWFza2Vk"}, f"{method} {mode}: {challenges}")
            expect(len(re.findall(r"^C: RETR", text, re.MULTILINE)) == 3, f"{method} {mode}: {text}")
            count += 1
    path = stage.new_path()
    env = {"PW": "wrong one"}
    stage.get(drop, stage.new_path(), "--transcript", path, code=3, env=env)
    expect("wrong one" not in path.read_text(), "the wrong password")
    is_transcript(path, "--tls")
    return f"{count} dialogues"


def is_transcript(path: Path, mode: str) -> None:
    """What .txt files of tests/transcripts have to be."""
    lines = path.read_text(encoding="ascii").split("\n")
    expect(lines.pop() == "", "the last line has no end")
    bad = [line for line in lines if not TRANSCRIPT_LINE.fullmatch(line)]
    expect(not bad, f"{mode}: {bad[:3]}")
    expect(lines[0].startswith("# ") and lines[1] == "role: client", f"it begins with {lines[:2]}")
    expect(("set: tls" in lines[:4]) == (mode == "--tls"), f"{mode}: {lines[:4]}")
    expect(("TLS" in lines) == (mode == "--stls"), f"{mode}: TLS")
    expect(lines[-1].startswith("S: ") or mode == "--cut", f"it ends with {lines[-1]}")


def of_two(stage: Stage) -> None:
    drops = [stage.filled(1)[0] for _ in range(2)]
    path = stage.new_path()
    places = [stage.url("pops", drop.user) for drop in drops]
    stage.pop3get(*places, *stage.ca, *stage.password, "--to", stage.new_path(), "--transcript", path)
    texts = "".join(file.read_text() for file in path.parent.glob(f"{path.name}*"))
    missing = [drop.user for drop in drops if f"pop3get: {drop.user}@" not in texts]
    expect(not missing, f"without a transcript: {missing}")
