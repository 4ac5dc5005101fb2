//! Tasks as messages of a Pub/Sub topic, through Google's own client. A push subscription carries them to whoever
//! reconciles, again and again until it is acknowledged or dead.
//!
//! Messages have no ordering key: a task is a hint and may come twice or late, while an ordered subscription would let one
//! delivery that is not acknowledged hold back what comes after it.

use std::time::Duration;

use async_trait::async_trait;
use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::client_builder;
use google_cloud_gax::retry_policy::RetryPolicyExt as _;
use google_cloud_pubsub::client::Publisher;
use google_cloud_pubsub::model::Message;
use google_cloud_pubsub::retry_policy::RetryableErrors;
use tokio::sync::OnceCell;

use super::{HandOutError, Task, Tasks, TopicName};

/// Where Google's own clients put a trace context (read in their documentation of tracing).
const TRACE_ATTRIBUTE: &str = "googclient_traceparent";
/// How long a caller waits at most, for the connection and the client's own retries too. A process that is stopped hands on
/// what it cannot end within its drain, after its runs have saved their state: this is less than half of it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hands tasks to a topic. Making one touches no network: the connection is made for the first task.
pub struct PubSubTasks {
    topic: TopicName,
    endpoint: Option<String>,
    publisher: OnceCell<Publisher>,
}

impl PubSubTasks {
    /// Over a topic. `endpoint` is an emulator, which is spoken to without credentials; `None`: Google, as the identity
    /// this process has.
    pub fn new(topic: TopicName, endpoint: Option<String>) -> Self {
        Self { topic, endpoint, publisher: OnceCell::new() }
    }

    async fn publisher(&self) -> Result<&Publisher, HandOutError> {
        let built = self.publisher.get_or_try_init(|| self.build()).await;
        built.map_err(|error| HandOutError::Unavailable(format!("no connection to {}: {error}", self.topic)))
    }

    async fn publish(&self, message: Message) -> Result<(), HandOutError> {
        let published = self.publisher().await?.publish(message).await;
        published.map(|_| ()).map_err(|error| HandOutError::Unavailable(format!("{}: {error}", self.topic)))
    }

    async fn build(&self) -> Result<Publisher, client_builder::Error> {
        let mut builder = Publisher::builder(self.topic.as_str())
            .with_retry_policy(RetryableErrors.with_time_limit(PATIENCE))
            // A task is sent at once: whoever hands it out waits for it.
            .set_message_count_threshold(1);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint).with_credentials(anonymous::Builder::new().build());
        }
        builder.build().await
    }
}

#[async_trait]
impl Tasks for PubSubTasks {
    async fn hand_out(&self, task: Task) -> Result<(), HandOutError> {
        let handed_on = tokio::time::timeout(PATIENCE, self.publish(message(&task)?)).await;
        handed_on.unwrap_or_else(|_| {
            Err(HandOutError::Unavailable(format!("{} did not answer within {} s", self.topic, PATIENCE.as_secs())))
        })
    }
}

/// The task as JSON; as attributes too, for a subscription's filter and for people who look at messages.
fn message(task: &Task) -> Result<Message, HandOutError> {
    let text =
        |value: serde_json::Result<serde_json::Value>| value.map_err(|e| HandOutError::Unavailable(e.to_string()));
    let (whole, priority) = (text(serde_json::to_value(task))?, text(serde_json::to_value(task.priority))?);
    let priority = priority.as_str().unwrap_or_default().to_owned();
    let trace = task.trace.map(|trace| (TRACE_ATTRIBUTE, trace.to_string()));
    let attributes = [("tenant", task.tenant.to_string()), ("priority", priority)].into_iter().chain(trace);
    Ok(Message::new().set_data(whole.to_string()).set_attributes(attributes))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::config::variables::{self, Absent};
    use crate::tasks::Priority;

    #[test]
    fn a_task_is_its_own_message() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let task = Task::new("acme".parse().unwrap(), Priority::Upkeep).after(trace.parse().ok());
        let message = message(&task).unwrap();
        assert_eq!(serde_json::from_slice::<Task>(&message.data).unwrap(), task);
        assert_eq!(message.attributes["tenant"], "acme");
        assert_eq!(message.attributes["priority"], "upkeep");
        assert_eq!(message.attributes["googclient_traceparent"], trace);
        assert_eq!(message.ordering_key, "");
    }

    /// One that refuses connections, and one that takes them and says nothing.
    #[tokio::test]
    async fn a_topic_that_does_not_answer_is_told_within_half_a_drain() {
        let Absent::Default(drain) = variables::DRAIN.default else { panic!("a process drains") };
        let half = Duration::from_secs(drain.parse().unwrap()) / 2;
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        for endpoint in ["127.0.0.1:9".to_owned(), silent.local_addr().unwrap().to_string()] {
            let tasks = PubSubTasks::new("projects/p/topics/t".parse().unwrap(), Some(format!("http://{endpoint}")));
            let begun = Instant::now();
            let refused = tasks.hand_out(Task::new("acme".parse().unwrap(), Priority::Change)).await;
            assert!(matches!(refused, Err(HandOutError::Unavailable(_))), "{endpoint}: {refused:?}");
            assert!(begun.elapsed() < half, "{endpoint}: {:?}", begun.elapsed());
        }
    }
}
