# Who the site is: one service account a tenant, so that one bad plugin cannot reach another tenant's secrets or media.
# Access to Cloud SQL is granted once for the project, not here: a member a tenant would outgrow the project's policy.

locals {
  labels = merge(var.labels, {
    "aipress-tenant" = var.tenant
    "managed-by"     = "aipress"
  })
}

resource "google_service_account" "site" {
  project      = var.project
  account_id   = "wp-${var.tenant}"
  display_name = coalesce(var.display_name, var.tenant)

  # Creation is eventually consistent: a retry may find what the first try made.
  create_ignore_already_exists = true
}
