# Cloud Trace, where spans go straight there: each function sends its own.

locals {
  traces_to_google = try(startswith(var.traces_endpoint, "https://telemetry.googleapis.com"), false)
}

resource "google_project_iam_member" "traces" {
  for_each = local.traces_to_google ? local.functions : toset([])

  project = local.project
  role    = "roles/telemetry.tracesWriter"
  member  = google_service_account.function[each.key].member
}
