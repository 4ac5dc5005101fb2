# A hand that changes a tenant's resource is seen within minutes: Cloud Asset Inventory tells a topic of ours, and
# definition-changed makes a drift check due. A hint like any event: one that is lost waits for the tenant's next check.

locals {
  # Of what a tenant has: what carries the tenant's label.
  asset_types = [
    "run.googleapis.com/Job",
    "run.googleapis.com/Service",
    "secretmanager.googleapis.com/Secret",
    "storage.googleapis.com/Bucket",
  ]

  # Where there is a feed, everything here is made once, else not at all.
  asset_feeds = var.asset_feed ? 1 : 0
}

resource "google_pubsub_topic" "assets" {
  count = local.asset_feeds

  project = local.project
  name    = "aipress-assets"

  message_retention_duration = "86400s"
}

# The feeds are billed to this project, so it is this project's agent that publishes, for all tenant projects.
resource "google_pubsub_topic_iam_member" "assets" {
  count = local.asset_feeds

  project = local.project
  topic   = google_pubsub_topic.assets[0].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:service-${data.google_project.control_plane.number}@gcp-sa-cloudasset.iam.gserviceaccount.com"
}

resource "google_cloud_asset_project_feed" "tenants" {
  for_each = var.asset_feed ? local.tenant_project_names : toset([])

  project         = local.outer_project[each.key]
  billing_project = local.project
  feed_id         = "aipress"
  content_type    = "RESOURCE"
  asset_types     = local.asset_types

  feed_output_config {
    pubsub_destination {
      topic = google_pubsub_topic.assets[0].id
    }
  }

  # A feed says hello as it is made.
  depends_on = [google_pubsub_topic_iam_member.assets]
}

resource "google_pubsub_subscription" "assets" {
  count = local.asset_feeds

  project = local.project
  name    = "aipress-assets-to-definition-changed"
  topic   = google_pubsub_topic.assets[0].id

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

  # The same sender as of definitions' events: the function takes no other.
  push_config {
    push_endpoint = "${local.events_function.uri}/assets"

    oidc_token {
      service_account_email = google_service_account.sender["events"].email
      audience              = local.events_function.uri
    }

    no_wrapper {
      write_metadata = true
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.sender]
}
