//! Reads one schema file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Attribute, Block, Existing, Flags, NestedBlock, Nesting, Schema, Type};
use crate::cloud::Pattern;
use crate::value::Value;

/// A schema file is wrong: which one, and what about it.
#[derive(Debug, thiserror::Error)]
#[error("schema file {file}: {problem}")]
pub struct BadSchema {
    file: String,
    problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    version: u64,
    #[serde(default)]
    id: String,
    #[serde(default)]
    object: Option<String>,
    #[serde(default)]
    import: Vec<String>,
    #[serde(default)]
    existing: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, Line>,
    #[serde(default)]
    blocks: BTreeMap<String, NestedFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Short(String),
    Long(Long),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    is: String,
    #[serde(default, rename = "type")]
    ty: Option<Json>,
    #[serde(default)]
    default: Option<Json>,
    #[serde(default)]
    server: Option<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NestedFile {
    nesting: String,
    #[serde(default)]
    min: u64,
    #[serde(default)]
    max: u64,
    #[serde(default)]
    attributes: BTreeMap<String, Line>,
    #[serde(default)]
    blocks: BTreeMap<String, NestedFile>,
}

impl Schema {
    /// Reads the file of the type `name`.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, BadSchema> {
        let bad = |problem: String| BadSchema { file: name.to_owned(), problem };
        let file: File = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        let existing = match file.existing.as_deref() {
            None | Some("refuse") => Existing::Refuse,
            Some("join") => Existing::Join,
            Some("nothing") => Existing::Nothing,
            Some(other) => {
                return Err(bad(format!("existing {other:?} is none of refuse, join, nothing")));
            }
        };
        Ok(Self {
            name: name.to_owned(),
            version: file.version,
            object: Pattern::new(file.object.as_deref().unwrap_or(&file.id)),
            id: Pattern::new(&file.id),
            import: file.import.iter().map(|pattern| Pattern::new(pattern)).collect(),
            existing,
            block: block(file.attributes, file.blocks).map_err(bad)?,
        })
    }
}

fn block(attributes: BTreeMap<String, Line>, blocks: BTreeMap<String, NestedFile>) -> Result<Block, String> {
    let attributes = attributes.into_iter().map(|(name, line)| {
        let attribute = attribute(line).map_err(|problem| format!("attribute {name}: {problem}"))?;
        Ok((name, attribute))
    });
    let blocks = blocks.into_iter().map(|(name, file)| {
        let nested = nested(file).map_err(|problem| format!("block {name}: {problem}"))?;
        Ok((name, nested))
    });
    Ok(Block { attributes: attributes.collect::<Result<_, String>>()?, blocks: blocks.collect::<Result<_, String>>()? })
}

fn attribute(line: Line) -> Result<Attribute, String> {
    let long = match line {
        Line::Short(is) => Long { is, ty: None, default: None, server: None },
        Line::Long(long) => long,
    };
    let mut words = long.is.split_whitespace();
    let ty = match &long.ty {
        Some(json) => Type::from_json(json),
        None => words.next().and_then(Type::from_word),
    };
    Ok(Attribute {
        ty: ty.ok_or("its type cannot be read")?,
        flags: flags(words)?,
        default: long.default.map(Value::from),
        server: long.server.map(Value::from),
    })
}

fn flags<'a>(words: impl Iterator<Item = &'a str>) -> Result<Flags, String> {
    let mut flags = Flags::default();
    for word in words {
        *match word {
            "required" => &mut flags.required,
            "optional" => &mut flags.optional,
            "computed" => &mut flags.computed,
            "sensitive" => &mut flags.sensitive,
            "write-only" => &mut flags.write_only,
            "force-new" => &mut flags.force_new,
            "local" => &mut flags.local,
            "volatile" => &mut flags.volatile,
            other => return Err(format!("{other:?} is no flag")),
        } = true;
    }
    Ok(flags)
}

fn nested(file: NestedFile) -> Result<NestedBlock, String> {
    let mut words = file.nesting.split_whitespace();
    let nesting = match words.next() {
        Some("single") => Nesting::Single,
        Some("list") => Nesting::List,
        Some("set") => Nesting::Set,
        other => return Err(format!("{other:?} is no nesting")),
    };
    let flags = flags(words)?;
    Ok(NestedBlock {
        nesting,
        min: file.min,
        max: file.max,
        force_new: flags.force_new,
        computed: flags.computed,
        block: block(file.attributes, file.blocks)?,
    })
}
