//! Properties of logins over all connections that they make: each attack at each step, and pairs of them.

mod server;
mod walk;

use pop3_proto::Security;
use pop3_proto::login::{Method, Methods, Policy, Tls};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::script::set;
use server::{Capa, Form, Server};
use walk::{Attack, Walk, policy, walk};

const METHODS: [Method; 6] =
    [Method::ScramSha256, Method::ScramSha1, Method::CramMd5, Method::Plain, Method::Login, Method::User];

fn everything() -> Server {
    Server {
        methods: METHODS.map(|method| (method, true)).to_vec(),
        stls: true,
        form: Form::Takes,
        capa: Capa::Answers,
    }
}

/// Policies, and whether they permit passwords in clear.
fn policies() -> Vec<Policy> {
    let mut all = Vec::new();
    for tls in [Tls::Required, Tls::IfOffered, Tls::Never] {
        for allow_plaintext_secrets in [false, true] {
            for (methods, without_capa) in [
                (Methods::DEFAULT, false),
                (Methods::DEFAULT, true),
                (set(&[Method::CramMd5, Method::Plain]), false),
            ] {
                let mut one = policy();
                (one.tls, one.allow_plaintext_secrets) = (tls, allow_plaintext_secrets);
                (one.methods, one.without_capa) = (methods, without_capa);
                all.push(one);
            }
        }
    }
    all
}

/// Calls `check` with every login in which up to `most` of these attacks happen, at any steps where `where_to`
/// permits one.
fn each(
    server: &Server,
    policy: Policy,
    security: Security,
    attacks: &[Attack],
    most: usize,
    where_to: impl Fn(Security, &str) -> bool,
    mut check: impl FnMut(&Walk),
) -> usize {
    let mut plans = vec![Vec::<(usize, Attack)>::new()];
    let mut count = 0;
    while let Some(plan) = plans.pop() {
        let mut places = Vec::new();
        let walked = walk(server, policy, security, |step, security, line| {
            let planned = plan.iter().find(|(at, _)| *at == step).map(|(_, attack)| *attack);
            if where_to(security, line) {
                places.push(step);
            }
            planned
        });
        check(&walked);
        count += 1;
        if plan.len() < most {
            let last = plan.last().map_or(0, |(at, _)| at + 1);
            for at in places.into_iter().filter(|at| *at >= last) {
                plans.extend(attacks.iter().map(|attack| [&plan[..], &[(at, *attack)]].concat()));
            }
        }
    }
    count
}

/// What goes out in clear under this policy.
fn check_clear(walked: &Walk, policy: Policy) {
    for one in walked.lines().filter(|one| one.security == Security::Plain) {
        if policy.tls == Tls::Required {
            assert!(["CAPA", "STLS"].contains(&&*one.line), "{walked:?}");
        }
        if !policy.allow_plaintext_secrets {
            let verbs = ["PASS", "USER", "AUTH PLAIN", "AUTH LOGIN"];
            let bare = verbs.iter().any(|verb| one.line.starts_with(verb));
            assert!(!bare && !one.shows_the_password(), "{walked:?}");
        }
    }
}

/// Covers stls-stripped, secrets-beside-stls.
#[test]
fn no_password_goes_out_in_clear_unless_the_policy_permits_it() {
    let mut count = 0;
    let says_something = |policy: &Policy| policy.tls == Tls::Required || !policy.allow_plaintext_secrets;
    for policy in policies().into_iter().filter(says_something) {
        for stls in [true, false] {
            let server = Server { stls, ..everything() };
            let check = |walked: &Walk| check_clear(walked, policy);
            count += each(&server, policy, Security::Plain, &Attack::ALL, 2, |_, _| true, check);
        }
    }
    assert!(count > 10_000, "{count}");
}

/// However somebody attacks in clear: once TLS is up, the client says what it would have said without them.
/// Covers stls-stripped, state-carried-into-tls, weaker-method-by-cut.
#[test]
fn what_happens_in_clear_changes_nothing_inside_tls() {
    let mut reached = 0;
    for policy in policies().into_iter().filter(|policy| policy.tls != Tls::Never) {
        for form in [Form::Takes, Form::Overlooks] {
            for working in [&METHODS[..], &METHODS[2..], &METHODS[3..]] {
                let mut server = Server { form, ..everything() };
                server.methods.iter_mut().for_each(|(method, works)| *works = working.contains(method));
                let honest = walk(&server, policy, Security::Plain, |_, _, _| None);
                let honest = honest.in_tls();
                let in_clear = |security, _: &str| security == Security::Plain;
                each(&server, policy, Security::Plain, &Attack::ALL, 2, in_clear, |walked| {
                    assert!(walked.in_tls().len() <= honest.len(), "{walked:?}");
                    for (lines, due) in walked.in_tls().iter().zip(&honest) {
                        reached += 1;
                        assert_eq!(lines, due, "{walked:?}");
                    }
                });
            }
        }
    }
    assert!(reached > 1_000, "{reached}");
}

/// Cuts and silence need no key, so they unlock no password where something works that hides it. What is left out
/// is CAPA inside TLS: a server that cannot bear it is asked by USER.
/// Covers weaker-method-by-cut.
#[test]
fn cuts_inside_tls_bring_no_method_that_shows_the_password() {
    let mut count = 0;
    for (hidden, form) in [Form::Takes, Form::Overlooks, Form::Refuses]
        .into_iter()
        .flat_map(|form| (0..3).map(move |hidden| (hidden, form)))
    {
        let mut server = Server { form, ..everything() };
        server.methods.iter_mut().for_each(|(method, works)| *works = *method == METHODS[hidden]);
        server.methods.retain(|(method, _)| METHODS[hidden..].contains(method));
        let auth = |_, line: &str| line != "CAPA";
        count += each(&server, policy(), Security::Tls, &Attack::CUTS, 3, auth, |walked| {
            assert!(
                !walked.lines().any(|one| one.line.starts_with("USER") || one.shows_the_password()),
                "{walked:?}"
            );
        });
    }
    assert!(count > 100, "{count}");
    // With leave they do.
    let mut server = everything();
    server.methods = vec![(Method::CramMd5, false), (Method::Plain, true)];
    let mut with_leave = policy();
    with_leave.password_after_hang_up = true;
    let cut = |_, _, line: &str| (line == "AUTH CRAM-MD5").then_some(Attack::Close);
    assert_eq!(walk(&server, with_leave, Security::Tls, cut).end, Ok(Method::Plain));
    walk(&server, policy(), Security::Tls, cut).end.unwrap_err();
}

/// Any server that has one method of the policy that works lets the client in, whatever else it lists, and however
/// it takes first messages and CAPA.
#[test]
fn whoever_offers_a_method_that_works_lets_the_client_in() {
    let (mut count, mut let_in) = (0, 0);
    for form in [Form::Takes, Form::Overlooks, Form::Refuses] {
        for capa in [Capa::Answers, Capa::Refuses, Capa::Closes, Capa::IsSilent] {
            // Each method is offered and works, is offered and fails, or is not there.
            for mut digits in 0..3_u32.pow(6) {
                let mut server = Server { methods: Vec::new(), form, capa, ..everything() };
                for method in METHODS {
                    if !digits.is_multiple_of(3) {
                        server.methods.push((method, digits % 3 == 1));
                    }
                    digits /= 3;
                }
                // Without a list the client knows only of USER.
                let known = |method: &Method| capa == Capa::Answers || *method == Method::User;
                let due = server.methods.iter().find(|(method, works)| *works && known(method));
                let walked = walk(&server, policy(), Security::Tls, |_, _, _| None);
                assert_eq!(walked.end.ok(), due.map(|(method, _)| *method), "{server:?} {walked:?}");
                (count, let_in) = (count + 1, let_in + usize::from(due.is_some()));
            }
        }
    }
    assert_eq!(count, 12 * 729);
    assert!(let_in > count / 4, "{let_in}");
}

/// A wrong password is shown to a server three times at most, whatever it says.
#[test]
fn a_server_that_refuses_without_a_word_sees_the_password_three_times_at_most() {
    for form in [Form::Takes, Form::Overlooks, Form::Refuses] {
        let server = Server { form, ..everything() };
        let attack = |_, _, line: &str| {
            let secret = walk::Exchanged { security: Security::Tls, line: line.to_owned(), attack: None };
            secret.shows_the_password().then_some(Attack::Refuse)
        };
        let mut methods = policy();
        methods.methods = set(&METHODS[3..]);
        let walked = walk(&server, methods, Security::Tls, attack);
        assert_eq!(walked.lines().filter(|one| one.shows_the_password()).count(), 3, "{walked:?}");
        walked.end.unwrap_err();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Many attacks at once, in clear and inside TLS: the login ends, and in clear it says no more than it may.
    #[test]
    fn every_login_ends(
        plan in vec(prop_oneof![2 => Just(None), 1 => select(&Attack::ALL[..]).prop_map(Some)], 0..60),
        policy in select(policies()),
        after_hang_up in any::<bool>(),
        form in select(vec![Form::Takes, Form::Overlooks, Form::Refuses]),
        capa in select(vec![Capa::Answers, Capa::Refuses, Capa::Closes, Capa::IsSilent]),
        working in vec(any::<bool>(), 6),
        stls in any::<bool>(),
        security in select(vec![Security::Plain, Security::Tls]),
    ) {
        let methods = METHODS.into_iter().zip(working).collect();
        let server = Server { methods, stls, form, capa };
        let mut policy = policy;
        policy.password_after_hang_up = after_hang_up;
        let walked = walk(&server, policy, security, |step, _, _| plan.get(step).copied().flatten());
        check_clear(&walked, policy);
        prop_assert!(walked.lines().filter(|one| one.shows_the_password()).count() <= 8, "{:?}", walked);
        for lines in &walked.connections {
            prop_assert!(lines.len() <= 60, "{:?}", walked);
            let shown = lines.iter().filter(|one| one.shows_the_password()).count();
            prop_assert!(shown <= 6, "{:?}", walked);
        }
    }
}
