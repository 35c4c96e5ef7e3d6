//! A dialogue as a table of HTML.

use maud::{Markup, html};
use pop3_proto::conformance::escaped;

use crate::report::Line;

/// The entries, with a mark at those that decided.
pub(crate) fn talk(lines: &[Line], decided: &[usize]) -> Markup {
    html! {
        div.wide { table.talk {
            @for (at, line) in lines.iter().enumerate() {
                @let is_decided = decided.contains(&at);
                tr.decided[is_decided] {
                    td { "#" (line.link) }
                    td { (format!("{}.{:03}", line.milliseconds / 1000, line.milliseconds % 1000)) }
                    td { (line.who) }
                    td { pre {
                        @if is_decided { mark { (shown(line)) } } @else { (shown(line)) }
                    } }
                }
            }
        } }
    }
}

/// The octets, with what is no printable ASCII escaped and told apart by its colour. Pictures of control
/// characters would be shorter, but many fonts have none, or such that look alike. Lines are broken after LF.
fn shown(line: &Line) -> Markup {
    if line.who == "-" {
        return html! { (line.text) };
    }
    let octets = line.decoded();
    let is_plain = |octet: &u8| matches!(octet, 0x20..=0x7e);
    let lines = octets.split_inclusive(|octet| *octet == b'\n');
    html! {
        @for (at, line) in lines.enumerate() {
            @if at > 0 { "\n" }
            @for run in line.chunk_by(|one, next| is_plain(one) == is_plain(next)) {
                @if run.first().is_some_and(is_plain) { (String::from_utf8_lossy(run)) }
                @else { span.octets { (escaped(run)) } }
            }
        }
    }
}
