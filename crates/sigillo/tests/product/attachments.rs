//! What is attached, looked at in a real browser: signed files by OpenSSL, an electronic invoice, an archive, a receipt.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use seal::testing::openssl_ok;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::house::{World, find, letter, succeed};
use crate::pages::browser;

const MARIO: &str = "mario.rossi@beta.example";
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n";
const INVOICE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<p:FatturaElettronica versione="FPA12" xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"><FatturaElettronicaHeader>
<DatiTrasmissione><FormatoTrasmissione>FPA12</FormatoTrasmissione><CodiceDestinatario>ABC123</CodiceDestinatario></DatiTrasmissione>
<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice></IdFiscaleIVA><Anagrafica><Denominazione>Pulizie Alfa &amp; Figli S.r.l.</Denominazione></Anagrafica><RegimeFiscale>RF01</RegimeFiscale></DatiAnagrafici>
<Sede><Indirizzo>Via Roma</Indirizzo><NumeroCivico>1</NumeroCivico><CAP>00100</CAP><Comune>Roma</Comune><Provincia>RM</Provincia><Nazione>IT</Nazione></Sede></CedentePrestatore>
<CessionarioCommittente><DatiAnagrafici><CodiceFiscale>80012345678</CodiceFiscale><Anagrafica><Denominazione>Comune di Beta</Denominazione></Anagrafica></DatiAnagrafici>
<Sede><Indirizzo>Piazza Grande 1</Indirizzo><CAP>20100</CAP><Comune>Milano</Comune><Nazione>IT</Nazione></Sede></CessionarioCommittente></FatturaElettronicaHeader>
<FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD01</TipoDocumento><Divisa>EUR</Divisa><Data>2026-01-19</Data><Numero>12/PA</Numero>
<ImportoTotaleDocumento>1222.00</ImportoTotaleDocumento><Causale>Pulizia degli uffici nel mese di gennaio</Causale></DatiGeneraliDocumento></DatiGenerali>
<DatiBeniServizi><DettaglioLinee><NumeroLinea>1</NumeroLinea><Descrizione>Pulizia degli uffici comunali, compresi i vetri e le scale, secondo il capitolato del lotto secondo</Descrizione><Quantita>40.00</Quantita><UnitaMisura>ore</UnitaMisura><PrezzoUnitario>25.00</PrezzoUnitario><PrezzoTotale>1000.00</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA></DettaglioLinee>
<DettaglioLinee><NumeroLinea>2</NumeroLinea><Descrizione>Bollo</Descrizione><PrezzoUnitario>2.00</PrezzoUnitario><PrezzoTotale>2.00</PrezzoTotale><AliquotaIVA>0.00</AliquotaIVA><Natura>N1</Natura></DettaglioLinee>
<DatiRiepilogo><AliquotaIVA>22.00</AliquotaIVA><ImponibileImporto>1000.00</ImponibileImporto><Imposta>220.00</Imposta><EsigibilitaIVA>S</EsigibilitaIVA></DatiRiepilogo>
<DatiRiepilogo><AliquotaIVA>0.00</AliquotaIVA><Natura>N1</Natura><ImponibileImporto>2.00</ImponibileImporto><Imposta>0.00</Imposta></DatiRiepilogo></DatiBeniServizi>
<DatiPagamento><CondizioniPagamento>TP02</CondizioniPagamento><DettaglioPagamento><ModalitaPagamento>MP05</ModalitaPagamento><DataScadenzaPagamento>2026-02-28</DataScadenzaPagamento><ImportoPagamento>1222.00</ImportoPagamento><IstitutoFinanziario>Banca Uno</IstitutoFinanziario><IBAN>IT60X0542811101000000123456</IBAN></DettaglioPagamento></DatiPagamento>
<Allegati><NomeAttachment>ore.txt</NomeAttachment><DescrizioneAttachment>ore lavorate</DescrizioneAttachment><Attachment>UXVhcmFudGEu</Attachment></Allegati>
</FatturaElettronicaBody></p:FatturaElettronica>"#;

/// A file, signed by a lawyer.
fn signed(folder: &Path, octets: &[u8]) -> Vec<u8> {
    if !folder.join("key.pem").exists() {
        let subject = "/C=IT/CN=Avv. Maria Verdi/serialNumber=TINIT-VRDMRA80A41H501P";
        let words = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 365 -subj";
        openssl_ok(folder, &words.split(' ').chain([subject]).collect::<Vec<_>>());
    }
    fs::write(folder.join("file"), octets).unwrap();
    let words = "cms -sign -nodetach -binary -cades -in file -signer certificate.pem -inkey key.pem -outform DER";
    openssl_ok(folder, &words.split(' ').collect::<Vec<_>>())
}

fn archive() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, octets) in [("pianta/piano terra.dxf", vec![7; 2_000]), ("zeri.bin", vec![0; 8 << 20])] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(&octets).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn attached(name: &str, octets: &[u8]) -> String {
    let mut part = format!(
        "--confine\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
    );
    for line in STANDARD.encode(octets).as_bytes().chunks(76) {
        write!(part, "{}\r\n", String::from_utf8_lossy(line)).unwrap();
    }
    part
}

#[test]
fn signed_files_invoices_archives_and_messages_open_in_a_browser() {
    let world = World::up();
    world.submit(&[MARIO], letter(MARIO, "primo")).unwrap();
    let receipt = world.alfa.one("mario.rossi@alfa.example", "delivery");

    let folder = world.scratch("signing");
    fs::create_dir(&folder).unwrap();
    let contract = signed(&folder, PDF);
    let mut changed = contract.clone();
    let at = find(&changed, PDF).unwrap();
    changed[at + 10] ^= 1;
    let files: String = [
        ("contratto.pdf.p7m", contract),
        ("alterato.pdf.p7m", changed),
        ("IT01234567890_00001.xml.p7m", signed(&folder, INVOICE.as_bytes())),
        ("progetto.zip", archive()),
        ("consegna.eml", receipt),
    ]
    .iter()
    .map(|(name, octets)| attached(name, octets))
    .collect();
    let message = format!(
        "From: mario.rossi@alfa.example\r\nTo: {MARIO}\r\nSubject: documenti firmati\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=confine\r\n\r\n--confine\r\nContent-Type: text/plain\r\n\r\n\
         Ecco tutto.\r\n{files}--confine--\r\n"
    );
    world.submit(&[MARIO], message).unwrap();
    world.beta.wait(MARIO, "transport-envelope", 2);
    let (contract, hours) = (world.scratch("contratto.pdf"), world.scratch("ore.txt"));
    let mut watched = browser("attachments.mjs", &world);
    succeed(watched.env("CONTRACT", &contract).env("HOURS", &hours));
    // What is inside was given out octet for octet.
    assert_eq!(fs::read(contract).unwrap(), PDF);
    assert_eq!(fs::read(hours).unwrap(), b"Quaranta.");
}
