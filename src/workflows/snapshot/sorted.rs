//! Many lines by id without holding them all: they are put aside by the first byte of their id, then sorted heap by heap.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::config::create_private;

/// Lines being put aside.
#[derive(Debug)]
pub(super) struct Sorted {
    folder: PathBuf,
    heaps: BTreeMap<u8, BufWriter<File>>,
}

impl Sorted {
    /// Heaps in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), heaps: BTreeMap::new() }
    }

    /// Puts a line aside. Of two with one id the later stays: a record that is written while pages are read moves to a
    /// later one.
    pub(super) fn add(&mut self, id: &str, line: &str) -> io::Result<()> {
        // An id has no line ends of its own once it is JSON.
        let id_line = serde_json::to_string(id).map_err(io::Error::other)?;
        let first = id.bytes().next().unwrap_or(0);
        let heap = match self.heaps.entry(first) {
            std::collections::btree_map::Entry::Occupied(heap) => heap.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(BufWriter::new(create_private(&self.folder.join(format!("heap-{first}")))?))
            }
        };
        writeln!(heap, "{id_line}\n{line}")
    }

    /// Writes every line in the order of the ids; says how many.
    pub(super) fn write(self, to: &mut impl Write) -> io::Result<u64> {
        let mut written = 0;
        for (first, heap) in self.heaps {
            heap.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
            let path = self.folder.join(format!("heap-{first}"));
            let mut lines = BufReader::new(File::open(&path)?).lines();
            let mut records: BTreeMap<String, String> = BTreeMap::new();
            while let (Some(id), Some(line)) = (lines.next().transpose()?, lines.next().transpose()?) {
                let id: String = serde_json::from_str(&id).map_err(io::Error::other)?;
                records.insert(id, line);
            }
            for line in records.values() {
                writeln!(to, "{line}")?;
            }
            written += records.len() as u64;
            std::fs::remove_file(path)?;
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_by_id_and_the_later_of_two_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorted = Sorted::new(folder.path());
        for (id, line) in
            [("b2", "1"), ("a", "2"), ("b10", "3"), ("\n", "4"), ("", "5"), ("a", "6"), ("é", "7")]
        {
            sorted.add(id, line).unwrap();
        }
        let mut out = Vec::new();
        assert_eq!(sorted.write(&mut out).unwrap(), 6);
        assert_eq!(String::from_utf8(out).unwrap(), "5\n4\n6\n3\n1\n7\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the heaps are gone");
    }
}
