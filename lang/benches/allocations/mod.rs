//! An allocator that counts, while it is asked to.

#![allow(unsafe_code)] // an allocator cannot be written without

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Passes everything on to the system's allocator.
struct Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static AT_MOST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: the system's allocator does the work; counting touches no memory that is given out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTS.load(Relaxed) {
            let now = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
            AT_MOST.fetch_max(now, Relaxed);
        }
        // SAFETY: the caller's promises about the layout are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if COUNTS.load(Relaxed) {
            IN_USE.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: the caller's promises about pointer and layout are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How many bytes the result of `f` holds, and how many were in use at most while it was made. Sizes as they were asked
/// for, without what the allocator adds. For one thread.
pub(crate) fn of<T>(f: impl FnOnce() -> T) -> (usize, usize) {
    IN_USE.store(0, Relaxed);
    AT_MOST.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let made = f();
    COUNTS.store(false, Relaxed);
    let counted = (IN_USE.load(Relaxed), AT_MOST.load(Relaxed));
    drop(made);
    counted
}
