//! What is wrong with the form of a message, in English and in Italian.

use crate::Words;
use crate::mime::Flaw;

/// Why a message is not a well-formed notification or envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// An anomaly envelope (`X-Trasporto: errore`): it has no certification data, and nothing in it is
    /// certified [R-3.2.2-b].
    #[error("the message is an anomaly envelope")]
    Anomaly,
    /// Neither `X-Ricevuta` nor `X-Trasporto` with a known value.
    #[error("the message has no certified-mail header")]
    NotPec,
    /// Both, or one of them twice.
    #[error("the message has contradictory certified-mail headers")]
    Contradictory,
    /// No `daticert.xml` in the signed part.
    #[error("the message has no certification data")]
    NoData,
    /// More than one `daticert.xml`.
    #[error("the message has more than one daticert.xml")]
    TwoData,
    /// More than one `postacert.eml`.
    #[error("the message has more than one postacert.eml")]
    TwoOriginals,
    /// More MIME parts, or deeper ones, than any provider writes.
    #[error("the signed part has too many or too deep MIME parts")]
    TooComplex,
    /// Two programs would find different parts in the signed entity.
    #[error("the signed part can be read in more than one way: {0}")]
    Doubtful(Flaw),
    /// The XML is broken.
    #[error(transparent)]
    Data(#[from] crate::daticert::DataError),
    /// `postacert/@tipo` differs from the header.
    #[error("the certification data say '{data}' and the header says '{header}'")]
    KindMismatch {
        /// tipo of the XML
        data: String,
        /// value of the header
        header: String,
    },
    /// An envelope without `postacert.eml`.
    #[error("the envelope has no original")]
    NoOriginal,
    /// The identifier of the XML, the envelope's Message-ID and the original's Message-ID differ.
    #[error("the identifiers of envelope, original and certification data differ")]
    IdentifierMismatch,
    /// A part that the kind requires is absent (consegna, ricezione, errore-esteso).
    #[error("the certification data lack {0}")]
    Lacks(&'static str),
}

impl FormFault {
    /// The same for holders: half of a sentence in each language. What a foreign XML says of itself stays in the English.
    pub fn words(&self) -> Words {
        let italian = match self {
            Self::Anomaly => "il messaggio è una busta di anomalia".into(),
            Self::NotPec => "manca il campo di intestazione della posta certificata".into(),
            Self::Contradictory => "i campi di intestazione della posta certificata si contraddicono".into(),
            Self::NoData => "mancano i dati di certificazione (daticert.xml)".into(),
            Self::TwoData => "i dati di certificazione (daticert.xml) sono presenti più di una volta".into(),
            Self::TwoOriginals => "il messaggio originale (postacert.eml) è presente più di una volta".into(),
            Self::TooComplex => "la parte firmata ha troppe parti".into(),
            Self::Doubtful(_) => "la parte firmata si può leggere in più di un modo".into(),
            Self::Data(_) => "i dati di certificazione (daticert.xml) non sono leggibili".into(),
            Self::KindMismatch { data, header } => {
                format!("i dati di certificazione dicono '{data}' e l'intestazione dice '{header}'")
            }
            Self::NoOriginal => "manca il messaggio originale (postacert.eml)".into(),
            Self::IdentifierMismatch => {
                "gli identificativi della busta, del messaggio originale e dei dati di certificazione sono diversi"
                    .into()
            }
            Self::Lacks(name) => format!("nei dati di certificazione manca '{name}'"),
        };
        Words { italian, english: self.to_string() }
    }
}
