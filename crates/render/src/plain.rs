//! Characters that change how others are read: none of them comes out of this room.

/// The text in one line of at most `most` characters, words one blank apart.
pub(crate) fn line(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(4 * most));
    let (mut count, mut blank) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            blank = count > 0;
            continue;
        }
        if deceives(c) {
            continue;
        }
        if count + usize::from(blank) >= most {
            out.push('…');
            break;
        }
        if std::mem::take(&mut blank) {
            out.push(' ');
            count += 1;
        }
        out.push(c);
        count += 1;
    }
    out
}

/// The text with its blanks and lines, without characters that deceive and without controls.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|c| !deceives(*c) && (!c.is_control() || matches!(c, '\t' | '\n'))).collect()
}

/// Whether the character turns the direction of those around it (`annexe[RLO]fdp.exe` reads `annexeexe.pdf`), or is one
/// that nobody sees and that says nothing: the marks of tags, separators of annotations, the mark of byte order.
///
/// The marks of direction that only place themselves (U+200E, U+200F, U+061C) stay, and so do the joiners: languages need them.
pub(crate) fn deceives(c: char) -> bool {
    matches!(
        c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{206a}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}'
            | '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_and_shows_what_it_says() {
        assert_eq!(line("  fattura\r\n \tdi\u{a0}maggio\0 ", 99), "fattura di maggio");
        assert_eq!(line("annexe\u{202e}fdp.exe", 99), "annexefdp.exe");
        assert_eq!(line("àèì", 3), "àèì");
        assert_eq!(line("uno due", 4), "uno…");
        assert_eq!(line("", 4), "");
    }

    #[test]
    fn a_text_keeps_its_lines_and_what_languages_need() {
        assert_eq!(clean("a\tb\nc\r\u{7}\u{1b}[2J"), "a\tb\nc[2J");
        assert_eq!(clean("\u{feff}\u{200f}שלום\u{2067}x\u{e0041}"), "\u{200f}שלוםx");
    }
}
