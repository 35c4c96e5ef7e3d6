//! Reports of all forms.

use crate::server::{twisted, unstuffed};
use crate::support::Bench;

#[test]
fn list_and_explain_know_the_catalogue() {
    let bench = Bench::new();
    let list = bench.run("list server/retr/first-dot --needs");
    list.assert_code(0).assert_out("server/retr/first-dot").assert_out("needs account, corpus:first-dot");
    let json: serde_json::Value = serde_json::from_str(&bench.run("list --json").out).unwrap();
    assert!(json.as_array().unwrap().len() >= 25);
    bench
        .run("explain server/retr/first-dot")
        .assert_code(0)
        .assert_out("fail ")
        .assert_out("1939-3-14 IMPLIED");
    bench.run("explain server/retr").assert_code(0).assert_out("server/retr/first-dot");
    bench.run("explain 1939-3-14").assert_code(0).assert_out("server/retr/first-dot");
    bench.run("explain deviation").assert_code(0).assert_out("SHOULD");
    bench.run("explain own:1").assert_code(0).assert_out("may be removed");
    let unknown = bench.run("explain nothing");
    unknown
        .assert_error(2, "pop3check: nothing: no probe, section, row, verdict or need; see pop3check list\n");
    let page = bench.run("--man");
    page.assert_code(0)
        .assert_out(".TH pop3check")
        .assert_out("THE COMMAND SERVER")
        .assert_out("write\\-known")
        .assert_out(".SH EXAMPLES");
    assert!(!page.out.contains("pop3check\\-server(1)"), "no page that there is not");
}

#[test]
fn a_page_holds_everything_and_nothing_of_the_peer_is_markup() {
    let script = "<script>alert(1)</script>";
    let server = twisted(&["plain", "first-dot"], move |line| match line {
        "" => Some(format!("+OK {script} &amp; \"x\"\r\n").into_bytes()),
        "RETR 2" => Some([&unstuffed("first-dot")[..5], b".</script><b>\r\n.\r\n"].concat()),
        _ => None,
    });
    let bench = Bench::new();
    let select = "server/retr/first-dot server/lines/canonical server/stls";
    bench.judge(server.address, &format!("--html run.html --json run.json {select}")).assert_code(1);
    let page = bench.read("run.html");
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    assert!(!page.contains(script) && !page.contains("</script><b>"), "what the peer says is escaped");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("server/retr/first-dot") && page.contains("1939-3-14"));
    assert!(page.contains(r#"QUIT<span class="octets">\r\n</span>"#), "line ends are shown");
    for foreign in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("prefers-color-scheme") || page.contains("light-dark("));
    // The JSON is in it.
    let json = page.split("<script type=\"application/json\" id=\"run\">").nth(1).unwrap();
    let json: serde_json::Value = serde_json::from_str(json.split("</script>").next().unwrap()).unwrap();
    assert_eq!(json, bench.json("run.json"));
    let again = bench.run("report run.json --html -");
    assert_eq!(again.assert_code(0).out, page);
}

#[test]
fn a_report_on_standard_output_is_alone_there() {
    let server = twisted(&["plain", "first-dot"], |_| None);
    let bench = Bench::new();
    let ran = bench.judge(server.address, "--json - server/lines/canonical");
    let json: serde_json::Value = serde_json::from_str(&ran.assert_code(0).out).unwrap();
    assert_eq!(json["counts"]["pass"], 1);
    assert!(ran.err.ends_with("exit 0\n") && ran.err.contains("1 probes: 1 pass"), "{}", ran.err);
    bench.write("run.json", &ran.out);
    let again = bench.run("report run.json");
    assert_eq!(again.out, ran.err);
    let last = bench.run("report run.json -q --text --junit run.xml");
    assert_eq!(last.out.lines().count(), 1);
    assert!(ran.err.ends_with(&last.out));
}

#[test]
fn a_run_of_somebody_else_cannot_steer_the_terminal() {
    let bench = Bench::new();
    let server = twisted(&["plain"], |_| None);
    bench.judge(server.address, "--json run.json server/lines/canonical").assert_code(0);
    let mut run = bench.json("run.json");
    run["facts"]["greeting"] = "+OK \u{1b}]0;x\u{7} \u{202e}".into();
    run["probes"][0]["title"] = "\u{1b}[2J".into();
    run["probes"][0]["dialogue"][0]["text"] = "\u{9b}1m\r".into();
    bench.write("run.json", &run.to_string());
    for line in
        ["report run.json -v", "report run.json --html -", "compare run.json", "report run.json --junit -"]
    {
        let ran = bench.run(line);
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!ran.assert_code(0).out.contains(steers), "{line}: {:?}", ran.out);
    }
    bench.run("report run.json").assert_out("+OK \\u{1b}]0;x\\u{7} \\u{202e}");
}

#[test]
fn what_is_no_run_is_refused() {
    let bench = Bench::new();
    bench.write("x.json", "{\"schema\": \"other/1\"}");
    bench
        .run("report x.json")
        .assert_error(2, "pop3check: x.json: no run of pop3check (schema pop3check/1)\n");
    bench.write("x.json", "{");
    assert_eq!(bench.run("report x.json").code, Some(2));
    assert_eq!(bench.run("report none.json").code, Some(2));
}
