"""Driver for curl. It alters this: an empty message, and an empty listing, becomes one line end."""

from clients import STLS, TLS, run

from drivers.base import ANY, BEARER, HOST_NAME, Driver, Errand, version_in


class Curl(Driver):
    # With a token, curl 7.88 prefers OAUTHBEARER whatever it is told. Without a mechanism that it knows, it sends USER
    # and PASS.
    alone = frozenset({"USER", "XOAUTH2"})

    def __init__(self, initial_response: bool) -> None:
        self.initial_response = initial_response
        self.name = "curl --sasl-ir" if initial_response else "curl"
        # With --sasl-ir, curl sends the name after AUTH LOGIN, where the server speaks first. The server has to refuse
        # that.
        self.mechanisms = ("PLAIN", "CRAM-MD5", "OAUTHBEARER", "XOAUTH2", "EXTERNAL")
        if not initial_response:
            self.mechanisms += ("USER", "APOP", "LOGIN")

    def version(self) -> str:
        return version_in(["curl", "--version"], r"^curl (\S+)")

    def fetch(self, errand: Errand) -> list[bytes]:
        folder = errand.folder
        listing = folder / "listing"
        run([*self.command(errand), "--output", listing, self.url(errand, "")], "curl")
        count = len(listing.read_bytes().split()) // 2
        if count == 0:
            return []
        all_of_them = self.url(errand, f"[1-{count}]")
        run([*self.command(errand), "--output", folder / "#1", all_of_them], "curl")
        if not errand.keep:
            # --head: the reply has no body to wait for
            run([*self.command(errand), "--head", "--request", "DELE", all_of_them], "curl")
        return [(folder / str(number)).read_bytes() for number in range(1, count + 1)]

    def command(self, errand: Errand) -> list[object]:
        login = errand.login
        command: list[object] = ["curl", "-sS", "--fail-early", "--speed-limit", "1", "--speed-time", "20"]
        command += ["--cacert", errand.server.ca]
        if errand.mode == STLS:
            command.append("--ssl-reqd")
        if self.initial_response:
            command.append("--sasl-ir")
        if login.mechanism == "APOP":
            command += ["--login-options", "AUTH=+APOP"]
        elif login.mechanism not in ("USER", ANY):
            command += ["--login-options", f"AUTH={login.mechanism}"]
        if login.mechanism in BEARER:
            return [*command, "--oauth2-bearer", login.secret, "--user", f"{login.user}:"]
        if login.cert:
            command += ["--cert", login.cert, "--key", login.key]
        return [*command, "--user", f"{login.user}:{login.secret}"]

    @staticmethod
    def url(errand: Errand, path: str) -> str:
        return f"pop3{'s' if errand.mode == TLS else ''}://{HOST_NAME}:{errand.port}/{path}"
