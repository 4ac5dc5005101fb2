# A deleted tenant's database is exported before it goes: asked for by whoever destroys, written into the artifacts bucket by
# the instance's own account, which also reads it when a person imports it again.

locals {
  # A deletion is asked for, found due, or approved after it was held.
  destroyers = toset(["delete-tenant", "reconcile-tenant", "update-tenant"])

  # Beginning an export, and following it to its end.
  export_permissions = ["cloudsql.instances.export", "cloudsql.instances.get"]

  export_folder = "graveyard/"
}

resource "google_project_iam_custom_role" "exports" {
  for_each = local.database_projects

  project     = local.outer_project[each.key]
  role_id     = "aipressExports"
  title       = "AIPress exports"
  permissions = local.export_permissions
}

resource "google_project_iam_member" "exports" {
  for_each = {
    for pair in setproduct(local.database_projects, local.destroyers) : "${pair[0]}/${pair[1]}" => { project = pair[0], function = pair[1] }
  }

  project = each.value.project
  role    = google_project_iam_custom_role.exports[each.value.project].name
  member  = google_service_account.function[each.value.function].member
}

data "google_sql_database_instance" "shared" {
  for_each = local.instances

  project = local.outer_project[each.value.project]
  name    = each.value.name
}

# Exports are all that an instance may add or see: plugin bundles are in the same bucket.
resource "google_storage_bucket_iam_member" "exports" {
  for_each = merge([
    for key, instance in data.google_sql_database_instance.shared : {
      for role in ["roles/storage.objectCreator", "roles/storage.objectViewer"] : "${key}/${basename(role)}" => { account = instance.service_account_email_address, role = role }
    }
  ]...)

  bucket = google_storage_bucket.store["artifacts"].name
  role   = each.value.role
  member = "serviceAccount:${each.value.account}"

  condition {
    title      = "exports"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.store["artifacts"].name}/objects/${local.export_folder}\")"
  }
}
