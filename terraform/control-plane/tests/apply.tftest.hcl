# Made for real, changed, and taken away at the end.

variables {
  protect = false
}

run "made" {
  assert {
    condition     = keys(output.functions) == ["check-drift", "create-tenant", "definition-changed", "delete-tenant", "get-tenant", "reconcile-tenant", "update-tenant"]
    error_message = "Every function has an address."
  }
  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.tasks : one(subscription.push_config).push_endpoint == "${output.functions["reconcile-tenant"]}/tasks"])
    error_message = "Tasks are pushed to reconcile-tenant."
  }
  assert {
    condition     = one(google_pubsub_subscription.assets[0].push_config).push_endpoint == "${output.functions["definition-changed"]}/assets" && one(one(google_pubsub_subscription.assets[0].push_config).oidc_token).service_account_email == google_service_account.sender["events"].email
    error_message = "Changed resources are told to definition-changed, by the sender it takes."
  }
  assert {
    condition     = toset([for grant in google_project_iam_member.exports : grant.member]) == toset([for function in ["delete-tenant", "reconcile-tenant", "update-tenant"] : google_service_account.function[function].member])
    error_message = "Who never destroys exports nothing."
  }
  assert {
    condition     = one(google_cloud_scheduler_job.sweep.http_target).uri == "${output.functions["check-drift"]}/sweep"
    error_message = "The scheduler calls check-drift."
  }
  assert {
    condition     = google_secret_manager_secret_version.platform.secret_data_wo == null
    error_message = "The settings are not in the state."
  }
}

run "other_settings_are_another_revision" {
  variables {
    platform = merge(var.platform, { settings = { limits = { runsPerInstance = 2 } } })
  }

  assert {
    condition     = google_secret_manager_secret_version.platform.version != run.made.platform_version
    error_message = "Other settings are another version."
  }
  assert {
    condition     = google_cloud_run_v2_service.function["check-drift"].template[0].volumes[0].secret[0].items[0].version == google_secret_manager_secret_version.platform.version
    error_message = "The functions are given the settings' version."
  }
}
