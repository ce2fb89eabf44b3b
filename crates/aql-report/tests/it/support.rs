//! A hunt to report about.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_ingest::{Evidence, Options};
use aql_pack::{Finding, Hunt, HuntOptions, HuntOutcome, Observer, Pack};
use aql_report::{Format, Remarks, Report, Watched};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A hunt that is over.
pub(crate) struct Hunted {
    pub(crate) packs: Vec<Pack>,
    pub(crate) hunt: Hunt,
    pub(crate) outcome: HuntOutcome,
    observer: Arc<Observer>,
}

impl Hunted {
    /// Hunts with a pack in evidence below the root of the repository; paths are shown from there.
    pub(crate) fn with(pack: Pack, evidence: &str) -> Hunted {
        let cx = Arc::new(Context::new(Catalog::get(), 0));
        let packs = vec![pack];
        let options = HuntOptions { keep_payload: true, ..HuntOptions::default() };
        let hunt = Hunt::prepare(&packs, &options, &cx).expect("prepares");
        let observer = Arc::new(Observer::new(&packs, &cx));
        let (table, problems) = Evidence::open(&[root().join(evidence)], Options::default());
        assert!(problems.is_empty(), "{problems:?}");
        let mut outcome = hunt.run(&Watched::new(&table, Arc::clone(&observer)));
        let prefix = format!("{}/", root().display());
        for finding in &mut outcome.findings {
            finding.file = finding.file.take().map(|file| file.replace(&prefix, ""));
        }
        for file in &mut outcome.report.files {
            file.path = file.path.replace(&prefix, "").into();
        }
        Hunted { packs, hunt, outcome, observer }
    }

    /// A pack that stays as it is, over one folder of the examples.
    pub(crate) fn examples(folder: &str) -> Hunted {
        let pack = Pack::load(&root().join("crates/aql-report/tests/data/pack")).expect("loads");
        Hunted::with(pack, &format!("examples/evidence/{folder}"))
    }

    /// The bundled pack over all examples.
    pub(crate) fn bundled() -> Hunted {
        let pack = Pack::bundled("t1114-email-collection").expect("is there").expect("loads");
        Hunted::with(pack, "examples/evidence")
    }

    /// Ten thousand findings on three hundred hosts, with raw records of a usual size.
    pub(crate) fn ten_thousand() -> Hunted {
        let mut hunted = Hunted::examples("test1-copy-stores");
        let some: Vec<Finding> = hunted.outcome.findings.clone();
        let mut many = Vec::new();
        for n in 0..10_000usize {
            let mut finding = some[n % some.len()].clone();
            finding.record = i64::try_from(n).ok();
            finding.time = finding.time.map(|t| t + i64::try_from(n).unwrap_or(0) * 60_000);
            finding.host = Some(format!("HOST-{:03}", n % 300));
            finding.payload = Some("x".repeat(7_000));
            many.push(finding);
        }
        hunted.outcome.findings = many;
        hunted
    }

    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            packs: &self.packs,
            rules: self.hunt.rules(),
            findings: &self.outcome.findings,
            scan: &self.outcome.report,
            observed: self.observer.rules(),
            suppressed: &[],
            version: "0.0.0",
        }
    }

    pub(crate) fn text(&self, format: Format) -> String {
        write(&self.report(), format).0
    }
}

pub(crate) fn write(report: &Report<'_>, format: Format) -> (String, Remarks) {
    let mut out = Vec::new();
    let remarks = report.write(format, &mut out).expect("writes");
    (String::from_utf8(out).expect("UTF-8"), remarks)
}
