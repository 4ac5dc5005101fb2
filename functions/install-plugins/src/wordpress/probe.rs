//! Looking at a site as a visitor does: what must be 200, whole, and what it claims to be.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::{CACHE_CONTROL, HOST};
use reqwest::{Client, redirect};
use serde_json::Value;
use tenancy::plugins::{Health, Probe};

use super::SiteError;

/// What an address serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Page,
    Api,
    Health,
}

const ADDRESSES: [(&str, Kind); 4] = [
    ("/", Kind::Page),
    ("/wp-login.php", Kind::Page),
    ("/?rest_route=/", Kind::Api),
    ("/aipress/health", Kind::Health),
];

/// What a look at the site saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    pub(crate) health: Health,
    /// Pages that came whole. A page that did before and does not now broke off in the middle, whatever its status.
    whole: BTreeSet<&'static str>,
}

/// Whoever looks.
pub(crate) struct Pages {
    client: Client,
    /// Asked for under this name, as visitors do.
    home: Option<String>,
}

impl Pages {
    /// `home` is the site's own address, without a slash at its end; `patience` is for one answer.
    pub(crate) fn new(home: Option<String>, patience: Duration) -> Result<Self, SiteError> {
        let client = Client::builder().redirect(redirect::Policy::none()).timeout(patience).no_proxy().build()?;
        Ok(Self { client, home })
    }

    /// Looks at every address of the server at `base`, against what an earlier look saw.
    pub(crate) async fn look(&self, base: &str, before: Option<&Look>) -> Look {
        let mut look = Look::default();
        for (path, kind) in ADDRESSES {
            let (status, body) = match self.fetch(base, path).await {
                Ok((status, body)) => (Some(status), body),
                Err(error) => {
                    let problem = if error.is_timeout() { "does not answer in time" } else { "does not answer" };
                    look.health.probes.push(Probe { path: path.to_owned(), status: None, problem: problem.to_owned() });
                    continue;
                }
            };
            if body.contains("</html>") {
                look.whole.insert(path);
            }
            let was_whole = before.is_some_and(|before| before.whole.contains(path));
            let problem = judged(kind, status.unwrap_or_default(), &body, was_whole);
            look.health.probes.push(Probe { path: path.to_owned(), status, problem });
        }
        look
    }

    async fn fetch(&self, base: &str, path: &str) -> Result<(u16, String), reqwest::Error> {
        let mut asked = self.client.get(format!("{base}{path}")).header(CACHE_CONTROL, "no-cache");
        if let Some((scheme, host)) = self.home.as_deref().and_then(|home| home.split_once("://")) {
            asked = asked.header(HOST, host).header("X-Forwarded-Proto", scheme);
        }
        let answer = asked.send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }
}

/// What is wrong with an answer; empty: nothing. A redirection is no answer: a site that is not installed gives one.
fn judged(kind: Kind, status: u16, body: &str, was_whole: bool) -> String {
    if status != 200 {
        return format!("answers {status}");
    }
    match kind {
        Kind::Page if was_whole && !body.contains("</html>") => "breaks off in the middle".to_owned(),
        Kind::Page => String::new(),
        Kind::Api if serde_json::from_str::<Value>(body).is_ok() => String::new(),
        Kind::Api => "is no JSON: something prints before it".to_owned(),
        Kind::Health => match serde_json::from_str::<Value>(body) {
            Ok(answer) if answer["status"] == "well" => String::new(),
            _ => "does not say 'well'".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, judged};

    #[test]
    fn answers_that_are_well_and_are_not() {
        for (kind, status, body, was_whole, expected) in [
            (Kind::Page, 200, "<html></html>", true, ""),
            (Kind::Page, 200, "headless", false, ""),
            (Kind::Page, 200, "<html><p>half", true, "breaks off in the middle"),
            (Kind::Page, 302, "", false, "answers 302"),
            (Kind::Page, 500, "<html></html>", true, "answers 500"),
            (Kind::Api, 200, "{}", false, ""),
            (Kind::Api, 200, "Notice{}", false, "is no JSON: something prints before it"),
            (Kind::Health, 200, r#"{"status":"well"}"#, false, ""),
            (Kind::Health, 200, "<html></html>", false, "does not say 'well'"),
            (Kind::Health, 503, r#"{"status":"unwell"}"#, false, "answers 503"),
        ] {
            assert_eq!(judged(kind, status, body, was_whole), expected, "{kind:?} {status} {body}");
        }
    }
}
