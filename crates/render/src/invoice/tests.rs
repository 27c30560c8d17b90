use proptest::prelude::*;

use super::*;
use crate::limits::Limits;

const ORDINARY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="https://evil.example/x.xsl"?>
<p:FatturaElettronica versione="FPA12" xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2">
<FatturaElettronicaHeader>
<DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice></IdTrasmittente>
<FormatoTrasmissione>FPA12</FormatoTrasmissione><CodiceDestinatario>ABC123</CodiceDestinatario></DatiTrasmissione>
<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice></IdFiscaleIVA>
<Anagrafica><Denominazione>Rossi &amp; Figli S.r.l.</Denominazione></Anagrafica><RegimeFiscale>RF01</RegimeFiscale></DatiAnagrafici>
<Sede><Indirizzo>Via Roma</Indirizzo><NumeroCivico>1</NumeroCivico><CAP>00100</CAP><Comune>Roma</Comune><Nazione>IT</Nazione></Sede></CedentePrestatore>
<RappresentanteFiscale><DatiAnagrafici><Anagrafica><Denominazione>Altri</Denominazione></Anagrafica></DatiAnagrafici></RappresentanteFiscale>
<CessionarioCommittente><DatiAnagrafici><CodiceFiscale>80012345678</CodiceFiscale><Anagrafica><Nome>Maria</Nome><Cognome>Bianchi</Cognome></Anagrafica></DatiAnagrafici></CessionarioCommittente>
</FatturaElettronicaHeader>
<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD01</TipoDocumento><Divisa>EUR</Divisa><Data>2026-01-19</Data>
<Numero>12/PA</Numero><DatiRitenuta><ImportoRitenuta>20.00</ImportoRitenuta></DatiRitenuta><DatiBollo><ImportoBollo>2.00</ImportoBollo></DatiBollo>
<ImportoTotaleDocumento>1220.00</ImportoTotaleDocumento><Causale>Pulizie</Causale><Causale>di gennaio</Causale></DatiGeneraliDocumento>
<DatiOrdineAcquisto><Data>2025-01-01</Data></DatiOrdineAcquisto></DatiGenerali>
<DatiBeniServizi><DettaglioLinee><NumeroLinea>1</NumeroLinea><Descrizione><![CDATA[Pulizia <scale>]]></Descrizione><Quantita>2.00</Quantita><UnitaMisura>ore</UnitaMisura>
<PrezzoUnitario>500.00000000</PrezzoUnitario><PrezzoTotale>1000.00</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA>
<AltriDatiGestionali><TipoDato>X</TipoDato></AltriDatiGestionali></DettaglioLinee>
<DettaglioLinee><Descrizione>Bollo</Descrizione><PrezzoTotale>2.00</PrezzoTotale><AliquotaIVA>0.00</AliquotaIVA><Natura>N2.2</Natura></DettaglioLinee>
<DatiRiepilogo><AliquotaIVA>22.00</AliquotaIVA><ImponibileImporto>1000.00</ImponibileImporto><Imposta>220.00</Imposta><EsigibilitaIVA>S</EsigibilitaIVA></DatiRiepilogo></DatiBeniServizi>
<DatiPagamento><CondizioniPagamento>TP01</CondizioniPagamento>
<DettaglioPagamento><ModalitaPagamento>MP05</ModalitaPagamento><DataScadenzaPagamento>2026-02-28</DataScadenzaPagamento><ImportoPagamento>500.00</ImportoPagamento><IBAN>IT60X0542811101000000123456</IBAN></DettaglioPagamento>
<DettaglioPagamento><ModalitaPagamento>MP23</ModalitaPagamento><ImportoPagamento>500.00</ImportoPagamento></DettaglioPagamento></DatiPagamento>
<Allegati><NomeAttachment>../../ore.pdf</NomeAttachment><DescrizioneAttachment>ore</DescrizioneAttachment><Attachment>JVBERi0=</Attachment></Allegati>
</FatturaElettronicaBody></p:FatturaElettronica>"#;

const SIMPLIFIED: &str = r#"<n:FatturaElettronicaSemplificata versione="FSM10" xmlns:n="x"><FatturaElettronicaHeader>
<DatiTrasmissione><FormatoTrasmissione>FSM10</FormatoTrasmissione></DatiTrasmissione>
<CedentePrestatore><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>123</IdCodice></IdFiscaleIVA><Denominazione>Bar Uno</Denominazione><RegimeFiscale>RF01</RegimeFiscale></CedentePrestatore>
<CessionarioCommittente><IdentificativiFiscali><CodiceFiscale>RSSMRA80A01H501U</CodiceFiscale></IdentificativiFiscali><AltriDatiIdentificativi><Denominazione>Due</Denominazione></AltriDatiIdentificativi></CessionarioCommittente>
</FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD07</TipoDocumento><Divisa>EUR</Divisa><Data>2026-03-01</Data><Numero>7</Numero></DatiGeneraliDocumento></DatiGenerali>
<DatiBeniServizi><Descrizione>Pranzo</Descrizione><Importo>33,00</Importo><DatiIVA><Imposta>3.00</Imposta><Aliquota>10.00</Aliquota></DatiIVA></DatiBeniServizi>
<DatiBeniServizi><Descrizione>Cena</Descrizione><Importo>44.00</Importo></DatiBeniServizi></FatturaElettronicaBody></n:FatturaElettronicaSemplificata>"#;

fn read(xml: &str) -> Result<Invoice, NotInvoice> {
    Invoice::read(xml.as_bytes(), &Limits::default())
}

#[test]
fn an_ordinary_invoice_is_read_whole() {
    let invoice = read(ORDINARY).unwrap();
    assert_eq!((invoice.format.as_str(), invoice.addressee.as_str(), invoice.cut), ("FPA12", "ABC123", false));
    assert_eq!((invoice.seller.name.as_str(), invoice.seller.vat.as_str()), ("Rossi & Figli S.r.l.", "IT01234567890"));
    assert_eq!(invoice.seller.address, ["Via Roma 1", "00100", "Roma", "IT"]);
    assert_eq!((invoice.buyer.name.as_str(), invoice.buyer.tax_code.as_str()), ("Maria Bianchi", "80012345678"));
    let [document] = invoice.documents.as_slice() else { panic!() };
    assert_eq!(
        (document.number.as_str(), document.date.as_str(), document.currency.as_str()),
        ("12/PA", "2026-01-19", "EUR")
    );
    assert_eq!(document.kind_words(), pec::Words::new("fattura", "invoice"));
    assert_eq!((document.total.italian(), document.stamp.italian()), ("1.220,00".into(), "2,00".into()));
    assert_eq!(
        (document.reasons.join("+"), document.withheld[0].to_string()),
        ("Pulizie+di gennaio".into(), "20.00".into())
    );
    let [one, two] = document.lines.as_slice() else { panic!() };
    assert_eq!(
        (one.description.as_str(), one.price.italian(), one.unit.as_str()),
        ("Pulizia <scale>", "500,00".into(), "ore")
    );
    assert_eq!((two.exemption.as_str(), two.exemption_words().italian.as_str()), ("N2.2", "non soggetto"));
    assert_eq!(document.summary[0].tax.to_string(), "220.00");
    assert!(document.summary[0].due_words().italian.starts_with("scissione dei pagamenti"));
    let payments: Vec<_> =
        document.payments.iter().map(|one| (one.terms.as_str(), one.means_words().english, one.iban.len())).collect();
    assert_eq!(payments, [("TP01", "bank transfer".to_owned(), 27), ("TP01", "PagoPA".to_owned(), 0)]);
    assert_eq!(document.payments[0].due, "2026-02-28");
    let [inside] = document.attachments.as_slice() else { panic!() };
    assert_eq!((inside.name.as_str(), &inside.octets[..]), ("ore.pdf", &b"%PDF-"[..]));
}

#[test]
fn a_simplified_invoice_is_read_too() {
    let invoice = read(SIMPLIFIED).unwrap();
    assert_eq!((invoice.seller.name.as_str(), invoice.seller.vat.as_str()), ("Bar Uno", "IT123"));
    assert_eq!((invoice.buyer.name.as_str(), invoice.buyer.tax_code.as_str()), ("Due", "RSSMRA80A01H501U"));
    let lines: Vec<_> =
        invoice.documents[0].lines.iter().map(|line| (line.description.as_str(), line.total.italian())).collect();
    assert_eq!(lines, [("Pranzo", "33,00".to_owned()), ("Cena", "44,00".to_owned())]);
    assert_eq!(invoice.documents[0].lines[0].rate.to_string(), "10.00");
}

#[test]
fn another_charset_is_read_and_other_files_are_none() {
    let latin = ORDINARY.replace("UTF-8", "ISO-8859-1").replace("Pulizie", "Perch\u{e9}");
    let octets: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let invoice = Invoice::read(&octets, &Limits::default()).unwrap();
    assert_eq!(invoice.documents[0].reasons[0], "Perché");
    for other in ["", "ciao", "<a/>", "<html><FatturaElettronica/></html>", "<?xml version='1.0'?>"] {
        assert_eq!(read(other), Err(NotInvoice::Other), "{other}");
    }
    assert_eq!(Invoice::read(&[b' '; 100], &Limits { invoice: 99, ..Limits::default() }), Err(NotInvoice::TooLong));
}

#[test]
fn what_is_damaged_or_expands_is_refused_and_what_is_long_is_cut() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>\
        <FatturaElettronica><FatturaElettronicaHeader>&b;</FatturaElettronicaHeader></FatturaElettronica>";
    assert!(matches!(read(bomb), Err(NotInvoice::Unreadable(_))));
    let deep = format!("<FatturaElettronica>{}", "<a>".repeat(100));
    assert!(matches!(read(&deep), Err(NotInvoice::Unreadable(_))));
    for end in [200, 900, ORDINARY.len() - 5] {
        assert!(matches!(read(&ORDINARY[..end]), Err(NotInvoice::Unreadable(_) | NotInvoice::Other)), "{end}");
    }
    let line = "<DettaglioLinee><Descrizione>x</Descrizione></DettaglioLinee>";
    let long = ORDINARY.replace("<DettaglioLinee>", &format!("{}<DettaglioLinee>", line.repeat(30)));
    let cut = Invoice::read(long.as_bytes(), &Limits { items: 10, ..Limits::default() }).unwrap();
    assert!(cut.cut && cut.documents[0].lines.len() == 10);
}

proptest! {
    #[test]
    fn any_change_of_an_invoice_is_read_or_refused(at in 0..ORDINARY.len(), piece in "[<>/&;\"a-z\u{e8}]{0,8}") {
        let at = ORDINARY.floor_char_boundary(at);
        let changed = format!("{}{piece}{}", &ORDINARY[..at], &ORDINARY[at..]);
        if let Ok(invoice) = read(&changed) {
            prop_assert!(invoice.documents.len() <= 2);
        }
    }
}
