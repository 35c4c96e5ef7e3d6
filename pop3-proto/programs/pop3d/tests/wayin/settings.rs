//! What the settings and the passwd file may say, and what is said about the rest.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::rig::{Rig, WELCOME, WRONG, plain};

#[test]
fn a_number_out_of_range_is_an_error_with_file_line_and_setting() {
    for (section, setting) in [
        ("limits", "connections = 9223372036854775807"),
        ("limits", "connections = 0"),
        ("limits", "per-address = 0"),
        ("limits", "login = 0"),
        ("limits", "write = 0"),
        ("limits", "idle = 9223372036854775807"),
        ("login", "failure-delay = 9223372036854775807"),
        ("login", "delay = 9223372036854775807"),
        ("login", "delay = -1"),
    ] {
        let rig = Rig::new(plain("ann", "a"), &format!("[{section}]\n{setting}\n"));
        let said = rig.fail();
        let name = setting.split(' ').next().unwrap();
        for part in [&rig.path("pop3d.toml").display().to_string(), "line 8", name] {
            assert!(said.contains(part), "{setting}: {said}");
        }
    }
    let rig = Rig::new(plain("ann", "a"), "[relay]\nwindow = 0\ntable = \"t\"\n");
    assert!(rig.fail().contains("window = 0"));
    // The largest numbers that are taken do not stop it.
    let most = "[limits]\nidle = 3162240000\nlogin = 3162240000\nwrite = 3162240000\nconnections = 10000000\n\
                [login]\ndelay = 3162240000\nfailure-delay = 3162240000\n";
    let rig = Rig::new(plain("ann", "a"), most).with_maildirs(&["ann"]);
    let pop3d = rig.start();
    assert_eq!(pop3d.log_in(1, "ann", "a").0, WELCOME);
    assert_eq!(
        pop3d.log_in(1, "ann", "a").0,
        "-ERR [LOGIN-DELAY] you were here a moment ago, come back later\r\n"
    );
}

#[test]
fn settings_that_let_nobody_in_are_an_error() {
    let rig = Rig::new(plain("ann", "a"), "[login]\nuser = false\napop = false\nmechanisms = []\n");
    assert!(rig.fail().contains("nobody could log in"));
}

#[test]
fn a_passwd_file_that_others_may_write_is_refused() {
    let rig = Rig::new(plain("ann", "a"), "").with_maildirs(&["ann"]);
    let passwd = rig.path("passwd");
    for (mode, why) in [(0o666, "everybody may write it"), (0o664, "its group may write it")] {
        fs::set_permissions(&passwd, Permissions::from_mode(mode)).unwrap();
        let said = rig.fail();
        assert!(said.contains(&passwd.display().to_string()) && said.contains(why), "{mode:o}: {said}");
    }
    fs::set_permissions(&passwd, Permissions::from_mode(0o644)).unwrap();
    rig.start();
}

#[test]
fn a_passwd_file_of_somebody_else_is_refused() {
    let rig = Rig::new(plain("ann", "a"), "");
    // Only root can give a file away, and for root the check is about everybody else.
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(rig.path("passwd"), Some(12_345), None).unwrap();
        let said = rig.fail();
        assert!(said.contains("it belongs to user 12345"), "{said}");
    }
}

#[test]
fn texts_from_windows_are_read_and_others_named() {
    let users = [plain("ann", "a"), "\n".into(), plain("bob", "b")].concat();
    let passwd = format!("\u{feff}# users\n{users}\n").replace('\n', "\r\n");
    let rig = Rig::new(passwd, "").with_maildirs(&["ann", "bob"]);
    let toml = fs::read_to_string(rig.path("pop3d.toml")).unwrap();
    fs::write(rig.path("pop3d.toml"), format!("\u{feff}{}", toml.replace('\n', "\r\n"))).unwrap();
    let pop3d = rig.start();
    assert_eq!(pop3d.log_in(1, "bob", "b").0, WELCOME);

    let latin1 = Rig::new(b"# users\nj\xFCrgen:{PLAIN}YQ==\n", "").fail();
    assert!(latin1.contains("passwd, line 2: not UTF-8 (it looks like Latin-1"), "{latin1}");
    let bad = Rig::new(format!("{}bob:{{PLAIN}}!\n", plain("ann", "a")), "").fail();
    assert!(bad.contains("passwd, line 2: field 1 of bob: not base64"), "{bad}");
}

#[test]
fn the_case_of_names_is_kept_or_folded() {
    let passwd = [plain("Ann", "a"), plain("J\u{dc}RGEN", "j")].concat();
    let rig = Rig::new(&passwd, "[login]\nfailure-delay = 0\n").with_maildirs(&["Ann"]);
    let pop3d = rig.start();
    assert_eq!(pop3d.log_in(1, "Ann", "a").0, WELCOME);
    assert_eq!(pop3d.log_in(1, "ann", "a").0, WRONG);
    let fold = "[login]\nfailure-delay = 0\ncase = \"fold\"\ndomain = \"example.com\"\n";
    let rig = Rig::new(&passwd, fold).with_maildirs(&["ann", "j\u{fc}rgen"]);
    let pop3d = rig.start();
    for name in ["Ann", "ann", "ANN", "aNN@Example.COM"] {
        assert_eq!(pop3d.log_in(1, name, "a").0, WELCOME, "{name}");
    }
    assert_eq!(pop3d.log_in(1, "j\u{fc}rgen", "j").0, WELCOME);
    assert_eq!(pop3d.log_in(1, "ann", "A").0, WRONG, "passwords are not folded");
    let twice = Rig::new([plain("ann", "a"), plain("Ann", "b")].concat(), fold).fail();
    assert!(
        twice.contains("passwd, line 2: there is a user \"Ann\" already (login.case is \"fold\")"),
        "{twice}"
    );
}
