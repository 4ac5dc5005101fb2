# A changed definition reaches definition-changed: through Eventarc, or through a notification of the bucket with our own
# topic and subscription. An event is a hint that names a tenant; one that is lost is found by the sweep.

locals {
  by_eventarc = var.events == "eventarc"

  # An overwrite is finalized (and archived), a plain delete archived; deleted is the permanent removal.
  event_types = {
    archived  = { cloud_event = "google.cloud.storage.object.v1.archived", notification = "OBJECT_ARCHIVE" }
    deleted   = { cloud_event = "google.cloud.storage.object.v1.deleted", notification = "OBJECT_DELETE" }
    finalized = { cloud_event = "google.cloud.storage.object.v1.finalized", notification = "OBJECT_FINALIZE" }
  }

  events_function = google_cloud_run_v2_service.function["definition-changed"]
}

# Asked for, Cloud Storage's own agent is made.
data "google_storage_project_service_account" "gcs" {
  project = var.project
}

# Eventarc makes a topic of its own for each trigger, so this grant cannot be on one.
resource "google_project_iam_member" "gcs_publisher" {
  count = local.by_eventarc ? 1 : 0

  project = local.project
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.gcs.member
}

resource "google_project_iam_member" "event_receiver" {
  count = local.by_eventarc ? 1 : 0

  project = local.project
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.sender["events"].member
}

resource "google_eventarc_trigger" "definitions" {
  for_each = local.by_eventarc ? local.event_types : {}

  project  = local.project
  location = var.region
  name     = "aipress-definition-${each.key}"

  service_account         = google_service_account.sender["events"].email
  event_data_content_type = "application/json"

  matching_criteria {
    attribute = "type"
    value     = each.value.cloud_event
  }

  matching_criteria {
    attribute = "bucket"
    value     = google_storage_bucket.store["definitions"].name
  }

  destination {
    cloud_run_service {
      service = local.events_function.name
      region  = var.region
      path    = "/events"
    }
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.sender,
    google_project_iam_member.event_receiver,
    google_project_iam_member.gcs_publisher,
  ]
}

resource "google_pubsub_topic" "events" {
  count = local.by_eventarc ? 0 : 1

  project = local.project
  name    = "aipress-events"

  message_retention_duration = "86400s"
}

resource "google_pubsub_topic_iam_member" "events" {
  count = local.by_eventarc ? 0 : 1

  project = local.project
  topic   = google_pubsub_topic.events[0].name
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.gcs.member
}

resource "google_storage_notification" "definitions" {
  count = local.by_eventarc ? 0 : 1

  bucket             = google_storage_bucket.store["definitions"].name
  topic              = google_pubsub_topic.events[0].id
  event_types        = [for type in values(local.event_types) : type.notification]
  object_name_prefix = "tenants/"
  payload_format     = "JSON_API_V1"

  depends_on = [google_pubsub_topic_iam_member.events]
}

resource "google_pubsub_subscription" "events" {
  count = local.by_eventarc ? 0 : 1

  project = local.project
  name    = "aipress-events-to-definition-changed"
  topic   = google_pubsub_topic.events[0].id

  ack_deadline_seconds       = 60
  message_retention_duration = "86400s"
  retain_acked_messages      = false
  enable_message_ordering    = false

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 20
  }

  push_config {
    push_endpoint = "${local.events_function.uri}/events"

    oidc_token {
      service_account_email = google_service_account.sender["events"].email
      audience              = local.events_function.uri
    }

    # The notification's attributes become headers, its body stays as it is.
    no_wrapper {
      write_metadata = true
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.sender]
}
