//! From a parsed TOML text to the types of the configuration. The parser's own way says of a wrong value neither its key nor,
//! within lists, its place; this one keeps both.

use std::ops::Range;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess};
use serde::de::{Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::misread::{Misread, list};

/// Reads a whole text.
pub(crate) fn read<T: DeserializeOwned>(table: &Spanned<DeTable<'_>>) -> Result<T, Misread> {
    // What is missing at the outermost level is missing from the whole text.
    T::deserialize(Value { span: 0..0, value: Node::Table(table.get_ref()) })
}

/// A value and its place.
struct Value<'a> {
    span: Range<usize>,
    value: Node<'a>,
}

enum Node<'a> {
    Table(&'a DeTable<'a>),
    Other(&'a DeValue<'a>),
}

impl Node<'_> {
    fn seen(&self) -> Unexpected<'_> {
        match self {
            Node::Table(_) | Node::Other(DeValue::Table(_)) => Unexpected::Map,
            Node::Other(DeValue::Array(_)) => Unexpected::Seq,
            Node::Other(DeValue::Boolean(value)) => Unexpected::Bool(*value),
            Node::Other(DeValue::String(text)) => Unexpected::Str(text),
            Node::Other(DeValue::Integer(_)) => Unexpected::Signed(0),
            Node::Other(DeValue::Float(_)) => Unexpected::Float(0.0),
            Node::Other(DeValue::Datetime(_)) => DATE,
        }
    }
}

const DATE: Unexpected<'static> = Unexpected::Other("a date without quotes");

impl<'a> Value<'a> {
    fn of(value: &'a Spanned<DeValue<'a>>) -> Self {
        let node = match value.get_ref() {
            DeValue::Table(table) => Node::Table(table),
            other => Node::Other(other),
        };
        Self { span: value.span(), value: node }
    }
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = Misread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        let visited = match self.value {
            Node::Table(table) => visitor.visit_map(Entries { left: table.iter(), value: None }),
            Node::Other(value) => scalar(value, visitor),
        };
        visited.map_err(|misread| misread.at(self.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misread> {
        let span = self.span.clone();
        visitor.visit_some(self).map_err(|misread| misread.at(span))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misread> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        let span = self.span.clone();
        let visited = match self.value {
            Node::Other(DeValue::String(text)) => {
                let word: StrDeserializer<'_, Misread> = text.as_ref().into_deserializer();
                visitor.visit_enum(word)
            }
            other => Err(Misread::invalid_type(other.seen(), &list(words.iter().copied()).as_str())),
        };
        visited.map_err(|misread| misread.at(span))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misread> {
        // A list would be taken for the fields in their order.
        match &self.value {
            Node::Table(_) => self.deserialize_any(visitor),
            other => Err(Misread::invalid_type(other.seen(), &"a table").at(self.span)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

fn scalar<'de, V: Visitor<'de>>(value: &DeValue<'_>, visitor: V) -> Result<V::Value, Misread> {
    match value {
        DeValue::String(text) => visitor.visit_str(text),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => visitor.visit_i64(number),
            Err(_) => Err(Misread::invalid_value(Unexpected::Other("a number that is too large"), &visitor)),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => visitor.visit_f64(number),
            Err(_) => Err(Misread::invalid_value(Unexpected::Other("a number that is too large"), &visitor)),
        },
        DeValue::Boolean(value) => visitor.visit_bool(*value),
        DeValue::Datetime(_) => Err(Misread::invalid_type(DATE, &visitor)),
        DeValue::Array(items) => visitor.visit_seq(Items { left: items.iter().enumerate() }),
        DeValue::Table(table) => visitor.visit_map(Entries { left: table.iter(), value: None }),
    }
}

/// The keys of a table, each followed by its value.
struct Entries<'a, I> {
    left: I,
    value: Option<(&'a str, &'a Spanned<DeValue<'a>>)>,
}

impl<'a, 'de, I> MapAccess<'de> for Entries<'a, I>
where
    I: Iterator<Item = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)>,
{
    type Error = Misread;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misread> {
        let Some((key, value)) = self.left.next() else { return Ok(None) };
        self.value = Some((key.get_ref(), value));
        let name: StrDeserializer<'_, Misread> = key.get_ref().as_ref().into_deserializer();
        let read = seed.deserialize(name).map_err(|misread| {
            let misread = misread.at(key.span());
            if misread.key.is_empty() { misread.under(key.get_ref()) } else { misread }
        });
        read.map(Some)
    }

    fn next_value_seed<W: DeserializeSeed<'de>>(&mut self, seed: W) -> Result<W::Value, Misread> {
        let Some((key, value)) = self.value.take() else { return Err(Misread::custom("a value without its key")) };
        seed.deserialize(Value::of(value)).map_err(|misread| misread.at(value.span()).under(key))
    }
}

/// The items of a list.
struct Items<I> {
    left: I,
}

impl<'a, 'de, I: Iterator<Item = (usize, &'a Spanned<DeValue<'a>>)>> SeqAccess<'de> for Items<I> {
    type Error = Misread;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misread> {
        let Some((index, value)) = self.left.next() else { return Ok(None) };
        let read = seed.deserialize(Value::of(value)).map(Some);
        read.map_err(|misread| misread.at(value.span()).under(&index.to_string()))
    }
}
