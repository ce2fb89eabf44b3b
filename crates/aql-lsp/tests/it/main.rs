//! The server as an editor meets it, over a connection in memory. `aql-cli` has the same over pipes.

mod client;
mod features;
