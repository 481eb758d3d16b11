//! Folders in memory, where the system has such a place: what is written there survives a process's death just the same,
//! and a test does not wait for a disk.

use std::path::Path;

use tempfile::TempDir;

/// A folder of one's own, gone when it is dropped.
#[must_use]
pub fn folder(of: &str) -> TempDir {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    tempfile::Builder::new()
        .prefix(&format!("helpline-{of}-"))
        .tempdir_in(parent)
        .expect("a folder")
}
