//! The rows of a CSV text, each with the line of the text in which it begins.

use csv_core::{ReadFieldResult, Reader};

/// Rows of cells, without white space at their ends. Empty lines are none.
pub struct Rows<'a> {
    reader: Reader,
    /// What has not been read, and the line in which it begins, from 1.
    rest: &'a [u8],
    line: u64,
}

impl<'a> Rows<'a> {
    /// The rows of a text.
    pub fn of(text: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(),
            rest: text,
            line: 1,
        }
    }

    fn take(&mut self, len: usize) {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or_default();
        self.line += taken
            .iter()
            .map(|byte| u64::from(*byte == b'\n'))
            .sum::<u64>();
        self.rest = rest;
    }
}

impl Iterator for Rows<'_> {
    /// A line, and the cells; none of them where they are not UTF-8.
    type Item = (u64, Option<Vec<String>>);

    fn next(&mut self) -> Option<Self::Item> {
        // The reader's own count is one too low where lines end in CRLF.
        while matches!(self.rest, [b'\r' | b'\n', ..]) {
            self.take(1);
        }
        let line = self.line;
        let (mut cells, mut cell) = (Some(Vec::new()), Vec::new());
        loop {
            let mut part = [0; 64];
            let (result, read, written) = self.reader.read_field(self.rest, &mut part);
            self.take(read);
            cell.extend(part.iter().take(written));
            match result {
                // The next call, with nothing to read, says that this is the end.
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
                ReadFieldResult::Field { record_end } => {
                    let text = std::str::from_utf8(&cell).ok();
                    cells = cells.zip(text).map(|(mut cells, text)| {
                        cells.push(text.trim().to_owned());
                        cells
                    });
                    if record_end {
                        return Some((line, cells));
                    }
                    cell.clear();
                }
                ReadFieldResult::End => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_those_that_csv_reads(text in "[ab,\" \r\n\u{e9}]{0,40}") {
            let rows: Vec<_> = Rows::of(text.as_bytes()).filter_map(|(_, cells)| cells).collect();
            let mut reader = csv::ReaderBuilder::new();
            let reader = reader.has_headers(false).flexible(true).trim(csv::Trim::All);
            let mut reader = reader.from_reader(text.as_bytes());
            let known: Vec<Vec<String>> = reader
                .records()
                .map(|row| row.unwrap().iter().map(str::to_owned).collect())
                .collect();
            prop_assert_eq!(rows, known);
        }
    }

    #[test]
    fn bytes_that_are_no_text_spoil_their_row_alone() {
        let rows: Vec<_> = Rows::of(b"a,b\n\xff,c\nd,e").collect();
        let cells = |a: &str, b: &str| Some(vec![a.to_owned(), b.to_owned()]);
        assert_eq!(
            rows,
            [(1, cells("a", "b")), (2, None), (3, cells("d", "e"))]
        );
    }
}
