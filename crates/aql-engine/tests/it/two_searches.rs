//! stix-shifter sends each pattern twice, to flows and to events, and gives up if the first search
//! is refused (qradar-rest-api.md, 10).

use std::ops::ControlFlow;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_semantic::{BindOptions, Mode, bind_text};

use crate::slt::print;
use crate::table::MemoryTable;

// Its flow columns, without APPLICATIONNAME.
const FLOWS: &str = "SELECT applicationid, CATEGORYNAME(category) as categoryname, credibility, \
    destinationasn, destinationbytes, destinationdscp, destinationflags, destinationip, \
    destinationifindex, destinationpackets, destinationport, destinationprecedence, destinationv6, \
    domainid, fullmatchlist, firstpackettime, flowbias, flowdirection as direction, \
    flowinterfaceid, flowsource, flowtype, geographic, hasoffense, icmpcode, icmptype, \
    flowinterface, intervalid, isduplicate, lastpackettime, partialmatchlist, \
    PROTOCOLNAME(protocolid) as protocol, QIDNAME(qid) as qidname, qid, processorid, relevance, \
    retentionbucket, severity, sourceasn, sourcebytes, sourcedscp, sourceflags, sourceip, \
    sourceifindex, sourcepackets, sourceport, sourceprecedence, sourcev6, starttime, endtime, \
    UTF8(sourcepayload) as flowsourcepayload, UTF8(destinationpayload) as flowdestinationpayload, \
    CASE flowtype WHEN 0 THEN 'Standard Flow' ELSE 'Other' END AS flowtype, \
    \"md5 file hash\", \"sha1 file hash\", \"sha256 file hash\", \"file name\", \"file size\", \
    \"file entropy\", \"http host\", \"http referrer\", \"http response code\", \"http server\", \
    \"http user agent\", \"http version\", \"dns domain name\", \"tls server name indication\", \
    \"tls ja3 hash\", \"tls ja3s hash\", \"suspect content descriptions\", \"content type\" \
    FROM flows WHERE (INCIDR('10.0.0.0/8',sourceip) OR sourceip = '10.0.0.5') AND \
    destinationport IN ('443', '993') limit 10000 START 0 STOP 120000";

const EVENTS: &str = "SELECT QIDNAME(qid) as qidname, username, sourceip, destinationport FROM events \
    WHERE (INCIDR('10.0.0.0/8',sourceip) OR sourceip = '10.0.0.5') AND destinationport IN ('443', \
    '993') limit 10000 START 0 STOP 120000";

#[test]
fn flows_then_events() {
    let table = MemoryTable::parse([
        "starttime | username | sourceip | destinationport",
        "1000      | bob      | 10.0.0.5 | 443",
    ]);
    let mut found = Vec::new();
    for text in [FLOWS, EVENTS] {
        for mode in [Mode::Strict, Mode::Lenient] {
            let options = BindOptions { mode, ..BindOptions::default() };
            let bound = bind_text(text, &options, Catalog::get());
            assert!(!bound.has_errors(), "{:?}", bound.diagnostics);
            let query = bound.query.expect("a query");
            let context = Arc::new(Context::new(Catalog::get(), 0));
            let plan = Engine::prepare(&query, &context).expect("a plan");
            let options = RunOptions::new(WindowPolicy { now: 0, mode: WindowMode::Honour });
            let mut rows = Vec::new();
            let outcome = plan.run(&table, &options, &mut |batch| {
                rows.extend(print(&batch));
                ControlFlow::Continue(())
            });
            assert!(outcome.is_complete(), "{:?}", outcome.diagnostics);
            found.push((plan.columns().len(), rows.join("\n")));
        }
    }
    let [flows, _, events, _] = found.as_slice() else { panic!("four runs") };
    assert_eq!(*flows, (70, String::new()));
    assert_eq!(*events, (4, "- | bob | 10.0.0.5 | 443".to_owned()));
}
