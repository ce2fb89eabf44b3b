//! The built-in columns of `events`: which are fixed, which are made from facts of the record.
//!
//! Defaults are those of the event model's field table (`em_aql_event_fields.csv`), captured from
//! an appliance where it says so.

use aql_catalog::Qid;

use super::{CREDIBILITY, ClassFacts, Fixed};

/// A built-in or provenance column that is made for each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// `starttime`, `endtime` and `devicetime`: in files all three are the time of the record.
    Time,
    SourceIp,
    DestinationIp,
    SourceV6,
    DestinationV6,
    SourcePort,
    DestinationPort,
    Protocol,
    Username,
    LogSource,
    Direction,
    Relevance,
    Magnitude,
    Payload,
    File,
    Record,
    Fields,
}

impl Builtin {
    /// May a record that was normalised before say it itself?
    pub(crate) fn may_be_told(self) -> bool {
        matches!(
            self,
            Builtin::Time
                | Builtin::LogSource
                | Builtin::Direction
                | Builtin::Relevance
                | Builtin::Magnitude
        )
    }

    /// Is it made from addresses, ports, protocol or user?
    pub(crate) fn needs_facts(self) -> bool {
        !matches!(
            self,
            Builtin::Time
                | Builtin::LogSource
                | Builtin::Payload
                | Builtin::File
                | Builtin::Record
                | Builtin::Fields
        )
    }
}

/// How a built-in column is filled: fixed for the class (`Ok`), made per record (`Err`), or (if
/// nothing) only from fields that the catalog names.
pub(crate) fn of(name: &str, class: &ClassFacts<'_>, qid: &Qid) -> Option<Result<Fixed, Builtin>> {
    let integer = |n| Some(Ok(Fixed::Integer(n)));
    let text = |t: &str| Some(Ok(Fixed::Text(t.to_owned())));
    let known_text = |t: &str| Some(Ok(some_text(t)));
    match name {
        "starttime" | "endtime" | "devicetime" => Some(Err(Builtin::Time)),
        "sourceip" | "sourceaddress" => Some(Err(Builtin::SourceIp)),
        "destinationip" | "destinationaddress" => Some(Err(Builtin::DestinationIp)),
        "sourcev6" => Some(Err(Builtin::SourceV6)),
        "destinationv6" => Some(Err(Builtin::DestinationV6)),
        "sourceport" => Some(Err(Builtin::SourcePort)),
        "destinationport" => Some(Err(Builtin::DestinationPort)),
        "protocolid" => Some(Err(Builtin::Protocol)),
        "username" => Some(Err(Builtin::Username)),
        "logsourceid" => Some(Err(Builtin::LogSource)),
        "eventdirection" => Some(Err(Builtin::Direction)),
        "relevance" => Some(Err(Builtin::Relevance)),
        "magnitude" => Some(Err(Builtin::Magnitude)),
        "payload" => Some(Err(Builtin::Payload)),
        "devicetype" => integer(class.device_type),
        "qid" => integer(qid.id),
        "qideventid" => known_text(class.event_id),
        "qideventcategory" => known_text(class.event_category),
        "category" => integer(qid.category),
        "highlevelcategory" => integer(qid.category - qid.category.rem_euclid(1000)),
        "severity" => integer(class.severity.unwrap_or(qid.severity)),
        "credibility" => integer(CREDIBILITY),
        "eventcount" | "processorid" => integer(1),
        "domainid"
        | "duration"
        | "prenatsourceport"
        | "prenatdestinationport"
        | "postnatsourceport"
        | "postnatdestinationport" => integer(0),
        "sourcemac" | "destinationmac" => text("00:00:00:00:00:00"),
        "prenatsourceip"
        | "prenatdestinationip"
        | "postnatsourceip"
        | "postnatdestinationip"
        | "identityip" => text("0.0.0.0"),
        "geographiclocation" | "sourcegeographiclocation" | "destinationgeographiclocation" => {
            text("other")
        }
        "isunparsed" => Some(Ok(Fixed::Boolean(class.unparsed))),
        "hasoffense" | "hasidentity" | "iscreevent" | "isduplicate" => {
            Some(Ok(Fixed::Boolean(false)))
        }
        "devicegrouplist" | "creeventlist" | "partialmatchlist" | "partialormatchlist" => {
            Some(Ok(Fixed::EmptyList))
        }
        _ => None,
    }
}

fn some_text(text: &str) -> Fixed {
    if text.is_empty() { Fixed::Null } else { Fixed::Text(text.to_owned()) }
}
