# Every name fits the cloud's limits at the longest project id.

run "names_at_the_limits" {
  command = plan

  variables {
    project = "p23456789-123456789-123456789x"
    domain  = "tenants.example.com"
    events  = "notification"
  }

  assert {
    condition     = alltrue([for account in concat(values(google_service_account.function), values(google_service_account.sender)) : length(account.account_id) >= 6 && length(account.account_id) <= 30])
    error_message = "An account id has 6 to 30 characters."
  }
  assert {
    condition     = alltrue([for bucket in google_storage_bucket.store : length(bucket.name) <= 63])
    error_message = "A bucket's name has at most 63 characters."
  }
  assert {
    condition     = alltrue([for service in google_cloud_run_v2_service.function : length(service.name) <= 49])
    error_message = "A service's name has at most 49 characters."
  }
  assert {
    # The part before the @ is what MySQL knows.
    condition     = alltrue([for account in google_service_account.function : length(account.account_id) <= 32])
    error_message = "A MySQL user's name has at most 32 characters."
  }
  assert {
    condition     = alltrue([for group in google_compute_region_network_endpoint_group.function : can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", group.name))])
    error_message = "A network endpoint group's name has at most 63 characters."
  }
}
