//! A document parsed as a browser does it, and whatever stands in it that may not.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use html5ever::interface::{Attribute, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{ParseOpts, QualName, local_name, ns, parse_document};

/// What our own head and the end of a cut document consist of.
const OURS: [&str; 6] = ["html", "head", "meta", "title", "style", "body"];
const ELEMENTS: &str = " a abbr address article aside b bdi big blockquote br caption center cite code col colgroup dd del dfn \
    div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp \
    section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul wbr ";
const ATTRIBUTES: &str = " href rel target src alt title style dir lang align role width height border hspace vspace bgcolor \
    background cellpadding cellspacing bordercolor rules frame valign colspan rowspan nowrap scope abbr span color face size \
    noshade clear start type reversed value datetime ";

/// What stands in the document and may not, in words; each line one thing.
pub fn judge(document: &str, remote: bool) -> Vec<String> {
    let mut opts = ParseOpts::default();
    // The frame runs no scripts.
    opts.tree_builder.scripting_enabled = false;
    let elements = parse_document(Sink::default(), opts).one(document);
    let mut faults = Vec::new();
    let mut ours = OURS.iter().map(|name| (*name, if *name == "meta" { 3 } else { 1 })).collect::<Vec<_>>();
    for element in elements.iter() {
        let name = &*element.name.local;
        let left = ours.iter_mut().find(|(ours, left)| *ours == name && *left > 0);
        let is_ours = left.map(|(_, left)| *left -= 1).is_some();
        if element.name.ns != ns!(html) || (!is_ours && !ELEMENTS.contains(&format!(" {name} "))) {
            faults.push(format!("element {name}"));
        }
        for (attribute, value) in element.attributes.borrow().iter() {
            let allowed = match name {
                "meta" => ["charset", "name", "content"].contains(&attribute.as_str()),
                "p" if attribute == "class" => value == "sigillo-cut",
                _ => ATTRIBUTES.contains(&format!(" {attribute} ")),
            };
            if !allowed || !is_harmless(attribute, value, remote) {
                faults.push(format!("{name} {attribute}={value:?}"));
            }
        }
        let values =
            |wanted: &str| element.attributes.borrow().iter().any(|(name, value)| name == "rel" && value == wanted);
        if name == "a" && !values("noopener noreferrer") {
            faults.push("a link without rel".to_owned());
        }
    }
    let body = document.split_once("</head>").map(|(_, body)| body).unwrap_or_default();
    if body.contains(['\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}']) {
        faults.push("the direction of reading is turned".to_owned());
    }
    faults
}

fn is_harmless(name: &str, value: &str, remote: bool) -> bool {
    let begins = |heads: &[&str]| heads.iter().any(|head| value.starts_with(head));
    match name {
        "href" => begins(&["http://", "https://", "mailto:"]),
        "src" | "background" => {
            let inside =
                ["png", "jpeg", "gif", "webp"].iter().any(|kind| begins(&[&format!("data:image/{kind};base64,")]));
            inside || (remote && begins(&["https://"]))
        }
        "target" => value == "_blank",
        "style" => {
            let functions = value.matches('(').count();
            let colours: usize =
                ["rgb(", "rgba(", "hsl(", "hsla("].iter().map(|name| value.matches(name).count()).sum();
            let words = ["url", "expression", "position", "content:", "behavior", "\\", "@", "<", "{", "--", "/*"];
            let quoted = value.contains("font");
            functions == colours && (quoted || !words.iter().any(|word| value.contains(word)))
        }
        _ => !value.contains("://") || matches!(name, "title" | "alt" | "content" | "abbr"),
    }
}

/// An element and its attributes.
pub struct Element {
    name: QualName,
    attributes: RefCell<Vec<(String, String)>>,
}

impl Element {
    fn add(&self, attributes: Vec<Attribute>) {
        let read = attributes.into_iter().map(|one| (one.name.local.to_string(), one.value.to_string()));
        self.attributes.borrow_mut().extend(read);
    }
}

/// Every element that the parser makes, wherever it puts it.
#[derive(Default)]
struct Sink(RefCell<Vec<Rc<Element>>>);

impl Sink {
    fn make(&self, name: QualName) -> Rc<Element> {
        Rc::new(Element { name, attributes: RefCell::default() })
    }
}

impl TreeSink for Sink {
    type Handle = Rc<Element>;
    type Output = Vec<Rc<Element>>;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Self::Output {
        self.0.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Rc<Element> {
        self.make(QualName::new(None, ns!(html), local_name!("")))
    }

    fn elem_name<'a>(&'a self, target: &'a Rc<Element>) -> &'a QualName {
        &target.name
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> Rc<Element> {
        let element = self.make(name);
        element.add(attributes);
        self.0.borrow_mut().push(element.clone());
        element
    }

    fn create_comment(&self, text: StrTendril) -> Rc<Element> {
        let element = self.make(QualName::new(None, ns!(html), format!("comment {text}").into()));
        self.0.borrow_mut().push(element.clone());
        element
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Rc<Element> {
        self.create_comment(StrTendril::new())
    }

    fn append(&self, _: &Rc<Element>, _: NodeOrText<Rc<Element>>) {}

    fn append_based_on_parent_node(&self, _: &Rc<Element>, _: &Rc<Element>, _: NodeOrText<Rc<Element>>) {}

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Rc<Element>) -> Rc<Element> {
        target.clone()
    }

    fn same_node(&self, one: &Rc<Element>, other: &Rc<Element>) -> bool {
        Rc::ptr_eq(one, other)
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, _: &Rc<Element>, _: NodeOrText<Rc<Element>>) {}

    fn add_attrs_if_missing(&self, target: &Rc<Element>, attributes: Vec<Attribute>) {
        target.add(attributes);
    }

    fn remove_from_parent(&self, _: &Rc<Element>) {}

    fn reparent_children(&self, _: &Rc<Element>, _: &Rc<Element>) {}
}
