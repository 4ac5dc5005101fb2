# The site's database and user on a shared instance. Both are stateful: replacing one loses the site's data or locks it out.

resource "google_sql_database" "site" {
  project  = var.database.project
  instance = var.database.instance
  name     = "wp_${replace(var.tenant, "-", "_")}"
  charset  = "utf8mb4"

  # Removing a tenant removes its data; what must not be removed is guarded before Terraform runs.
  deletion_policy = "DELETE"
}

resource "google_sql_user" "site" {
  project  = var.database.project
  instance = var.database.instance
  name     = "wp-${var.tenant}"
  host     = "%"

  # What the stored secret version says, not what was generated: the two cannot go out of step when one of them fails.
  password_wo         = ephemeral.google_secret_manager_secret_version.database_password.secret_data
  password_wo_version = var.password_version
}
