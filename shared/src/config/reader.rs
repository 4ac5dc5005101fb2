//! Reading variables, and collecting what is wrong with them.

use std::fmt;
use std::str::FromStr;

use super::variables::{Absent, Variable};

/// Reads variables and remembers every problem.
pub struct Reader {
    variables: Vec<(String, String)>,
    problems: Vec<ConfigProblem>,
}

/// One variable that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// Variables are missing or wrong; all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub Vec<ConfigProblem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, ConfigProblem { name, what, why })| {
            let between = if at == 0 { "" } else { "; " };
            write!(f, "{between}{name} {why} ({what})")
        })
    }
}

impl std::error::Error for ConfigError {}

/// Reads what a program needs from the environment of this process.
pub fn load<T>(read: impl FnOnce(&mut Reader) -> Option<T>) -> Result<T, ConfigError> {
    // What is not Unicode cannot be one of ours; as missing it is reported by name.
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    load_from(variables.collect(), read)
}

/// Reads what a program needs from these variables: names and values.
pub fn load_from<T>(
    variables: Vec<(String, String)>,
    read: impl FnOnce(&mut Reader) -> Option<T>,
) -> Result<T, ConfigError> {
    let mut reader = Reader { variables, problems: Vec::new() };
    match (read(&mut reader), reader.problems) {
        (Some(read), problems) if problems.is_empty() => Ok(read),
        (_, problems) => Err(ConfigError(problems)),
    }
}

impl Reader {
    /// A variable's value, its default, or a problem. An empty value is none.
    pub fn text(&mut self, variable: &'static Variable) -> Option<String> {
        let default = match variable.default {
            Absent::Default(value) => Some(value.to_owned()),
            Absent::Refused | Absent::Off => None,
        };
        let value = self.given(variable.name).or(default);
        if value.is_none() && variable.default == Absent::Refused {
            self.problem(variable, "is not set".to_owned());
        }
        value
    }

    /// A variable's value as something else, or a problem.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, variable: &'static Variable) -> Option<T> {
        let text = self.text(variable)?;
        let parsed = text.parse().map_err(|error| format!("is '{text}', which cannot be: {error}"));
        parsed.map_err(|why| self.problem(variable, why)).ok()
    }

    /// A variable that need not be set.
    pub fn optional(&mut self, variable: &'static Variable) -> Option<String> {
        self.given(variable.name)
    }

    /// Every variable whose name begins so.
    pub fn beginning(&self, prefix: &str) -> Vec<(String, String)> {
        self.variables.iter().filter(|(name, _)| name.starts_with(prefix)).cloned().collect()
    }

    /// Notes that a variable is wrong.
    pub fn problem(&mut self, variable: &'static Variable, why: String) {
        self.problems.push(ConfigProblem { name: variable.name, what: variable.what, why });
    }

    fn given(&self, name: &str) -> Option<String> {
        let (_, value) = self.variables.iter().find(|(known, _)| known == name)?;
        (!value.is_empty()).then(|| value.clone())
    }
}
