//! An electronic invoice as people read one. The XML is the original; this is what stands in it.

use pec::Words;
use render::{Amount, Document, Invoice, Item, Party, Payment, Tax};

use super::dates::{When, written};
use super::sizes::size;
use super::words::capital;
use crate::language::Language;

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paper {
    pub(crate) seller: Side,
    pub(crate) buyer: Side,
    pub(crate) documents: Vec<Sheet>,
    pub(crate) is_cut: bool,
}

/// Who sells or buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) says: Vec<(&'static str, String)>,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    /// `Fattura n. 12/PA`.
    pub(crate) title: String,
    pub(crate) date: When,
    pub(crate) total: Option<String>,
    pub(crate) reasons: Vec<String>,
    pub(crate) lines: Vec<Line>,
    pub(crate) taxes: Vec<Rate>,
    pub(crate) sums: Vec<(&'static str, String)>,
    pub(crate) payments: Vec<Due>,
    pub(crate) files: Vec<Inside>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) description: String,
    pub(crate) quantity: String,
    pub(crate) price: String,
    pub(crate) rate: String,
    pub(crate) total: String,
}

/// The tax at one rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) rate: String,
    pub(crate) taxable: String,
    pub(crate) tax: String,
    /// When and by whom it is paid, and the rule that is named.
    pub(crate) notes: String,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) means: String,
    pub(crate) by: Option<When>,
    pub(crate) amount: String,
    pub(crate) account: String,
}

/// A file inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) href: String,
}

/// What an invoice says; `href`: the address of the file it is in.
pub(crate) fn paper(invoice: &Invoice, href: &str, l: Language) -> Paper {
    let sheets =
        invoice.documents.iter().enumerate().map(|(at, document)| sheet(document, &format!("{href}/dentro/{at}"), l));
    let mut buyer = side(&invoice.buyer, l);
    if !invoice.addressee.is_empty() {
        buyer.says.push((l.addressee_code(), invoice.addressee.clone()));
    }
    Paper { seller: side(&invoice.seller, l), buyer, documents: sheets.collect(), is_cut: invoice.cut }
}

fn side(party: &Party, l: Language) -> Side {
    let mut says = vec![
        (l.vat_number(), party.vat.clone()),
        (l.tax_code(), party.tax_code.clone()),
        (l.postal_address(), party.address.join(", ")),
        (l.tax_regime(), party.regime.clone()),
    ];
    says.retain(|(_, value)| !value.is_empty());
    Side { name: party.name.clone(), says }
}

fn sheet(of: &Document, href: &str, l: Language) -> Sheet {
    let kind = capital(&l.said(of.kind_words()));
    let money = |amount: &Amount| money(amount, &of.currency, l);
    let mut sums = vec![(l.stamp_duty(), money(&of.stamp))];
    sums.extend(of.withheld.iter().map(|amount| (l.withheld(), money(amount))));
    sums.retain(|(_, value)| !value.is_empty());
    let files = of.attachments.iter().enumerate().map(|(at, file)| {
        let size = size(file.octets.len() as u64, l);
        let about = if file.description.is_empty() { size } else { format!("{}, {size}", file.description) };
        Inside { name: file.name.clone(), about, href: format!("{href}/{at}") }
    });
    Sheet {
        title: l.of(format!("{kind} n. {}", of.number), format!("{kind} no. {}", of.number)),
        date: written(&of.date, l),
        total: Some(money(&of.total)).filter(|total| !total.is_empty()),
        reasons: of.reasons.clone(),
        lines: of.lines.iter().map(|item| line(item, l)).collect(),
        taxes: of.summary.iter().map(|tax| rate(tax, l)).collect(),
        sums,
        payments: of.payments.iter().map(|payment| due(payment, &of.currency, l)).collect(),
        files: files.collect(),
    }
}

fn line(of: &Item, l: Language) -> Line {
    let quantity = [number(&of.quantity, l), of.unit.clone()];
    Line {
        description: of.description.clone(),
        quantity: quantity.join(" ").trim().to_owned(),
        price: number(&of.price, l),
        rate: taxed(&of.rate, &of.exemption, of.exemption_words(), l),
        total: number(&of.total, l),
    }
}

fn rate(of: &Tax, l: Language) -> Rate {
    let notes: Vec<String> =
        [l.said(of.due_words()), of.rule.clone()].into_iter().filter(|note| !note.is_empty()).collect();
    Rate {
        rate: taxed(&of.rate, &of.exemption, of.exemption_words(), l),
        taxable: number(&of.taxable, l),
        tax: number(&of.tax, l),
        notes: notes.join("; "),
    }
}

fn due(of: &Payment, currency: &str, l: Language) -> Due {
    let means = [l.said(of.means_words()), l.said(of.terms_words())];
    let account = [&of.iban, &of.bank, &of.payee].map(String::as_str);
    let there = |parts: &[&str]| parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Due {
        means: capital(&there(&[&means[0], &means[1]])),
        by: (!of.due.is_empty()).then(|| written(&of.due, l)),
        amount: money(&of.amount, currency, l),
        account: there(&account),
    }
}

/// `22 %`, or why there is none with the code of the reason.
fn taxed(rate: &Amount, code: &str, why: Words, l: Language) -> String {
    if !code.is_empty() {
        return format!("{} ({code})", l.said(why));
    }
    let number = number(rate, l);
    let short = number.trim_end_matches('0').trim_end_matches([',', '.']);
    match (number.is_empty(), number.contains([',', '.'])) {
        (true, _) => String::new(),
        (_, true) => format!("{short} %"),
        (_, false) => format!("{number} %"),
    }
}

fn number(amount: &Amount, l: Language) -> String {
    l.of(amount.italian(), amount.english())
}

fn money(amount: &Amount, currency: &str, l: Language) -> String {
    if amount.is_empty() { String::new() } else { format!("{} {currency}", number(amount, l)).trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use render::Limits;

    use super::*;

    const INVOICE: &[u8] = br#"<p:FatturaElettronica versione="FPA12" xmlns:p="x"><FatturaElettronicaHeader>
<DatiTrasmissione><CodiceDestinatario>ABC123</CodiceDestinatario></DatiTrasmissione>
<CedentePrestatore><DatiAnagrafici><Anagrafica><Denominazione>Rossi S.r.l.</Denominazione></Anagrafica></DatiAnagrafici></CedentePrestatore>
</FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD01</TipoDocumento>
<Divisa>EUR</Divisa><Data>2026-01-19</Data><Numero>12/PA</Numero><ImportoTotaleDocumento>1220.00</ImportoTotaleDocumento></DatiGeneraliDocumento></DatiGenerali>
<DatiBeniServizi><DettaglioLinee><Descrizione>Pulizia</Descrizione><Quantita>2.00</Quantita><UnitaMisura>ore</UnitaMisura><PrezzoUnitario>500.00</PrezzoUnitario>
<PrezzoTotale>1000.00</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA></DettaglioLinee>
<DettaglioLinee><Descrizione>Bollo</Descrizione><PrezzoTotale>2.00</PrezzoTotale><AliquotaIVA>0.00</AliquotaIVA><Natura>N2.2</Natura></DettaglioLinee></DatiBeniServizi>
<DatiPagamento><CondizioniPagamento>TP02</CondizioniPagamento><DettaglioPagamento><ModalitaPagamento>MP05</ModalitaPagamento>
<DataScadenzaPagamento>2026-02-28</DataScadenzaPagamento><ImportoPagamento>1220.00</ImportoPagamento><IBAN>IT60X0542811101000000123456</IBAN></DettaglioPagamento></DatiPagamento>
<Allegati><NomeAttachment>ore.pdf</NomeAttachment><Attachment>JVBERi0=</Attachment></Allegati></FatturaElettronicaBody></p:FatturaElettronica>"#;

    #[test]
    fn an_invoice_reads_as_one() {
        let Ok(invoice) = Invoice::read(INVOICE, &Limits::default()) else { panic!("no invoice") };
        let paper = paper(&invoice, "/a/2", Language::It);
        assert_eq!((paper.seller.name.as_str(), paper.buyer.says[0].1.as_str()), ("Rossi S.r.l.", "ABC123"));
        let [sheet] = paper.documents.as_slice() else { panic!("not one document") };
        assert_eq!((sheet.title.as_str(), sheet.date.words.as_str()), ("Fattura n. 12/PA", "19 gennaio 2026"));
        assert_eq!(sheet.total.as_deref(), Some("1.220,00 EUR"));
        let [cleaning, stamp] = sheet.lines.as_slice() else { panic!("not two lines") };
        assert_eq!((cleaning.quantity.as_str(), cleaning.rate.as_str()), ("2,00 ore", "22 %"));
        assert_eq!((stamp.quantity.as_str(), stamp.rate.as_str()), ("", "non soggetto (N2.2)"));
        let [payment] = sheet.payments.as_slice() else { panic!("not one payment") };
        assert_eq!(
            (payment.means.as_str(), payment.account.as_str()),
            ("Bonifico, pagamento completo", "IT60X0542811101000000123456")
        );
        assert_eq!((sheet.files[0].href.as_str(), sheet.files[0].about.as_str()), ("/a/2/dentro/0/0", "5 byte"));
    }

    #[test]
    fn a_rate_keeps_the_digits_that_say_something() {
        let percent = |text: &str| {
            let xml = String::from_utf8_lossy(INVOICE).replacen("22.00", text, 1);
            let invoice = Invoice::read(xml.as_bytes(), &Limits::default()).ok()?;
            Some(line(&invoice.documents[0].lines[0], Language::It).rate)
        };
        for (text, expected) in [("10.00", "10 %"), ("10", "10 %"), ("5.50", "5,5 %"), ("0.00", "0 %"), ("", "")] {
            assert_eq!(percent(text).as_deref(), Some(expected), "{text}");
        }
    }
}
