//! Results of `aql test` as JUnit XML, which CI systems read.

use std::time::Duration;

use aql_pack::{Case, CaseResult, Pack};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// The cases of one pack.
pub(crate) struct Suite {
    name: String,
    time: Duration,
    /// Name, title, and what differs, if anything.
    cases: Vec<(String, String, Option<String>)>,
}

pub(crate) fn suite(pack: &Pack, cases: &[&Case], results: &[CaseResult], time: Duration) -> Suite {
    let cases = cases.iter().zip(results).map(|(case, result)| {
        let failing = result.ways.iter().filter(|way| !way.differences.is_empty());
        let text: Vec<String> = failing
            .flat_map(|way| {
                let differences = way.differences.iter().map(|d| format!("  {d}"));
                std::iter::once(format!("{}:", way.way)).chain(differences)
            })
            .collect();
        let text = (!text.is_empty()).then(|| text.join("\n"));
        (case.name.clone(), case.facts.title.clone(), text)
    });
    Suite { name: pack.facts.name.clone(), time, cases: cases.collect() }
}

/// The document: one suite per pack, one test case per case.
pub(crate) fn document(suites: &[Suite]) -> anyhow::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.create_element("testsuites").write_inner_content(|writer| {
        for suite in suites {
            let failed = suite.cases.iter().filter(|(_, _, text)| text.is_some()).count();
            writer
                .create_element("testsuite")
                .with_attribute(("name", suite.name.as_str()))
                .with_attribute(("tests", suite.cases.len().to_string().as_str()))
                .with_attribute(("failures", failed.to_string().as_str()))
                .with_attribute(("time", format!("{:.3}", suite.time.as_secs_f64()).as_str()))
                .write_inner_content(|writer| {
                    for case in &suite.cases {
                        write_case(writer, &suite.name, case)?;
                    }
                    Ok(())
                })?;
        }
        Ok(())
    })?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn write_case(
    writer: &mut Writer<Vec<u8>>,
    suite: &str,
    (name, title, failure): &(String, String, Option<String>),
) -> std::io::Result<()> {
    let element = writer
        .create_element("testcase")
        .with_attribute(("classname", suite))
        .with_attribute(("name", name.as_str()));
    let Some(text) = failure else {
        element.write_empty()?;
        return Ok(());
    };
    element.write_inner_content(|writer| {
        writer
            .create_element("failure")
            .with_attribute(("message", title.as_str()))
            .write_text_content(BytesText::new(&allowed(text)))?;
        Ok(())
    })?;
    Ok(())
}

/// Without the characters that XML 1.0 has no way to write.
fn allowed(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' => c,
            '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}
