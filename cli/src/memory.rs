//! How the allocator asks the system for memory.

/// How much more is asked for at a time than is needed, in bytes. What is not touched costs nothing.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const STEP: libc::c_int = 1 << 20;

/// Lets the allocator ask in large steps. The heaps of threads other than the first grow by a page at a time with glibc, each
/// with a call for which all threads that touch new memory wait.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(
    unsafe_code,
    reason = "no library offers it, and the call takes and returns numbers"
)]
pub(crate) fn ask_in_large_steps() {
    // SAFETY: a setting of the allocator, made before there is a second thread. Where it is refused, nothing changes.
    unsafe { libc::mallopt(libc::M_TOP_PAD, STEP) };
}

/// Other allocators do so by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn ask_in_large_steps() {}
