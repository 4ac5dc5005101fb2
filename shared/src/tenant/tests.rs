//! Every file of `testdata` against its list of problems, and properties that hold for any input.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;

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
fn bombs_are_refused_at_once() {
    let mut doubling = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..40 {
        writeln!(doubling, "a{level}: &a{level} [*a{0}, *a{0}]", level - 1).unwrap();
    }
    let quadratic = format!("a: &a [{}]\nb: [{}]\n", "x, ".repeat(10_000), "*a, ".repeat(10_000));
    let blocks = "- ".repeat(MAX_BYTES / 2);
    let flows = "[".repeat(MAX_BYTES);
    let maps = "{a: ".repeat(MAX_BYTES / 4);
    let questions = "? ".repeat(MAX_BYTES / 2);
    let anchors = "&a ".repeat(MAX_BYTES / 3);
    let mut fields = String::new();
    for n in 0..100_000 {
        writeln!(fields, "f{n}: 1").unwrap();
    }
    let words = format!("a: {}", "b ".repeat(MAX_BYTES / 2 - 10));
    let object: String = format!("{{{}\"z\":1}}", "\"maxInstance\":[1,2],".repeat(40_000));
    for (source, format) in [
        (&doubling, Format::Yaml),
        (&quadratic, Format::Yaml),
        (&blocks, Format::Yaml),
        (&flows, Format::Yaml),
        (&flows, Format::Json),
        (&maps, Format::Yaml),
        (&questions, Format::Yaml),
        (&anchors, Format::Yaml),
        (&fields, Format::Yaml),
        (&words, Format::Yaml),
        (&object, Format::Json),
    ] {
        let start = Instant::now();
        let problems = parse(source.as_bytes(), format).unwrap_err();
        let shown: String = source.chars().take(20).collect();
        assert!(start.elapsed() < Duration::from_secs(10), "{shown}… took {:?}", start.elapsed());
        assert!(problems.iter().count() <= 201, "{shown}");
    }
}

#[test]
fn a_mebibyte_is_the_limit() {
    let comment = |length: usize| format!("{VALID}#{}", "x".repeat(length - VALID.len() - 1));
    assert!(parse(comment(MAX_BYTES).as_bytes(), Format::Yaml).is_ok());
    let problems = parse(comment(MAX_BYTES + 1).as_bytes(), Format::Yaml).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.reason).collect::<Vec<_>>(), [Reason::TooLarge]);
}

/// Positions are inside the source and in order; no problem is without words.
fn hold_together(problems: &Problems, source: &[u8]) {
    let lines = source.split(|byte| matches!(byte, b'\n' | b'\r')).count();
    let places: Vec<_> = problems.iter().filter(|problem| problem.reason != Reason::TooLarge).collect();
    assert!(places.is_sorted_by_key(|problem| (problem.line.is_none(), problem.line, problem.column)));
    for problem in problems {
        assert!(!problem.message.is_empty());
        assert!(problem.line.is_none_or(|line| line >= 1 && usize::try_from(line).unwrap() <= lines + 1), "{problem}");
        assert!(problem.column.is_none_or(|column| column >= 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for format in [Format::Yaml, Format::Json] {
            if let Err(problems) = parse(&bytes, format) {
                hold_together(&problems, &bytes);
            }
        }
    }

    #[test]
    fn any_text_of_the_languages_is_answered(text in r#"[-\[\]{}:,?&*!|>'"%@`# \n\ta-c0-9.\\]{0,80}"#) {
        for format in [Format::Yaml, Format::Json] {
            if let Err(problems) = parse(text.as_bytes(), format) {
                hold_together(&problems, text.as_bytes());
            }
        }
    }

    /// The schema and the type agree: what the schema lets through is a definition, and is itself again when written.
    #[test]
    fn mutated_definitions_are_answered(
        cut in 0..VALID.len(),
        length in 0..12_usize,
        put in r#"[-\[\]{}:,?&*!|>'"%@# \na-c0-9.~é]{0,6}"#,
    ) {
        let (start, end) = (VALID.floor_char_boundary(cut), VALID.floor_char_boundary((cut + length).min(VALID.len())));
        let source = format!("{}{put}{}", &VALID[..start], &VALID[end..]);
        match parse(source.as_bytes(), Format::Yaml) {
            Ok(definition) => {
                let json = serde_json::to_vec(&definition).unwrap();
                prop_assert_eq!(parse(&json, Format::Json).unwrap(), definition);
            }
            Err(problems) => {
                hold_together(&problems, source.as_bytes());
                prop_assert!(!problems.to_string().contains("does not fit the definition"), "{}", problems);
            }
        }
    }
}
