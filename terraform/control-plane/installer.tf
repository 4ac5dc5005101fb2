# The job that stages plugin bundles, one for all tenants: it sees archives and bundles, no database and no secret. Whoever
# reconciles starts it with its arguments as overrides. What runs plugins' code is a job of the tenant's own.

resource "google_cloud_run_v2_job" "install_plugins" {
  project  = local.project
  location = var.region
  name     = "aipress-install-plugins"

  # It keeps nothing.
  deletion_protection = false
  launch_stage        = "GA"

  template {
    task_count = 1

    template {
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      service_account       = google_service_account.function["install-plugins"].email
      timeout               = "1800s"
      # Whether to try again is for reconcile to decide, which sees what came of it.
      max_retries = 0

      containers {
        image = var.images["install-plugins"]

        resources {
          limits = {
            cpu    = "1"
            memory = "1Gi"
          }
        }
      }
    }
  }

  depends_on = [google_storage_bucket_iam_member.function]
}
