//! Events kept as Parquet files: `aql import`, and reading them again.
