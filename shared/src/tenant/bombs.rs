//! Documents made to cost, for tests and measurements. Each is to be refused for almost nothing.

#[cfg(test)]
mod costs;

use super::{Format, MAX_BYTES};

/// A document made to cost, no larger than a definition may be.
#[derive(Debug, Clone)]
pub struct Bomb {
    /// What it is full of.
    pub what: &'static str,
    /// How it is written.
    pub format: Format,
    /// The document.
    pub source: String,
}

/// All of them.
pub fn all() -> Vec<Bomb> {
    let of = |format| move |(what, source)| Bomb { what, format, source };
    yaml().into_iter().map(of(Format::Yaml)).chain(json().into_iter().map(of(Format::Json))).collect()
}

fn filled(head: &str, part: &str, tail: &str) -> String {
    let parts = (MAX_BYTES - head.len() - tail.len()) / part.len();
    format!("{head}{}{tail}", part.repeat(parts))
}

/// As many parts as there is room for, each with its number.
fn numbered(head: &str, part: impl Fn(usize) -> String, tail: &str) -> String {
    let mut whole = head.to_owned();
    let mut number = 0;
    while whole.len() + part(number).len() + tail.len() <= MAX_BYTES {
        whole.push_str(&part(number));
        number += 1;
    }
    whole + tail
}

/// A little less than what is refused for its number of values.
fn just_under(head: &str, values: usize, part: impl Fn(usize) -> String, tail: &str) -> String {
    let parts: String = (0..9_900 / values).map(part).collect();
    format!("{head}{parts}{tail}")
}

const HEAD: &str = "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {name: acme}\n";

fn yaml() -> Vec<(&'static str, String)> {
    let runtime = |inner: &str| format!("{HEAD}spec:\n  runtime:\n    {inner}:\n");
    let long_keys = format!("? {}\n: ", "k".repeat(1000));
    vec![
        ("doubling aliases", numbered("a0: &a0 [x, x]\n", |n| format!("a{0}: &a{0} [*a{n}, *a{n}]\n", n + 1), "")),
        ("one alias often", filled(&format!("a: &a [{}]\nb: [", "x, ".repeat(10_000)), "*a, ", "]\n")),
        ("a merge of many", filled("a: &a {x: 1}\nb: {<<: [", "*a, ", "]}\n")),
        ("blocks in blocks", filled("", "- ", "")),
        ("lists in lists", filled("", "[", "")),
        ("mappings in mappings", filled("", "{a: ", "")),
        ("keys of keys", filled("", "? ", "")),
        ("lists as keys", filled("", "[?", "")),
        ("anchors", filled("", "&a ", "")),
        ("tags", filled("", "!!a ", "")),
        ("directives", filled("", "%YAML 1.2\n", "---\na: 1\n")),
        ("documents", filled("", "---\n", "")),
        ("fields", numbered("", |n| format!("f{n}: 1\n"), "")),
        ("fields that are nearly right", numbered("spec:\n", |n| format!("  suspenD{n}: 1\n"), "")),
        ("items", filled("a: [", "1,", "]\n")),
        ("items that may be a key", filled("[", "1,", "]\n")),
        ("lists that may be a key", filled("[", "[],", "[]]\n")),
        ("a mapping that may be a key", numbered("{", |n| format!("f{n}: 1,"), "}\n")),
        ("items on lines", filled("a:\n", "- 1\n", "")),
        ("one long word", filled("a: ", "b ", "c\n")),
        ("one long text", filled("a: \"", "\\u00e4", "\"\n")),
        ("a text that does not end", filled("a: \"", "\\\\", "")),
        ("one long key", filled("? ", "k", "\n: 1\n")),
        ("long keys above many values", filled(&long_keys, "- 1\n  ", "")),
        ("one long number", filled("a: ", "9", "\n")),
        ("one long exponent", filled("a: 1e", "9", "\n")),
        ("one long hexadecimal number", filled("a: 0x", "f", "\n")),
        ("comments", filled("", "# ", "\n")),
        ("empty lines", filled("a: |\n", "\n", "")),
        ("spaces", filled("a:", " ", "b: c\n")),
        ("variables", numbered(&runtime("environmentVariables"), |n| format!("      a-{n}: b\n"), "")),
        ("secrets", numbered(&runtime("environmentVariables"), |n| format!("      A{n}_TOKEN: abc\n"), "")),
        ("values of a wrong type", numbered(&runtime("environmentVariables"), |n| format!("      A{n}: 1\n"), "")),
        ("what is nearly a web token", filled(&format!("{}      A: ", runtime("environmentVariables")), "eyJ-", "\n")),
        ("what is nearly a key", filled(&format!("{}      A: ", runtime("environmentVariables")), "AKIA-", "\n")),
        ("what is nearly a URL", filled(&format!("{}      A: ", runtime("environmentVariables")), "a://b:", "\n")),
        ("plugins", numbered(&format!("{HEAD}spec:\n  plugins:\n"), |n| format!("  - {{nam: p{n}}}\n"), "")),
        ("the same plugin", filled(&format!("{HEAD}spec:\n  plugins:\n"), "  - {name: p}\n", "")),
        ("the same domain", filled(&format!("{HEAD}spec:\n  customDomains:\n"), "  - a.example\n", "")),
        ("the same key", filled("", "a: 1\n", "")),
        ("as many fields as may be", just_under("", 1, |n| format!("suspenD{n}: 1\n"), "")),
        ("as many variables", just_under(&runtime("environmentVariables"), 1, |n| format!("      a-{n}: b\n"), "")),
        (
            "as many secrets",
            just_under(&runtime("environmentVariables"), 1, |n| format!("      A{n}_TOKEN: abc\n"), ""),
        ),
        ("as many labels", just_under("metadata:\n  labels:\n", 1, |n| format!("    L{n}: Ü\n"), "")),
        (
            "as many plugins",
            just_under(&format!("{HEAD}spec:\n  plugins:\n"), 3, |n| format!("  - {{nam: p{n}, x: 1}}\n"), ""),
        ),
        (
            "as many wrong types",
            just_under(&format!("{HEAD}spec:\n  customDomains:\n"), 1, |_| "  - 1\n".to_owned(), ""),
        ),
        (
            "as many domains twice",
            just_under(&format!("{HEAD}spec:\n  customDomains:\n"), 1, |_| "  - a.b\n".to_owned(), ""),
        ),
    ]
}

fn json() -> Vec<(&'static str, String)> {
    let long_key = format!("\"{}\"", "k".repeat(1000));
    let nested = |depth: usize| format!("{{{long_key}:").repeat(depth);
    let (many, end) = ("\"AKIAIOSFODNN7EXAMPLE\",", "1]");
    vec![
        ("lists in lists", filled("", "[", "")),
        ("mappings in mappings", filled("", "{\"a\":", "")),
        ("fields", numbered("{", |n| format!("\"f{n}\":1,"), "\"z\":1}")),
        ("the same key", filled("{", "\"maxInstance\":[1,2],", "\"z\":1}")),
        ("items", filled("[", "1,", "1]")),
        ("lists", filled("[", "[],", "[]]")),
        ("one long text", filled("\"", "\\u00e4", "\"")),
        ("one long key", filled("{\"", "k", "\":1}")),
        ("one long number", filled("", "9", "")),
        ("one long fraction", filled("0.", "0", "1")),
        ("one long exponent", filled("1e", "9", "")),
        ("secrets below long keys", filled(&format!("{}[", nested(60)), many, &format!("{end}{}", "}".repeat(60)))),
        ("as many secrets below long keys", {
            let head = format!("{}[", nested(60));
            just_under(&head, 1, |_| many.to_owned(), &format!("{end}{}", "}".repeat(60)))
        }),
        ("as many of the same below long keys", {
            let head = format!("{}{{", nested(60));
            just_under(&head, 1, |_| "\"a\":1,".to_owned(), &format!("\"a\":1}}{}", "}".repeat(60)))
        }),
        ("spaces", filled("{", " ", "}")),
        ("what follows", filled("{} ", "{}", "")),
    ]
}
