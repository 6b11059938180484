//! Tasks of the repository that are not part of the product, as far as tests use them too.

#[cfg(unix)]
pub mod kill;
