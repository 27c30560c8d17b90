//! The few items of CBOR (RFC 8949) that evidence is written in, in their one deterministic form (§4.2.1): whole numbers,
//! byte and text strings, arrays of definite length, null. What has another form is refused, so that bytes and value
//! determine each other.

/// Writes items one after the other.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const NULL: u8 = 0xf6;

impl Writer {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, value: u64) {
        let major = major << 5;
        // The shortest form of four.
        match value {
            0..24 => self.0.push(major | value as u8),
            24..=0xff => self.0.extend([major | 24, value as u8]),
            0x100..=0xffff => {
                self.0.push(major | 25);
                self.0.extend((value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend((value as u32).to_be_bytes());
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend(value.to_be_bytes());
            }
        }
    }

    pub(crate) fn unsigned(&mut self, value: u64) {
        self.head(UNSIGNED, value);
    }

    pub(crate) fn integer(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.head(UNSIGNED, value),
            // -1 - n, which the complement of a negative number is.
            Err(_) => self.head(NEGATIVE, !value as u64),
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn array(&mut self, items: usize) {
        self.head(ARRAY, items as u64);
    }

    pub(crate) fn null(&mut self) {
        self.0.push(NULL);
    }

    pub(crate) fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }
}

/// Reads items one after the other; `Err` says what was expected.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

type Read<T> = Result<T, &'static str>;

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The end of the bytes.
    pub(crate) fn end(&self) -> Read<()> {
        if self.rest.is_empty() { Ok(()) } else { Err("nothing after the array") }
    }

    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("more bytes")?;
        self.rest = rest;
        Ok(taken)
    }

    fn head(&mut self) -> Read<(u8, u64)> {
        let [first] = self.take(1)? else { return Err("more bytes") };
        let short = first & 31;
        let width = match short {
            0..24 => return Ok((first >> 5, short.into())),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err("a definite length"),
        };
        let value = self.take(width)?.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let least = match width {
            1 => 24,
            2 => 0x100,
            4 => 0x1_0000,
            _ => 0x1_0000_0000,
        };
        if value < least { Err("the shortest form of a number") } else { Ok((first >> 5, value)) }
    }

    fn of(&mut self, major: u8, expected: &'static str) -> Read<u64> {
        match self.head()? {
            (found, value) if found == major => Ok(value),
            _ => Err(expected),
        }
    }

    pub(crate) fn unsigned(&mut self) -> Read<u64> {
        self.of(UNSIGNED, "a number from zero")
    }

    pub(crate) fn integer(&mut self) -> Read<i64> {
        let out_of_range = |_| "a number of 64 bits";
        match self.head()? {
            (UNSIGNED, value) => i64::try_from(value).map_err(out_of_range),
            (NEGATIVE, value) => i64::try_from(value).map(|value| !value).map_err(out_of_range),
            _ => Err("a whole number"),
        }
    }

    fn string(&mut self, major: u8, expected: &'static str) -> Read<&'a [u8]> {
        let length = self.of(major, expected)?;
        self.take(usize::try_from(length).map_err(|_| "more bytes")?)
    }

    pub(crate) fn bytes(&mut self) -> Read<&'a [u8]> {
        self.string(BYTES, "a byte string")
    }

    pub(crate) fn text(&mut self) -> Read<String> {
        let bytes = self.string(TEXT, "a text")?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| "a text in UTF-8")
    }

    pub(crate) fn array(&mut self) -> Read<usize> {
        let items = self.of(ARRAY, "an array")?;
        // Each item takes a byte at least: no length makes us reserve more than was sent.
        usize::try_from(items).ok().filter(|items| *items <= self.rest.len()).ok_or("more bytes")
    }

    pub(crate) fn array_of(&mut self, items: usize, expected: &'static str) -> Read<()> {
        if self.of(ARRAY, expected)? == items as u64 { Ok(()) } else { Err(expected) }
    }

    pub(crate) fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if self.rest.first() == Some(&NULL) {
            self.rest = self.rest.get(1..).unwrap_or_default();
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub(crate) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let items = self.array()?;
        (0..items).map(|_| read(self)).collect()
    }
}
