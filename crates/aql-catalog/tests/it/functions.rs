//! The functions.

use aql_catalog::Catalog;
use aql_event::Type;

#[test]
fn functions_by_name() {
    let describe = |name: &str| {
        let function = Catalog::get().function(name)?;
        let params: Vec<String> = function
            .params
            .iter()
            .map(|p| {
                let types: Vec<_> = p.types.iter().map(|t| t.name()).collect();
                format!("{}{}:{}", p.name, if p.optional { "?" } else { "" }, types.join("|"))
            })
            .collect();
        let more = if function.variadic { "…" } else { "" };
        let result = function.result.map_or("argument", Type::name);
        Some(format!("{}({}{more}) {result}", function.name, params.join(", ")))
    };
    for (name, expected) in [
        ("qidname", Some("QIDNAME(qid:integer) text")),
        ("QIDESCRIPTION", Some("QIDDESCRIPTION(qid:integer) text")),
        ("UtF8", Some("UTF8(bytes:bytes|text) text")),
        ("geo::lookup", Some("GEO::LOOKUP(host:address|text, key?:text) text")),
        ("Concat", Some("CONCAT(value:…) text")),
        ("substring", Some("SUBSTRING(text:, start:integer, length?:integer) text")),
        ("max", Some("MAX(value:) argument")),
        ("count", Some("COUNT(value?:) number")),
        ("now", Some("NOW() time")),
        ("length", None),
    ] {
        assert_eq!(describe(name).as_deref(), expected, "{name}");
    }
}

/// Aggregate functions and functions of the guide's two lists, so that none is lost.
#[test]
fn every_function_of_the_guide_is_there() {
    let aggregates = "AVG COUNT DISTINCTCOUNT FIRST LAST MAX MIN STDEV STDEVP SUM UNIQUECOUNT";
    let scalars = "BASE64 CONCAT DATEFORMAT DOUBLE LONG LOWER NOW PARSEDATETIME PARSETIMESTAMP \
        REPLACEALL REPLACEFIRST STR STRLEN STRPOS SUBSTRING UPPER UTF8 APPLICATIONNAME \
        ARIELSERVERS4EPID ARIELSERVERS4EPNAME ASSETHOSTNAME ASSETPROPERTY ASSETUSER CATEGORYNAME \
        COMPONENTID DOMAINNAME GLOBALVIEW GEO::LOOKUP GEO::LOOKUP_TEXT GEO::DISTANCE GEO::LOOKUP_BY_DOMAIN \
        GEO::LOOKUP_TEXT_BY_DOMAIN GEO::DISTANCE_BY_DOMAIN HOSTNAME INCIDR INOFFENSE \
        LOGSOURCENAME LOGSOURCEGROUPNAME LOGSOURCETYPENAME MATCHESASSETSEARCH NETWORKNAME \
        FULLNETWORKNAME OFFENSE_TIME PROCESSORNAME PROTOCOLNAME QIDNAME QIDDESCRIPTION \
        REFERENCEMAP REFERENCEMAPSETCONTAINS REFERENCETABLE REFERENCESETCONTAINS RULENAME \
        XFORCE_IP_CONFIDENCE XFORCE_IP_CATEGORY XFORCE_URL_CATEGORY ICU4JSEARCH";
    let catalog = Catalog::get();
    for (names, aggregate) in [(aggregates, true), (scalars, false)] {
        for name in names.split_whitespace() {
            let function = catalog.function(name).expect(name);
            assert_eq!((&*function.name, function.aggregate), (name, aggregate));
        }
    }
    let known = aggregates.split_whitespace().count() + scalars.split_whitespace().count();
    let internal = catalog.functions().iter().filter(|f| f.internal).count();
    assert_eq!(catalog.functions().len(), known + internal);
}

#[test]
fn every_function_is_documented() {
    let functions = Catalog::get().functions();
    assert!(functions.windows(2).all(|pair| pair[0].name < pair[1].name));
    for function in functions {
        let name = &*function.name;
        assert_eq!(name.to_uppercase(), name);
        for text in [&function.doc, &function.example, &function.example_result, &function.source] {
            assert!(!text.trim().is_empty(), "{name}");
        }
        assert!(function.example.contains(name), "{name}: {}", function.example);
        // An optional parameter is followed by optional ones only.
        let optional: Vec<bool> = function.params.iter().map(|p| p.optional).collect();
        assert!(optional.is_sorted(), "{name}");
        assert!(!function.variadic || !function.params.is_empty(), "{name}");
        assert!(function.result.is_some() || !function.params.is_empty(), "{name}");
    }
}
