//! From a validator's errors to problems that say what to do.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::super::advice;
use super::super::checks::secrets;
use super::super::problem::{Problem, Problems, Reason};
use super::super::source::{Content, Node, Position, Scalar, child, quoted};
use super::nearest;

/// Adds what one error means; most mean one problem, unknown fields one each.
pub(super) fn explain(document: &Value, root: &Node, error: &ValidationError<'_>, problems: &mut Vec<Problem>) {
    let pointer = error.instance_path().as_str();
    let (keyword_parent, _) = error.schema_path().as_str().rsplit_once('/').unwrap_or_default();
    let place = Place { root, pointer, schema: document.pointer(keyword_parent).unwrap_or(&Value::Null) };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let listed = unexpected.iter().take(Problems::MOST + 1);
            problems.extend(listed.map(|field| place.unknown_field(field)));
        }
        Kind::Required { property } => problems.push(place.missing_field(property.as_str().unwrap_or_default())),
        Kind::PropertyNames { error } => {
            let key = error.instance().as_str().unwrap_or_default();
            let names = place.schema.get("propertyNames").unwrap_or(place.schema);
            problems.push(place.invalid_key(key, error.kind(), names));
        }
        // A constant of the wrong type is a wrong constant.
        Kind::Type { .. } if place.schema.get("const").is_some() => {}
        Kind::Type { .. } => problems.push(place.wrong_type()),
        Kind::Constant { expected_value } => problems.push(place.wrong_constant(expected_value)),
        kind => {
            let problem = place.invalid_value(kind);
            // Too long and the wrong characters: one mistake, said once.
            if !problems.iter().any(|other| other.reason == problem.reason && other.pointer == problem.pointer) {
                problems.push(problem);
            }
        }
    }
}

/// A value, and what the schema says of it.
struct Place<'a> {
    root: &'a Node,
    pointer: &'a str,
    schema: &'a Value,
}

impl Place<'_> {
    fn node(&self) -> Option<&Node> {
        self.root.find(self.pointer)
    }

    fn at(&self) -> Position {
        self.node().map_or(Position::START, |node| node.at)
    }

    fn problem(&self, reason: Reason, message: String) -> Problem {
        Problem::new(reason, self.pointer.to_owned(), message).at(self.at())
    }

    /// Of a key below this place, where the key stands.
    fn problem_of_key(&self, key: &str, reason: Reason, message: String) -> Problem {
        let pointer = child(self.pointer, key);
        let at = self.root.find_entry(&pointer).and_then(|(at, _)| at).unwrap_or(Position::START);
        Problem::new(reason, pointer, message).at(at)
    }

    fn unknown_field(&self, field: &str) -> Problem {
        let known = || self.schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let problem = self.problem_of_key(
            field,
            Reason::UnknownField,
            format!("there is no field {}{}", secrets::shown(field), self.of_what()),
        );
        let elsewhere = advice::known_elsewhere(field).filter(|name| known().any(|(known, _)| known == name));
        if let Some(near) = nearest(field, known().map(|(name, _)| name.as_str())).or(elsewhere) {
            return problem.suggesting(format!("did you mean {near}?"));
        }
        if let Some(home) = advice::where_it_belongs(self.pointer, field) {
            return problem.suggesting(format!("{field} belongs under {home}"));
        }
        problem.suggesting(format!("known: {}", known().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")))
    }

    fn of_what(&self) -> String {
        if self.pointer.is_empty() { String::new() } else { format!(" in {}", dotted(self.pointer)) }
    }

    fn missing_field(&self, field: &str) -> Problem {
        let message = format!("{field} is missing{}", self.of_what());
        let problem = self.problem(Reason::MissingField, message);
        let constant = self.schema.pointer(&format!("/properties/{field}/const")).and_then(Value::as_str);
        match (constant, field) {
            (Some(constant), _) => problem.suggesting(format!("add {field}: {constant}")),
            (None, "spec") => problem.suggesting("add spec: {} to take every default"),
            _ => problem.suggesting(format!("add {field}")),
        }
    }

    fn wrong_constant(&self, expected: &Value) -> Problem {
        let expected = expected.as_str().unwrap_or_default();
        let (reason, what) = match self.pointer {
            "/apiVersion" => (Reason::UnknownApiVersion, "apiVersion"),
            _ => (Reason::UnknownKind, "kind"),
        };
        let given = self.node().and_then(Node::text).map(|text| format!(", not {}", secrets::shown(text)));
        self.problem(reason, format!("{what} is {expected}{}", given.unwrap_or_default()))
            .suggesting(format!("write {what}: {expected}"))
    }

    fn wrong_type(&self) -> Problem {
        let Some(node) = self.node() else { return self.problem(Reason::WrongType, "has a wrong type".to_owned()) };
        let expected = self.schema.get("type").unwrap_or(&Value::Null);
        let message = format!("is {} here, and must be {}", what_it_is(node), what_it_must_be(expected));
        let problem = self.problem(Reason::WrongType, message);
        match advice::right_type(node, expected, secrets::may_be_shown(self.pointer, node)) {
            Some(suggestion) => problem.suggesting(suggestion),
            None => problem,
        }
    }

    fn invalid_key(&self, key: &str, kind: &Kind, names: &Value) -> Problem {
        let message = match kind {
            Kind::MaxLength { limit } => format!("a name of more than {limit} characters"),
            _ => format!("{}: {}", secrets::shown(key), pattern_message(names)),
        };
        let problem = self.problem_of_key(key, self.invalid(), message);
        match advice::right_key(self.pointer, key) {
            Some(suggestion) => problem.suggesting(suggestion),
            None => problem,
        }
    }

    fn invalid_value(&self, kind: &Kind) -> Problem {
        let node = self.node();
        let shown = node.filter(|node| secrets::may_be_shown(self.pointer, node)).and_then(Node::text);
        let given = shown.map_or("the text".to_owned(), quoted);
        let message = match kind {
            Kind::Pattern { .. } if shown.is_none() => pattern_message(self.schema).to_owned(),
            Kind::Pattern { .. } => format!("{given}: {}", pattern_message(self.schema)),
            Kind::Enum { options } => format!("{given} is not one of {}", list(options)),
            Kind::MinLength { limit: 1 } => "must not be empty".to_owned(),
            Kind::MinLength { limit } => format!("{given} has fewer than {limit} characters"),
            Kind::MaxLength { limit } => format!("has more than {limit} characters"),
            Kind::Minimum { limit } => format!("must be at least {limit}"),
            Kind::Maximum { limit } => format!("must be at most {limit}"),
            Kind::MaxItems { limit } => format!("has more than {limit} items"),
            Kind::MaxProperties { limit } => format!("has more than {limit} entries"),
            other => format!("does not fit the schema ({})", other.keyword()),
        };
        let problem = self.problem(self.invalid(), message);
        match shown.and_then(|text| advice::right_value(self.pointer, text, kind)) {
            Some(suggestion) => problem.suggesting(suggestion),
            None => problem,
        }
    }

    fn invalid(&self) -> Reason {
        if self.pointer.starts_with("/metadata/labels") { Reason::InvalidLabel } else { Reason::InvalidValue }
    }
}

fn pattern_message(schema: &Value) -> &str {
    schema.get("patternErrorMessage").and_then(Value::as_str).unwrap_or("does not fit the pattern of the schema")
}

fn list(options: &Value) -> String {
    options.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// `/spec/plugins/0` as people write it: `spec.plugins[0]`.
fn dotted(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, step| match step {
        _ if step.bytes().all(|byte| byte.is_ascii_digit()) => format!("{path}[{step}]"),
        _ if path.is_empty() => step.to_owned(),
        _ => format!("{path}.{step}"),
    })
}

fn what_it_is(node: &Node) -> &'static str {
    match &node.content {
        Content::Scalar(Scalar::Null) => "empty",
        Content::Scalar(Scalar::Bool { .. }) => "a boolean",
        Content::Scalar(Scalar::Number { .. }) => "a number",
        Content::Scalar(Scalar::Text(_)) => "a text",
        Content::Sequence(_) => "a list",
        Content::Mapping(_) => "a mapping",
    }
}

fn what_it_must_be(expected: &Value) -> &'static str {
    match expected.as_str() {
        Some("string") => "a text",
        Some("integer") => "a whole number",
        Some("boolean") => "true or false",
        Some("array") => "a list",
        Some("object") => "a mapping",
        _ => "a list or a mapping",
    }
}
