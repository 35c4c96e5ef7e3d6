//! `pop3check corpus`: writes or delivers the known messages.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use pop3_proto::conformance::corpus::{self, NAMES};

use crate::args::{Corpus, Form};
use crate::deliver::Delivery;
use crate::failure::Failure;

pub(crate) fn corpus(args: &Corpus) -> Result<String, Failure> {
    for name in &args.without {
        if !NAMES.contains(&name.as_str()) {
            return Err(Failure::usage("--without", format!("{name}: there is only {}", NAMES.join(", "))));
        }
    }
    let is_left_out = |name: &&str| args.without.iter().any(|other| other == name);
    let names: Vec<&'static str> = NAMES.into_iter().filter(|name| !is_left_out(name)).collect();
    let messages: Vec<(&'static str, Vec<u8>)> =
        names.into_iter().filter_map(|name| Some((name, message(name, args)?))).collect();
    match (&args.to, &args.deliver) {
        (Some(to), _) => {
            let written = match args.form {
                Form::Maildir => maildir(to, &messages, args.run),
                Form::Mbox => mbox(to, &messages),
                Form::Files => files(to, &messages),
            };
            written.map_err(|error| Failure::usage(to.display(), error))?;
            Ok(format!("{} messages written to {}\n", messages.len(), to.display()))
        }
        (None, Some(to)) => deliver(to, args.user.as_deref().unwrap_or_default(), &messages),
        (None, None) => Err(Failure::usage("corpus", "--to or --deliver is missing")),
    }
}

fn message(name: &str, args: &Corpus) -> Option<Vec<u8>> {
    let stored = corpus::stored(name, args.run)?;
    if !args.crlf {
        return Some(stored);
    }
    let mut message = Vec::with_capacity(stored.len());
    for octet in stored {
        if octet == b'\n' && message.last() != Some(&b'\r') {
            message.push(b'\r');
        }
        message.push(octet);
    }
    Some(message)
}

/// Servers list messages by the names of their files, so these are in the order of the corpus. The messages of
/// another run have other names.
fn maildir(to: &Path, messages: &[(&str, Vec<u8>)], run: u16) -> io::Result<()> {
    for folder in ["tmp", "new", "cur"] {
        fs::create_dir_all(to.join(folder))?;
    }
    for (number, (name, message)) in (1..).zip(messages) {
        let file = format!("1767225600.M{number:06}P{run}Q{number}.pop3check-{name}");
        let unfinished = to.join("tmp").join(&file);
        fs::write(&unfinished, message)?;
        fs::rename(unfinished, to.join("new").join(file))?;
    }
    Ok(())
}

fn mbox(to: &Path, messages: &[(&str, Vec<u8>)]) -> io::Result<()> {
    let mut text = Vec::new();
    for (_, message) in messages {
        let end: &[u8] = if message.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
        text.extend_from_slice(b"From pop3check@example.invalid Thu Jan  1 00:00:00 2026\n");
        for line in message.split_inclusive(|octet| *octet == b'\n') {
            let unquoted = line.iter().position(|octet| *octet != b'>').and_then(|at| line.get(at..));
            if unquoted.is_some_and(|rest| rest.starts_with(b"From ")) {
                text.push(b'>');
            }
            text.extend_from_slice(line);
        }
        if !message.is_empty() && !message.ends_with(b"\n") {
            text.extend_from_slice(end);
        }
        text.extend_from_slice(end);
    }
    // Somebody's mail may be in it already; an empty one is what programs that make accounts leave there.
    if fs::metadata(to).is_ok_and(|file| file.len() > 0) {
        return Err(io::Error::new(
            ErrorKind::AlreadyExists,
            "there is mail in it, and nothing is overwritten",
        ));
    }
    fs::write(to, text)
}

fn files(to: &Path, messages: &[(&str, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for (name, message) in messages {
        let file = to.join(format!("{name}.eml"));
        match File::create_new(&file).and_then(|mut file| file.write_all(message)) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if fs::read(&file)? != *message {
                    let why = format!("{} is another message, and nothing is overwritten", file.display());
                    return Err(io::Error::new(ErrorKind::AlreadyExists, why));
                }
            }
            written => written?,
        }
    }
    Ok(())
}

fn deliver(to: &str, user: &str, messages: &[(&'static str, Vec<u8>)]) -> Result<String, Failure> {
    let delivery = Delivery::parse(to, user).map_err(|error| Failure::usage("--deliver", error))?;
    let (survive, others): (Vec<_>, Vec<_>) =
        messages.iter().partition(|(name, _)| corpus::is_deliverable(name));
    for (name, message) in &survive {
        delivery.deliver(message).map_err(|why| Failure::Nothing(format!("{name}: {why}")))?;
    }
    let others: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    let mut told = format!("{} messages delivered to {user} by {delivery}\n", survive.len());
    if !others.is_empty() {
        told += &format!("not delivered, since delivery would change them: {}\n", others.join(", "));
    }
    Ok(told)
}
