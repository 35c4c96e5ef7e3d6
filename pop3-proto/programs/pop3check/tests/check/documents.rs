//! What the pages for authors of servers and clients tell to type.

use crate::support::Bench;

const SERVERS: &str = include_str!("../../../../docs/judging-a-server.md");
const CLIENTS: &str = include_str!("../../../../docs/judging-a-client.md");

/// The blocks of this kind, in order.
fn blocks(page: &'static str, kind: &str) -> Vec<&'static str> {
    let fence = format!("```{kind}\n");
    page.split(fence.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn its_commands_have_options_that_there_are() {
    let bench = Bench::new();
    let lines: Vec<&str> = [SERVERS, CLIENTS]
        .into_iter()
        .flat_map(|page| blocks(page, "console"))
        .flat_map(str::lines)
        .collect();
    let shell: Vec<&str> =
        blocks(SERVERS, "yaml")[0].lines().filter_map(|line| line.split("- run: ").nth(1)).collect();
    let words = |line: &&str| Some(line.split(" #").next()?.split_once("pop3check ")?.1.trim().to_owned());
    let commands = lines.into_iter().chain(shell).filter(|line| line.contains("pop3check "));
    let commands: Vec<String> = commands.filter_map(|line| words(&line)).collect();
    let commands: Vec<String> = commands.into_iter().filter(|words| !words.starts_with('-')).collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        bench.run(&format!("{command} --help")).assert_code(0).assert_out("Usage: pop3check");
    }
}

#[test]
fn its_files_are_right() {
    let bench = Bench::new();
    let files = blocks(SERVERS, "toml");
    bench.write("known.toml", files[0]);
    bench.write("pop3check.toml", files[1]);
    // Nobody listens there; everything was read before.
    let ran = bench.run_words(&["server", "127.0.0.1:1", "--password-env", "PASSWORD"]);
    ran.assert_error(3, "pop3check: 127.0.0.1 port 1: Connection refused (os error 111)\n");
}

#[test]
fn the_preset_of_the_page_is_one() {
    let bench = Bench::new();
    bench.write("mine.toml", blocks(CLIENTS, "toml")[0]);
    let ran = bench.run("client --preset mine.toml client/download/keeps");
    ran.assert_error(
        3,
        "pop3check: mine: the client cannot be started: No such file or directory (os error 2)\n",
    );
}
