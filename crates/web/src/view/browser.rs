//! What a browser calls itself, in two words.

use crate::language::Language;

/// `Firefox, Windows`; what is not recognised, as it is.
pub(crate) fn browser(client: &str, l: Language) -> String {
    let find =
        |table: &[(&str, &'static str)]| table.iter().find(|(sign, _)| client.contains(sign)).map(|(_, name)| *name);
    // Browsers call themselves by each other's names: the more particular ones first.
    let program = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => l.of(format!("{program} su {system}"), format!("{program} on {system}")),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if client.trim().is_empty() => l.of("programma senza nome", "program without a name").to_owned(),
        (None, None) => client.chars().filter(|c| !c.is_control()).take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart() {
        let it = |client: &str| browser(client, Language::It);
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(it(chrome), "Chrome su Linux");
        let edge = format!("{chrome} Edg/140.0");
        assert_eq!(it(&edge), "Edge su Linux");
        assert_eq!(
            it("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"),
            "Safari su iPhone"
        );
        assert_eq!((it("x\u{7}y"), it("")), ("xy".into(), "programma senza nome".into()));
    }
}
