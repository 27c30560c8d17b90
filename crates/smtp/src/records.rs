//! The records of a name as zone files have them: what an operator compares with what should be there.

use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};

use crate::dns::Dns;

/// What DNS says of the records of a name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The values in the words of zone files; a text in one piece, without quotation marks.
    Found(Vec<String>),
    /// There is none, or no such name.
    Absent,
    /// No answer now; why.
    Unknown(String),
}

impl Dns {
    /// The records of this type at a name, aliases followed.
    pub async fn records(&self, name: &str, kind: RecordType) -> Listed {
        let name = format!("{}.", name.trim_end_matches('.'));
        match self.resolver().lookup(name.as_str(), kind).await {
            Ok(lookup) => {
                let fitting = lookup.answers().iter().filter(|record| record.record_type() == kind);
                let values: Vec<_> = fitting.map(|record| value(&record.data)).collect();
                if values.is_empty() { Listed::Absent } else { Listed::Found(values) }
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(denial)))
                if matches!(denial.response_code, ResponseCode::NoError | ResponseCode::NXDomain) =>
            {
                Listed::Absent
            }
            Err(error) => Listed::Unknown(error.to_string()),
        }
    }
}

fn value(data: &RData) -> String {
    match data {
        RData::TXT(text) => String::from_utf8_lossy(&text.txt_data.concat()).into_owned(),
        other => other.to_string(),
    }
}
