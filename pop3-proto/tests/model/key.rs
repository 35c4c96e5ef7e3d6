//! A state of a session as one number.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher as _};

/// What decides how a session goes on, as one number: values that show all of themselves by `Debug`, and
/// others.
pub(crate) fn key(shown: &impl fmt::Debug, others: &impl Hash) -> u64 {
    struct Hashed(DefaultHasher);
    impl fmt::Write for Hashed {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut hashed = Hashed(DefaultHasher::new());
    fmt::Write::write_fmt(&mut hashed, format_args!("{shown:?}")).expect("hashing does not fail");
    others.hash(&mut hashed.0);
    hashed.0.finish()
}
