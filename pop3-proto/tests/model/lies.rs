//! What a lying server makes of the right replies.

use crate::choice::Choices;

/// Where the server may lie, it chooses to at every reply; `Unstuffed` and the two `Sizes` it always does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Dots are not stuffed.
    Unstuffed,
    /// LIST counts every line end as one octet.
    SizesCountLf,
    /// LIST says one octet too many of the first message.
    SizesOneMore,
    /// LIST has TAB for the blank, and a blank before the number.
    TabbedList,
    /// A line in this listing cannot be read.
    Unreadable(&'static str),
    /// A line of this listing is missing, or the last line of this body.
    Missing(&'static str),
    /// A line of this reply comes twice.
    LineTwice(&'static str),
    /// This status line comes twice.
    StatusTwice(&'static str),
    /// The whole reply comes twice.
    ReplyTwice(&'static str),
    /// `+ERR` answers RETR.
    PlusErr,
    /// STAT counts no messages.
    StatZero,
    /// QUIT is answered, and nothing is removed.
    QuitRemovesNothing,
    /// RETR is answered with another message.
    Neighbour,
    /// Replies to pipelined commands come in any order.
    Reordered,
    /// Replies to pipelined RETRs come in any order.
    BodiesReordered,
    /// Replies to pipelined RETRs are mixed line by line.
    Mixed,
}

const ITEM: &[u8] = b"?\r\n";

impl Lie {
    /// What becomes of the right reply to one command.
    pub(crate) fn retell(self, command: &str, reply: Vec<u8>, choices: &mut Choices<'_>) -> Vec<u8> {
        if !reply.starts_with(b"+OK") {
            return reply;
        }
        let verb = command.split(' ').next().unwrap_or_default();
        let mut lines: Vec<&[u8]> = reply.split_inclusive(|b| *b == b'\n').collect();
        // A line of the reply besides the first and the dot; 0 for none of them.
        let inside = lines.len().saturating_sub(1);
        match self {
            Self::Unstuffed if verb == "RETR" || verb == "TOP" => {
                for line in lines.iter_mut().take(inside) {
                    *line = line.strip_prefix(b".").unwrap_or(line);
                }
            }
            Self::SizesCountLf if command == "LIST" => return resized(&lines, |_, octets| octets - 3),
            Self::SizesOneMore if command == "LIST" => {
                return resized(&lines, |number, octets| octets + u64::from(number == 1));
            }
            Self::TabbedList if command == "LIST" => {
                let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
                let tabbed = |line: String| match line.starts_with(|c: char| c.is_ascii_digit()) {
                    true => format!(" {}", line.replace(' ', "\t")),
                    false => line,
                };
                return lines.iter().map(text).map(tabbed).collect::<String>().into_bytes();
            }
            Self::Unreadable(where_) if where_ == command => match choices.pick(inside.max(1)) {
                0 => {}
                line => lines[line] = ITEM,
            },
            Self::Missing(where_) if where_ == command => match choices.pick(inside.max(1)) {
                0 => {}
                line => drop(lines.remove(line)),
            },
            Self::Missing(where_) if where_ == verb && inside > 1 && choices.happens() => {
                lines.remove(inside - 1);
            }
            Self::LineTwice(where_) if where_ == verb => match choices.pick(inside.max(1)) {
                0 => {}
                line => lines.insert(line, lines[line]),
            },
            Self::StatusTwice(where_) if where_ == verb && choices.happens() => lines.insert(0, lines[0]),
            Self::ReplyTwice(where_) if where_ == verb && choices.happens() => lines.extend(lines.clone()),
            Self::PlusErr if verb == "RETR" && choices.happens() => lines = vec![b"+ERR no such message\r\n"],
            Self::StatZero if verb == "STAT" && choices.happens() => lines = vec![b"+OK 0 0\r\n"],
            _ => {}
        }
        lines.concat()
    }

    /// What becomes of the right replies to the commands that came together.
    pub(crate) fn arrange(self, replies: Vec<(String, Vec<u8>)>, choices: &mut Choices<'_>) -> Vec<u8> {
        let bodies = replies.iter().all(|(command, _)| command.starts_with("RETR"));
        let mut rest: Vec<Vec<Vec<u8>>> = match self {
            Self::Reordered => replies.into_iter().map(|(_, reply)| vec![reply]).collect(),
            Self::BodiesReordered if bodies => replies.into_iter().map(|(_, reply)| vec![reply]).collect(),
            Self::Mixed if bodies => {
                let lines =
                    |reply: &[u8]| reply.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                replies.iter().map(|(_, reply)| lines(reply)).collect()
            }
            _ => return replies.into_iter().flat_map(|(_, reply)| reply).collect(),
        };
        let mut said = Vec::new();
        while !rest.is_empty() {
            let which = choices.pick(rest.len());
            said.extend(rest[which].remove(0));
            rest.retain(|reply| !reply.is_empty());
        }
        said
    }
}

/// A LIST with other sizes.
fn resized(lines: &[&[u8]], size: impl Fn(u64, u64) -> u64) -> Vec<u8> {
    let mut list = String::new();
    for line in lines.iter().map(|line| String::from_utf8_lossy(line)) {
        let fields = line.trim_end().split_once(' ').map(|(n, octets)| (n.parse(), octets.parse()));
        match fields {
            Some((Ok(number), Ok(octets))) => list += &format!("{number} {}\r\n", size(number, octets)),
            _ => list += &line,
        }
    }
    list.into_bytes()
}
