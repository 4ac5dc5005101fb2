# What is told of a site. No secret values: names and versions only.

# The provider plans an update with the old values of what the cloud computes, and Terraform saves an output as it was
# planned. What is read after a pending service is known only at the end, and so are the outputs that hang on it: without
# this, a failed rollout would be reported as ready, and the next plan would not be empty.
data "google_project" "after_rollout" {
  project_id = var.project

  depends_on = [google_cloud_run_v2_service.site]
}

locals {
  rolled_out = data.google_project.after_rollout.number != ""
}

output "url" {
  description = "Address that Cloud Run gave the service."
  value       = google_cloud_run_v2_service.site.uri
}

output "service" {
  description = "Full name of the Cloud Run service."
  value       = google_cloud_run_v2_service.site.id
}

output "latest_created_revision" {
  description = "Full name of the revision made last."
  value       = local.rolled_out ? google_cloud_run_v2_service.site.latest_created_revision : null
}

output "latest_ready_revision" {
  description = "Full name of the revision that serves. Another than the one made last: the rollout failed, although the next plan may be empty."
  value       = local.rolled_out ? google_cloud_run_v2_service.site.latest_ready_revision : null
}

output "ready" {
  description = "The service's terminal condition."
  value = !local.rolled_out ? null : one([
    for condition in google_cloud_run_v2_service.site.terminal_condition : {
      state   = condition.state
      reason  = condition.reason
      message = condition.message
    }
  ])
}

output "database" {
  description = "Full name of the database."
  value       = google_sql_database.site.id
}

output "database_user" {
  description = "Name of the database user."
  value       = google_sql_user.site.name
}

output "media_bucket" {
  description = "Name of the media bucket."
  value       = google_storage_bucket.media.name
}

output "service_account" {
  description = "Address of the site's service account."
  value       = google_service_account.site.email
}

output "secret" {
  description = "Full name of the secret that holds the database password, and the version in use."
  value = {
    id      = google_secret_manager_secret.database_password.id
    version = google_secret_manager_secret_version.database_password.version
  }
}

output "installer_job" {
  description = "Full name of the job that tries the site's plugins."
  value       = google_cloud_run_v2_job.plugins.id
}
