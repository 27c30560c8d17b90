//! The form on which a serious malfunction is reported to the supervisor [R-L-51-2]: a document that people complete, sign and send.

use std::io::{self, Cursor, Write as _};

use store::{Outage, OutageCause};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::code::ProviderCode;
use crate::period::Period;
use crate::service::{Service, seconds};

/// Where it is sent, and the subject of that message.
pub const SENT_TO: (&str, &str) = ("protocollo@pec.agid.gov.it", "PEC – segnalazione di malfunzionamento grave");

/// Who reports what.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// What the supervisor calls it.
    pub code: &'a ProviderCode,
    /// The period in which it began.
    pub period: Period,
    /// Which report of that period, from 1.
    pub number: u32,
    /// When, and why.
    pub outage: &'a Outage,
    /// How the service was in the period so far.
    pub service: &'a Service,
}

impl Report<'_> {
    /// `SMG_<year>-<period>-<number>_<provider>.docx`; what no file name can have becomes `_`.
    pub fn file(&self) -> String {
        let Period { year, third } = self.period;
        let plain = |c: char| if c.is_alphanumeric() || " .-&'".contains(c) { c } else { '_' };
        let name: String = self.provider.chars().map(plain).collect();
        format!("SMG_{year}-{third}-{}_{name}.docx", self.number)
    }

    fn lines(&self) -> Vec<String> {
        let Self { provider, code, period, number, outage, service } = self;
        let cause = match outage.cause {
            OutageCause::Planned => "intervento pianificato",
            OutageCause::Incident => "incidente: il sistema non era in esecuzione",
            OutageCause::Malfunction => "malfunzione: il sistema era in esecuzione e non poteva operare",
        };
        let minutes = |seconds: u64| seconds.div_ceil(60);
        let (whole, part) = (service.availability() / 1000, service.availability() % 1000);
        vec![
            "Segnalazione di malfunzionamento grave".into(),
            format!("Gestore: {provider} ({code})"),
            format!("Segnalazione n. {number} del {}° quadrimestre {}", period.third, period.year),
            format!("Inizio: {}", outage.began),
            format!("Fine: {}", outage.ended),
            format!("Durata: {} minuti", minutes(seconds(outage))),
            format!("Tipo: {cause}"),
            format!("Rilevato dal sistema: {}", outage.note),
            format!(
                "Disponibilità nel quadrimestre: {whole},{part:03} % (indisponibilità {} minuti su {} consentiti)",
                minutes(service.away),
                service.allowed / 60
            ),
            "Classe di disservizio (CR/51/2006, tabella A; A: rilevato dal gestore, B: da altri): ____".into(),
            "Descrizione del malfunzionamento: ____".into(),
            "Funzionalità e utenti interessati: ____".into(),
            "Interventi eseguiti e previsti: ____".into(),
            "Referente del gestore e recapiti: ____".into(),
        ]
    }

    /// The document (Office Open XML).
    pub fn document(&self) -> io::Result<Vec<u8>> {
        let paragraph =
            |text: &String| format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escaped(text));
        let body: String = self.lines().iter().map(paragraph).collect();
        let document = format!("{HEAD}<w:document xmlns:w=\"{WORDS}\"><w:body>{body}<w:sectPr/></w:body></w:document>");
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [
            ("[Content_Types].xml", format!("{HEAD}{TYPES}")),
            ("_rels/.rels", format!("{HEAD}{RELATIONS}")),
            ("word/document.xml", document),
        ] {
            archive.start_file(name, SimpleFileOptions::default()).map_err(io::Error::other)?;
            archive.write_all(content.as_bytes())?;
        }
        Ok(archive.finish().map_err(io::Error::other)?.into_inner())
    }
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const WORDS: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
    <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
    <Override PartName=\"/word/document.xml\" \
    ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
const RELATIONS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
    <Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
    Target=\"word/document.xml\"/></Relationships>";

fn escaped(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// [R-L-51-2]
    #[test]
    fn the_form_says_what_is_known_and_leaves_room_for_the_rest() {
        let period = Period::new(2026, 2).unwrap();
        let from = period.bounds().0;
        let outage = Outage {
            began: from,
            ended: from.plus(7200),
            cause: OutageCause::Malfunction,
            note: "messages cannot be signed: <device>".into(),
        };
        let service = Service::of(period, &[], vec![outage.clone()]);
        let code = "VAT-01234567890".parse().unwrap();
        let report =
            Report { provider: "Alfa/PEC S.p.A.", code: &code, period, number: 3, outage: &outage, service: &service };
        assert_eq!(report.file(), "SMG_2026-2-3_Alfa_PEC S.p.A..docx");
        let document = report.document().unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(document)).unwrap();
        assert_eq!(archive.len(), 3);
        let mut text = String::new();
        archive.by_name("word/document.xml").unwrap().read_to_string(&mut text).unwrap();
        for expected in [
            "Alfa/PEC S.p.A. (VAT-01234567890)",
            "Durata: 120 minuti",
            "&lt;device&gt;",
            "su 354 consentiti",
            "tabella A",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
}
