//! CSV in UTF-8 and marked as that, with cells that no spreadsheet takes for formulas, whichever of `,`, `;` and a tab it takes
//! to part them.

use csv::{Terminator, WriterBuilder};

/// By this a spreadsheet knows UTF-8.
const MARK: &str = "\u{feff}";

/// What a formula begins with, in the widths in which keyboards and spreadsheets know it.
const SIGNS: &str = "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}\u{fe66}\u{fe62}\u{fe63}\u{fe6b}\u{2212}";

/// The first line.
pub(crate) fn headings<const CELLS: usize>(names: [&str; CELLS]) -> Vec<u8> {
    let mut first = MARK.as_bytes().to_vec();
    first.extend(lines([names.map(str::to_owned)]));
    first
}

/// Lines of cells, whatever stands in them.
pub(crate) fn lines<const CELLS: usize>(
    rows: impl IntoIterator<Item = [String; CELLS]>,
) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        // Memory takes everything.
        let _ = writer.write_record(row.map(harmless));
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that a spreadsheet shows and does not work out. Where it parts cells at `;` or at a tab, quotes of ours inside of
/// one do not hold it together: whatever may begin there is made harmless too, and so is what begins a line.
fn harmless(cell: String) -> String {
    let is_plain = !cell.contains(|letter| SIGNS.contains(letter) || "\t\r\n".contains(letter));
    if is_plain {
        return cell;
    }
    let mut safe = String::with_capacity(cell.len() + 2);
    let mut begins = true;
    for (at, letter) in cell.char_indices() {
        if begins && is_formula(&cell[at..], at == 0) {
            safe.push('\'');
        }
        begins = matches!(letter, ';' | '\t' | '\r' | '\n');
        safe.push(letter);
    }
    safe
}

/// Whether what begins here would be worked out. Spaces, quotes and what cannot be seen before a sign may be dropped; a whole
/// cell that begins with a tab or a new line is taken for one as well.
fn is_formula(text: &str, whole: bool) -> bool {
    let hidden = |letter: char| {
        letter.is_whitespace()
            || matches!(
                letter,
                '"' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'
            )
    };
    let first = text.trim_start_matches(|letter| hidden(letter) && !is_parting(letter));
    match first.chars().next() {
        Some(letter) if is_parting(letter) => whole && letter != ';' && first.len() == text.len(),
        Some(letter) => SIGNS.contains(letter),
        None => false,
    }
}

fn is_parting(letter: char) -> bool {
    matches!(letter, ';' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert!(harmless(cell.to_owned()).starts_with(&format!("'{}", &cell[..1])));
        }
        for sign in SIGNS.chars() {
            assert_eq!(harmless(format!("{sign}1")), format!("'{sign}1"));
            assert_eq!(harmless(format!(" \"{sign}1")), format!("' \"{sign}1"));
            assert_eq!(
                harmless(format!("\u{feff}{sign}1")),
                format!("'\u{feff}{sign}1")
            );
            for parting in [";", "\t", "\n", "\r\n", ";;"] {
                let told = harmless(format!("a{parting}{sign}1{parting} {sign}2"));
                assert_eq!(told, format!("a{parting}'{sign}1{parting}' {sign}2"));
            }
        }
        for cell in ["a=1", "", "a;b", "1-2", "one\ntwo", "a, -b", "(-:", "a\tb"] {
            assert_eq!(harmless(cell.to_owned()), cell);
        }
    }
}
