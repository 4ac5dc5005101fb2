//! Environment variables: names the platform keeps for itself, names that stand in both lists, and how many there may be.

use super::{ENVIRONMENT, Node, Problem, Reason, SECRETS, child, quoted};

/// Most variables of one container, plain and secret together (Cloud Run quotas).
const MOST: usize = 1000;

/// Names that decide what the container is rather than how the site behaves. `WORDPRESS_…` covers the `…_FILE` variants
/// that override the database, and `WORDPRESS_CONFIG_EXTRA`, which is evaluated as PHP.
const RESERVED_PREFIXES: [&str; 10] = [
    "WORDPRESS_", "WP_CONTENT_", "WP_PLUGIN_", "DISALLOW_", "DB_", "AIPRESS_", "K_", "CLOUD_RUN_", "GOOGLE_", "LD_",
];
const RESERVED_NAMES: [&str; 6] = ["WP_HOME", "WP_SITEURL", "PORT", "PATH", "PHPRC", "PHP_INI_SCAN_DIR"];

pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    let plain = root.find(ENVIRONMENT);
    let secret = root.find(SECRETS);
    for (list, pointer) in [(plain, ENVIRONMENT), (secret, SECRETS)] {
        let taken = list.into_iter().flat_map(Node::entries).filter(|(name, _)| is_reserved(name));
        problems.extend(taken.map(|(name, entry)| {
            let problem = Problem::new(Reason::ReservedVariable, child(pointer, name), reserved(name));
            problem.at(entry.key_at).suggesting(instead(name))
        }));
    }
    let (Some(plain), Some(secret)) = (plain, secret) else { return };
    for (name, entry) in secret.entries().filter(|(name, _)| plain.get(name).is_some()) {
        let message = format!("{} also stands in environmentVariables", quoted(name));
        let problem = Problem::new(Reason::DuplicateVariable, child(SECRETS, name), message);
        problems.push(problem.at(entry.key_at).suggesting("remove one of them"));
    }
    let count = plain.entries().count() + secret.entries().count();
    if count > MOST {
        let message = format!("{count} variables, plain and secret together; a container takes at most {MOST}");
        problems.push(Problem::new(Reason::InvalidValue, "/spec/runtime".to_owned(), message).at(plain.at));
    }
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    RESERVED_NAMES.contains(&name.as_str()) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn reserved(name: &str) -> String {
    format!("{} is set by the platform", quoted(name))
}

fn instead(name: &str) -> &'static str {
    match name.to_ascii_uppercase().as_str() {
        "WP_HOME" | "WP_SITEURL" => "the first of spec.customDomains is the site's address",
        "WORDPRESS_DEBUG" => "use WP_DEBUG",
        _ => "choose another name, or remove it",
    }
}
