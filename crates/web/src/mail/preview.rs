//! An attached file looked at: who signed it and what is inside, an electronic invoice, what is in an archive, a message. Nothing of it is
//! carried out or unpacked, and what is inside is given out octet for octet.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Path, Query, State};
use render::{Invoice, Limits, NotInvoice, Preview, Run, SignedFile, list};

use super::attached::{Attached, File, Place, attached};
use super::parts::{How, given};
use crate::answer::{page, to};
use crate::frame::Frame;
use crate::house::House;
use crate::language::Language;
use crate::trouble::{Answer, Trouble};
use crate::view::archive::{Archive, archive};
use crate::view::body::shown_as;
use crate::view::enclosed::{Enclosed, enclosed};
use crate::view::invoice::{Paper, paper};
use crate::view::signed::{Signed, signed};
use crate::view::sizes::size;
use crate::visitor::Visitor;

/// Documents of one invoice on its page, and lines, payments and files of each: the page says where there are more.
const DOCUMENTS: usize = 20;
const ITEMS: usize = 1_000;

#[derive(Template)]
#[template(path = "mail/preview.html")]
struct PreviewPage {
    frame: Frame,
    /// The message that it is attached to.
    back: (String, String),
    name: String,
    about: String,
    /// Where its octets are.
    href: String,
    signed: Option<Signed>,
    /// What is inside a signed file.
    inside: Option<Inside>,
    look: Look,
}

/// What is inside a signed file.
struct Inside {
    name: String,
    about: String,
    href: String,
    /// Whether a browser may show it.
    opens: bool,
}

/// How a file looks.
enum Look {
    Invoice(Box<Paper>),
    Archive(Archive),
    Message(Box<Enclosed>),
    /// As a browser shows it, at an address of its own.
    Elsewhere,
    /// There is nothing to see, and why.
    Nothing(String),
}

/// A file, opened on a thread that may wait.
struct Opened {
    signed: Option<Signed>,
    inside: Option<Inside>,
    look: Look,
}

pub(crate) async fn see(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(place): Path<Place>,
) -> Answer {
    let l = visitor.language;
    let Attached { file, room, folder, subject, memory: _memory } = attached(&house, &visitor, &place).await?;
    let message = format!("{}/f/{}/{}", room.path, folder.id.0, place.2);
    let href = format!("{message}/a/{}", place.3);
    if shown_as(file.preview).is_some() {
        return to(&format!("{href}?apri=1"));
    }
    let (name, about) = (file.name.clone(), size(file.octets.len() as u64, l));
    let (judge, at) = (house.clone(), href.clone());
    let opened = tokio::task::spawn_blocking(move || open(&judge, file, &at, l)).await.map_err(|_| Trouble::Us)?;
    let Opened { signed, inside, look } = opened;
    page(&PreviewPage {
        frame: room.frame(&house, &visitor, &name, Some(folder.id)),
        back: (message, subject),
        name,
        about,
        href,
        signed,
        inside,
        look,
    })
}

/// What a file shows; `href`: where it is.
fn open(house: &House, file: File, href: &str, l: Language) -> Opened {
    if file.preview != Preview::Signed {
        return Opened { signed: None, inside: None, look: look(house, &file, href, l) };
    }
    let opened = match SignedFile::open(&file.name, &file.octets, &Limits::default()) {
        Ok(opened) => opened,
        Err(why) => {
            return Opened { signed: None, inside: None, look: Look::Nothing(l.said(why.words().clone())) };
        }
    };
    let signed = signed(&opened, l);
    let inside = File::from(opened);
    let place = format!("{href}/dentro");
    let opens = shown_as(inside.preview).is_some();
    let look = if opens { Look::Elsewhere } else { look(house, &inside, href, l) };
    let about = size(inside.octets.len() as u64, l);
    Opened { signed: Some(signed), inside: Some(Inside { name: inside.name, about, href: place, opens }), look }
}

fn look(house: &House, file: &File, href: &str, l: Language) -> Look {
    let limits = Limits { documents: DOCUMENTS, items: ITEMS, ..Limits::default() };
    match file.preview {
        Preview::Invoice => match Invoice::read(&file.octets, &limits) {
            Ok(invoice) => Look::Invoice(Box::new(paper(&invoice, href, l))),
            Err(NotInvoice::TooLong) => Look::Nothing(l.invoice_too_long().to_owned()),
            Err(_) => Look::Nothing(l.invoice_unreadable().to_owned()),
        },
        Preview::Archive => match list(&file.octets, &limits) {
            Ok(listing) => Look::Archive(archive(&listing, l)),
            Err(_) => Look::Nothing(l.archive_unreadable().to_owned()),
        },
        Preview::Message => Look::Message(Box::new(enclosed(&file.octets, &house.judge, l))),
        _ => Look::Nothing(l.cannot_be_shown().to_owned()),
    }
}

/// What is inside a signed file.
pub(crate) async fn inside(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path(place): Path<Place>,
    Query(how): Query<How>,
) -> Answer {
    let Attached { file, memory: _memory, .. } = attached(&house, &visitor, &place).await?;
    let opened = tokio::task::spawn_blocking(move || bare(file)).await.map_err(|_| Trouble::Us)?;
    let inside = opened.filter(|(_, was_signed)| *was_signed).ok_or(Trouble::NotFound)?.0;
    let shown = shown_as(inside.preview).filter(|_| how.is_to_open());
    Ok(given(inside.octets, &inside.name, shown))
}

/// A file inside an invoice: of which document, which of its files, each counted from 0.
pub(crate) async fn of_invoice(
    State(house): State<Arc<House>>,
    Extension(visitor): Extension<Visitor>,
    Path((mailbox, folder, uid, part, document, number)): Path<(String, i64, u32, String, usize, usize)>,
) -> Answer {
    let Attached { file, memory: _memory, .. } = attached(&house, &visitor, &(mailbox, folder, uid, part)).await?;
    let found = tokio::task::spawn_blocking(move || {
        let invoice = Invoice::read(&bare(file)?.0.octets, &Limits::default()).ok()?;
        let mut files = invoice.documents.into_iter().nth(document)?.attachments;
        (number < files.len()).then(|| files.swap_remove(number))
    });
    let file = found.await.map_err(|_| Trouble::Us)?.ok_or(Trouble::NotFound)?;
    Ok(given(file.octets, &file.name, None))
}

/// A file without the signatures around it, and whether there were any; `None`: it cannot be opened.
fn bare(file: File) -> Option<(File, bool)> {
    if file.preview != Preview::Signed {
        return Some((file, false));
    }
    let opened = SignedFile::open(&file.name, &file.octets, &Limits::default()).ok()?;
    Some((opened.into(), true))
}
