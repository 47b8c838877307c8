//! The process's environment, read in one place and only ours of it.

use std::collections::BTreeMap;

use tunnus_sdk::Hidden;

/// What every variable of ours begins with.
const PREFIX: &str = "TUNNUS_";

/// What every variable that holds a secret begins with.
const SECRET: &str = "TUNNUS_SECRET_";

/// What stands between a section and a key.
const SEPARATOR: &str = "__";

/// The variables that begin with `TUNNUS_`.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, Hidden<String>>);

impl Environment {
    /// That of the process.
    #[must_use]
    pub fn of_the_process() -> Self {
        // A value that is not UTF-8 is kept in a form that no check takes.
        std::env::vars_os().map(|(name, value)| (lossy(&name), lossy(&value))).collect()
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Hidden<String>> {
        self.0.get(name)
    }

    /// The settings among them, `TUNNUS_SECTION__KEY`: pointer of the key, name and value.
    pub fn settings(&self) -> impl Iterator<Item = (String, &str, &Hidden<String>)> {
        let ours = self.0.iter().filter(|(name, _)| !name.starts_with(SECRET));
        ours.filter_map(|(name, value)| Some((pointer(name)?, name.as_str(), value)))
    }

    /// The variables that were perhaps meant as settings, but lack the double underscore: the
    /// pointer of the key `known` that each may mean, and its name. Others are left alone: an
    /// orchestrator sets variables like `TUNNUS_PORT` by itself.
    pub fn slips<'a>(&'a self, known: &'a [String]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let names = self.0.keys().map(String::as_str).filter(|name| !name.contains(SEPARATOR));
        names.filter_map(|name| {
            let meant = |pointer: &&String| variable(pointer).replace(SEPARATOR, "_") == name;
            known.iter().find(meant).map(|pointer| (pointer.as_str(), name))
        })
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), Hidden::new(value.into())));
        Self(variables.filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }
}

/// The variable of the key at `pointer`: `TUNNUS_SERVER__LISTEN`.
#[must_use]
pub fn variable(pointer: &str) -> String {
    format!("{PREFIX}{}", pointer.trim_start_matches('/').replace('/', SEPARATOR).to_uppercase())
}

fn pointer(name: &str) -> Option<String> {
    let path = name.strip_prefix(PREFIX)?;
    let path = path.contains(SEPARATOR).then(|| path.to_lowercase())?;
    Some(format!("/{}", path.replace(SEPARATOR, "/")))
}

fn lossy(text: &std::ffi::OsStr) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_variables_are_kept_and_none_is_printed() {
        let environment: Environment =
            [("PATH", "/bin"), ("TUNNUS_SERVER__LISTEN", "here"), ("TUNNUS_SECRET_A__B", "hunter2")]
                .into_iter()
                .collect();
        assert!(environment.get("PATH").is_none());
        assert!(!format!("{environment:?}").contains("hunter2"));
        let settings: Vec<_> = environment.settings().map(|(pointer, name, _)| (pointer, name)).collect();
        assert_eq!(settings, [("/server/listen".to_owned(), "TUNNUS_SERVER__LISTEN")]);
    }

    #[test]
    fn a_missing_underscore_is_noticed() {
        let names = ["TUNNUS_FLOW_STORE_URL", "TUNNUS_PORT", "TUNNUS_SERVER__LISTEN"];
        let environment: Environment = names.into_iter().map(|name| (name, "x")).collect();
        let known = ["/flow_store/url".to_owned(), "/server/listen".to_owned()];
        assert_eq!(
            environment.slips(&known).collect::<Vec<_>>(),
            [("/flow_store/url", "TUNNUS_FLOW_STORE_URL")]
        );
    }
}
