#!/usr/bin/env bash
# Measures `aql hunt` beside `evtx_dump` over one EVTX file made from a folder of logs.
#
#   bench/evtx.sh FOLDER_OF_EVTX [MEGABYTES] [RUNS]
#
# Builds both in release mode (evtx_dump from the crate registry, into target/bench) and prints a
# Markdown table; BENCHMARKS.md keeps the results.
set -euo pipefail
cd "$(dirname "$0")/.."
logs=${1:?a folder with EVTX files}
megabytes=${2:-134}
runs=${3:-7}
version=0.15.1

cargo build --release -p aql-cli
if [ ! -x "target/bench/bin/evtx_dump" ]; then
  cargo install evtx --version "$version" --root target/bench --target-dir target/bench/build
fi
target=${CARGO_TARGET_DIR:-target}
cargo run --quiet -p xtask -- bench-evtx "$logs" "$target/release/aql" target/bench/bin/evtx_dump target/bench "$megabytes" "$runs"
