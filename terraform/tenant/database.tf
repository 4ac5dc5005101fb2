# The site's database and user on a shared instance. Both are stateful: replacing one loses the site's data or locks it out.
#
# A tenant reaches its own database only. What says so is SQL (`role.sql`, `grants.sql`), which the applying identity runs
# through the data API. Order matters: the role is there before the user, so that the user is a superuser at no time.

resource "google_sql_database" "site" {
  project  = var.database.project
  instance = var.database.instance
  # No underscore: in a grant it stands for any character, and wp_a_b would open wp_axb.
  name    = "wp-${var.tenant}"
  charset = "utf8mb4"

  # Removing a tenant removes its data; what must not be removed is guarded before Terraform runs.
  deletion_policy = "DELETE"
}

resource "google_sql_provision_script" "role" {
  project  = var.database.project
  instance = var.database.instance
  script   = file("${path.module}/role.sql")
}

resource "google_sql_user" "site" {
  project  = var.database.project
  instance = var.database.instance
  name     = "wp-${var.tenant}"
  host     = "%"

  database_roles = ["aipress_tenant"]

  # What the stored secret version says, not what was generated: the two cannot go out of step when one of them fails.
  password_wo         = ephemeral.google_secret_manager_secret_version.database_password.secret_data
  password_wo_version = var.password_version

  depends_on = [google_sql_provision_script.role]
}

resource "google_sql_provision_script" "grants" {
  project  = google_sql_database.site.project
  instance = google_sql_database.site.instance
  script = templatefile("${path.module}/grants.sql", {
    database = google_sql_database.site.name
    user     = google_sql_user.site.name
  })

  lifecycle {
    # A user that was made again, or given another password, is granted its database again.
    replace_triggered_by = [google_sql_user.site]
  }
}
