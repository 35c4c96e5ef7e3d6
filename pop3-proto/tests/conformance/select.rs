//! Patterns, and lists of what is known and what is left out.

use pop3_proto::conformance::{
    Day, Known, ListError, Probe, Select, SelectError, Skip, Standing, Verdict, probes, rows,
};

fn ids(pattern: &str) -> Vec<&'static str> {
    let (select, all) = (Select::parse(pattern).unwrap(), probes());
    assert_eq!(select.as_str(), pattern);
    all.iter().filter(|probe| select.matches(probe)).map(Probe::id).collect()
}

#[test]
fn a_pattern_selects_what_it_names() {
    let all = probes();
    assert_eq!(ids("server/retr/first-dot"), ["server/retr/first-dot"]);
    let for_clients = all.iter().filter(|probe| probe.is_for_clients()).count();
    assert_eq!(ids("server").len(), all.len() - for_clients);
    assert_eq!(ids("client").len(), for_clients);
    assert_eq!(ids("*").len(), all.len());
    let lines = ids("server/lines");
    assert!(lines.contains(&"server/lines/spaces") && lines.iter().all(|id| id.starts_with("server/lines/")));
    assert_eq!(ids("server/lines/"), lines);
    assert_eq!(ids("server/*/first-dot"), ["server/retr/first-dot"]);
    assert_eq!(ids("*first-dot"), ["server/retr/first-dot", "client/bodies/first-dot"]);
    assert!(ids("*/stls*").contains(&"server/stls/injection-command"));
    assert_eq!(ids("server/line"), Vec::<&str>::new());
    assert_eq!(ids("*-dot-x"), Vec::<&str>::new());
    assert!(ids("1939-3-14").contains(&"server/retr/first-dot"));
    assert!(ids("hole:first-dot").contains(&"server/retr/first-dot"));
    assert!(ids("quirk-81").contains(&"server/retr/first-dot"));
    assert_eq!(ids("quirk-07"), ids("quirk-7"));
    assert!(ids("need:corpus").contains(&"server/retr/first-dot"));
    assert!(ids("need:corpus:first-dot").contains(&"server/retr/first-dot"));
}

#[test]
fn rfcs_sections_levels_and_tiers_are_those_of_the_rows() {
    let all = probes();
    for (pattern, is_meant) in [
        ("rfc2595", Box::new(|row: &str| row.starts_with("2595-")) as Box<dyn Fn(&str) -> bool>),
        ("rfc1939-3", Box::new(|row| row.starts_with("1939-3-"))),
        ("rfc2449-8", Box::new(|row| row.starts_with("2449-8.") || row.starts_with("2449-8-"))),
        ("must", Box::new(|row| rows().iter().any(|known| known.id == row && known.level == "MUST"))),
    ] {
        let judges = |probe: &&Probe| probe.entry().rows.iter().any(|row| is_meant(row));
        let due: Vec<_> = all.iter().filter(judges).map(Probe::id).collect();
        assert_eq!(ids(pattern), due, "{pattern}");
    }
    // A section is no text: 5 is not the front of 50.
    assert!(matches!(Select::parse("rfc1939-33"), Err(SelectError::Nothing(_))));
    assert!(all.iter().all(|probe| ids(&format!("tier{}", probe.entry().tier)).contains(&probe.id())));
}

#[test]
fn a_pattern_that_selects_nothing_is_an_error() {
    for pattern in ["", "retr", "tier4", "tier", "quirk-x", "hole:", "rfc", "rfcx", "nothing", "Server/retr"]
    {
        assert!(matches!(Select::parse(pattern), Err(SelectError::Form(_))), "{pattern}");
    }
    for pattern in ["1939-99-01", "rfc9999", "rfc1939-99"] {
        assert!(matches!(Select::parse(pattern), Err(SelectError::Nothing(_))), "{pattern}");
    }
    let all = probes();
    let one = |pattern| Select::parse(pattern).unwrap();
    let error = Select::chosen(&[one("server/retr"), one("server/nothing")], &all).unwrap_err();
    assert_eq!(error.to_string(), "server/nothing: selects nothing");
    assert_eq!(Select::chosen(&[], &all).unwrap().len(), all.len());
    let two = Select::chosen(&[one("server/retr/first-dot"), one("1939-3-14")], &all).unwrap();
    assert_eq!(two.iter().filter(|probe| probe.id() == "server/retr/first-dot").count(), 1);
}

fn known(probe: &str, verdict: Verdict, reason: &str) -> Known {
    Known { probe: probe.into(), verdict, reason: reason.into(), until: None }
}

#[test]
fn what_is_known_is_expected_until_its_day() {
    let day = |text| Day::parse(text).unwrap();
    let today = day("2027-01-31");
    let fail = known("server/retr/first-dot", Verdict::Fail, "fixed in 2.4");
    for (verdict, standing) in [
        (Verdict::Fail, Standing::Expected),
        (Verdict::Deviation, Standing::Stale),
        (Verdict::Pass, Standing::Stale),
        (Verdict::Note, Standing::Stale),
        (Verdict::Inconclusive, Standing::Unseen),
        (Verdict::NotRun, Standing::Unseen),
        (Verdict::NotApplicable, Standing::Unseen),
    ] {
        assert_eq!(fail.weigh(verdict, today), standing, "{verdict}");
    }
    let deviation = known("server/lines/spaces", Verdict::Deviation, "on purpose");
    assert_eq!(deviation.weigh(Verdict::Fail, today), Standing::Counts);
    for (until, standing) in [
        ("2027-02-01", Standing::Expected),
        ("2027-01-31", Standing::Counts),
        ("2026-12-31", Standing::Counts),
    ] {
        let fail = Known { until: Some(day(until)), ..fail.clone() };
        assert_eq!(fail.weigh(Verdict::Fail, today), standing, "{until}");
        assert_eq!(fail.weigh(Verdict::Pass, today), Standing::Stale);
    }
    assert_eq!(today.to_string(), "2027-01-31");
    for text in ["", "2027-1-31", "2027-13-01", "2027-00-01", "2027-01-32", "2027-01-01-", "27-01-0001", "x"]
    {
        assert_eq!(Day::parse(text), None, "{text}");
    }
}

#[test]
fn lists_need_probes_and_reasons() {
    let all = probes();
    let (id, why) = ("server/retr/first-dot", "fixed in 2.4");
    let check = |list: &[Known]| Known::check(list, &all);
    assert_eq!(check(&[known(id, Verdict::Fail, why)]), Ok(()));
    let fail = |probe: &str, reason: &str| known(probe, Verdict::Fail, reason);
    assert_eq!(check(&[fail("server/retr/x", why)]), Err(ListError::NoProbe("server/retr/x".into())));
    assert_eq!(check(&[fail(id, " ")]), Err(ListError::NoReason(id.into())));
    assert_eq!(check(&[fail(id, "TODO")]), Err(ListError::NoReason(id.into())));
    assert_eq!(check(&[known(id, Verdict::Pass, why)]), Err(ListError::Verdict(id.into())));
    assert_eq!(check(&[fail(id, why), fail(id, why)]), Err(ListError::Twice(id.into())));
    assert_eq!(Skip::new("server/retr", " takes long ", &all).unwrap().reason, "takes long");
    assert_eq!(Skip::new("server/retr", "todo", &all), Err(ListError::NoReason("server/retr".into())));
    assert!(matches!(Skip::new("server/nothing", why, &all), Err(ListError::Select(_))));
}
