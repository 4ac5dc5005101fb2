//! The name of a topic.

use std::fmt;
use std::str::FromStr;

/// A topic in a project: `projects/PROJECT/topics/TOPIC`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicName(String);

/// The text names no topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a topic is written projects/PROJECT/topics/TOPIC")]
pub struct InvalidTopicName;

impl TopicName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TopicName {
    type Err = InvalidTopicName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["projects", project, "topics", topic] if !project.is_empty() && !topic.is_empty() => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidTopicName),
        }
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
