//! Any text, bound and run by the engine over a small table.
#![no_main]

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU32, Ordering};

use aql_catalog::Catalog;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_fuzz::language::context;
use aql_fuzz::table::{Events, NOW};
use aql_semantic::{BindOptions, bind_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let bound = bind_text(&aql_fuzz::text(bytes), &BindOptions::default(), Catalog::get());
    let Some(query) = bound.query else { return };
    let Ok(plan) = Engine::prepare(&query, &context()) else { return };
    for mode in [WindowMode::Auto, WindowMode::Ignore] {
        let asked = AtomicU32::new(0);
        let is_over = || asked.fetch_add(1, Ordering::Relaxed) > 100_000;
        let mut options = RunOptions::new(WindowPolicy { now: NOW, mode });
        options.memory_limit = Some(64 << 20);
        options.deadline = Some(&is_over);
        let mut rows = 0;
        let outcome = plan.run(&Events, &options, &mut |batch| {
            assert_eq!(batch.num_columns(), plan.columns().len());
            rows += batch.num_rows() as u64;
            ControlFlow::Continue(())
        });
        assert_eq!(outcome.rows, rows);
        // RUN003 is a defect of the program by its own words.
        let defect = outcome.diagnostics.iter().find(|d| d.code.as_str() == "RUN003");
        assert!(defect.is_none(), "{defect:?}");
    }
});
