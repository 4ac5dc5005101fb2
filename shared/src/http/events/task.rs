//! Tasks as they arrive: a push of our own topic (`message.data`, base64 of JSON), or the JSON alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Hint;
use crate::tasks::Task;

#[derive(Deserialize)]
#[serde(untagged)]
enum Sent {
    Push { message: Message },
    Plain(Task),
}

#[derive(Deserialize)]
struct Message {
    data: String,
}

/// Whom a task is about.
pub(in crate::http) fn task_hint(body: &[u8]) -> Hint {
    let task = match serde_json::from_slice(body) {
        Ok(Sent::Plain(task)) => Some(task),
        Ok(Sent::Push { message }) => {
            STANDARD.decode(message.data).ok().and_then(|data| serde_json::from_slice(&data).ok())
        }
        Err(_) => None,
    };
    task.map_or_else(
        || Hint::Malformed("no task: {\"tenant\": \"…\"}".to_owned()),
        |task: Task| Hint::Tenant(task.tenant),
    )
}
