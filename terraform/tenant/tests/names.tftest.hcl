# Every name is made from the tenant's id, and fits the cloud's limits at the longest id.
# Run with -var-file=tests/inputs/minimal.tfvars.json; so are the other files here.

run "names_of_a_tenant" {
  command = plan

  variables {
    tenant = "acme-shop-eu"
  }

  assert {
    condition     = google_cloud_run_v2_service.site.name == "wp-acme-shop-eu"
    error_message = "The service is wp-TENANT."
  }
  assert {
    condition     = google_service_account.site.account_id == "wp-acme-shop-eu"
    error_message = "The account is wp-TENANT."
  }
  assert {
    condition     = google_sql_database.site.name == "wp-acme-shop-eu"
    error_message = "The database is wp-TENANT, without an underscore."
  }
  assert {
    condition     = google_sql_user.site.name == "wp-acme-shop-eu" && google_sql_user.site.host == "%"
    error_message = "The user is wp-TENANT, from any host."
  }
  assert {
    condition     = google_secret_manager_secret.database_password.secret_id == "wp-acme-shop-eu-db"
    error_message = "The secret is wp-TENANT-db."
  }
  assert {
    condition     = google_storage_bucket.media.name == "aipress-sandbox-acme-shop-eu-media"
    error_message = "The bucket is PROJECT-TENANT-media."
  }
}

run "a_name_too_long" {
  command = plan

  variables {
    tenant  = "abcdefghij-klmnopqrstu-vwxy"
    project = "p23456789-123456789-123456789x"
  }

  expect_failures = [var.tenant]
}

run "names_at_the_limits" {
  command = plan

  variables {
    tenant  = "abcdefghij-klmnopqrstu-vwx"
    project = "p23456789-123456789-123456789x"
  }

  assert {
    condition     = length(google_service_account.site.account_id) <= 30
    error_message = "An account id has at most 30 characters."
  }
  assert {
    condition     = length(google_sql_user.site.name) <= 32
    error_message = "A MySQL user's name has at most 32 characters."
  }
  assert {
    condition     = length(google_storage_bucket.media.name) <= 63
    error_message = "A bucket's name has at most 63 characters."
  }
  assert {
    condition     = length(google_cloud_run_v2_service.site.name) <= 49
    error_message = "A service's name has at most 49 characters."
  }
}

run "labels" {
  command = plan

  variables {
    labels = { team = "growth" }
  }

  assert {
    condition     = google_storage_bucket.media.labels == tomap({ team = "growth", aipress-tenant = "acme", managed-by = "aipress" })
    error_message = "A resource has the tenant's labels and the platform's two."
  }
  assert {
    condition     = google_cloud_run_v2_service.site.effective_labels == google_storage_bucket.media.labels
    error_message = "Nothing else is added to the labels."
  }
}
