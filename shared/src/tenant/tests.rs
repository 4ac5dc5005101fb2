//! Every file of `testdata` against its list of problems.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

const VALID: &str = include_str!("testdata/valid-full.yaml");

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(here(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    files.sort();
    files
}

fn format_of(path: &Path) -> Format {
    Format::of_file_name(path.to_str().unwrap()).unwrap()
}

/// `line:col pointer REASON message (suggestion)`, a line a problem.
fn listed(problems: &Problems) -> String {
    let mut text = String::new();
    for problem in problems {
        let place =
            problem.line.zip(problem.column).map_or("-".to_owned(), |(line, column)| format!("{line}:{column}"));
        let reason = serde_json::to_value(problem.reason).unwrap();
        let pointer = if problem.pointer.is_empty() { "(document)" } else { &problem.pointer };
        write!(text, "{place} {pointer} {} {}", reason.as_str().unwrap(), problem.message).unwrap();
        let suggestion = problem.suggestion.as_ref().map_or(String::new(), |text| format!(" ({text})"));
        writeln!(text, "{suggestion}").unwrap();
    }
    text
}

#[test]
fn every_file_has_its_problems() {
    for path in files("src/tenant/testdata") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let found = match parse(&fs::read(&path).unwrap(), format_of(&path)) {
            Ok(_) => "no problem\n".to_owned(),
            Err(problems) => listed(&problems),
        };
        assert_eq!(name.starts_with("valid-"), found == "no problem\n", "{name}: {found}");
        assert!(!found.contains("CANARY") && !found.contains("31337"), "{name} repeats a secret: {found}");
        insta::with_settings!({snapshot_path => "testdata/problems", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, found);
        });
    }
}

#[test]
fn every_example_is_valid() {
    let examples = files("../examples/tenants");
    assert!(examples.len() >= 3);
    for path in examples {
        let id: TenantId = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let parsed = parse_named(&fs::read(&path).unwrap(), format_of(&path), &id);
        assert!(parsed.is_ok(), "{}: {}", path.display(), parsed.unwrap_err());
    }
}

#[test]
fn what_is_written_is_read_again() {
    let definition = parse(VALID.as_bytes(), Format::Yaml).unwrap();
    let yaml = serde_yaml::to_string(&definition).unwrap();
    assert_eq!(parse(yaml.as_bytes(), Format::Yaml).unwrap(), definition);
    let json = serde_json::to_vec_pretty(&definition).unwrap();
    assert_eq!(parse(&json, Format::Json).unwrap(), definition);
}

#[test]
fn a_name_that_is_not_the_files() {
    let expected: TenantId = "globex".parse().unwrap();
    let problems = parse_named(VALID.as_bytes(), Format::Yaml, &expected).unwrap_err();
    insta::assert_snapshot!(listed(&problems), @r#"6:9 /metadata/name NAME_MISMATCH the name is "acme-shop-eu", but the file or the address says globex (write name: globex, or rename the file; a tenant keeps its name)"#);
    let found = parse_named(VALID.as_bytes(), Format::Yaml, &"acme-shop-eu".parse().unwrap());
    assert!(found.is_ok());
}

#[test]
fn a_mebibyte_is_the_limit() {
    let comment = |length: usize| format!("{VALID}#{}", "x".repeat(length - VALID.len() - 1));
    assert!(parse(comment(MAX_BYTES).as_bytes(), Format::Yaml).is_ok());
    let problems = parse(comment(MAX_BYTES + 1).as_bytes(), Format::Yaml).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.reason).collect::<Vec<_>>(), [Reason::TooLarge]);
}
