//! `pop3_proto_fuzz::probes`, driven by libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pop3_proto_fuzz::probes(data));
