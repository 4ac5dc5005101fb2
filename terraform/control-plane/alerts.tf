# What somebody must look at. Each alert says what to do.

locals {
  counted = { for name, metric in google_logging_metric.event : name => "metric.type=\"logging.googleapis.com/user/${metric.name}\" AND resource.type=\"cloud_run_revision\"" }

  thresholds = {
    failed_operations = {
      title    = "AIPress: operations fail"
      filter   = "${local.counted["operations"]} AND metric.labels.outcome=\"Failed\" AND metric.labels.reason!=\"HELD\""
      severity = "ERROR"
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      advice   = "`tenantctl list --phase Failed` names the tenants, `tenantctl history TENANT` and `tenantctl logs TENANT` say why. A failed apply is tried again by itself; one that fails for hours is not."
    }
    deletions_held = {
      title    = "AIPress: deletions are held"
      filter   = local.counted["deletions_held"]
      severity = "WARNING"
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      advice   = "`tenantctl list --phase Held` names the tenants. Too many definitions vanished at once, or a protected one: put them back, or let them go on purpose."
    }
    drift = {
      title    = "AIPress: drift was found"
      filter   = local.counted["drift"]
      severity = "WARNING"
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      advice   = "`tenantctl list --drifted` names the tenants, `tenantctl get TENANT` says what was changed. Where driftPolicy is Correct it is put right already."
    }
    rollout_halted = {
      title    = "AIPress: a rollout stopped by itself"
      filter   = "${local.counted["rollouts"]} AND metric.labels.state=\"Halted\""
      severity = "ERROR"
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      advice   = "Too many tenants that it moved are not well. `tenantctl rollout status` says how many, `tenantctl list --phase Failed` names them. Nobody else is touched until somebody decides: `tenantctl rollout undo`, `resume` or `abort`, or another change of the platform's settings."
    }
    dead_letters = {
      title    = "AIPress: messages could not be delivered"
      filter   = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=\"${google_pubsub_subscription.dead_letters.name}\""
      severity = "ERROR"
      aligner  = "ALIGN_MAX"
      reducer  = "REDUCE_MAX"
      advice   = "Nothing is lost: the sweep finds the tenants. Look at the log of reconcile-tenant and definition-changed for what refuses them, then empty it: `gcloud pubsub subscriptions pull aipress-dead-letters --auto-ack --limit 100`."
    }
  }
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = local.thresholds

  project               = local.project
  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = var.notification_channels

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }
}

resource "google_monitoring_alert_policy" "sweep_missing" {
  project               = local.project
  display_name          = "AIPress: no sweep"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = var.notification_channels

  conditions {
    display_name = "AIPress: no sweep"

    condition_absent {
      filter   = local.counted["sweeps"]
      duration = "1200s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = "Without the sweep lost events stay lost and drift is not found. Look at the last runs of the scheduler job aipress-sweep and at the log of check-drift."
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }
}
