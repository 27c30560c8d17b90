use proptest::prelude::*;

use super::*;

/// A message of every kind of part: text, alternative, attachment with all texts, attached message.
const WHOLE: &str = "From: a@b.it\r\nContent-Type: Multipart/Mixed; boundary=\"uno\"\r\n\r\npreamble\r\n--uno\r\n\
    Content-Type: multipart/alternative; boundary=due\r\n\r\n--due\r\n\r\nciao\r\nmondo\r\n--due\r\n\
    Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n<p>=C3=A8\r\n--due--\r\n\
    epilogue\r\n--uno\r\nContent-Type: application/pdf;\r\n name*0=\"lu\"; name*1=\"ngo.pdf\"\r\n\
    Content-Disposition: attachment; filename=\"a \\\"b\\\".pdf\"\r\nContent-ID: <x@y>\r\n\
    Content-Description: una\r\n descrizione\r\nContent-MD5: abc==\r\nContent-Language: it, en\r\n\
    Content-Location: http://x/\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--uno\r\n\
    Content-Type: message/rfc822\r\n\r\nSubject: dentro\r\nContent-Type: text/plain; format=flowed\r\n\r\nuno\r\ndue\r\n\
    --uno--\r\nafter\r\n";

fn of(message: &str) -> Part {
    structure(message.as_bytes()).root
}

/// `type/subtype[inside]`, with the text of each body that is no container.
fn drawn(part: &Part, message: &str) -> String {
    let inside: Vec<_> = part.inside().iter().map(|part| drawn(part, message)).collect();
    match part.content {
        Content::Single => format!("{}/{} {:?}", part.main, part.sub, &message[part.body()]),
        Content::Multipart(_) => format!("{}[{}]", part.sub, inside.join(", ")),
        Content::Message(_) => format!("message[{}]", inside.join(", ")),
    }
}

#[test]
fn the_structure_has_every_part_where_it_stands() {
    let root = of(WHOLE);
    assert_eq!(
        drawn(&root, WHOLE),
        "mixed[alternative[text/plain \"ciao\\r\\nmondo\", text/html \"<p>=C3=A8\"], application/pdf \"JVBERi0=\", \
         message[text/plain \"uno\\r\\ndue\"]]"
    );
    let [alternative, pdf, message] = root.inside() else { panic!() };
    assert_eq!(root.header(), 0..WHOLE.find("preamble").unwrap());
    assert_eq!(root.end, WHOLE.len());
    assert_eq!(root.lines, WHOLE[root.body()].matches('\n').count());
    assert!(WHOLE[alternative.body()].ends_with("--due--\r\nepilogue"));
    assert_eq!(alternative.inside()[0].parameters, [("charset".to_owned(), b"us-ascii".to_vec())]);
    assert_eq!((alternative.inside()[0].lines, alternative.inside()[0].encoding.as_str()), (1, "7bit"));
    assert_eq!(alternative.inside()[1].encoding, "quoted-printable");

    assert_eq!(pdf.parameters, [("name*0".to_owned(), b"lu".to_vec()), ("name*1".to_owned(), b"ngo.pdf".to_vec())]);
    let (disposition, filename) = pdf.disposition.clone().unwrap();
    assert_eq!((disposition.as_str(), filename), ("attachment", vec![("filename".into(), b"a \"b\".pdf".to_vec())]));
    assert_eq!(pdf.id.as_deref(), Some(&b"<x@y>"[..]));
    assert_eq!(pdf.description.as_deref(), Some(&b"una descrizione"[..]));
    assert_eq!(pdf.md5.as_deref(), Some(&b"abc=="[..]));
    assert_eq!(pdf.language, [b"it".to_vec(), b"en".to_vec()]);
    assert_eq!(pdf.location.as_deref(), Some(&b"http://x/"[..]));

    let [inner] = message.inside() else { panic!() };
    assert_eq!(&WHOLE[inner.header()], "Subject: dentro\r\nContent-Type: text/plain; format=flowed\r\n\r\n");
    assert_eq!((message.lines, inner.lines), (4, 1));
    assert_eq!(message.body(), inner.start..inner.end);
}

#[test]
fn what_is_malformed_degrades_to_what_it_surely_is() {
    for (message, shown) in [
        ("", "text/plain \"\""),
        ("no header", "text/plain \"\""),
        ("\r\nbody", "text/plain \"body\""),
        ("Content-Type: text\r\n\r\nx", "text/plain \"x\""),
        ("Content-Type: te xt/pl ain\r\n\r\nx", "text/plain \"x\""),
        ("Content-Type\u{b}: text/html\r\n\r\nx", "text/plain \"x\""),
        ("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx", "application/octet-stream \"--b\\r\\n\\r\\nx\""),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\nx", "application/octet-stream \"x\""),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n", "application/octet-stream \"--b--\\r\\n\""),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b", "mixed[text/plain \"\"]"),
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\nA: x\n--b--",
            "mixed[text/plain \"\", text/plain \"\", text/plain \"\"]",
        ),
        (
            "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: x\n\nciao\n--b--",
            "digest[message[text/plain \"ciao\"]]",
        ),
        (
            "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nQTogYg==",
            "application/octet-stream \"QTogYg==\"",
        ),
        // An inner multipart that never closes ends with the part that it is.
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b\n\ny\n--b--\n",
            "mixed[mixed[text/plain \"x\"], text/plain \"y\"]",
        ),
        // The same boundary inside: the outer one counts.
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n",
            "mixed[application/octet-stream \"\", text/plain \"x\"]",
        ),
        ("Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\n", "message[message[text/plain \"\"]]"),
    ] {
        assert_eq!(drawn(&of(message), message), shown, "{message:?}");
    }
}

#[test]
fn depth_parts_and_texts_are_bounded() {
    let level = |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n");
    let deep: String = (0..100).map(level).collect();
    let mut part = &of(&deep);
    let mut depth = 0;
    while let [inside] = part.inside() {
        (part, depth) = (inside, depth + 1);
    }
    assert_eq!((depth, part.sub.as_str()), (Bounds::STRUCTURE.depth, "octet-stream"));
    let messages = of(&"Content-Type: message/rfc822\n\n".repeat(100));
    assert_eq!(
        Structure::from_bytes(&Structure { root: messages.clone() }.to_bytes()),
        Ok(Structure { root: messages })
    );

    let many = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\n".repeat(5_000));
    assert_eq!(of(&many).inside().len(), Bounds::STRUCTURE.parts - 1);

    let texts = format!("--b\nContent-Type: a/b; x={}\nContent-ID: {}\n\n", "x".repeat(9_000), "y".repeat(4_000));
    let heavy = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", texts.repeat(900));
    assert!(structure(heavy.as_bytes()).to_bytes().len() < 400_000);
}

#[test]
fn the_bytes_of_a_structure_do_not_change() {
    // Kept beside every message: another form is another version.
    let kept = structure(b"Content-Type: text/plain; x=y\r\nContent-ID: <a>\r\n\r\nciao\r\n").to_bytes();
    assert_eq!(
        hex::encode(kept),
        "01040474657874 05706c61696e 0437626974 01 0178 0179 033c613e 00 32 06 01".replace(' ', "")
    );
}

#[test]
fn bytes_that_to_bytes_does_not_write_are_refused() {
    let good = structure(WHOLE.as_bytes()).to_bytes();
    for cut in 0..good.len() {
        assert!(Structure::from_bytes(&good[..cut]).is_err(), "{cut}");
    }
    assert!(Structure::from_bytes(&[good.as_slice(), b"\0"].concat()).is_err());
    assert!(Structure::from_bytes(&[&[2], &good[1..]].concat()).is_err());
    // A length of zero in two octets.
    assert!(Structure::from_bytes(b"\x01\x00\x80\x00").is_err());
}

#[test]
fn a_header_that_two_programs_read_differently_is_flawed() {
    let flaws = |header: &str| {
        let block = Block::read(header.as_bytes(), 0..header.len(), &Bounds::SIGNED);
        Entity::read(block.of(header.as_bytes()), Entity::TEXT, &Bounds::SIGNED).flaws
    };
    for (header, flaw) in [
        ("Content-Type: a/b\nContent-type: a/b\n", Flaw::RepeatedField("Content-Type")),
        ("Content-Disposition: inline\nContent-Disposition: inline\n", Flaw::RepeatedField("Content-Disposition")),
        ("Content-Type\u{b}: a/b\nA: b\n", Flaw::DoubtfulField),
        ("A: b\ncontent-transfer-encoding\n", Flaw::DoubtfulField),
        ("Content-Type: a/b; x=1; X=2\n", Flaw::RepeatedParameter("x".into())),
        ("Content-Type: a\n", Flaw::NoMediaType),
        ("Content-Type: multipart/mixed\n", Flaw::NoBoundary),
        ("Content-Type: multipart/mixed; boundary=a; boundary*=''b\n", Flaw::DoubtfulBoundary),
        ("Content-Type: multipart/mixed; boundary*=''b\n", Flaw::DoubtfulBoundary),
        ("Content-Type: multipart/mixed; boundary*0=b\n", Flaw::DoubtfulBoundary),
        ("Content-Type: multipart/mixed; boundary=\"a\"b\"\n", Flaw::DoubtfulBoundary),
        ("Content-Type: multipart/mixed; boundary=\"a\n", Flaw::DoubtfulBoundary),
        ("Content-Type: multipart/mixed; boundary=a b\n", Flaw::DoubtfulBoundary),
        ("Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n", Flaw::EncodedMultipart),
    ] {
        assert_eq!(flaws(header), [flaw], "{header:?}");
    }
    let long = format!("Content-Type: a/b; x={}\n", "y".repeat(Bounds::SIGNED.value));
    assert_eq!(flaws(&long), [Flaw::Overlong]);
    for right in [
        "A: b\n",
        "Content-Type: multipart/mixed; boundary=\"a=b; c\" (comment)\nContent-Transfer-Encoding: 8BIT\n",
        "Content-Type: (c) multipart/mixed (d); (e) boundary = b (f; g)\n",
        "Content-Type: a/b; name=x; name*=utf-8''y; name*0=z\n",
    ] {
        assert_eq!(flaws(right), [], "{right:?}");
    }
}

#[test]
fn a_parameter_is_read_in_every_form_that_programs_write() {
    for (text, value) in [
        ("a/b; x=y", "y"),
        ("a/b; X = \"y z\" ;", "y z"),
        ("a/b;x=\"a\\\"; b\"", "a\"; b"),
        ("a/b; x=la mia (1).pdf", "la mia (1).pdf"),
        ("a/b; x=sha1 (old; one)", "sha1"),
        ("a/b; x=\"il \"nome\" giusto\"; y=z", "il \"nome\" giusto"),
        ("a/b; x=\"open", "open"),
        ("a/b; y; x=(((", "((("),
    ] {
        let read = Parameters::read(text.as_bytes());
        assert_eq!(read.value, "a/b");
        assert_eq!(String::from_utf8(read.exact("x").unwrap().value()).unwrap(), value, "{text}");
    }
    let joined = Parameters::read(b"a/b; x*1*=b; x*0=\"a\"; x*3=d");
    assert_eq!(joined.joined("x"), Some(b"ab".to_vec()));
    assert!(Parameters::read("; a=b".repeat(1_000).as_bytes()).is_overlong());
}

/// Message bytes in which the marks of MIME are frequent.
fn marked() -> impl Strategy<Value = Vec<u8>> {
    let marks = prop_oneof![
        3 => Just(b"Content-Type: multipart/mixed; boundary=b\r\n".to_vec()),
        2 => Just(b"Content-Type: multipart/digest; boundary=\"c\"\n".to_vec()),
        2 => Just(b"Content-Type: message/rfc822\r\n".to_vec()),
        1 => Just(b"Content-Type: text/html; charset=\"x\"; a*0=b\r\n".to_vec()),
        1 => Just(b"Content-Disposition: attachment; filename=x\r\n".to_vec()),
        1 => Just(b"Content-Language: it,,en\r\n".to_vec()),
        6 => Just(b"\r\n".to_vec()),
        2 => Just(b"\n".to_vec()),
        3 => Just(b"--b\r\n".to_vec()),
        2 => Just(b"--c\n".to_vec()),
        1 => Just(b"--b--\r\n".to_vec()),
        1 => Just(b"--c--".to_vec()),
        1 => Just(b" ".to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(marks, 0..40).prop_map(|parts| parts.concat())
}

/// Every part lies inside its container, after the one before it, and counts its lines.
fn sound(part: &Part, message: &[u8]) {
    assert!(part.start <= part.body && part.body <= part.end && part.end <= message.len(), "{part:?}");
    assert_eq!(part.lines, message[part.body()].iter().filter(|b| **b == b'\n').count(), "{part:?}");
    let mut from = part.body;
    for inside in part.inside() {
        assert!(from <= inside.start && inside.end <= part.end, "{part:?}");
        from = inside.end;
        sound(inside, message);
    }
}

proptest! {
    #[test]
    fn any_bytes_have_a_structure_that_comes_back_from_its_bytes(message in marked()) {
        let found = structure(&message);
        prop_assert_eq!((found.root.start, found.root.end), (0, message.len()));
        sound(&found.root, &message);
        prop_assert_eq!(Structure::from_bytes(&found.to_bytes()), Ok(found));
    }

    #[test]
    fn bytes_that_are_a_structure_are_its_only_form(at in any::<prop::sample::Index>(), octet: u8) {
        let mut bytes = structure(WHOLE.as_bytes()).to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = octet;
        if let Ok(other) = Structure::from_bytes(&bytes) {
            prop_assert_eq!(other.to_bytes(), bytes);
        }
    }

    #[test]
    fn any_parameters_are_read_without_panic(text in "[ -~;=*'%\"é()\\\\]{0,80}") {
        let read = Parameters::read(text.as_bytes());
        let _ = (read.joined("x"), read.iter().map(Parameter::value).count());
    }
}

#[test]
fn a_header_without_end_takes_bounded_memory() {
    // Lines without an empty line: what stands behind the bound is one field without a name.
    let endless = "a:\n".repeat(1_000_000);
    for bounds in [Bounds::HEADER, Bounds::SIGNED, Bounds::ORIGINAL, Bounds::STRUCTURE] {
        let block = Block::read(endless.as_bytes(), 0..endless.len(), &bounds);
        assert_eq!(block.of(endless.as_bytes()).iter().count(), bounds.fields + 1);
        assert!(block.is_overlong() && block.end() == endless.len());
    }
    let folded = format!("A: b\n{}Content-Type: text/html\n", " x\n".repeat(6 << 20));
    let block = Block::read(folded.as_bytes(), 0..folded.len(), &Bounds::ORIGINAL);
    assert_eq!((block.is_overlong(), block.of(folded.as_bytes()).named("Content-Type").count()), (true, 0));
}
