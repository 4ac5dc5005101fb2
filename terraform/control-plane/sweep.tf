# The sweep: whatever was lost, missed or interrupted is found by looking at everything again.

resource "google_cloud_scheduler_job" "sweep" {
  project = local.project
  region  = var.region
  name    = "aipress-sweep"

  schedule         = var.sweep_schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "600s"

  # The next one comes soon.
  retry_config {
    retry_count = 0
  }

  http_target {
    uri         = "${google_cloud_run_v2_service.function["check-drift"].uri}/sweep"
    http_method = "POST"

    oidc_token {
      service_account_email = google_service_account.sender["sweep"].email
      audience              = google_cloud_run_v2_service.function["check-drift"].uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.sender]
}
