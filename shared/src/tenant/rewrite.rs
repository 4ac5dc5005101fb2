//! A definition's text for an object of another format.

use bytes::Bytes;

use super::{Definition, Format, parse};

/// The text of a definition, read from `source` in one format, for an object of another. It stays as its owner wrote it where it reads the same there, as
/// JSON does for YAML; otherwise it is written anew, as JSON, which is both.
///
/// # Errors
/// A definition that JSON cannot hold: none that was parsed.
pub fn rewrite(source: &Bytes, from: Format, definition: &Definition, to: Format) -> Result<Bytes, serde_json::Error> {
    if from == to || parse(source, to).is_ok_and(|read| read == *definition) {
        return Ok(source.clone());
    }
    let mut text = serde_json::to_vec_pretty(definition)?;
    text.push(b'\n');
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_the_same_stays_and_the_rest_is_written_anew() {
        let yaml =
            "# ours\napiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {name: acme}\nspec: {suspend: true}\n";
        let json = r#"{"apiVersion":"aipress.io/v1alpha1","kind":"Tenant","metadata":{"name":"acme"},"spec":{"suspend":true}}"#;
        let slashes = json.replace("aipress.io/", r"aipress.io\/");
        for (source, from) in [(yaml, Format::Yaml), (json, Format::Json), (&slashes, Format::Json)] {
            let (source, definition) = (Bytes::from(source.to_owned()), parse(source.as_bytes(), from).unwrap());
            for to in [Format::Yaml, Format::Json] {
                let text = rewrite(&source, from, &definition, to).unwrap();
                assert_eq!(parse(&text, to).unwrap(), definition, "{from:?} to {to:?}");
                assert!(to != from || text == source, "in its own format it stays as it is");
            }
            assert!(
                from == Format::Yaml
                    || source == slashes
                    || rewrite(&source, from, &definition, Format::Yaml).unwrap() == source
            );
        }
    }
}
