//! What is done to a site. `table` runs the ones that end with a row of the table in docs/plugins.md.

mod archives;
mod broken;
mod killed;
mod lint;
mod ordinary;
mod row;
mod runtime;
mod together;
