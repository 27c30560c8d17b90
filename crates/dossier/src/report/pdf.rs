//! A report as PDF/A-3b (ISO 19005-3): to be read and printed in thirty years as today, with the files that prove it inside.

use std::sync::Arc;

use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use pec::Moment;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

use super::Report;
use super::lines::{Area, Line, Style, pages};

/// A4, points.
const PAGE: Area = Area { width: 595.28, height: 841.89 };
/// What is left free at each side, points.
const MARGIN: f32 = 56.0;
/// Of the number at the foot of a page, points.
const FOOT: f32 = 8.0;
/// What stands for a character that the letters do not have.
const UNKNOWN: char = '\u{fffd}';

/// A file inside.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub media: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// Its octets.
    pub octets: Vec<u8>,
}

impl Attachment {
    /// The file that proves what the trace has.
    pub(crate) fn proof(octets: Vec<u8>) -> Self {
        let what = "Prova delle operazioni nel registro del gestore / Proof of the operations in the provider's trace";
        Self { name: "prova.json", media: "application/json", what, octets }
    }
}

/// A document that could not be made; a fault of the program.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a PDF could not be made: {0}")]
pub struct PdfError(String);

/// Letters of one weight.
struct Letters {
    font: Font,
    known: FontRef<'static>,
}

impl Letters {
    fn of(octets: &'static [u8]) -> Result<Self, PdfError> {
        let unreadable = || PdfError("the letters cannot be read".to_owned());
        let font = Font::new(octets.into(), 0).ok_or_else(unreadable)?;
        let known = FontRef::new(octets).map_err(|_| unreadable())?;
        Ok(Self { font, known })
    }

    /// A character that they have, and its shape.
    fn shape(&self, c: char) -> (char, GlyphId) {
        let map = self.known.charmap();
        let shape = |c: char| map.map(c).filter(|shape| shape.to_u32() != 0);
        let (c, shape) = shape(c).map_or_else(|| (UNKNOWN, shape(UNKNOWN).unwrap_or_default()), |shape| (c, shape));
        (c, GlyphId::new(shape.to_u32()))
    }

    /// How wide a character is, in parts of its size.
    fn width(&self, c: char) -> f32 {
        let (_, shape) = self.shape(c);
        let metrics = self.known.glyph_metrics(Size::new(1.0), LocationRef::default());
        metrics.advance_width(skrifa::GlyphId::new(shape.to_u32())).unwrap_or(0.5)
    }

    /// The shapes of a text, and the text with what they have in place of what they have not.
    fn set(&self, text: &str) -> (String, Vec<KrillaGlyph>) {
        let (mut set, mut shapes) = (String::new(), Vec::new());
        for c in text.chars() {
            let (c, glyph_id) = self.shape(c);
            let begin = set.len();
            set.push(c);
            shapes.push(KrillaGlyph {
                glyph_id,
                text_range: begin..set.len(),
                x_advance: self.width(c),
                x_offset: 0.0,
                y_offset: 0.0,
                y_advance: 0.0,
                location: None,
            });
        }
        (set, shapes)
    }
}

impl Report {
    /// The document, as of an instant.
    pub fn pdf(&self, moment: Moment, attached: Vec<Attachment>) -> Result<Vec<u8>, PdfError> {
        let (plain, bold) = (Letters::of(dejavu::sans::regular())?, Letters::of(dejavu::sans::bold())?);
        let letters = |style: Style| if style.is_bold() { &bold } else { &plain };
        let area = Area { width: PAGE.width - 2.0 * MARGIN, height: PAGE.height - 2.0 * MARGIN };
        let pages = pages(self, area, &|style, c| letters(style).width(c) * style.size());

        let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
        let configuration = configuration.map_err(|error| PdfError(format!("{error:?}")))?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let count = pages.len();
        for (number, lines) in (1..).zip(pages) {
            let settings = PageSettings::from_wh(PAGE.width, PAGE.height);
            let settings = settings.ok_or_else(|| PdfError("no page has this size".to_owned()))?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            surface.set_fill(Some(Fill { paint: luma::Color::black().into(), ..Fill::default() }));
            for Line { style, left, foot, text } in lines {
                let letters = letters(style);
                let (text, shapes) = letters.set(&text);
                let at = Point::from_xy(MARGIN + left, MARGIN + foot);
                surface.draw_glyphs(at, &shapes, letters.font.clone(), &text, style.size(), false);
            }
            let (text, shapes) = plain.set(&format!("{number} / {count}"));
            let at = Point::from_xy(PAGE.width - MARGIN - 30.0, PAGE.height - MARGIN / 2.0);
            surface.draw_glyphs(at, &shapes, plain.font.clone(), &text, FOOT, false);
            surface.finish();
            page.finish();
        }
        let date = date(moment);
        for Attachment { name, media, what, octets } in attached {
            let file = EmbeddedFile {
                path: name.to_owned(),
                mime_type: MimeType::new(media),
                description: Some(what.to_owned()),
                association_kind: AssociationKind::Supplement,
                data: Arc::new(octets).into(),
                modification_date: Some(date),
                compress: None,
                location: None,
            };
            document.embed_file(file).ok_or_else(|| PdfError(format!("two files inside are called {name}")))?;
        }
        let metadata = Metadata::new()
            .title(format!("{} / {}", self.title.italian, self.title.english))
            .language("it".to_owned())
            .producer("Sigillo".to_owned())
            .creation_date(date);
        document.set_metadata(metadata);
        document.finish().map_err(|error| PdfError(format!("{error:?}")))
    }
}

/// An instant in UTC.
fn date(moment: Moment) -> DateTime {
    let utc = moment.utc();
    let numbers: Vec<u16> = utc.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let at = |place: usize| numbers.get(place).copied().unwrap_or_default();
    let small = |place: usize| u8::try_from(at(place)).unwrap_or_default();
    DateTime::new(at(0))
        .month(small(1))
        .day(small(2))
        .hour(small(3))
        .minute(small(4))
        .second(small(5))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
