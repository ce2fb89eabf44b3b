//! Message tracking logs of Exchange Server: CSV whose header is a `#Fields:` line among other lines
//! that begin with `#`; also without these, when somebody took them out and left the header.

use aql_catalog::Catalog;

use super::csv::Row;
use super::{Format, Layout};
use crate::normalise::generic::NamedFields;
use crate::normalise::mapped::MappedRecord;
use crate::out::Out;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "exchange-tracking",
    about: "message tracking logs of Exchange Server",
    by: "the columns of the message tracking log",
    layout: Layout::Csv { is, take },
};

fn is(header: &[String]) -> bool {
    ["date-time", "event-id", "source", "message-id", "recipient-address"]
        .iter()
        .all(|name| header.iter().any(|h| h.trim().eq_ignore_ascii_case(name)))
}

fn take(name: &'static str, row: Row<'_>, out: &mut Out<'_>) {
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    let Some(mapping) = Catalog::get().mapping(name) else {
        return out.unparsed(name, row.payload, fields, row.at.record);
    };
    let record =
        MappedRecord { mapping, fields, payload: row.payload, header_time: None, category: None };
    out.mapped(name, &record, row.at.record);
}

#[cfg(test)]
mod tests {
    use super::is;

    #[test]
    fn headers() {
        let is = |text: &str| is(&text.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert!(is("date-time,client-ip,source,event-id,message-id,recipient-address"));
        assert!(is("Date-Time,source,Event-ID,Message-ID,Recipient-Address,x"));
        // The connectivity log of the same server.
        assert!(!is("date-time,session,source,Destination,direction,description"));
    }
}
