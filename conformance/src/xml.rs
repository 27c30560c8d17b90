//! Elements of a document in canonical form, as `xmllint --c14n` writes it: no DTD, no CDATA, no empty-element tags.

/// One element, in document order of its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Name.
    pub name: String,
    /// Attributes.
    pub attributes: Vec<(String, String)>,
    /// Own text, trimmed.
    pub text: String,
}

impl Element {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Every element of a canonical document.
pub fn elements(canonical: &str) -> Vec<Element> {
    let mut open: Vec<Element> = Vec::new();
    let mut done = Vec::new();
    let mut rest = canonical;
    while let Some((text, tail)) = rest.split_once('<') {
        if let Some(element) = open.last_mut() {
            element.text.push_str(&unescaped(text));
        }
        if let Some(comment) = tail.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (tag, after) = tail.split_once('>').unwrap_or((tail, ""));
        rest = after;
        if tag.starts_with('/') {
            done.extend(open.pop().map(|element| Element { text: element.text.trim().to_owned(), ..element }));
        } else if !tag.starts_with('?') {
            open.push(opened(tag));
        }
    }
    done
}

/// Every text of the elements with this name.
pub fn texts<'a>(elements: &'a [Element], name: &str) -> Vec<&'a str> {
    elements.iter().filter(|element| element.name == name).map(|element| element.text.as_str()).collect()
}

fn opened(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while let Some((key, tail)) = rest.split_once("=\"") {
        let (value, after) = tail.split_once('"').unwrap_or((tail, ""));
        attributes.push((key.trim().to_owned(), unescaped(value)));
        rest = after;
    }
    Element { name: name.to_owned(), attributes, text: String::new() }
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&#xD;", "\r").replace("&#xA;", "\n").replace("&#x9;", "\t").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_escaped_text_are_read() {
        let read = elements("<a t=\"1 &amp; 2\"><!-- <c> --><b>&lt;x@y&gt;</b><b></b></a>");
        assert_eq!(texts(&read, "b"), ["<x@y>", ""]);
        assert_eq!(read[2].attribute("t"), Some("1 & 2"));
        assert_eq!(texts(&read, "c"), Vec::<&str>::new());
    }
}
