//! Under which names the mailboxes of other people stand (the other users' namespace of RFC 2342): `Caselle/ADDRESS/`.

use pec::Address;

/// Above the mailboxes of a user.
pub(super) const CASELLE: &str = "Caselle";

/// The level of a mailbox in a name below it, and what is left.
pub(super) fn within(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(CASELLE)?.strip_prefix('/')?.split_once('/')
}

/// Where the folders of a mailbox stand.
pub(super) fn prefix(address: &Address) -> String {
    format!("{CASELLE}/{}/", code(address))
}

/// An address as one level of a name: what separates levels, or stands for any name, is written as quoted-printable does.
fn code(address: &Address) -> String {
    let mut coded = String::with_capacity(address.as_str().len());
    for one in address.as_str().chars() {
        match one {
            '/' | '%' | '*' | '=' => coded.push_str(&format!("={:02X}", u32::from(one))),
            one => coded.push(one),
        }
    }
    coded
}

/// The address that is written so, in any case.
pub(super) fn decoded(coded: &str) -> Option<Address> {
    let mut text = String::with_capacity(coded.len());
    let mut parts = coded.split('=');
    text.push_str(parts.next()?);
    for part in parts {
        let (octet, rest) = part.split_at_checked(2)?;
        text.push(char::from(u8::from_str_radix(octet, 16).ok()?));
        text.push_str(rest);
    }
    Address::parse(&text).ok().filter(|address| code(address).eq_ignore_ascii_case(coded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_level_whatever_it_holds_and_is_read_back() {
        for (text, coded) in [
            ("Ufficio.Protocollo@alfa.example", "Ufficio.Protocollo@alfa.example"),
            ("a/b=%*@alfa.example", "a=2Fb=3D=25=2A@alfa.example"),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(code(&address), coded);
            assert_eq!(decoded(&coded.to_ascii_lowercase()), Some(address));
        }
        for wrong in ["", "a", "a=@alfa.example", "a=2@alfa.example", "a=41@alfa.example", "a=+F@alfa.example", "a=2Fb"]
        {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}
