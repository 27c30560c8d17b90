use bytes::Bytes;
use pec::mime::TransferEncoding;

use super::*;

/// A PNG as small as one is: 1 × 1.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

fn cleaned(html: &str, inside: Inside, limits: &Limits) -> String {
    let page = page(html, false, inside, Remote::Blocked, limits);
    let (_, body) = page.document.split_once("</head>").unwrap();
    body.strip_suffix("</body></html>").unwrap().to_owned()
}

fn simply(html: &str) -> String {
    cleaned(html, Inside::default(), &Limits::default())
}

#[test]
fn what_an_honest_mail_looks_like_stays() {
    let html = "<html><body bgcolor=333333 style='margin:0;position:fixed'><center><table width=600 cellpadding=0 role=presentation>\
        <tr><td align=center valign=top bgcolor='#FFFFFF' colspan=2><font face='Arial, sans-serif' color=red size=+1>Ciao</font>\
        <a href='https://x.example/?a=1&b=2' class=btn style='color:#fff;display:inline-block'>Apri</a><br>due</td></tr></table></center>";
    assert_eq!(
        simply(html),
        "<body style=\"background-color:#333333;margin:0;\"><center><table width=\"600\" cellpadding=\"0\" role=\"presentation\">\
         <tbody><tr><td align=\"center\" valign=\"top\" bgcolor=\"#ffffff\" colspan=\"2\"><font face=\"Arial, sans-serif\" color=\"red\" \
         size=\"+1\">Ciao</font><a href=\"https://x.example/?a=1&amp;b=2\" style=\"color:#fff;display:inline-block;\" target=\"_blank\" \
         rel=\"noopener noreferrer\">Apri</a><br>due</td></tr></tbody></table></center>"
    );
    assert_eq!(simply("uno <o:p></o:p>&nbsp;&egrave;"), "<body>uno &nbsp;è");
}

#[test]
fn pictures_of_the_message_are_put_inside_it_and_nothing_else_is() {
    let mut inside = Inside::default();
    inside.add(b"<logo@x>", Bytes::from(PNG), TransferEncoding::Base64);
    inside.add(b"<logo@x>", Bytes::from_static(b"another"), TransferEncoding::Identity);
    inside.add(b"<page@x>", Bytes::from_static(b"<script>"), TransferEncoding::Identity);
    let html =
        "<img src=\"cid:logo@x\" width=10><img src=cid:page@x alt=a><img src=cid:none alt=b><a href=cid:logo@x>c</a>";
    assert_eq!(
        cleaned(html, inside.clone(), &Limits::default()),
        format!(
            "<body><img src=\"data:image/png;base64,{PNG}\" width=\"10\"><img alt=\"a\"><img alt=\"b\">\
             <a rel=\"noopener noreferrer\" target=\"_blank\">c</a>"
        )
    );
    let twice = "<img src=cid:logo@x><img src=cid:logo@x>";
    let small = Limits { pictures: 100, ..Limits::default() };
    assert_eq!(cleaned(twice, inside.clone(), &small).matches("data:").count(), 1, "each showing counts");
    let smaller = Limits { picture: 10, ..Limits::default() };
    assert!(!cleaned(twice, inside, &smaller).contains("data:"));
    assert_eq!(
        simply(&format!("<img src='data:image/svg+xml;base64,{PNG}'>")),
        format!("<body><img src=\"data:image/png;base64,{PNG}\">"),
        "a picture is what its octets are"
    );
}

#[test]
fn a_part_that_is_named_endlessly_is_decoded_a_few_times() {
    let mut inside = Inside::default();
    inside.add(b"<large@x>", Bytes::from(vec![b'A'; 4 << 20]), TransferEncoding::Base64);
    let pictures = Pictures::new(inside, Remote::Blocked, &Limits::default());
    assert!((0..1_000).all(|_| pictures.shown("cid:large@x") == pictures::Shown::default()));
    assert_eq!(pictures.decoded(), 64 << 20);
}

#[test]
fn comments_end_where_they_end_and_text_between_them_stays() {
    assert_eq!(without_comments("a<!-- x -->b<!---->c<!-->d<!--[if]><!-->e<!--<![endif]-->f"), "abcdef");
    assert_eq!(without_comments("a<!-- open"), "a<!-- open");
    assert_eq!(simply("a<!-- open <b>x</b>"), "<body>a");
}

#[test]
fn a_document_that_grows_beyond_its_limit_is_none() {
    let limits = Limits { document: 50, ..Limits::default() };
    let page = page(&"<b>x</b>".repeat(20), false, Inside::default(), Remote::Blocked, &limits);
    assert!(page.cut && !page.document.contains("<b>") && page.document.contains(CUT));
}
