# Tasks: who finds work publishes a tenant's id, reconcile-tenant gets it pushed. A delivery has ten minutes, the longest
# there is; what fails again and again is kept where somebody sees it.
#
# Two subscriptions, each delivering at its own pace: what somebody waits for is not behind the checks of a whole sweep. Pub/Sub
# itself knows no priority.

locals {
  task_filters = {
    # A task by hand may come without attributes.
    changes = "NOT attributes:priority OR attributes.priority = \"change\""
    upkeep  = "attributes:priority AND attributes.priority != \"change\""
  }
}

resource "google_pubsub_topic" "tasks" {
  project = local.project
  name    = "aipress-tasks"

  message_retention_duration = "86400s"
}

resource "google_pubsub_subscription" "tasks" {
  for_each = local.task_filters

  project = local.project
  name    = "aipress-tasks-${each.key}-to-reconcile-tenant"
  topic   = google_pubsub_topic.tasks.id
  filter  = each.value

  ack_deadline_seconds       = 600
  message_retention_duration = "86400s"
  retain_acked_messages      = false
  enable_message_ordering    = false

  # Never: one that nobody used for a month would be gone without a word.
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
    push_endpoint = "${google_cloud_run_v2_service.function["reconcile-tenant"].uri}/tasks"

    # Without an audience it would be the address with its path.
    oidc_token {
      service_account_email = google_service_account.sender["tasks"].email
      audience              = google_cloud_run_v2_service.function["reconcile-tenant"].uri
    }

    no_wrapper {
      write_metadata = true
    }
  }

  # Delivered before the sender may call, a task would use up its attempts.
  depends_on = [google_cloud_run_v2_service_iam_member.sender]
}
