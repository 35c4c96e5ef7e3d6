//! POP URLs (RFC 2384), and how a client finds the server of a mail address (RFC 6186).

#![cfg(feature = "alloc")]

use pop3_proto::discover::{Service, Srv, domain, guesses, logins, query, rank};
use pop3_proto::url::{Auth, Url, UrlError, UrlFault};
use proptest::prelude::*;

/// Proves 2384-3-01, 2384-4-01, 2384-4-03, 2384-6-01.
#[test]
fn urls_and_what_they_say() {
    let mechanism = |name: &'static str| Auth::Mechanism(name.into());
    for (text, tls, user, auth, host, port) in [
        ("pop://rg@mailsrv.qualcomm.com", false, Some("rg"), Auth::Any, "mailsrv.qualcomm.com", 110),
        ("pop://rg;AUTH=+APOP@mail.eudora.com:8110", false, Some("rg"), Auth::Apop, "mail.eudora.com", 8110),
        ("pop://baz;AUTH=SCRAM-MD5@foo.bar", false, Some("baz"), mechanism("SCRAM-MD5"), "foo.bar", 110),
        ("pop://h.example", false, None, Auth::Any, "h.example", 110),
        ("pop://a%20b%3Bc;AUTH=*@h.example", false, Some("a b;c"), Auth::Any, "h.example", 110),
        ("pop://%C3%BC@h.example", false, Some("\u{fc}"), Auth::Any, "h.example", 110),
        (
            "pops://ann%40h.example@mail.h.example",
            true,
            Some("ann@h.example"),
            Auth::Any,
            "mail.h.example",
            995,
        ),
        ("pop://ann@mail.h.example/", false, Some("ann"), Auth::Any, "mail.h.example", 110),
        ("pops://[::1]:1995/", true, None, Auth::Any, "::1", 1995),
        ("POP3S://ann;auth=+apop@[2001:db8::1]:1995", true, Some("ann"), Auth::Apop, "2001:db8::1", 1995),
        ("pop3://ann;Auth=PL%41IN@[::1]", false, Some("ann"), mechanism("PLAIN"), "::1", 110),
        ("pop://a&b=c~d@127.0.0.1:65535", false, Some("a&b=c~d"), Auth::Any, "127.0.0.1", 65535),
    ] {
        let url = Url::parse(text).unwrap();
        let seen = (url.tls, url.user.as_deref(), &url.auth, url.host, url.port());
        assert_eq!(seen, (tls, user, &auth, host, port), "{text}");
        assert_eq!(Url::parse(&url.to_string()).unwrap(), url, "{text}");
    }
}

/// Proves 2384-4-04, 2384-5-01.
#[test]
fn what_is_no_url_is_refused_at_its_place() {
    for (text, at, fault) in [
        ("", 0, UrlFault::Scheme),
        ("//h.example", 0, UrlFault::Scheme),
        ("h.example", 0, UrlFault::Scheme),
        ("imap://h.example", 0, UrlFault::Scheme),
        ("pop://u:p@h.example", 7, UrlFault::Password),
        ("pop://h.example/x", 15, UrlFault::Path),
        ("pop://h.example//", 15, UrlFault::Path),
        ("pop://h.example?x", 15, UrlFault::Path),
        ("pop://@h.example", 6, UrlFault::NoUser),
        ("pop://;AUTH=*@h.example", 6, UrlFault::NoUser),
        ("pop://a b@h.example", 7, UrlFault::Escape),
        ("pop://a@b@h.example", 7, UrlFault::Escape),
        ("pop://a%4@h.example", 7, UrlFault::Escape),
        ("pop://a%zz@h.example", 7, UrlFault::Escape),
        ("pop://\u{fc}@h.example", 6, UrlFault::Escape),
        ("pop://a%0d%0aDELE%201@h.example", 6, UrlFault::Text),
        ("pop://a%00@h.example", 6, UrlFault::Text),
        ("pop://a%ff@h.example", 6, UrlFault::Text),
        ("pop://a;b@h.example", 8, UrlFault::Auth),
        ("pop://a;AUTH=@h.example", 8, UrlFault::Auth),
        ("pop://a;AUTH=+OTHER@h.example", 8, UrlFault::Auth),
        ("pop://a;AUTH=PL%20AIN@h.example", 8, UrlFault::Auth),
        ("pop://", 6, UrlFault::Host),
        ("pop://a@", 8, UrlFault::Host),
        ("pop://h\u{fc}.example", 6, UrlFault::Host),
        ("pop://[::1", 6, UrlFault::Host),
        ("pop://[h.example]", 6, UrlFault::Host),
        ("pop://[::1]110", 6, UrlFault::Host),
        ("pop://h.example:", 16, UrlFault::Port),
        ("pop://h.example:0", 16, UrlFault::Port),
        ("pop://h.example:+1", 16, UrlFault::Port),
        ("pop://h.example:65536", 16, UrlFault::Port),
        ("pop://a@h.example:x", 18, UrlFault::Port),
    ] {
        assert_eq!(Url::parse(text), Err(UrlError { at, fault }), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_url_or_a_fault_inside_it(text in "\\PC*", user in "[^\\x00-\\x1f\\x7f-\\u{9f}]+") {
        for text in [text.clone(), format!("pop://{text}")] {
            match Url::parse(&text) {
                Ok(url) => {
                    let written = url.to_string();
                    let again = Url::parse(&written).unwrap();
                    prop_assert_eq!(again.user, url.user);
                    prop_assert_eq!(again.host, url.host);
                }
                Err(error) => prop_assert!(error.at <= text.len()),
            }
        }
        let mut url = Url::parse("pop://h.example").unwrap();
        url.user = Some(user.as_str().into());
        let written = url.to_string();
        prop_assert!(written.is_ascii());
        let again = Url::parse(&written).unwrap();
        prop_assert_eq!(again.user.as_deref(), Some(user.as_str()));
    }
}

/// Proves 6186-3.3-01.
#[test]
fn service_names() {
    assert_eq!(query(Service::Pop, "example.net").unwrap(), "_pop3._tcp.example.net");
    assert_eq!(query(Service::Pops, "example.net.").unwrap(), "_pop3s._tcp.example.net.");
    assert_eq!(Service::ALL, [Service::Pops, Service::Pop]);
    for bad in
        ["", ".", "a..b", "a b.example", "b\u{fc}cher.example", "a\r\nb", &"x".repeat(64), &"x.".repeat(130)]
    {
        assert_eq!(query(Service::Pop, bad), None, "{bad:?}");
        assert!(guesses(bad).is_none(), "{bad:?}");
    }
}

/// Proves 6186-3.4-01.
#[test]
fn records_are_ranked_by_priority_then_drawn_by_weight() {
    let srv = |priority, weight, target| Srv::new(priority, weight, 995, target);
    let targets = |records: &[Srv<'static>], draws: &[u32]| {
        let (mut records, mut draws) = (records.to_vec(), draws.iter().copied());
        let ranked = rank(&mut records, |most| draws.next().unwrap().min(most));
        ranked.iter().map(|srv| srv.target).collect::<Vec<_>>()
    };
    let two = [srv(20, 0, "c"), srv(10, 1, "a"), srv(10, 3, "b")];
    assert_eq!(targets(&two, &[0, 0, 0]), ["a", "b", "c"]);
    assert_eq!(targets(&two, &[1, 9, 0]), ["a", "b", "c"]);
    assert_eq!(targets(&two, &[2, 9, 0]), ["b", "a", "c"]);
    assert_eq!(targets(&two, &[4, 9, 0]), ["b", "a", "c"]);
    // Weight 0 comes first when 0 is drawn, and last otherwise.
    let with_zero = [srv(1, 5, "a"), srv(1, 0, "z")];
    assert_eq!(targets(&with_zero, &[0, 0]), ["z", "a"]);
    assert_eq!(targets(&with_zero, &[1, 0]), ["a", "z"]);
    // The target `.` means that there is no such service.
    assert_eq!(targets(&[srv(0, 0, ".")], &[]), [""; 0]);
    assert_eq!(targets(&[srv(0, 0, "."), srv(1, 0, "a")], &[0]), ["a"]);
    assert_eq!(targets(&[Srv::new(0, 0, 0, "a")], &[]), [""; 0]);
    assert_eq!(targets(&[], &[]), [""; 0]);
}

#[test]
fn the_draw_follows_the_weights() {
    let mut first = [0; 3];
    for draw in 0..=60 {
        let mut records = [Srv::new(0, 10, 1, "0"), Srv::new(0, 20, 1, "1"), Srv::new(0, 30, 1, "2")];
        let mut draws = core::iter::once(draw).chain(core::iter::repeat(0));
        let ranked = rank(&mut records, |most| draws.next().unwrap().min(most));
        first[ranked[0].target.parse::<usize>().unwrap()] += 1;
    }
    assert_eq!(first, [11, 20, 30]);
}

#[test]
fn guesses_ask_for_tls_from_the_start_first() {
    let all: Vec<_> = guesses("example.net").unwrap().map(|guess| (guess.host, guess.port)).collect();
    let hosts = ["pop.example.net", "pop3.example.net", "mail.example.net", "example.net"];
    let expected = [995, 110].into_iter().flat_map(|port| hosts.map(|host| (host.to_owned(), port)));
    assert_eq!(all, expected.collect::<Vec<_>>());
}

/// Proves 6186-4-01.
#[test]
fn the_full_address_is_tried_before_its_local_part() {
    assert_eq!(logins("ann@example.net").collect::<Vec<_>>(), ["ann@example.net", "ann"]);
    assert_eq!(logins("\"a@b\"@example.net").collect::<Vec<_>>(), ["\"a@b\"@example.net", "\"a@b\""]);
    assert_eq!(logins("ann").collect::<Vec<_>>(), ["ann"]);
    assert_eq!(logins("@example.net").collect::<Vec<_>>(), ["@example.net"]);
    assert_eq!(domain("ann@example.net"), Some("example.net"));
    assert_eq!(domain("ann"), None);
    assert_eq!(domain("ann@exa mple"), None);
}
