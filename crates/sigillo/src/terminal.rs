//! What is shown on a terminal.

/// Foreign text on a terminal: no control characters, line ends among them, and nothing that turns the direction of
/// what follows, so that a subject cannot write a verdict of its own.
pub fn printable(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_moves_no_cursor_and_turns_no_line() {
        let shown = printable("x\nAutentico: tutto vero\u{1b}[2J\u{202e}");
        assert!(shown.lines().count() == 1 && !shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }
}
