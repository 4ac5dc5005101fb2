# Where truth lives. Definitions and state keep their versions; what is removed can be brought back for a week at least.

locals {
  buckets = {
    definitions = { versioning = true, soft_delete_days = 30, version_days = var.retention.definitions, export_days = null }
    records     = { versioning = false, soft_delete_days = 7, version_days = null, export_days = null }
    state       = { versioning = true, soft_delete_days = 7, version_days = var.retention.state, export_days = null }
    artifacts   = { versioning = false, soft_delete_days = 7, version_days = null, export_days = local.export_days }
  }

  # A deletion may go on for a while after its export was made: a month longer than the record that names it, as in the
  # programs.
  export_days = try(var.platform.settings.retention.graveyardDays, 90) + 30

  day = 86400
}

resource "google_storage_bucket" "store" {
  for_each = local.buckets

  project  = local.project
  name     = "${var.project}-${each.key}"
  location = var.region

  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # Both are read from the state on destroy: they count once they were applied.
  deletion_policy = var.protect ? "PREVENT" : "DELETE"
  force_destroy   = !var.protect

  versioning {
    enabled = each.value.versioning
  }

  soft_delete_policy {
    retention_duration_seconds = each.value.soft_delete_days * local.day
  }

  # Twenty versions are kept whatever their age, so that a deleted tenant's last definition stays.
  dynamic "lifecycle_rule" {
    for_each = each.value.version_days[*]

    content {
      action {
        type = "Delete"
      }

      condition {
        num_newer_versions         = 20
        days_since_noncurrent_time = lifecycle_rule.value
        with_state                 = "ARCHIVED"
      }
    }
  }

  # Exports of deleted tenants' databases go by age alone, so that no identity needs to delete in a bucket that plugins are
  # served from. What goes of the records depends on more than age: check-drift deletes it.
  dynamic "lifecycle_rule" {
    for_each = each.value.export_days[*]

    content {
      action {
        type = "Delete"
      }

      condition {
        age            = lifecycle_rule.value
        matches_prefix = [local.export_folder]
        with_state     = "ANY"
      }
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }

    condition {
      age        = 1
      with_state = "ANY"
    }
  }
}
