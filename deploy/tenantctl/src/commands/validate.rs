//! `validate`: every problem of every file at once, offline.

use std::path::PathBuf;

use serde_json::json;

use crate::exit::{Exit, Failure, count};
use crate::files::{FileProblem, check, collect};
use crate::output::Output;

pub(super) fn run(paths: &[PathBuf], output: &Output) -> Result<Exit, Failure> {
    let files = collect(paths)?;
    let number = files.len();
    let problems = check(files).err().unwrap_or_default();
    let value = json!({ "valid": problems.is_empty(), "files": number, "problems": problems });
    output.show(&value, || lines(&problems))?;
    if problems.is_empty() {
        output.note(&format!("{}, no problem", count(number, "definition")));
        return Ok(Exit::Ok);
    }
    output.note(&format!("{}, {}", count(number, "definition"), count(problems.len(), "problem")));
    Ok(Exit::InvalidDefinition)
}

fn lines(problems: &[FileProblem]) -> String {
    problems.iter().map(ToString::to_string).map(|line| line + "\n").collect()
}
