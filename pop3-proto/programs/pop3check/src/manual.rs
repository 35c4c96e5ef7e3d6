//! The manual page: that of the program, and the options of each command.

use std::io::{self, Write as _};

use clap_mangen::Man;

use crate::failure::Failure;

const END: &str = r#".SH FILES
.TP
\fIpop3check.toml\fR
\fBpop3check server\fR reads its settings from this file in the current folder, unless \-\-config names another file:
the tables [server] and [leave], and lists. Each [[known]] has the keys probe, verdict, reason and, if wanted, until;
each [[skip]] has the keys select and reason. The keys of [leave] are the options of \fBpop3check server\fR under Permissions.
The keys of [server] are those under Where, Who, How and Verdicts (without \-\-write\-known), and \fIurl\fR and
\fIselect\fR for what stands without an option.
.SH EXAMPLES
.TP
\fBpop3check server localhost:1110\fR
Judge what comes before the login.
.TP
\fBpop3check corpus \-\-to Maildir\fR
Put the known messages into a maildrop.
.TP
\fBpop3check server localhost:1110 \-\-user tester \-\-password\-env PASSWORD \-\-junit run.xml\fR
Judge all, and write a report for a CI system.
.TP
\fBpop3check compare old.json new.json\fR
Put two runs side by side.
"#;

pub(crate) fn page(mut command: clap::Command) -> Result<String, Failure> {
    command.build();
    let page = written(&command).map_err(|error| Failure::usage("--man", error))?;
    String::from_utf8(page).map_err(|error| Failure::usage("--man", error))
}

/// Without the list of pages for commands, since all of them stand here.
fn written(command: &clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        writeln!(page, ".SH \"THE COMMAND {}\"", command.get_name().to_uppercase())?;
        let mut part = Vec::new();
        let man = Man::new(command.clone());
        man.render_synopsis_section(&mut part)?;
        man.render_description_section(&mut part)?;
        man.render_options_section(&mut part)?;
        // Below a command these are no sections of their own.
        page.extend_from_slice(String::from_utf8_lossy(&part).replace(".SH ", ".SS ").as_bytes());
    }
    page.extend_from_slice(END.as_bytes());
    Ok(page)
}
