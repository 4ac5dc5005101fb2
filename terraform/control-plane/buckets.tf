# Where truth lives. Definitions and state keep their versions; what is removed can be brought back for a week at least.

locals {
  buckets = {
    definitions = { versioning = true, soft_delete_days = 30, version_days = var.retention.definitions, log_days = null }
    records     = { versioning = false, soft_delete_days = 7, version_days = null, log_days = var.retention.logs }
    state       = { versioning = true, soft_delete_days = 7, version_days = var.retention.state, log_days = null }
    artifacts   = { versioning = false, soft_delete_days = 7, version_days = null, log_days = null }
  }

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

  # The audit record of an operation outlives what Terraform said meanwhile.
  dynamic "lifecycle_rule" {
    for_each = each.value.log_days[*]

    content {
      action {
        type = "Delete"
      }

      condition {
        age            = lifecycle_rule.value
        matches_prefix = ["operations/"]
        matches_suffix = [".log"]
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
