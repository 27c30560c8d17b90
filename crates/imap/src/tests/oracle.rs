//! imap-codec makes commands of its own; ours must mean the same.

use arbitrary::{Arbitrary, Unstructured};
use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::encode::Encoder;
use imap_codec::imap_types::command::{Command, CommandBody};
use proptest::prelude::*;

use super::steps;
use crate::command::Request;
use crate::framing::Step;
use crate::{Bounds, Dialect, Fault};

fn encoded(command: &Command<'_>) -> Vec<u8> {
    CommandCodec::default().encode(command).dump()
}

/// The command with every string in one form, words in one case, and a range of one as its number: what differs here
/// differs in meaning.
fn plain(command: &[u8]) -> String {
    let mut out = Vec::new();
    let mut rest = command;
    while let [first, after @ ..] = rest {
        match first {
            b'"' => {
                let mut at = 0;
                while let Some(octet) = after.get(at).filter(|octet| **octet != b'"') {
                    at += usize::from(*octet == b'\\');
                    out.extend(after.get(at).map(u8::to_ascii_uppercase));
                    at += 1;
                }
                rest = &after[at + 1..];
            }
            b'{' => {
                let end = after.iter().position(|octet| *octet == b'}').unwrap();
                let digits = after[..end].strip_suffix(b"+").unwrap_or(&after[..end]);
                let octets: usize = std::str::from_utf8(digits).unwrap().parse().unwrap();
                let literal = &after[end + 3..];
                out.extend(literal[..octets].to_ascii_uppercase());
                rest = &literal[octets..];
            }
            b'~' if after.first() == Some(&b'{') => rest = after,
            octet => {
                out.push(octet.to_ascii_uppercase());
                rest = after;
            }
        }
    }
    let single = |range: &str| match range.split_once(':') {
        Some((from, to)) if from == to => from.to_owned(),
        _ => range.to_owned(),
    };
    let text = out.escape_ascii().to_string().replace('(', "( ").replace(')', " )").replace("\\r\\n", " ");
    text.split(' ').map(|word| word.split(',').map(single).collect::<Vec<_>>().join(",")).collect::<Vec<_>>().join(" ")
}

/// Commands that come back word for word. The others say a thing twice, or in an order of their own.
fn comparable(body: &CommandBody<'_>, octets: &[u8]) -> bool {
    match body {
        // Macros are opened, and what is said twice counts once.
        CommandBody::Fetch { .. } => false,
        // A depth of 0 is said by us, and means what none means.
        CommandBody::GetMetadata { options, .. } => options.is_empty(),
        CommandBody::Examine { parameters, .. } | CommandBody::Select { parameters, .. } => parameters.len() < 2,
        CommandBody::Store { modifiers, .. } => modifiers.len() < 2,
        // What a client says of itself is shown to people.
        CommandBody::Id { .. } => std::str::from_utf8(octets).is_ok(),
        _ => true,
    }
}

/// What we refuse with intention, though imap-codec makes it.
fn known_difference(fault: &Fault, octets: &[u8]) -> bool {
    let Fault::Syntax { expected, .. } = fault else {
        return match fault {
            Fault::Charset | Fault::TooDeep(_) | Fault::TooMany { .. } | Fault::Name(_) => true,
            // A tag that is longer than any.
            Fault::Tag => octets.iter().position(|octet| *octet == b' ').is_some_and(|tag| tag > 100),
            _ => false,
        };
    };
    match *expected {
        "text in UTF-8" => std::str::from_utf8(octets).is_err(),
        // STATUS wants something between its brackets (RFC 9051 §9).
        "a list with something in it" => plain(octets).contains("(  )"),
        // 63 bits (RFC 7162 §7, RFC 9051 §9), and never 0 in QRESYNC.
        "a number" => true,
        // RFC 7162 §3.2.6 and §7.
        "CHANGEDSINCE beside VANISHED" | "a set without *" => true,
        // DISPLAYFROM and DISPLAYTO (RFC 5957), and algorithms that nobody announces.
        "a sort key" | "ORDEREDSUBJECT or REFERENCES" => true,
        // RFC 5464 §3.2: it begins with a slash.
        "the name of an entry" => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn its_commands_mean_the_same_to_us(seed in prop::collection::vec(any::<u8>(), 0..400)) {
        let Ok(theirs) = Command::arbitrary(&mut Unstructured::new(&seed)) else { return Ok(()) };
        let octets = encoded(&theirs);
        if matches!(theirs.body, CommandBody::Append { .. }) {
            return Ok(());
        }
        // Names are octets to it, UTF-8 to us.
        let ours = match Request::parse(&octets, Dialect::Utf8) {
            Ok(ours) => ours,
            Err(refused) => {
                prop_assert!(known_difference(&refused.fault, &octets), "{:?} {}", refused, octets.escape_ascii());
                return Ok(());
            }
        };
        let said = ours.say(Dialect::Utf8);
        let Ok((rest, again)) = CommandCodec::default().decode(&said) else {
            return Err(TestCaseError::fail(format!("{} {}", said.escape_ascii(), octets.escape_ascii())));
        };
        prop_assert!(rest.is_empty());
        let again = encoded(&again);
        prop_assert_eq!(Request::parse(&again, Dialect::Utf8), Ok(ours));
        if comparable(&theirs.body, &octets) {
            prop_assert_eq!(plain(&octets), plain(&again));
        }
    }

    #[test]
    fn its_appends_are_whole_to_us(seed in prop::collection::vec(any::<u8>(), 0..400)) {
        let Ok(CommandBody::Append { mailbox, flags, date, message }) = CommandBody::arbitrary(&mut Unstructured::new(&seed)) else {
            return Ok(());
        };
        let body = CommandBody::Append { mailbox, flags, date, message };
        let Ok(command) = body.tag("a") else { return Ok(()) };
        let octets = encoded(&command);
        let steps: Vec<Step> = steps(&octets, Bounds::HOLDER).into_iter().filter(|step| *step != Step::Continue).collect();
        match &steps[..] {
            [Step::Append(_, message), rest @ ..] => {
                prop_assert_eq!(rest.last(), Some(&Step::AppendEnd));
                let literal = rest.iter().find_map(|step| match step {
                    Step::Octets(octets) => Some(octets.len() as u64),
                    _ => None,
                });
                prop_assert_eq!(literal.unwrap_or_default(), message.octets);
            }
            // The name of the mailbox is anything.
            [Step::Refused(refusal), ..] => prop_assert!(matches!(refusal.fault, Fault::Name(_)), "{:?}", refusal),
            steps => return Err(TestCaseError::fail(format!("{steps:?} {}", octets.escape_ascii()))),
        }
    }
}
