//! The host's C runtime starts `main`; a bare target gets its memory map.
fn main() {
    println!("cargo::rerun-if-changed=cortex-m3.ld");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        println!("cargo::rustc-link-arg=-T{}/cortex-m3.ld", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    } else {
        println!("cargo::rustc-link-arg=-lc");
    }
}
