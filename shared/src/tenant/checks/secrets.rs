//! Texts that look like secrets. A definition is kept in git and in buckets and shown to whoever may read it, so a secret
//! in it is lost. Nothing here, and nothing that asks here, ever repeats such a text.

use super::{ENVIRONMENT, Node, Problem, Reason, SECRETS};
use crate::tenant::problem::Problems;
use crate::tenant::source::{Content, push_step, quoted};

pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    let mut suspicions = Vec::new();
    walk(root, &mut String::new(), &mut suspicions);
    problems.extend(suspicions);
}

/// The pointer grows and shrinks with the walk: made anew for each value it would cost the depth times the keys' length.
fn walk(node: &Node, pointer: &mut String, suspicions: &mut Vec<Problem>) {
    if suspicions.len() > Problems::MOST {
        return;
    }
    let above = pointer.len();
    match &node.content {
        Content::Mapping(entries) => {
            for (key, entry) in entries {
                push_step(pointer, key);
                walk(&entry.value, pointer, suspicions);
                pointer.truncate(above);
            }
        }
        Content::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                push_step(pointer, &at.to_string());
                walk(item, pointer, suspicions);
                pointer.truncate(above);
            }
        }
        Content::Scalar(_) => {
            let suspicion = node.text().and_then(|text| kind_of(text).or_else(|| by_name(pointer, text)));
            suspicions.extend(suspicion.map(|kind| found(kind, node, pointer)));
        }
    }
}

fn found(kind: &str, node: &Node, pointer: &str) -> Problem {
    let message =
        format!("looks like {kind}; a definition can be read by many, so treat the value as known and replace it");
    Problem::new(Reason::LooksLikeSecret, pointer.to_owned(), message).at(node.at).suggesting(
        "store it as a secret and name its version under spec.runtime.secretVariables: \
         projects/PROJECT/secrets/SECRET/versions/NUMBER",
    )
}

/// A text for a message: quoted, or hidden where it looks like a secret.
pub(in crate::tenant) fn shown(text: &str) -> String {
    if kind_of(text).is_some() { "(hidden: it looks like a secret)".to_owned() } else { quoted(text) }
}

/// Whether a message may repeat a value.
pub(in crate::tenant) fn may_be_shown(pointer: &str, node: &Node) -> bool {
    let named_like_one = variable(pointer).is_some_and(is_secret_name);
    let is_secret = pointer.strip_prefix(SECRETS).is_some_and(|rest| rest.starts_with('/'));
    !is_secret && !named_like_one && node.text().is_none_or(|text| kind_of(text).is_none())
}

fn variable(pointer: &str) -> Option<&str> {
    pointer.strip_prefix(ENVIRONMENT)?.strip_prefix('/')
}

fn by_name(pointer: &str, value: &str) -> Option<&'static str> {
    /// Settings that are about a secret rather than one: `REQUIRE_PASSWORD: "true"`.
    const SWITCHES: [&str; 9] = ["", "0", "1", "true", "false", "yes", "no", "on", "off"];
    let is_value = !SWITCHES.contains(&value.to_ascii_lowercase().as_str());
    (is_value && is_secret_name(variable(pointer)?)).then_some("a secret, by the variable's name")
}

fn is_secret_name(name: &str) -> bool {
    const ENDS: [&str; 10] = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "API_KEY",
        "APIKEY",
        "PRIVATE_KEY",
        "SECRET_KEY",
        "ACCESS_KEY",
    ];
    let name = name.to_ascii_uppercase();
    ENDS.iter().any(|end| name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')))
}

/// How issuers mark what they issue: a prefix, then at least so many letters, digits and `_-` (or dots, where said).
struct Mark {
    prefix: &'static str,
    least: usize,
    dots: bool,
    kind: &'static str,
}

const fn mark(prefix: &'static str, least: usize, kind: &'static str) -> Mark {
    Mark { prefix, least, dots: false, kind }
}

const MARKS: [Mark; 22] = [
    mark("AKIA", 16, "an AWS access key"),
    mark("ASIA", 16, "an AWS access key"),
    mark("AIza", 35, "a Google API key"),
    mark("GOCSPX-", 20, "a Google OAuth client secret"),
    mark("ya29.", 20, "a Google access token"),
    mark("ghp_", 30, "a GitHub token"),
    mark("gho_", 30, "a GitHub token"),
    mark("ghu_", 30, "a GitHub token"),
    mark("ghs_", 30, "a GitHub token"),
    mark("ghr_", 30, "a GitHub token"),
    mark("github_pat_", 20, "a GitHub token"),
    mark("glpat-", 16, "a GitLab token"),
    mark("xoxb-", 10, "a Slack token"),
    mark("xoxp-", 10, "a Slack token"),
    mark("xoxa-", 10, "a Slack token"),
    mark("xoxr-", 10, "a Slack token"),
    mark("xoxs-", 10, "a Slack token"),
    mark("sk_live_", 10, "a Stripe key"),
    mark("rk_live_", 10, "a Stripe key"),
    mark("whsec_", 16, "a webhook secret"),
    Mark { prefix: "SG.", least: 40, dots: true, kind: "a SendGrid key" },
    Mark { prefix: "eyJ", least: 30, dots: true, kind: "a JSON web token" },
];

/// What kind of secret a text looks like.
pub(in crate::tenant) fn kind_of(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    if text.contains("\"private_key\"") {
        return Some("a service account key");
    }
    if has_password_in_url(text) {
        return Some("a URL with a password");
    }
    MARKS.iter().find(|mark| mark.is_in(text)).map(|mark| mark.kind)
}

/// Where in a text something stands that an issuer marked as a secret, in no order; one may lie in another's.
#[cfg(feature = "server")]
pub(crate) fn issued(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for mark in &MARKS {
        let mut end = 0;
        for at in mark.found_in(text) {
            // What begins within another is read with it.
            if at >= end {
                end = mark.end(text, at);
                found.push(at..end);
            }
        }
    }
    found
}

impl Mark {
    fn is_in(&self, text: &str) -> bool {
        self.found_in(text).next().is_some()
    }

    fn found_in(&self, text: &str) -> impl Iterator<Item = usize> {
        text.match_indices(self.prefix).map(|(at, _)| at).filter(move |at| {
            let inner =
                |c: char| c.is_ascii_alphanumeric() || c == '_' || (self.is_web_token() && matches!(c, '-' | '.'));
            let starts_a_word = text.get(..*at).is_some_and(|before| !before.ends_with(inner));
            starts_a_word && text.get(at + self.prefix.len()..).is_some_and(|rest| self.fits(rest))
        })
    }

    fn is_part(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (self.dots && byte == b'.')
    }

    /// Where the secret that begins at `at` ends.
    #[cfg(feature = "server")]
    fn end(&self, text: &str, at: usize) -> usize {
        let start = at + self.prefix.len();
        start + text.get(start..).unwrap_or_default().bytes().take_while(|byte| self.is_part(*byte)).count()
    }

    /// `eyJ` begins every object in base64; three parts make it a token. To see them it is read to its end, so it is looked
    /// for at the beginning of whole words only: else a text of nothing but `-eyJ` would be read as often as it is long.
    fn is_web_token(&self) -> bool {
        self.prefix == "eyJ"
    }

    fn fits(&self, rest: &str) -> bool {
        if !self.is_web_token() {
            return rest.bytes().take(self.least).filter(|byte| self.is_part(*byte)).count() == self.least;
        }
        let body: Vec<u8> = rest.bytes().take_while(|byte| self.is_part(*byte)).collect();
        body.len() >= self.least && body.split(|byte| *byte == b'.').filter(|part| !part.is_empty()).count() == 3
    }
}

/// `scheme://user:password@host`, with a password.
fn has_password_in_url(text: &str) -> bool {
    text.match_indices("://").any(|(at, separator)| {
        let authority = text.get(at + separator.len()..).unwrap_or_default();
        let authority = authority.split(['/', '?', '#', ' ', '\n', '"']).next().unwrap_or_default();
        let password =
            authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| !password.is_empty())
    })
}
