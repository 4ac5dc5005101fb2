//! Name forms: `projects/{project}/secrets/{secret_id}`.
//!
//! A field in braces holds no slash and no space; with a star, `{secret*}`, it may hold both.

use std::collections::BTreeMap;

/// A form that names are rendered from and read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field { name: String, slashes: bool },
}

impl Pattern {
    /// Reads a form.
    pub fn new(form: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = form;
        while let Some((literal, (field, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let name = field.trim_end_matches('*');
            parts.push(Part::Field { name: name.to_owned(), slashes: field.ends_with('*') });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Self(parts)
    }

    /// The name, when every field is known.
    pub fn render(&self, field: impl Fn(&str) -> Option<String>) -> Option<String> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.clone()),
                Part::Field { name, .. } => field(name),
            })
            .collect()
    }

    /// The fields' names.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The fields of a name of this form; none when it has another form.
    pub fn capture(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let mut fields = BTreeMap::new();
        let mut rest = name;
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Literal(text) => rest = rest.strip_prefix(text.as_str())?,
                Part::Field { name, slashes } => {
                    let end = match self.0.get(at + 1) {
                        Some(Part::Literal(next)) => rest.find(next.as_str())?,
                        _ => rest.len(),
                    };
                    let (value, after) = rest.split_at(end);
                    if value.is_empty() || (!slashes && value.contains(['/', ' '])) {
                        return None;
                    }
                    fields.insert(name.clone(), value.to_owned());
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(fields)
    }
}
