# The database password, which no plan and no state ever holds, and access to the secrets the tenant names.
# Rotation: raise `password_version`. The secret is stateful.

resource "google_secret_manager_secret" "database_password" {
  project   = var.project
  secret_id = "wp-${var.tenant}-db"
  labels    = local.labels

  # A version destroyed by mistake can be brought back for a day.
  version_destroy_ttl = "86400s"

  replication {
    auto {}
  }
}

# Made anew at every plan and apply; only a raised version number stores one.
ephemeral "random_password" "database" {
  length  = 32
  special = false
}

resource "google_secret_manager_secret_version" "database_password" {
  secret                 = google_secret_manager_secret.database_password.id
  secret_data_wo         = ephemeral.random_password.database.result
  secret_data_wo_version = var.password_version

  lifecycle {
    # The running revision reads the old version until the new one serves.
    create_before_destroy = true
  }
}

ephemeral "google_secret_manager_secret_version" "database_password" {
  secret  = google_secret_manager_secret_version.database_password.secret
  version = google_secret_manager_secret_version.database_password.version
}

resource "google_secret_manager_secret_iam_member" "database_password" {
  project   = var.project
  secret_id = google_secret_manager_secret.database_password.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.site.member
}

resource "google_secret_manager_secret_iam_member" "environment" {
  for_each = toset([for reference in values(var.secret_environment) : reference.secret])

  project   = split("/", each.key)[1]
  secret_id = each.key
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.site.member
}
