//! Starts each of these programs, and has the panic handler that must not be linked.

unsafe extern "C" {
    /// Defined nowhere, so a program that needs it does not link.
    fn a_panic_is_reachable() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: a program with this call does not link, so it never runs.
    unsafe { a_panic_is_reachable() }
}

#[cfg(not(target_os = "none"))]
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    crate::run(core::hint::black_box(7))
}

/// The start on a bare Cortex-M3: the vector table, and the result by semihosting.
#[cfg(target_os = "none")]
mod bare {
    #[repr(C)]
    struct Vectors(*const u32, extern "C" fn() -> !);
    // SAFETY: nothing ever writes to it.
    unsafe impl Sync for Vectors {}

    unsafe extern "C" {
        static STACK_TOP: u32;
    }

    #[used]
    #[unsafe(link_section = ".vectors")]
    static VECTORS: Vectors = Vectors(&raw const STACK_TOP, reset);

    extern "C" fn reset() -> ! {
        let result = crate::run(core::hint::black_box(7));
        // ADP_Stopped_ApplicationExit means success, anything else does not.
        let reason = if result == 0 { 0x20026_u32 } else { 0x20023 };
        // SAFETY: this is the SYS_EXIT call of the semihosting interface.
        unsafe { core::arch::asm!("bkpt 0xab", in("r0") 0x18, in("r1") reason) };
        loop {}
    }
}
