//! Challenges and the base64 in them are encoded exactly, and decoded again.

use pop3_proto::{Base64, encode, parse};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::pair::base64;
use crate::{one_line, read, room, written};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Proves 5034-4-05, 4648-3-01.
    #[test]
    fn base64_is_written_as_the_rfc_has_it_and_decoded_again(data in vec(any::<u8>(), 0..400)) {
        let text = base64(&data);
        let line = written(|out| encode::challenge(&data, out));
        prop_assert_eq!(&line, &[b"+ ", text.as_bytes()].concat());
        let value = read(&line, parse::challenge);
        prop_assert_eq!(value.as_bytes(), text.as_bytes());
        prop_assert_eq!(value.decoded_len(), data.len());
        let mut octets = vec![0; data.len()];
        prop_assert_eq!(value.decode(&mut octets), Some(&data[..]));
        if let Some(short) = octets.len().checked_sub(1) {
            prop_assert_eq!(value.decode(&mut octets[..short]), None);
        }
    }

    #[test]
    fn text_that_is_base64_is_what_its_octets_encode_to(
        text in "[A-Za-z0-9+/=]{0,12}|[A-D=]{4,8}|[A-P+/]{60,70}=?",
    ) {
        if let Some(value) = Base64::new(text.as_bytes()) {
            let mut octets = vec![0; value.decoded_len()];
            let octets = value.decode(&mut octets).unwrap();
            prop_assert_eq!(base64(octets), text);
        }
    }

    #[test]
    fn a_challenge_is_one_line_or_nothing(data in vec(any::<u8>(), 0..700), room in room()) {
        let line = one_line(usize::MAX, room, |out| encode::challenge(&data, out))?;
        prop_assert_eq!(line.is_some(), 4 + base64(&data).len() <= room);
    }
}
