//! `pop3_proto_fuzz::login_ops`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pop3_proto_fuzz::login_ops(data));
