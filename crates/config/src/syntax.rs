//! Where a text stops being TOML: at which key, and in whose words.

use toml::de::DeTable;

/// The key that the line with this octet is about, as far as the line shows one: the table whose header stands above, and what
/// is left of the equals sign.
pub(crate) fn key_at(text: &str, at: usize) -> Option<Vec<String>> {
    let begin = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(begin..)?.lines().next().unwrap_or_default();
    if let Some(own) = header(line) {
        return Some(own);
    }
    let mut key = text.get(..begin)?.lines().rev().find_map(header).unwrap_or_default();
    // A line of a list that goes on over several has no equals sign: its table says enough.
    key.extend(line.split_once('=').and_then(|(name, _)| parsed(name.trim())).unwrap_or_default());
    (!key.is_empty()).then_some(key)
}

/// The table that a line begins.
fn header(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let inner = line.strip_prefix("[[").or_else(|| line.strip_prefix('['))?;
    // A header that is not closed still names its table. What begins with a bracket and is no key is an item of a list.
    parsed(inner.split(']').next()?.trim())
}

/// The parts of a key as it is written.
fn parsed(key: &str) -> Option<Vec<String>> {
    let line = format!("{key} = 0");
    let table = DeTable::parse(&line).ok()?;
    let (mut parts, mut table) = (Vec::new(), table.get_ref());
    while let Some((name, value)) = table.iter().next() {
        parts.push(name.get_ref().to_string());
        match value.get_ref().as_table() {
            Some(inner) => table = inner,
            None => return Some(parts),
        }
    }
    None
}

/// What the parser's message means for who writes the file. `first`: the line where the same key stands already.
pub(crate) fn words(text: &str, at: usize, message: &str, first: Option<usize>) -> String {
    let rest = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
    match message {
        "duplicate key" => match first {
            Some(line) => format!("this stands here twice; the first time in line {line}"),
            None => "this stands here twice".to_owned(),
        },
        message if message.starts_with("string values must be quoted") => match rest {
            "" => "expected a value after the equals sign, found none".to_owned(),
            // Not what stands there: it may be a password that lacks its quotes.
            _ => "expected a number, true, false or a text in quotes".to_owned(),
        },
        message if message.starts_with("key with no value") => {
            "expected an equals sign and a value after the key".to_owned()
        }
        message => format!("this is not TOML: {message}"),
    }
}
