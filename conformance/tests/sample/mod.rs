//! Messages made by openssl for the checker to judge.

#![allow(dead_code, reason = "each test program uses a part")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::kind::{KINDS, Kind, Presence};

/// A message before signature: every piece can be changed by a test.
#[derive(Clone)]
pub struct Sample {
    pub header: Vec<(String, String)>,
    pub text_type: String,
    pub text: Vec<u8>,
    pub tipo: String,
    pub errore: String,
    pub xml: Option<String>,
    pub xml_header: String,
    pub original: Option<String>,
    pub certificate: &'static str,
    pub sign_options: Vec<&'static str>,
}

pub const ORIGINAL: &str = "Received: from client by mx.alfa.example; Mon, 14 Jun 2049 14:36:08 +0200\r\n\
    From: anna@alfa.example\r\nTo: bob@beta.example\r\nSubject: Prova\r\nMessage-ID: <id1@alfa.example>\r\n\
    X-Riferimento-Message-ID: <client@pc>\r\n\r\nCiao.\r\n";

impl Sample {
    /// A message of this kind that obeys the norm.
    pub fn good(name: &str) -> Self {
        let kind = KINDS.into_iter().find(|kind| kind.name == name).unwrap();
        Sample {
            header: header(&kind),
            text_type: "text/plain; charset=iso-8859-1".into(),
            text: text().into(),
            tipo: kind.tipo.unwrap_or_default().into(),
            errore: kind.faults[0].into(),
            xml: kind.tipo.map(|_| data(&kind)),
            xml_header: "Content-Type: application/xml; name=\"daticert.xml\"\r\n\
                Content-Disposition: inline; filename=\"daticert.xml\"\r\nContent-Transfer-Encoding: base64\r\n"
                .into(),
            original: (kind.original == Presence::Required || name == "delivery").then(|| ORIGINAL.into()),
            certificate: "leaf",
            sign_options: vec!["-md", "sha256"],
        }
    }

    /// Sets or, with `None`, removes a header field.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.header.retain(|(key, _)| key != name);
        self.header.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }

    /// Replaces a piece of the certification data.
    pub fn edit(&mut self, from: &str, to: &str) {
        let xml = self.xml.take().unwrap();
        assert!(xml.contains(from), "{xml}");
        self.xml = Some(xml.replace(from, to));
    }

    /// The signed message.
    pub fn sign(&self) -> Vec<u8> {
        let mut entity = Vec::from("Content-Type: multipart/mixed; boundary=\"inner\"\r\n\r\n--inner\r\n");
        entity.extend(format!("Content-Type: {}\r\nContent-Transfer-Encoding: 7bit\r\n\r\n", self.text_type).bytes());
        entity.extend(&self.text);
        if let Some(xml) = &self.xml {
            let xml = xml.replace("{tipo}", &self.tipo).replace("{errore}", &self.errore);
            entity.extend(format!("\r\n--inner\r\n{}\r\n{}", self.xml_header, STANDARD.encode(xml)).bytes());
        }
        if let Some(original) = &self.original {
            entity.extend(b"\r\n--inner\r\nContent-Type: message/rfc822; name=\"postacert.eml\"\r\n");
            entity.extend(b"Content-Disposition: inline; filename=\"postacert.eml\"\r\n\r\n");
            entity.extend(original.bytes());
        }
        entity.extend(b"\r\n--inner--\r\n");
        let signature = STANDARD.encode(self.signature(&entity));
        let mut message = Vec::new();
        for (name, value) in &self.header {
            message.extend(format!("{name}: {value}\r\n").bytes());
        }
        message.extend(
            b"MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
            micalg=sha-256; boundary=\"outer\"\r\n\r\n--outer\r\n",
        );
        message.extend(&entity);
        message.extend(
            b"\r\n--outer\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n\
            Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n",
        );
        for line in signature.as_bytes().chunks(64) {
            message.extend(line);
            message.extend(b"\r\n");
        }
        message.extend(b"--outer--\r\n");
        message
    }

    fn signature(&self, entity: &[u8]) -> Vec<u8> {
        let scratch = tempfile::tempdir().unwrap();
        std::fs::write(scratch.path().join("entity"), entity).unwrap();
        let leaf = |ending: &str| authority().join(format!("{}.{ending}", self.certificate)).display().to_string();
        let (pem, key, ca) = (leaf("pem"), leaf("key"), authority().join("ca.pem").display().to_string());
        let mut arguments = vec!["cms", "-sign", "-binary", "-in", "entity", "-outform", "DER", "-out", "signature"];
        arguments.extend(["-signer", &pem, "-inkey", &key, "-certfile", &ca]);
        arguments.extend(&self.sign_options);
        openssl(scratch.path(), &arguments);
        std::fs::read(scratch.path().join("signature")).unwrap()
    }
}

/// A folder with `ca.pem`, the good certificate `leaf` and the bad one `constrained`.
pub fn authority() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // Kept: every test of this process uses it. It lies in the target folder.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        let ca =
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "20000"];
        let extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
        openssl(&folder, &[&ca[..], &["-subj", "/C=IT/O=Autorita/CN=CA"], &extensions].concat());
        let common = "subjectAltName=email:posta-certificata@alfa.example\nsubjectKeyIdentifier=hash\n\
            authorityKeyIdentifier=keyid\nextendedKeyUsage=emailProtection\n";
        for (name, more) in [
            ("leaf", "keyUsage=critical,digitalSignature\n"),
            ("constrained", "keyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n"),
        ] {
            std::fs::write(folder.join("ext"), format!("{common}{more}")).unwrap();
            let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
            let subject = "/C=IT/O=Alfa S.p.A./CN=Posta Certificata";
            openssl(
                &folder,
                &["req", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-out", "csr", "-subj", subject],
            );
            let sign = ["x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
            openssl(&folder, &[&sign[..], &["-days", "20000", "-extfile", "ext", "-out", &pem]].concat());
        }
        folder
    })
}

/// Where real messages stand on a developer's machine, if they do.
pub fn real_samples() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../shared/samples");
    folder.is_dir().then_some(folder)
}

fn header(kind: &Kind) -> Vec<(String, String)> {
    let mut fields = vec![
        ("Received", "from client by mx.alfa.example; Mon, 14 Jun 2049 14:36:08 +0200".to_owned()),
        ("Date", "Mon, 14 Jun 2049 14:36:08 +0200".to_owned()),
        ("Subject", format!("{}Prova", kind.prefix)),
        ("X-Riferimento-Message-ID", "<client@pc>".to_owned()),
    ];
    fields.extend(kind.ricevuta.map(|value| ("X-Ricevuta", value.to_owned())));
    fields.extend(kind.trasporto.map(|value| ("X-Trasporto", value.to_owned())));
    fields.extend(kind.security.then(|| ("X-VerificaSicurezza", "errore".to_owned())));
    if kind.is_envelope() {
        fields.push(("From", "\"Per conto di: anna@alfa.example\" <posta-certificata@alfa.example>".into()));
        fields.push(("Reply-To", "anna@alfa.example".into()));
        fields.push(("Message-ID", "<id1@alfa.example>".into()));
        fields.push(("To", "bob@beta.example".into()));
        fields.push(("X-TipoRicevuta", "completa".into()));
    } else {
        fields.push(("From", "posta-certificata@alfa.example".into()));
        fields.push(("Message-ID", "<own@alfa.example>".into()));
        fields.push(("To", if kind.to_sender { "anna@alfa.example" } else { "servizio@alfa.example" }.into()));
    }
    if kind.name == "virus-detection" {
        fields.push(("X-Mittente", "anna@alfa.example".into()));
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn text() -> String {
    "Il giorno 14/06/2049 alle ore 14:36:08 (+0200) il messaggio \"Prova\" proveniente da \"anna@alfa.example\"\r\n\
     ed indirizzato a:\r\nbob@beta.example (\"posta certificata\")\r\n5.1.1 - Alfa S.p.A. - indirizzo non valido\r\n\
     Identificativo messaggio: id1@alfa.example\r\n"
        .into()
}

fn data(kind: &Kind) -> String {
    let one = |presence, element: &str| if presence == Presence::Required { element.to_owned() } else { String::new() };
    let delivered = if kind.name == "virus-detection" { Presence::Required } else { kind.delivered };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<postacert tipo=\"{{tipo}}\" errore=\"{{errore}}\"><intestazione>\
         <mittente>anna@alfa.example</mittente><destinatari tipo=\"certificato\">bob@beta.example</destinatari>\
         <risposte>anna@alfa.example</risposte><oggetto>Prova</oggetto></intestazione><dati>\
         <gestore-emittente>Alfa S.p.A.</gestore-emittente><data zona=\"+0200\"><giorno>14/06/2049</giorno>\
         <ora>14:36:08</ora></data><identificativo>id1@alfa.example</identificativo>\
         <msgid>&lt;client@pc&gt;</msgid>{}{}{}{}</dati></postacert>",
        one(kind.receipt, "<ricevuta tipo=\"completa\"/>"),
        one(delivered, "<consegna>bob@beta.example</consegna>"),
        one(kind.received, "<ricezione>bob@beta.example</ricezione>"),
        one(kind.error, "<errore-esteso>5.1.1 - Alfa S.p.A. - indirizzo non valido</errore-esteso>"),
    )
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = harness::output(Command::new("openssl").args(arguments).current_dir(folder)).unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
