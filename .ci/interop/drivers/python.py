"""Driver for poplib of Python."""

import platform
import poplib

from clients import STLS, TLS, joined, tls_context

from drivers.base import HOST_NAME, Driver, Errand


class Poplib(Driver):
    name = "Python poplib"
    mechanisms = ("USER", "APOP")

    def version(self) -> str:
        return platform.python_version()

    def fetch(self, errand: Errand) -> list[bytes]:
        login, context = errand.login, tls_context(errand.server)
        if errand.mode == TLS:
            session: poplib.POP3 = poplib.POP3_SSL(HOST_NAME, errand.port, timeout=20, context=context)
        else:
            session = poplib.POP3(HOST_NAME, errand.port, timeout=20)
        try:
            if errand.mode == STLS:
                session.stls(context)
            if login.mechanism == "APOP":
                session.apop(login.user, login.secret)
            else:
                session.user(login.user)
                session.pass_(login.secret)
            numbers = range(1, session.stat()[0] + 1)
            messages = [joined(session.retr(number)) for number in numbers]
            if not errand.keep:
                for number in numbers:
                    session.dele(number)
            session.quit()
            return messages
        finally:
            session.close()
