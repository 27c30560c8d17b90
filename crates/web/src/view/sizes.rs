//! Octets as people say them.

use crate::language::Language;

/// `1,2 MB`.
pub(crate) fn size(octets: u64, l: Language) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if octets < 1000 {
        return l.of(format!("{octets} byte"), format!("{octets} bytes"));
    }
    let (mut tenths, mut unit) = (octets.div_ceil(100), 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths.div_ceil(1000), unit + 1);
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    match tenths {
        100.. => format!("{} {name}", tenths / 10),
        _ => format!("{}{}{} {name}", tenths / 10, l.of(',', '.'), tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let it = |octets| size(octets, Language::It);
        assert_eq!((it(999), it(1000), it(1_234_567)), ("999 byte".into(), "1,0 kB".into(), "1,3 MB".into()));
        assert_eq!((it(31_000_000), it(6_100_000_000)), ("31 MB".into(), "6,1 GB".into()));
        assert_eq!(size(1_500, Language::En), "1.5 kB");
    }
}
