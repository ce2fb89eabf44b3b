//! The context folder: what a site knows, and what is said where it knows nothing.

use std::fs;

use tempfile::TempDir;

use crate::support::{Run, aql};

fn context(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn query(folder: &TempDir, query: &str) -> Run {
    let folder = folder.path().to_str().expect("a plain path");
    aql(&["query", "--context", folder, query, "examples/evidence"])
}

#[test]
fn the_functions_of_a_site_answer_from_its_files() {
    let folder = context(&[
        ("reference_sets/Offices.csv", "# element_type: CIDR\nvalue\n198.51.100.60/31\n"),
        ("reference_maps/Owner.csv", "key,value\n198.51.100.61,Gu\n"),
        ("networks.csv", "cidr,name,group\n198.51.100.0/24,Guests,Office\n"),
        ("assets.csv", "ip,hostname,user,Unified Name\n198.51.100.61,laptop,lee,Laptop of Lee\n"),
        (
            "log_sources.csv",
            "name,type,host,groups\nTenant,397,0f1c7a52-6a34-4d0b-9a3e-51cbb2c8f1d7,7\n",
        ),
        ("log_source_groups.csv", "id,name\n7,Cloud\n"),
        ("processors.csv", "id,name,host\n1,ep1,qradar\n"),
    ]);
    let run = query(
        &folder,
        "SELECT sourceip AS ip, REFERENCEMAP('Owner', sourceip) AS owner, \
         FULLNETWORKNAME(sourceip) AS net, ASSETHOSTNAME(sourceip, starttime) AS host, \
         ASSETUSER(sourceip) AS user, ASSETPROPERTY('Unified Name', sourceip, domainid) AS named, \
         LOGSOURCENAME(logsourceid) AS source, LOGSOURCEGROUPNAME(devicegrouplist) AS grp, \
         PROCESSORNAME(processorid) AS ep, HOSTNAME(processorid) AS ephost, COUNT(*) AS n \
         FROM events WHERE REFERENCESETCONTAINS('Offices', sourceip) GROUP BY sourceip",
    );
    let rows = run.json_lines();
    assert_eq!(rows.len(), 1, "{}", run.err);
    for (column, expected) in [
        ("ip", "198.51.100.61"),
        ("owner", "Gu"),
        ("net", "Office.Guests"),
        ("host", "laptop"),
        ("user", "lee"),
        ("named", "Laptop of Lee"),
        ("source", "Tenant"),
        ("grp", "Cloud"),
        ("ep", "ep1"),
        ("ephost", "qradar"),
    ] {
        assert_eq!(rows[0][column], expected, "{column}");
    }
    assert!(!run.err.contains("AQL14") && !run.err.contains("CTX"), "{}", run.err);
}

#[test]
fn an_offense_holds_its_events() {
    let where_ = "SELECT \"aql.record\" AS record FROM events WHERE INOFFENSE(13) ORDER BY record";
    let listed = context(&[
        ("offenses.csv", "id,start\n13,0\n"),
        (
            "offense_events.csv",
            "offense,file,record\n13,unified-audit.json,2\n13,test3-ews/unified-audit.json,3\n",
        ),
    ]);
    let run = query(&listed, where_);
    let evidence = "SELECT COUNT(*) AS n FROM events WHERE \
        (\"aql.file\" LIKE '%/unified-audit.json' AND \"aql.record\" = 2) \
        OR (\"aql.file\" LIKE '%/test3-ews/unified-audit.json' AND \"aql.record\" = 3)";
    let expected = query(&listed, evidence).json_lines()[0]["n"].as_f64().expect("a count");
    assert!(expected >= 2.0);
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let found = run.json_lines().len() as f64;
    assert_eq!(found, expected, "{}", run.err);
    // By time and address.
    let timed = context(&[("offenses.csv", "id,start,source_ip\n13,2000-01-01,198.51.100.61\n")]);
    let events = "SELECT COUNT(*) AS n FROM events WHERE INOFFENSE(13)";
    let by_address = "SELECT COUNT(*) AS n FROM events WHERE sourceip = '198.51.100.61'";
    let counts = [events, by_address].map(|q| query(&timed, q).json_lines()[0]["n"].clone());
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0].as_f64() > Some(0.0));
}

#[test]
fn an_offense_is_asked_of_events_and_flows_only() {
    let folder = context(&[("offenses.csv", "13,0\n")]);
    let run =
        query(&folder, "SELECT ip FROM (SELECT sourceip AS ip FROM events) WHERE INOFFENSE(13)");
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("error[AQL109]: INOFFENSE of the rows of an inner query"),
        "{}",
        run.err
    );
    let run = query(&folder, "SELECT sourceip FROM flows WHERE INOFFENSE(13)");
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
}

#[test]
fn what_is_not_there_is_said_once() {
    let folder = context(&[]);
    let run = query(
        &folder,
        "SELECT REFERENCESETCONTAINS('Mail', sourceip) AS a, XFORCE_IP_CATEGORY(sourceip) AS b \
         FROM events WHERE REFERENCESETCONTAINS('Mail', sourceip) \
         OR XFORCE_IP_CATEGORY(sourceip) IS NULL LIMIT 1",
    );
    assert_eq!(run.code, 0, "{}", run.err);
    let row = &run.json_lines()[0];
    assert_eq!((row["a"].as_bool(), row["b"].is_null()), (Some(false), true));
    assert_eq!(run.err.matches("there is no reference set `Mail`").count(), 1, "{}", run.err);
    assert!(run.err.contains("reference_sets/Mail.csv"));
    assert_eq!(run.err.matches("warning[AQL141]").count(), 1, "{}", run.err);
}

#[test]
fn faults_of_the_folder_are_said_and_do_not_stop_the_run() {
    let folder = context(&[
        ("reference_set/typo.csv", "x\n"),
        ("reference_sets/ips.csv", "# element_type: IP\n198.51.100.61\nhost\n"),
    ]);
    let run = query(
        &folder,
        "SELECT COUNT(*) AS n FROM events WHERE REFERENCESETCONTAINS('ips', sourceip)",
    );
    assert!(run.json_lines()[0]["n"].as_f64() > Some(0.0));
    assert!(
        run.err.contains("warning[CTX001]") && run.err.contains("reference_set:"),
        "{}",
        run.err
    );
    assert!(run.err.contains("ips.csv:3: `host` is no element of type IP"), "{}", run.err);
    let missing = folder.path().join("nothing");
    let missing = missing.to_str().expect("a plain path");
    for args in [
        &["query", "--context", missing, "SELECT qid FROM events", "examples/evidence"][..],
        &["hunt", "--context", missing, "examples/evidence"],
    ] {
        let run = aql(args);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains("error[CTX001]"), "{}", run.err);
    }
}

#[test]
fn a_hunt_knows_the_site() {
    let pack = context(&[
        (
            "pack.toml",
            "format = 1\nid = \"x\"\nname = \"test\"\ntitle = \"\"\nversion = \"1\"\ndescription = \"\"\nlicense = \"MIT\"\nauthor = \"\"\nrequires = \"0.1.0\"\nattack = []\n",
        ),
        (
            "rules/watched.toml",
            "id = \"w\"\ntitle = \"\"\ndescription = \"\"\nlevel = \"low\"\nstatus = \"test\"\nauthor = \"\"\nattack = []\n",
        ),
        (
            "rules/watched.aql",
            "SELECT sourceip, REFERENCEMAP('Owner', sourceip) AS owner FROM events WHERE REFERENCESETCONTAINS('Watched', sourceip) LAST 1 HOURS",
        ),
    ]);
    let site = context(&[
        ("reference_sets/watched.csv", "198.51.100.61\n"),
        ("reference_maps/owner.csv", "198.51.100.61,Gu\n"),
    ]);
    let (pack, site) = (pack.path().to_str().expect("plain"), site.path().to_str().expect("plain"));
    let run = aql(&["hunt", "--pack", pack, "--context", site, "examples/evidence"]);
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(run.json_lines().iter().all(|f| f["fields"]["owner"] == "Gu"), "{}", run.out);
    let run = aql(&["hunt", "--pack", pack, "examples/evidence"]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    let said = "warning[AQL140]: rule `watched`: there is no reference set `Watched`";
    assert_eq!(run.err.matches(said).count(), 1, "{}", run.err);
}
