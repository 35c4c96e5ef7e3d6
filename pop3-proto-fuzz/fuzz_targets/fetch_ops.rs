//! `pop3_proto_fuzz::fetch_ops`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pop3_proto_fuzz::fetch_ops(data));
