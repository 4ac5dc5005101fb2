//! Our schema as the protocol's messages.

use std::collections::BTreeMap;

use super::messages::{Attribute, Block, Capabilities, NestedBlock, Schema, SchemaResponse};
use crate::schema::{self, Catalogue, Nesting};

/// The answer to `GetProviderSchema`.
pub(super) fn response(catalogue: &Catalogue) -> SchemaResponse {
    SchemaResponse {
        provider: Some(schema(&catalogue.provider)),
        resources: schemas(&catalogue.resources),
        data: schemas(&catalogue.data),
        // Terraform starts three processes for a plan, and needs the schema of one.
        capabilities: Some(Capabilities { plan_destroy: false, get_provider_schema_optional: true }),
        ephemeral: schemas(&catalogue.ephemeral),
    }
}

fn schemas(of: &BTreeMap<String, schema::Schema>) -> BTreeMap<String, Schema> {
    of.iter().map(|(name, of)| (name.clone(), schema(of))).collect()
}

fn schema(of: &schema::Schema) -> Schema {
    let version = of.version.try_into().unwrap_or_default();
    Schema { version, block: Some(block(&of.block)) }
}

fn block(of: &schema::Block) -> Block {
    Block {
        version: 0,
        attributes: of.attributes.iter().map(|(name, of)| attribute(name, of)).collect(),
        block_types: of.blocks.iter().map(|(name, of)| nested(name, of)).collect(),
    }
}

fn attribute(name: &str, of: &schema::Attribute) -> Attribute {
    Attribute {
        name: name.to_owned(),
        ty: of.ty.to_json().to_string().into_bytes(),
        required: of.flags.required,
        optional: of.flags.optional,
        computed: of.flags.computed,
        sensitive: of.flags.sensitive,
        write_only: of.flags.write_only,
    }
}

fn nested(name: &str, of: &schema::NestedBlock) -> NestedBlock {
    NestedBlock {
        type_name: name.to_owned(),
        block: Some(block(&of.block)),
        nesting: match of.nesting {
            Nesting::Single => 1,
            Nesting::List => 2,
            Nesting::Set => 3,
        },
        min_items: of.min.try_into().unwrap_or_default(),
        max_items: of.max.try_into().unwrap_or_default(),
    }
}
