//! What the codes of an invoice say, in both languages.

use pec::Words;

use super::data::{Document, Item, Payment, Tax};

type Code = (&'static str, &'static str, &'static str);

/// `TipoDocumento`
const KINDS: [Code; 21] = [
    ("TD01", "fattura", "invoice"),
    ("TD02", "acconto o anticipo su fattura", "advance on an invoice"),
    ("TD03", "acconto o anticipo su parcella", "advance on a fee"),
    ("TD04", "nota di credito", "credit note"),
    ("TD05", "nota di debito", "debit note"),
    ("TD06", "parcella", "fee"),
    ("TD07", "fattura semplificata", "simplified invoice"),
    ("TD08", "nota di credito semplificata", "simplified credit note"),
    ("TD09", "nota di debito semplificata", "simplified debit note"),
    ("TD16", "integrazione per inversione contabile interna", "completion for domestic reverse charge"),
    ("TD17", "integrazione o autofattura per servizi dall'estero", "self-invoice for services from abroad"),
    ("TD18", "integrazione per acquisto di beni intracomunitari", "completion for goods from the Union"),
    ("TD19", "integrazione o autofattura per beni di non residenti", "self-invoice for goods of non-residents"),
    ("TD20", "autofattura per regolarizzazione", "self-invoice to put in order"),
    ("TD21", "autofattura per splafonamento", "self-invoice beyond the ceiling"),
    ("TD22", "estrazione di beni da deposito IVA", "goods from a VAT warehouse"),
    ("TD23", "estrazione di beni da deposito IVA con versamento", "goods from a VAT warehouse, tax paid"),
    ("TD24", "fattura differita", "deferred invoice"),
    ("TD25", "fattura differita (triangolazione)", "deferred invoice (through a third party)"),
    ("TD26", "cessione di beni ammortizzabili o passaggio interno", "sale of depreciable goods or internal transfer"),
    ("TD27", "fattura per autoconsumo o cessione gratuita", "invoice for own use or free transfer"),
];

/// `ModalitaPagamento`
const MEANS: [Code; 23] = [
    ("MP01", "contanti", "cash"),
    ("MP02", "assegno", "cheque"),
    ("MP03", "assegno circolare", "banker's draft"),
    ("MP04", "contanti presso Tesoreria", "cash at the treasury"),
    ("MP05", "bonifico", "bank transfer"),
    ("MP06", "vaglia cambiario", "promissory note"),
    ("MP07", "bollettino bancario", "bank slip"),
    ("MP08", "carta di pagamento", "payment card"),
    ("MP09", "RID", "direct debit (RID)"),
    ("MP10", "RID utenze", "direct debit of utilities"),
    ("MP11", "RID veloce", "fast direct debit"),
    ("MP12", "ricevuta bancaria", "bank receipt"),
    ("MP13", "MAV", "payment by notice (MAV)"),
    ("MP14", "quietanza erario", "receipt of the treasury"),
    ("MP15", "giroconto su conti di contabilità speciale", "transfer between special accounts"),
    ("MP16", "domiciliazione bancaria", "bank direct debit"),
    ("MP17", "domiciliazione postale", "postal direct debit"),
    ("MP18", "bollettino di conto corrente postale", "postal slip"),
    ("MP19", "SEPA Direct Debit", "SEPA Direct Debit"),
    ("MP20", "SEPA Direct Debit CORE", "SEPA Direct Debit CORE"),
    ("MP21", "SEPA Direct Debit B2B", "SEPA Direct Debit B2B"),
    ("MP22", "trattenuta su somme già riscosse", "kept from sums received"),
    ("MP23", "PagoPA", "PagoPA"),
];

/// `CondizioniPagamento`
const TERMS: [Code; 3] = [
    ("TP01", "pagamento a rate", "payment in parts"),
    ("TP02", "pagamento completo", "payment in full"),
    ("TP03", "anticipo", "advance"),
];

/// `Natura`, by what stands before the point.
const EXEMPTIONS: [Code; 7] = [
    ("N1", "escluso (art. 15)", "excluded (art. 15)"),
    ("N2", "non soggetto", "outside the tax"),
    ("N3", "non imponibile", "not taxable"),
    ("N4", "esente", "exempt"),
    ("N5", "regime del margine", "margin scheme"),
    ("N6", "inversione contabile", "reverse charge"),
    ("N7", "IVA assolta in altro Stato UE", "VAT paid in another state of the Union"),
];

/// `EsigibilitaIVA`
const DUE: [Code; 3] = [
    ("I", "IVA a esigibilità immediata", "VAT due at once"),
    ("D", "IVA a esigibilità differita", "VAT due when paid"),
    (
        "S",
        "scissione dei pagamenti: l'IVA è versata dall'acquirente",
        "split payment: the buyer pays the VAT to the state",
    ),
];

/// The words of a code; one that is not known stands for itself.
fn words(codes: &[Code], code: &str) -> Words {
    let found = codes.iter().find(|(known, ..)| *known == code);
    found.map_or_else(|| Words::new(code, code), |(_, italian, english)| Words::new(*italian, *english))
}

/// What `Natura` says (`N3.1`).
fn exemption(code: &str) -> Words {
    let group = code.split('.').next().unwrap_or_default();
    let words = words(&EXEMPTIONS, group);
    if words.italian == group { Words::new(code, code) } else { words }
}

impl Document {
    /// What kind of document it is.
    pub fn kind_words(&self) -> Words {
        words(&KINDS, &self.kind)
    }
}

impl Payment {
    /// By what means it is paid.
    pub fn means_words(&self) -> Words {
        words(&MEANS, &self.means)
    }

    /// In full or in parts.
    pub fn terms_words(&self) -> Words {
        words(&TERMS, &self.terms)
    }
}

impl Tax {
    /// Why there is no tax.
    pub fn exemption_words(&self) -> Words {
        exemption(&self.exemption)
    }

    /// When, and by whom, the tax is paid.
    pub fn due_words(&self) -> Words {
        words(&DUE, &self.due)
    }
}

impl Item {
    /// Why there is no tax.
    pub fn exemption_words(&self) -> Words {
        exemption(&self.exemption)
    }
}
