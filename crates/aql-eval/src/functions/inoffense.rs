//! INOFFENSE: did the event contribute to an offense? Binding adds what it looks at: time, source
//! address, file and record of the event.

use aql_diag::Diagnostic;

use super::{Function, arg};
use crate::site::{Contributor, absent};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("INOFFENSE", call).remarked_by(remark);

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let offense = arg(args, 0).integer().and_then(|id| cx.site.offense(id));
    let file = arg(args, 3).text();
    let event = Contributor {
        time: arg(args, 1).integer(),
        source: arg(args, 2).host(),
        file: file.as_deref(),
        record: arg(args, 4).integer(),
    };
    Datum::Boolean(offense.is_some_and(|offense| offense.holds(event)))
}

fn remark(constants: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    let id = constants.first().and_then(Option::as_ref).and_then(Datum::integer)?;
    let remark = || {
        absent(&format!("offense {id}"), "offenses.csv", "false").note(format!(
            "an appliance fails the query with `InOffense function: Error loading Offense {id}`"
        ))
    };
    cx.site.offense(id).is_none().then(remark)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [
            (
                "offenses.csv",
                "id,start,stop,source_ip\n13,1000,2000,10.0.0.1;10.0.0.2\n14,1000,,\n15,0,9000,\n",
            ),
            ("offense_events.csv", "offense,file,record\n15,Security.evtx,7\n15,b.json,7\n"),
        ];
        let at = |id, time, ip, file, record| [int(id), int(time), ip, t(file), int(record)];
        check_site(super::FUNCTION, &files, &[
            (&at(13, 1500, host("10.0.0.1"), "x", 1), yes(true)),
            (&at(13, 2000, host("10.0.0.2"), "x", 1), yes(true)),
            (&at(13, 2001, host("10.0.0.1"), "x", 1), yes(false)),
            (&at(13, 1500, host("10.0.0.3"), "x", 1), yes(false)),
            (&at(13, 1500, NULL, "x", 1), yes(false)),
            // Without addresses every event in its time, without an end every later one.
            (&at(14, 999_999, host("10.0.0.3"), "x", 1), yes(true)),
            (&at(14, 999, host("10.0.0.3"), "x", 1), yes(false)),
            // Listed events: time and address do not count.
            (&at(15, 99_999, NULL, "logs/Security.evtx", 7), yes(true)),
            (&at(15, 1000, NULL, "logs/Security.evtx", 8), yes(false)),
            (&at(15, 1000, NULL, "logs/OtherSecurity.evtx", 7), yes(false)),
            (&at(15, 1000, NULL, "b.json", 7), yes(true)),
            (&at(99, 1500, host("10.0.0.1"), "x", 1), yes(false)),
            (&[NULL], yes(false)),
            (&[int(13)], yes(false)),
        ]);
    }
}
