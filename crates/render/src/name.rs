//! Names of files that others chose, made safe for a file system and for a header.

use crate::plain;

/// Characters of a name at most; every file system takes 255 octets, and a character has four at most in UTF-8.
const LONGEST: usize = 60;
/// Characters of an extension that is kept when a name is cut.
const EXTENSION: usize = 10;
/// What Windows takes for a device, whatever its extension is.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The last level of a name as a file may have it; `None` where nothing of it is left.
///
/// Neither separators nor drive letters, no controls, no characters that turn the direction of reading, no dots or blanks at
/// its ends, no device of Windows, no run of blanks that pushes the extension out of sight.
pub(crate) fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).find(|level| !level.trim().is_empty())?;
    let line = plain::line(last, last.len());
    let bare = |c: char| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c };
    let name: String = line.chars().map(bare).collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    if name.is_empty() {
        return None;
    }
    let name = shortened(name);
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |device: &str| {
        let rest = stem.strip_prefix(device);
        rest.is_some_and(|rest| {
            rest.chars().count() == 1 && rest.chars().all(|c| c.is_ascii_digit() || "¹²³".contains(c))
        })
    };
    let is_device = DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt");
    Some(if is_device { format!("_{name}") } else { name })
}

/// At most [`LONGEST`] characters, with the extension it had.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= EXTENSION => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let room = LONGEST - extension.chars().count() - 1;
    let stem: String = stem.chars().take(room).collect();
    format!("{}…{extension}", stem.trim_end())
}

/// What follows the last dot, in lower case; empty where there is none.
pub(crate) fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

/// The value of a `Content-Disposition` that has a browser keep a file under this name (RFC 6266 §4; RFC 8187 §3.2 for what
/// is not ASCII).
pub fn disposition(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let mut value = format!("attachment; filename=\"{ascii}\"");
    if ascii != name {
        value.push_str("; filename*=UTF-8''");
        for octet in name.bytes() {
            match octet {
                b'-' | b'.' | b'_' => value.push(char::from(octet)),
                octet if octet.is_ascii_alphanumeric() => value.push(char::from(octet)),
                octet => value.push_str(&format!("%{octet:02X}")),
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_shows_what_it_is() {
        for (name, kept) in [
            ("fattura di maggio.pdf", "fattura di maggio.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\città.doc", "città.doc"),
            ("..", ""),
            ("/", ""),
            ("a:b?.txt", "a_b_.txt"),
            (".bashrc", "bashrc"),
            ("nome. . ", "nome"),
            ("con.txt", "_con.txt"),
            ("COM1", "_COM1"),
            ("com10.txt", "com10.txt"),
            ("doc.pdf                      .exe", "doc.pdf .exe"),
            ("annexe\u{202e}fdp.exe", "annexefdp.exe"),
            ("a\r\nX-Header: b", "a X-Header_ b"),
            ("\u{202e}", ""),
        ] {
            assert_eq!(safe(name).unwrap_or_default(), kept, "{name:?}");
        }
        let long = safe(&format!("{}.pdf", "è".repeat(300))).unwrap();
        assert!(long.ends_with("è….pdf") && long.chars().count() == LONGEST, "{long}");
    }

    #[test]
    fn a_disposition_says_the_name_in_ascii_and_in_full() {
        assert_eq!(disposition("a b.pdf"), "attachment; filename=\"a b.pdf\"");
        assert_eq!(
            disposition("città\".pdf"),
            "attachment; filename=\"citt__.pdf\"; filename*=UTF-8''citt%C3%A0%22.pdf"
        );
    }

    proptest! {
        #[test]
        fn any_name_is_safe(name in ".{0,300}") {
            let Some(safe) = safe(&name) else { return Ok(()) };
            prop_assert!((1..=255).contains(&safe.len()));
            prop_assert!(!safe.contains(['/', '\\', ':', '\0', '\n', '\r', '"']) && !safe.starts_with('.'));
            prop_assert!(!safe.chars().any(plain::deceives));
            prop_assert_eq!(super::safe(&safe), Some(safe.clone()), "a safe name stays as it is");
            prop_assert!(disposition(&safe).bytes().all(|b| (b' '..=b'~').contains(&b)));
        }
    }
}
