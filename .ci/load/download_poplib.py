"""Fetches all messages of a maildrop with poplib, each into a file. Run by download.py, as a process of its own:

download_poplib.py plain|stls|tls HOST PORT USER CA FOLDER      (the password is in POP3_PASSWORD)
"""

import os
import poplib
import ssl
import sys
from pathlib import Path


def main() -> None:
    mode, host, port, user, ca, folder = sys.argv[1:]
    context = None if mode == "plain" else ssl.create_default_context(cafile=ca)
    if mode == "tls":
        session: poplib.POP3 = poplib.POP3_SSL(host, int(port), timeout=60, context=context)
    else:
        session = poplib.POP3(host, int(port), timeout=60)
    if mode == "stls":
        session.stls(context)
    session.user(user)
    session.pass_(os.environ["POP3_PASSWORD"])
    for number in range(1, session.stat()[0] + 1):
        with Path(folder, str(number)).open("wb") as file:
            for line in session.retr(number)[1]:
                file.write(line)
                file.write(b"\r\n")
    session.quit()


if __name__ == "__main__":
    main()
