# What wakes a site for its scheduled events: a queue in each tenant project and region, into which sites put one task for
# their next due event (docs/runtime.md). A queue without tasks costs nothing.

locals {
  cron_queue = "aipress-cron"
  cron_places = {
    for placement in local.placements : "${placement.project}/${placement.region}" => { project = placement.project, region = placement.region } if var.cron
  }
}

resource "google_cloud_tasks_queue" "cron" {
  for_each = local.cron_places

  project  = local.outer_project[each.value.project]
  location = each.value.region
  name     = local.cron_queue

  # Many sites want to wake at the same round hour: their containers and databases do not start all at once.
  rate_limits {
    max_dispatches_per_second = 20
    max_concurrent_dispatches = 50
  }

  # What fails so often is ordered again by the site's next visit.
  retry_config {
    max_attempts       = 5
    max_retry_duration = "3600s"
    min_backoff        = "30s"
    max_backoff        = "600s"
    max_doublings      = 4
  }
}

# Once for all sites of a project, as their access to databases is.
resource "google_project_iam_member" "cron" {
  for_each = var.cron ? local.tenant_project_names : toset([])

  project = local.outer_project[each.key]
  role    = "roles/cloudtasks.enqueuer"
  member  = local.sites[each.key]
}
