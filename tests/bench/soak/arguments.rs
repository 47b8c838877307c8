//! What it is told.

use std::time::Duration;

/// What it is told.
pub struct Arguments {
    /// How long, once all is warm.
    pub time: Duration,
    /// The name of the Redis servers.
    pub servers: String,
    /// Logins a second; half of what is measured first where it is not said.
    pub rate: Option<f64>,
}

impl Arguments {
    /// Reads the command line.
    pub fn read(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut read = Self { time: Duration::from_secs(600), servers: "alone".to_owned(), rate: None };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            // Cargo says what it is run as.
            if name == "--bench" {
                continue;
            }
            let value = arguments.next().ok_or_else(|| format!("{name} wants a value"))?;
            let number = || value.parse::<f64>().ok().filter(|number| *number > 0.0);
            let positive = || number().ok_or_else(|| format!("{name} wants a number above 0"));
            match name.as_str() {
                "--minutes" => read.time = Duration::from_secs_f64(60.0 * positive()?),
                "--rate" => read.rate = Some(positive()?),
                "--on" => read.servers = value,
                _ => return Err(format!("{name} is not known")),
            }
        }
        Ok(read)
    }
}
