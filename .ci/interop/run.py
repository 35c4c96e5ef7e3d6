#!/usr/bin/env python3
"""Checks that pop3d and pop3get work with software written by others, byte for byte.

Every client (poplib, curl, fetchmail, pop3get) downloads a corpus of awkward messages from pop3d in every TLS mode;
deleting, locking and sizes are checked; pop3get then does the same against a Dovecot of our own. It prints one line for
each check and the sum at the end, and ends with code 1 if a check failed. By hand, from the root of the repository:

  cargo programs && .ci/interop/run.py          (reduced, as in CI)
  .ci/interop/run.py --count 300 --big-mb 50    (full)

The variable PROGRAMS names another folder with the programs. curl 7.88 is known to write one line end for an empty
message, although none was sent; that is allowed here. Dovecot 2.3 is known for this, which is expected here:
  - it does not stuff a dot that is the first byte of a message, so those messages are not given to it;
  - an empty message comes as one line end;
  - LIST does not count the line end that is added to a message that lacks one.
"""

import argparse
import poplib
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import corpus
from clients import (
    CLIENTS,
    MODES,
    PLAIN,
    STLS,
    TLS,
    Download,
    delete_with_curl,
    fetchmail_keeps,
    joined,
    log_in_soon,
    poplib_session,
    with_fetchmail,
    with_pop3get,
    with_poplib,
)
from corpus import crlf_form, read_maildir
from dovecot import Dovecot
from harness import (
    HOST,
    PASSWORD,
    USER,
    Certificates,
    Failed,
    Pop3d,
    Report,
    Server,
    expect,
    expect_same,
    give_to_mail_owner,
    make_certificates,
    need_programs,
    scratch_folder,
    shown,
)


class Stage:
    """The corpus, the certificates, and the checks on them."""

    def __init__(self, folder: Path, count: int, big_mb: int) -> None:
        self.folder = folder
        self.report = Report()
        self.certificates: Certificates = make_certificates(folder / "certificates")
        self.full = folder / "full"
        corpus.write_maildir(self.full, corpus.messages(count, big_mb))
        self.stored = read_maildir(self.full)
        self.wanted = {name: crlf_form(octets) for name, octets in self.stored.items()}
        self.downloaded_by_poplib: list[bytes] = []
        self.fresh = 0

    def maildir(self, count: int) -> Path:
        """A new Maildir with the first `count` messages of another seed, none of them big."""
        self.fresh += 1
        folder = self.folder / f"maildir-{self.fresh}"
        pairs = list(corpus.messages(count, 0, seed=self.fresh))[:count]
        # The messages differ, so that it shows which one was removed.
        corpus.write_maildir(folder, ((name, b"X-Number: %d\n" % n + octets) for n, (name, octets) in enumerate(pairs)))
        return folder

    def pop3d(self, maildir: Path) -> Pop3d:
        return Pop3d("--maildir", maildir, certificates=self.certificates)

    def run(self) -> int:
        check = self.report.check
        with self.pop3d(self.full) as pop3d:
            for client in CLIENTS:
                for mode in MODES:
                    check(f"pop3d: {client} downloads everything, {mode}", self.download, pop3d, client, mode)
            check("pop3d: TOP gives the header and the lines asked for", self.top, pop3d.server)
            check("pop3d: UIDL is unique, and the same in the next session", self.unique_ids, pop3d.server)
            check("pop3d: a second session gets [IN-USE], and in when the first ends", self.in_use, pop3d.server)
            check("pop3d: nothing was removed so far", self.unchanged, self.full, self.stored)
        for mode in MODES:
            check(f"pop3d: DELE and QUIT remove exactly those, poplib, {mode}", self.delete, mode, poplib_delete)
            check(f"pop3d: DELE and QUIT remove exactly those, curl, {mode}", self.delete, mode, delete_with_curl)
            check(f"pop3d: fetchmail empties the maildrop, {mode}", self.fetchmail_empties, mode)
            check(f"pop3d: pop3get --delete empties the maildrop, {mode}", self.pop3get_empties_pop3d, mode)
            check(f"pop3d: DELE without QUIT removes nothing, {mode}", self.delete_without_quit, mode)
        check("pop3d: RSET takes DELE back", self.delete_and_reset)
        check("pop3d: %u is the user's own maildrop", self.own_maildrops)
        check("pop3d: an mbox is downloaded, and DELE leaves the others", self.mbox)
        for sent in (signal.SIGINT, signal.SIGTERM):
            check(f"pop3d: {sent.name} ends it with code 0, sessions open or none", self.stopped_by, sent)
        check("pop3d: a handshake that does not go on does not hold the end up", self.stopped_in_handshake)
        self.against_dovecot()
        return self.report.finish()

    # Proves 2449-4-06, 8314-3.1-01, 8314-4-01, 8314-4-02.
    def download(self, pop3d: Pop3d, client: str, mode: str) -> str:
        download = CLIENTS[client](pop3d.server, mode)
        if client == "fetchmail" and mode != PLAIN:
            return self.same_as_fetchmail_stores(download.messages)
        if client == "curl":
            self.undo_line_ends_of_curl(download)
        expect_same(download.messages, self.wanted)
        if download.sizes is not None:
            differing = differing_sizes(download)
            expect(not differing, f"{differing} sizes in LIST are not those of the messages")
        if client == "poplib":
            self.downloaded_by_poplib = download.messages
        return f"{len(download.messages)} messages, {sum(map(len, download.messages))} octets"

    @staticmethod
    def undo_line_ends_of_curl(download: Download) -> None:
        for at, size in enumerate(download.sizes):
            if size == 0 and download.messages[at] == b"\r\n":
                download.messages[at] = b""

    def same_as_fetchmail_stores(self, messages: list[bytes]) -> str:
        expect(len(messages) == len(self.wanted), f"{len(messages)} messages instead of {len(self.wanted)}")
        comparable = {
            name: octets.replace(b"\r\n", b"\n")
            for name, octets in self.wanted.items()
            if fetchmail_keeps(self.stored[name])
        }
        wanted = Counter(comparable.values())
        expect_same((wanted & Counter(messages)).elements(), comparable)
        return f"{len(messages)} messages, {len(comparable)} compared"

    def top(self, server: Server) -> None:
        with poplib_session(server) as session:
            whole = [joined(session.retr(number)) for number in range(1, session.stat()[0] + 1)]
            for number, octets in enumerate(whole, 1):
                if len(octets) > 1_000_000:
                    continue
                lines = [line + b"\r\n" for line in octets.split(b"\r\n")[:-1]]
                header = lines.index(b"\r\n") + 1 if b"\r\n" in lines else len(lines)
                for count in (0, 1, 7, 1_000_000):
                    got, wanted = joined(session.top(number, count)), b"".join(lines[: header + count])
                    expect(got == wanted, f"TOP {number} {count}: {shown(got)} instead of {shown(wanted)}")

    # Proves 1939-7-10.
    def unique_ids(self, server: Server) -> None:
        lists = []
        for mode in (PLAIN, TLS):
            with poplib_session(server, mode) as session:
                lists.append([line.split(b" ", 1)[1] for line in session.uidl()[1]])
        expect(lists[0] == lists[1], "not the same in two sessions")
        expect(len(set(lists[0])) == len(self.wanted), "not one for each message")

    # Proves 1939-4-03, 1939-6-06.
    def in_use(self, server: Server) -> None:
        with poplib_session(server):
            try:
                with poplib_session(server, TLS):
                    raise Failed("two sessions at once")
            except poplib.error_proto as refusal:
                expect(b"-ERR [IN-USE]" in refusal.args[0], f"refused with {refusal.args[0]!r}")
        with poplib_session(server):
            pass
        dropped = poplib.POP3(HOST, server.plain_port, timeout=20)
        dropped.user(USER)
        dropped.pass_(PASSWORD)
        dropped.close()
        log_in_soon(server)

    @staticmethod
    def unchanged(maildir: Path, before: dict[str, bytes]) -> None:
        expect(read_maildir(maildir) == before, "the Maildir has changed")

    # Proves 1939-6-03, 1939-6-05.
    def delete(self, mode: str, delete_with: Callable[[Server, str, list[int]], None]) -> str:
        maildir = self.maildir(30)
        before = read_maildir(maildir)
        chosen = [1, 2, 11, 17, 30]
        with self.pop3d(maildir) as pop3d:
            messages = with_poplib(pop3d.server, PLAIN).messages
            delete_with(pop3d.server, mode, chosen)
            gone = [messages[number - 1] for number in chosen]
            left = {name: octets for name, octets in before.items() if crlf_form(octets) not in gone}
            expect(len(left) == len(before) - len(chosen), "the messages are not all different")
            self.unchanged(maildir, left)
            expect_same(with_poplib(pop3d.server, PLAIN).messages, {name: crlf_form(left[name]) for name in left})
        return f"{len(chosen)} of {len(before)}"

    def fetchmail_empties(self, mode: str) -> None:
        maildir = self.maildir(30)
        with self.pop3d(maildir) as pop3d:
            messages = with_fetchmail(pop3d.server, mode, keep=False).messages
            expect(len(messages) == 30, f"{len(messages)} messages")
            self.unchanged(maildir, {})

    def pop3get_empties_pop3d(self, mode: str) -> None:
        maildir = self.maildir(30)
        before = read_maildir(maildir)
        with self.pop3d(maildir) as pop3d:
            messages = with_pop3get(pop3d.server, mode, "--delete").messages
            expect_same(messages, {name: crlf_form(octets) for name, octets in before.items()})
            self.unchanged(maildir, {})
            expect(not with_pop3get(pop3d.server, mode).messages, "there are messages in an empty maildrop")

    # Proves 1939-5-20, 1939-6-02.
    def delete_without_quit(self, mode: str) -> None:
        maildir = self.maildir(30)
        before = read_maildir(maildir)
        with self.pop3d(maildir) as pop3d:
            try:
                with poplib_session(pop3d.server, mode) as session:
                    for number in range(1, 31):
                        session.dele(number)
                    raise ConnectionAbortedError  # leaves the block without QUIT
            except ConnectionAbortedError:
                pass
            log_in_soon(pop3d.server)
            self.unchanged(maildir, before)
        self.unchanged(maildir, before)

    def delete_and_reset(self) -> None:
        maildir = self.maildir(10)
        before = read_maildir(maildir)
        with self.pop3d(maildir) as pop3d:
            with poplib_session(pop3d.server) as session:
                session.dele(3)
                session.dele(4)
                expect(session.stat()[0] == 8, "STAT counts removed messages")
                session.rset()
                expect(session.stat()[0] == 10, "RSET does not bring them back")
            self.unchanged(maildir, before)

    def own_maildrops(self) -> None:
        folder = self.folder / "own"
        folder.mkdir()
        for user, count in (("alice", 3), ("bob", 5)):
            self.maildir(count).rename(folder / user)
        with Pop3d("--maildir", folder / "%u", certificates=self.certificates, users=("alice", "bob")) as pop3d:
            for user, count in (("alice", 3), ("bob", 5)):
                pop3d.server.user = user
                with poplib_session(pop3d.server) as session:
                    expect(session.stat()[0] == count, f"{user} has {session.stat()[0]} messages")

    def mbox(self) -> str:
        """Only well-formed messages, because this format cannot hold all of the corpus."""
        messages = {
            str(n): b"".join((corpus.HEADER, b"X-Number: %d\n\n" % n, b".\n..\nline\n\n" * n, b"end\n"))
            for n in range(20)
        }
        mbox = self.folder / "mbox"
        mbox.write_bytes(b"".join(b"From a@b Mon Jan  1 00:00:00 2024\n" + text + b"\n" for text in messages.values()))
        with Pop3d("--mbox", mbox, certificates=self.certificates) as pop3d:
            wanted = {name: crlf_form(text) for name, text in messages.items()}
            expect_same(with_poplib(pop3d.server, PLAIN).messages, wanted)
            expect_same(with_pop3get(pop3d.server, TLS).messages, wanted)
            for number in (20, 11, 1):
                poplib_delete(pop3d.server, STLS, [number])
                del wanted[str(number - 1)]
            expect_same(with_poplib(pop3d.server, PLAIN).messages, wanted)
        left = [text for name, text in messages.items() if name in wanted]
        written = b"".join(b"From a@b Mon Jan  1 00:00:00 2024\n" + text + b"\n" for text in left)
        expect(mbox.read_bytes() == written, "the mbox was not written as it was")
        return f"{len(messages)} messages"

    def stopped_by(self, sent: signal.Signals) -> None:
        self.pop3d(self.full).stop(sent)
        with self.pop3d(self.full) as pop3d:
            silent = socket.create_connection((HOST, pop3d.server.plain_port), 10)
            session = poplib.POP3(HOST, pop3d.server.plain_port, timeout=10)
            session.user(USER)
            session.pass_(PASSWORD)
            session.dele(1)
            start = time.monotonic()
            pop3d.stop(sent)
            expect(time.monotonic() - start < 5, "open sessions hold it up")
            silent.close()
            session.close()
        self.unchanged(self.full, self.stored)

    def stopped_in_handshake(self) -> None:
        with self.pop3d(self.full) as pop3d, socket.create_connection((HOST, pop3d.server.tls_port), 10):
            start = time.monotonic()
            pop3d.stop()
            expect(time.monotonic() - start < 5, "it holds it up")

    def against_dovecot(self) -> None:
        check = self.report.check
        known = {name: octets for name, octets in self.stored.items() if not octets.startswith(b".")}
        maildir = self.folder / "for-dovecot"
        shutil.copytree(self.full, maildir, copy_function=shutil.copy2)
        for path in [*maildir.glob("new/*"), *maildir.glob("cur/*")]:
            if path.name.split(":")[0] not in known:
                path.unlink()
        give_to_mail_owner(maildir)
        try:
            dovecot = Dovecot(self.folder / "dovecot", maildir, self.certificates)
        except Failed as error:
            reason = str(error)

            def not_started() -> None:
                raise Failed(reason)

            check("Dovecot starts", not_started)
            return
        with dovecot:
            reference: list[bytes] = []
            check("Dovecot and pop3d send the same", self.same_as_pop3d, dovecot.server, known, reference)
            for mode in MODES:
                name = f"Dovecot: pop3get --keep downloads what poplib does, {mode}"
                check(name, self.dovecot_kept, dovecot.server, mode, reference)
            for mode in MODES:
                name = f"Dovecot: pop3get --delete empties the maildrop, {mode}"
                check(name, self.dovecot_emptied, dovecot, maildir, mode)

    @staticmethod
    def dovecot_kept(dovecot: Server, mode: str, reference: list[bytes]) -> None:
        kept = with_pop3get(dovecot, mode, "--keep").messages
        expect_same(kept, {f"number {n}": octets for n, octets in enumerate(reference, 1)})

    def same_as_pop3d(self, dovecot: Server, known: dict[str, bytes], reference: list[bytes]) -> str:
        download = with_poplib(dovecot, PLAIN)
        reference += download.messages
        ours, theirs = Counter(self.downloaded_by_poplib), Counter(download.messages)
        only_ours = Counter({octets: n for octets, n in (ours - theirs).items() if not octets.startswith(b".")})
        only_theirs = theirs - ours
        empty = sum(not octets for octets in known.values())
        alike = only_ours == Counter({b"": empty}) and only_theirs == Counter({b"\r\n": empty})
        differing = ", ".join(map(shown, [*list(only_ours)[:10], *list(only_theirs)[:10]]))
        expect(alike, f"only from pop3d, then only from Dovecot: {differing}")
        lacking = sum(not octets.endswith(b"\n") for octets in known.values())
        sizes = differing_sizes(download)
        expect(sizes <= lacking, f"{sizes} sizes of Dovecot differ, {lacking} messages lack a last line end")
        return (
            f"{len(known)} messages; as documented: {empty} empty one comes as a line end, {sizes} sizes lack a line"
            f" end, {len(self.stored) - len(known)} not given to Dovecot for their first dot"
        )

    def dovecot_emptied(self, dovecot: Dovecot, maildir: Path, mode: str) -> str:
        if not read_maildir(maildir):
            corpus.write_maildir(
                maildir, (pair for pair in corpus.messages(0, 0, seed=7) if not pair[1].startswith(b"."))
            )
            # Names of messages that were there before would be taken for those of new ones.
            for path in [*maildir.glob("new/*"), *maildir.glob("cur/*")]:
                path.rename(path.with_name(f"{time.time_ns()}.{path.name}"))
            give_to_mail_owner(maildir)
        count = len(read_maildir(maildir))
        wanted = with_poplib(dovecot.server, PLAIN).messages
        expect(len(wanted) == count, f"Dovecot shows {len(wanted)} of {count} messages")
        got = with_pop3get(dovecot.server, mode, "--delete").messages
        expect_same(got, {f"number {n}": octets for n, octets in enumerate(wanted, 1)})
        self.unchanged(maildir, {})
        return f"{count} messages"


def differing_sizes(download: Download) -> int:
    return sum(size != len(octets) for size, octets in zip(download.sizes, download.messages, strict=True))


def poplib_delete(server: Server, mode: str, numbers: list[int]) -> None:
    with poplib_session(server, mode) as session:
        for number in numbers:
            session.dele(number)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="at least this many messages (default 60)")
    parser.add_argument("--big-mb", type=int, default=5, help="size of the big message in MiB (default 5)")
    options = parser.parse_args()
    need_programs()
    with scratch_folder() as folder:
        return Stage(folder, options.count, options.big_mb).run()


if __name__ == "__main__":
    sys.exit(main())
