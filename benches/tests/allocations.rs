//! Nothing on a hot path allocates, and listing a million messages takes no more memory than listing ten.

use pop3_proto_benches::{Case, OURS, Section, rows};

/// The allocations of a second pass, when all buffers have grown.
fn allocations(case: &mut Case) -> u64 {
    let ours = case.candidate(OURS).expect("our candidate");
    (ours.run)();
    allocation_counter::measure(|| {
        (ours.run)();
    })
    .count_total
}

#[test]
fn no_row_allocates() {
    let mut count = 0;
    for section in [Section::Commands, Section::Replies, Section::Bodies, Section::Sessions] {
        for mut case in rows::of(section) {
            assert_eq!(allocations(&mut case), 0, "{}", case.name);
            count += 1;
        }
    }
    assert!(count > 60, "only {count} rows");
}

#[test]
fn a_million_messages_are_listed_and_read_in_bounded_memory() {
    let mut cases = rows::of(Section::Chunks);
    let mut most = |name: &str| {
        let case = cases.iter_mut().find(|case| case.name == name).expect("a row of that name");
        let ours = case.candidate(OURS).expect("our candidate");
        (ours.run)();
        allocation_counter::measure(|| {
            (ours.run)();
        })
        .bytes_max
    };
    // The deletion marks take one bit for each message. There is no other byte: the output was there before.
    assert_eq!(most("four times the mailbox, LIST and UIDL by a server"), 125_000);
    assert_eq!(most("a million messages, LIST and UIDL by a client"), 0);
}
