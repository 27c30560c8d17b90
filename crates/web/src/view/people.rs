//! People as headers name them.

/// Somebody in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) address: String,
}

impl Person {
    /// As a list calls him.
    pub(crate) fn called(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }
}

/// The people of an address list as it is shown: `"Anna Bianchi" <anna@pec.example>, bruno@pec.example`.
pub(crate) fn people(list: &str) -> Vec<Person> {
    let (mut entries, mut entry) = (Vec::new(), String::new());
    let (mut quoted, mut angled, mut escaped) = (false, false, false);
    for c in list.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => {
                escaped = true;
                continue;
            }
            '"' => {
                quoted = !quoted;
                continue;
            }
            '<' if !quoted => angled = true,
            '>' if !quoted => angled = false,
            ',' | ';' if !quoted && !angled => {
                entries.push(std::mem::take(&mut entry));
                continue;
            }
            _ => {}
        }
        entry.push(c);
    }
    entries.push(entry);
    let person = |entry: String| {
        let entry = entry.trim();
        match entry.rsplit_once('<') {
            Some((name, rest)) => {
                let address = rest.split('>').next().unwrap_or_default().trim();
                Person { name: name.trim().to_owned(), address: address.to_owned() }
            }
            None => Person { name: String::new(), address: entry.to_owned() },
        }
    };
    entries.into_iter().map(person).filter(|person| !person.called().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_from_what_headers_show() {
        let read = |list| people(list).into_iter().map(|person| (person.name, person.address)).collect::<Vec<_>>();
        let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        assert_eq!(read("anna@pec.example"), [pair("", "anna@pec.example")]);
        assert_eq!(
            read("\"Bianchi, Anna\" <anna@pec.example>, b@x.example; Ente <c@x.example>"),
            [pair("Bianchi, Anna", "anna@pec.example"), pair("", "b@x.example"), pair("Ente", "c@x.example")]
        );
        assert_eq!(read("\"un \\\"altro\\\"\" <a@b.example>"), [pair("un \"altro\"", "a@b.example")]);
        assert_eq!(read(""), []);
        assert_eq!(read("undisclosed"), [pair("", "undisclosed")]);
    }
}
