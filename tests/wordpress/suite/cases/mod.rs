//! What is done to a site. Those that call `row` make the table of docs/plugins.md.

mod archives;
mod broken;
mod canary;
mod chain;
mod cron;
mod killed;
mod lint;
mod lists;
mod old_bundles;
mod ordinary;
mod row;
mod runtime;
mod together;
