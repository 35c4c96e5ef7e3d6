//! Why probes were not run, in few words.

use std::collections::BTreeMap;

use pop3_proto::conformance::Verdict;

use crate::report::{Case, Report};

/// Why probes were not run, and which option helps.
pub(crate) fn not_run(report: &Report) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for case in report.probes.iter().filter(|case| case.verdict == Verdict::NotRun) {
        *reasons.entry(reason(case)).or_default() += 1;
    }
    if reasons.is_empty() {
        return String::new();
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let words: Vec<String> = reasons.into_iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    format!("not run: {}\n", words.join(", "))
}

/// The reason in few words, with the option that helps.
fn reason(case: &Case) -> &'static str {
    if case.skipped.is_some() {
        return "left out";
    }
    const REASONS: [(&str, &str); 40] = [
        ("no leave to take", "slow (--slow)"),
        ("the run was stopped", "stopped (--fail-fast)"),
        ("no access token", "token (--token-env)"),
        ("no account that can log in", "account (--user)"),
        ("no account with an empty", "empty maildrop (--empty-user)"),
        ("no account named by", "address (--address-user)"),
        ("no account with a space", "space in the name (--spaced-user)"),
        ("no account with a prepared", "prepared password (--prep-user)"),
        ("no leave for masses", "flood (--flood)"),
        ("no way to deliver", "delivery (--deliver)"),
        ("no leave to remove", "removal (--delete-own)"),
        ("no leave to send DELE", "removal (--delete-own)"),
        ("no leave for malformed", "malformed commands (--odd)"),
        ("no leave for failed", "failed logins (--bad-logins)"),
        ("no client certificate", "client certificate (--client-cert)"),
        ("the certificate is not", "certificate (--check-certificate)"),
        ("no port that starts in clear", "no port in clear (--clear)"),
        ("no port that starts with TLS", "no TLS port (--tls)"),
        ("no TLS", "no TLS"),
        ("no channel on which a password", "passwords in clear (--clear-passwords)"),
        ("the mechanism is on offer in clear alone", "passwords in clear (--clear-passwords)"),
        ("other mail is in the maildrop", "only known mail (--only-corpus)"),
        ("nothing was heard", "nothing was heard of it"),
        ("the server removes what is marked", "marks are lost at a hang-up (server/update/drop)"),
        ("the server may remove what is marked", "whether marks stay at a hang-up is not known"),
        ("QUIT could remove", "EXPIRE 0"),
        ("no small message", "too few messages"),
        ("a spare message was not", "known mail (pop3check corpus)"),
        ("fewer than", "too few messages"),
        ("the message", "known mail (pop3check corpus)"),
        ("no message of the kit", "known mail (pop3check corpus)"),
        // Of clients; in brackets stands the key of the preset.
        ("the client cannot be told nothing", "TLS as by default (tls.unsaid)"),
        ("the client cannot be told", "job, TLS or method (job, tls, auth)"),
        ("the client has no mechanism", "SASL (auth)"),
        ("nobody can look", "store (store)"),
        ("the store of the client", "a store that refuses (store-fails)"),
        ("what the client remembers", "memory (again)"),
        ("the client does not pipeline", "pipelining (pipelines)"),
        ("the settings of the client", "any octets as names (odd-secrets)"),
        ("the client takes no POP URL", "URLs (url-command)"),
    ];
    let why = case.why();
    REASONS.into_iter().find(|(front, _)| why.starts_with(front)).map_or("other", |(_, reason)| reason)
}
