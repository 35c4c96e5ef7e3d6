//! Fuzz target: texts that people and other programs wrote, which are URLs, records, and the records of other
//! programs.

use pop3_proto::discover;
use pop3_proto::fetch::{Import, Record};
use pop3_proto::url::Url;

/// Whatever is read is written so that it is read as the same.
pub fn texts(data: &[u8]) {
    for record in [
        Some(Import::from_getmail(data, 1).record),
        Some(Import::from_fetchmail(data, "user", "host", 1).record),
        Some(Import::from_mpop(data, "user", "host", 1).record),
        std::str::from_utf8(data).ok().and_then(|text| text.parse::<Record>().ok()),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(record.to_string().parse().as_ref(), Ok(&record));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Url::parse(text) {
        Ok(url) => {
            let written = url.to_string();
            let again = Url::parse(&written).expect("its own text");
            assert_eq!(
                (again.tls, &again.user, again.host, again.port()),
                (url.tls, &url.user, url.host, url.port())
            );
            assert!(written.is_ascii() && !written.contains(char::is_whitespace));
        }
        Err(error) => assert!(error.at <= text.len()),
    }
    if let Some(name) = discover::query(discover::Service::Pop, text) {
        assert!(name.is_ascii() && name.len() < 256);
    }
    assert!(discover::logins(text).count() <= 2);
}
