//! The schema of what we stand in for: its shape, and how to read it from the files under `schema/`.
//!
//! The files are ours and hold a subset of the providers' own schema; `tests/real_schema.rs` holds every line of them
//! against the real ones. An attribute is one line, `"name": "string required force-new"`; the words are those of
//! [`Attribute`]'s flags. What needs more is an object: `{"is": "number optional", "default": 3}`.

mod catalogue;
mod conform;
mod parse;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;

pub use catalogue::{Catalogue, ProviderName};
pub use conform::{conform, empty};
pub use parse::BadSchema;
pub use types::Type;

use crate::cloud::Pattern;
use crate::value::Value;

/// A block's attributes and nested blocks.
#[derive(Debug, Default)]
pub struct Block {
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by name.
    pub blocks: BTreeMap<String, NestedBlock>,
}

/// One attribute.
#[derive(Debug)]
pub struct Attribute {
    /// Its type.
    pub ty: Type,
    /// What may be done with it.
    pub flags: Flags,
    /// What is planned when the configuration says nothing.
    pub default: Option<Value>,
    /// What the cloud fills in when neither configuration nor plan says anything. Text may name other attributes, see [`crate::cloud::Facts`].
    pub server: Option<Value>,
}

/// The words of an attribute's line.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of Terraform's own schema or a word of our files")]
pub struct Flags {
    /// The configuration must set it.
    pub required: bool,
    /// The configuration may set it.
    pub optional: bool,
    /// The provider may set it.
    pub computed: bool,
    /// Terraform hides it.
    pub sensitive: bool,
    /// Never in plan or state.
    pub write_only: bool,
    /// A change replaces the resource.
    pub force_new: bool,
    /// Lives in Terraform's state only; the cloud does not know it.
    pub local: bool,
    /// The cloud gives it anew at each update.
    pub volatile: bool,
}

/// A nested block.
#[derive(Debug)]
pub struct NestedBlock {
    /// How often it may stand and how its elements are told apart.
    pub nesting: Nesting,
    /// At least so many; 0 for no minimum.
    pub min: u64,
    /// At most so many; 0 for no maximum.
    pub max: u64,
    /// A change of its presence replaces the resource.
    pub force_new: bool,
    /// Left out of the configuration, it stays what the cloud says.
    pub computed: bool,
    /// What it holds.
    pub block: Block,
}

/// How a nested block repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most once, an object or null.
    Single,
    /// In order.
    List,
    /// Without order.
    Set,
}

/// A resource, data source or ephemeral resource.
#[derive(Debug)]
pub struct Schema {
    /// Terraform's type name.
    pub name: String,
    /// The schema's version.
    pub version: u64,
    /// The form of `id`.
    pub id: Pattern,
    /// The form of the name that is unique in the cloud.
    pub object: Pattern,
    /// The forms that an import takes, the most telling first.
    pub import: Vec<Pattern>,
    /// What a creation does when the object is there already.
    pub existing: Existing,
    /// Attributes and blocks.
    pub block: Block,
}

/// What a creation does when the object is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is refused, 409.
    #[default]
    Refuse,
    /// It is joined: adding a member to a policy twice is adding it once.
    Join,
    /// Nothing is ever there: what is created is an act, which leaves no object of its own, is never read back and
    /// never undone.
    Nothing,
}
