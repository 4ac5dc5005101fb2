# What could not be delivered, tasks and events alike, kept for a month. Nothing is lost by it: the sweep finds the tenant.

locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.control_plane.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic" "dead_letters" {
  project = local.project
  name    = "aipress-dead-letters"

  message_retention_duration = "2678400s"
}

# Without a subscription a topic keeps nothing.
resource "google_pubsub_subscription" "dead_letters" {
  project = local.project
  name    = "aipress-dead-letters"
  topic   = google_pubsub_topic.dead_letters.id

  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s"
  retain_acked_messages      = false
  enable_message_ordering    = false

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves a message: it publishes to the one and acknowledges on the other.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = local.project
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  for_each = merge(
    { for name, subscription in google_pubsub_subscription.tasks : name => subscription.name },
    { for subscription in google_pubsub_subscription.events : "events" => subscription.name },
    { for subscription in google_pubsub_subscription.assets : "assets" => subscription.name },
  )

  project      = local.project
  subscription = each.value
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}
