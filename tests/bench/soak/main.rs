//! A soak: two brokers at half load for as long as it is told, while one thing after the other goes wrong.
//!
//!     cargo bench --bench soak -- [--minutes N] [--on alone|sentinel|cluster] [--rate LOGINS_A_SECOND]
//!
//! Redis is killed, paused, cut off, filled (with a replica also promoted, in a Cluster also resharded),
//! upstreams fail, a broker is killed, brokers are replaced one after the other. Every person must end with
//! one right result, or be refused cleanly while something is wrong; one broker lives through all of it and
//! its memory may not grow. Ends with a table and one line of JSON; fails where one thing is not so.

#[cfg(test)]
mod arguments;
#[cfg(test)]
mod memory;
#[cfg(test)]
mod run;
#[cfg(test)]
#[path = "../../it/support/mod.rs"]
#[expect(dead_code, reason = "what the integration tests stand on; this needs a part of it")]
mod support;

/// Cargo builds a benchmark for tests, as its parts want it.
#[cfg(test)]
fn main() -> std::process::ExitCode {
    run::main()
}
