//! No report shows a password, nor what it can be computed from.

use base64ct::{Base64, Encoding as _};

use crate::server::twisted;
use crate::support::{Bench, PASSWORD, USER};

#[test]
fn no_report_shows_the_password_even_if_the_server_repeats_it() {
    let forms = || {
        let encoded = |text: &str| Base64::encode_string(text.as_bytes());
        [
            PASSWORD.to_owned(),
            PASSWORD.to_uppercase(),
            encoded(PASSWORD),
            encoded(&format!("\0{USER}\0{PASSWORD}")),
            PASSWORD.bytes().map(|octet| format!("{octet:02x}")).collect::<String>(),
        ]
    };
    let server = twisted(&["plain", "first-dot"], move |line| match line {
        "NOOP" => Some(format!("+OK your password is {}\r\n", forms().join(" or ")).into_bytes()),
        "" => Some(format!("+OK ready, {PASSWORD}\r\n").into_bytes()),
        "CAPA" => Some(format!("+OK\r\nUSER\r\nTOP\r\nIMPLEMENTATION {PASSWORD}\r\n.\r\n").into_bytes()),
        // A failure, so that it is quoted.
        "RETR 2" => Some(format!("+OK\r\n.pop3check first-dot {PASSWORD}\r\n.\r\n").into_bytes()),
        _ => None,
    });
    let bench = Bench::new();
    let select = "server/lines/canonical server/lines/spaces server/retr/first-dot server/lines/nul-in-name";
    let files = "--json run.json --junit run.xml --html run.html --write-known known.toml";
    let ran = bench.judge(server.address, &format!("-v {files} {select}"));
    ran.assert_code(1).assert_out("***");
    let mut reports = vec![ran.out, ran.err];
    reports.extend(["run.json", "run.xml", "run.html", "known.toml"].map(|name| bench.read(name)));
    for report in &reports {
        for form in forms() {
            assert!(!report.contains(&form), "{form} stands in a report");
        }
    }
    let in_base64 = |report: &String| report.contains("***");
    assert!(reports.iter().take(1).all(in_base64));
    // What stands in base64 in the JSON is masked, too.
    let run = bench.json("run.json");
    for line in
        run["probes"].as_array().unwrap().iter().flat_map(|probe| probe["dialogue"].as_array().unwrap())
    {
        let octets = Base64::decode_vec(line["base64"].as_str().unwrap()).unwrap();
        let text = String::from_utf8_lossy(&octets).into_owned();
        assert!(forms().iter().all(|form| !text.contains(form)), "{text}");
    }
}

#[test]
fn a_short_password_is_masked_where_it_is_given() {
    let server = twisted(&["plain"], |line| (line == "PASS ab").then(|| b"-ERR no\r\n".to_vec()));
    let bench = Bench::new();
    bench.write("password", "ab\n");
    let ran = bench.run(&format!(
        "server {} --user {USER} --password-file password -v --patience 0.2 server/lines/canonical",
        server.address
    ));
    ran.assert_code(3).assert_out("C  PASS ***\\r\\n");
    assert!(!ran.out.contains("PASS ab"), "{}", ran.out);
}

#[test]
fn a_login_that_fails_shows_no_password() {
    let server = twisted(&[], |line| {
        line.starts_with("PASS")
            .then(|| format!("-ERR {line} is wrong, {}\r\n", PASSWORD.to_lowercase()).into_bytes())
    });
    let ran = Bench::new().judge(server.address, "-v");
    ran.assert_code(3).assert_out("PASS ***");
    let told = ran.out + &ran.err;
    assert!(!told.contains(PASSWORD) && !told.contains(&PASSWORD.to_lowercase()), "{told}");
}
