# What is counted from the log. The functions log each of these events once, with `event` as its name (shared/src/signals.rs).

locals {
  metrics = {
    operations = {
      title  = "Operations that ended"
      event  = "operation_ended"
      labels = { kind = "kind", outcome = "outcome", reason = "reason" }
    }
    deletions_held = {
      title  = "Deletions that were held"
      event  = "deletion_held"
      labels = { reason = "reason" }
    }
    drift = {
      title  = "Drift that was found"
      event  = "drift_found"
      labels = {}
    }
    rollouts = {
      title  = "Rollouts that got another state"
      event  = "rollout_changed"
      labels = { state = "state" }
    }
    sweeps = {
      title  = "Sweeps of the whole fleet"
      event  = "sweep_ended"
      labels = {}
    }
  }
}

# No label a tenant: fifty thousand time series are a bill, not a picture.
resource "google_logging_metric" "event" {
  for_each = local.metrics

  project = local.project
  name    = "aipress/${each.key}"
  filter  = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"${each.value.event}\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"

    dynamic "labels" {
      for_each = each.value.labels

      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  label_extractors = { for label, field in each.value.labels : label => "EXTRACT(jsonPayload.${field})" }
}
