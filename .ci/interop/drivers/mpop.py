"""Driver for mpop, with commands in a row or one by one."""

from clients import PLAIN, STLS, run

from drivers.base import ANY, HOST_NAME, Driver, Errand, files_in, version_in


class Mpop(Driver):
    # The GNU SASL it is built with knows SCRAM with channel binding, but mpop 1.4 does not accept the names.
    mechanisms = (
        "USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2",
        "EXTERNAL",
    )  # fmt: skip

    def __init__(self, pipelining: bool) -> None:
        self.pipelining = "on" if pipelining else "off"
        self.name = f"mpop, pipelining {self.pipelining}"

    def version(self) -> str:
        return version_in(["mpop", "--version"], r"^mpop version (\S+)")

    def fetch(self, errand: Errand) -> list[bytes]:
        login, maildir = errand.login, errand.maildir()
        control = errand.folder / "mpoprc"
        control.touch(0o600)
        lines = [
            "account server",
            f"host {HOST_NAME}",
            f"port {errand.port}",
            "timeout 20",
            f"tls {'off' if errand.mode == PLAIN else 'on'}",
            f"tls_starttls {'on' if errand.mode == STLS else 'off'}",
            f"tls_trust_file {errand.server.ca}",
            f"auth {'on' if login.mechanism == ANY else login.mechanism.lower()}",
            f'user "{login.user}"',
            f"pipelining {self.pipelining}",
            f"keep {'on' if errand.keep else 'off'}",
            "only_new off",
            "received_header off",
            f"uidls_file {errand.folder}/uidls",
            f"delivery maildir {maildir}",
        ]
        if login.secret:
            lines.append(f'password "{login.secret}"')
        if login.cert:
            lines += [f"tls_cert_file {login.cert}", f"tls_key_file {login.key}"]
        control.write_text("\n".join(lines) + "\n")
        run(["mpop", "--quiet", "--file", control, "server"], "mpop")
        return files_in(maildir)
