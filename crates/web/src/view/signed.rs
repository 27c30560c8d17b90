//! Who signed a file, and whether his signature fits. What is not judged of it is said, and nothing here looks like more than it is: a
//! certificate that comes with a file says what whoever made it wanted.

use render::{Fit, Signature, SignedFile};

use super::dates::{whole, whole_day};
use super::mark::Mark;
use super::words::capital;
use crate::language::Language;

/// A signed file, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// As of a verdict.
    pub(crate) look: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) title: String,
    pub(crate) unjudged: String,
    /// A signed file inside was not opened.
    pub(crate) is_cut: bool,
    pub(crate) signers: Vec<Signer>,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) name: String,
    pub(crate) mark: Mark,
    /// What its certificate says.
    pub(crate) says: Vec<(&'static str, String)>,
    /// What is wrong beside the signature.
    pub(crate) warning: Option<&'static str>,
}

/// Who signed, with what there is to know of each.
pub(crate) fn signed(file: &SignedFile, l: Language) -> Signed {
    let (mark, title) = summary(&file.signatures, l);
    // Whoever made the certificate chose its name: a signature that fits is no reason for green.
    let (look, icon, title) = match mark.look {
        "failed" => ("bad", "error", capital(&mark.word)),
        _ => ("plain", "file-signed", title),
    };
    Signed {
        look,
        icon,
        title,
        unjudged: l.said(SignedFile::unjudged()),
        is_cut: file.cut,
        signers: file.signatures.iter().map(|one| signer(one, file.signatures.len() > 1, l)).collect(),
    }
}

/// All signatures in one mark, the worst of them, and in one sentence.
pub(crate) fn summary(signatures: &[Signature], l: Language) -> (Mark, String) {
    let worst = signatures.iter().max_by_key(|one| match one.outcome {
        Fit::Fits => 0,
        Fit::Untried(_) => 1,
        Fit::Changed | Fit::Forged => 2,
    });
    let mark =
        worst.map_or_else(|| Mark::new("unverified", "help-circle", l.nobody_signed()), |one| mark(&one.outcome, l));
    let mut names: Vec<String> = Vec::new();
    for name in signatures.iter().map(|one| name(one, l)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let names = match names.as_slice() {
        [] => return (mark, l.nobody_signed().to_owned()),
        [one] => one.clone(),
        [some @ .., last] => l.of(format!("{} e {last}", some.join(", ")), format!("{} and {last}", some.join(", "))),
    };
    let sentence = match mark.look {
        "done" => l.of(format!("Firmato da {names}"), format!("Signed by {names}")),
        // Whose signature does not fit, or was not tried, may not have signed this.
        _ => l.of(format!("Dice di essere firmato da {names}"), format!("It says that {names} signed it")),
    };
    (mark, sentence)
}

fn mark(fit: &Fit, l: Language) -> Mark {
    let (look, icon) = match fit {
        Fit::Fits => ("done", "check-circle"),
        Fit::Changed | Fit::Forged => ("failed", "error"),
        Fit::Untried(_) => ("unverified", "help-circle"),
    };
    Mark::new(look, icon, l.said(fit.words()))
}

fn name(signature: &Signature, l: Language) -> String {
    let candidates = [&signature.name, &signature.organization];
    let known = candidates.into_iter().find(|name| !name.is_empty());
    known.map_or_else(|| l.unknown_signer().to_owned(), Clone::clone)
}

fn signer(of: &Signature, among_others: bool, l: Language) -> Signer {
    let mut says = vec![
        (l.tax_code(), of.tax_code.clone()),
        (l.owner_number(), if of.tax_code.is_empty() { of.owner_number.clone() } else { String::new() }),
        (l.organisation(), of.organization.clone()),
        (l.issued_by(), of.issuer.clone()),
        (l.certificate_number(), of.certificate.clone()),
    ];
    if let Some((from, until)) = of.validity {
        let (from, until) = (whole_day(from, l), whole_day(until, l));
        says.push((l.valid(), l.of(format!("da {from} a {until}"), format!("from {from} to {until}"))));
    }
    if let Some(at) = of.signed_at {
        says.push((l.signed_at(), format!("{} ({})", whole(at, l).words, l.as_signer_says())));
    }
    if among_others {
        let level = of.layer + 1;
        let around = l.of(format!("{level}ª firma dall’esterno"), format!("level {level} from outside"));
        says.push((l.layer(), if of.layer == 0 { l.outermost().to_owned() } else { around }));
    }
    says.retain(|(_, value)| !value.is_empty());
    let warning = (of.was_in_time() == Some(false)).then(|| l.out_of_time());
    Signer { name: name(of, l), mark: mark(&of.outcome, l), says, warning }
}

#[cfg(test)]
mod tests {
    use pec::Moment;

    use super::*;

    fn signature(name: &str, outcome: Fit) -> Signature {
        Signature {
            layer: 0,
            name: name.into(),
            organization: String::new(),
            tax_code: "RSSMRA80A01H501U".into(),
            owner_number: "TINIT-RSSMRA80A01H501U".into(),
            issuer: "Firma Uno".into(),
            certificate: "0a".into(),
            validity: Some((Moment::from_unix(1_000), Moment::from_unix(2_000))),
            signed_at: Some(Moment::from_unix(3_000)),
            outcome,
        }
    }

    #[test]
    fn the_worst_signature_marks_the_file_and_everybody_is_named_once() {
        let (fits, changed) = (signature("Maria Rossi", Fit::Fits), signature("Luca Bianchi", Fit::Changed));
        let (mark, sentence) = summary(&[fits.clone(), changed, fits.clone()], Language::It);
        assert_eq!((mark.look, sentence.as_str()), ("failed", "Dice di essere firmato da Maria Rossi e Luca Bianchi"));
        let (mark, sentence) = summary(&[fits], Language::En);
        assert_eq!((mark.look, mark.word.as_str()), ("done", "the signature fits the content"));
        assert_eq!(sentence, "Signed by Maria Rossi");
        let (mark, sentence) = summary(&[signature("Maria Rossi", Fit::Untried("RSA-PSS".into()))], Language::It);
        assert_eq!((mark.look, sentence.as_str()), ("unverified", "Dice di essere firmato da Maria Rossi"));
        assert_eq!(summary(&[], Language::It).0.look, "unverified");
    }

    #[test]
    fn a_signer_says_what_his_certificate_says_and_what_is_wrong_with_it() {
        let one = signer(&signature("", Fit::Fits), false, Language::It);
        assert_eq!(one.name, "firmatario sconosciuto");
        assert!(one.warning.is_some_and(|warning| warning.contains("non era valido")), "{one:?}");
        let says: Vec<&str> = one.says.iter().map(|(what, _)| *what).collect();
        assert_eq!(says, ["Codice fiscale", "Rilasciato da", "Certificato n.", "Validità", "Firmato il"]);
    }
}
