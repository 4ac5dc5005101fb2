# What the functions that run Terraform may do in the projects of tenants and their databases: what the resource types of
# terraform/tenant need and nothing else. Keys are those types; a test holds them against the module.

locals {
  tenant_permissions = {
    google_cloud_run_v2_job = [
      # Started with its arguments as overrides, followed to its end, and stopped where nobody waits for it any more.
      "run.executions.cancel",
      "run.executions.get",
      "run.jobs.create",
      "run.jobs.delete",
      "run.jobs.get",
      "run.jobs.run",
      "run.jobs.runWithOverrides",
      "run.jobs.update",
    ]
    google_cloud_run_v2_service = [
      "iam.serviceAccounts.actAs",
      "run.operations.get",
      "run.services.create",
      "run.services.delete",
      "run.services.get",
      # Switching the invoker check off is a change of policy.
      "run.services.setIamPolicy",
      "run.services.update",
    ]
    google_project = ["resourcemanager.projects.get"]
    google_secret_manager_secret = [
      "secretmanager.secrets.create",
      "secretmanager.secrets.delete",
      "secretmanager.secrets.get",
      "secretmanager.secrets.update",
    ]
    google_secret_manager_secret_iam_member = [
      "secretmanager.secrets.getIamPolicy",
      "secretmanager.secrets.setIamPolicy",
    ]
    google_secret_manager_secret_version = [
      # The user's password is what the stored version says.
      "secretmanager.versions.access",
      "secretmanager.versions.add",
      "secretmanager.versions.destroy",
      "secretmanager.versions.disable",
      "secretmanager.versions.enable",
      "secretmanager.versions.get",
    ]
    google_service_account = [
      "iam.serviceAccounts.create",
      "iam.serviceAccounts.delete",
      "iam.serviceAccounts.get",
      "iam.serviceAccounts.update",
    ]
    google_storage_bucket = [
      "storage.buckets.create",
      "storage.buckets.delete",
      "storage.buckets.get",
      "storage.buckets.update",
      # A bucket is emptied before it goes.
      "storage.objects.delete",
      "storage.objects.list",
    ]
    google_storage_bucket_iam_member = [
      "storage.buckets.getIamPolicy",
      "storage.buckets.setIamPolicy",
    ]
  }

  database_permissions = {
    google_sql_database = [
      "cloudsql.databases.create",
      "cloudsql.databases.delete",
      "cloudsql.databases.get",
      "cloudsql.databases.update",
      "cloudsql.instances.get",
    ]
    google_sql_provision_script = [
      # The SQL runs through the instance's data API, as the function's own database user (databases.tf).
      "cloudsql.instances.executeSql",
      "cloudsql.instances.get",
      "cloudsql.instances.login",
    ]
    google_sql_user = [
      "cloudsql.instances.get",
      "cloudsql.users.create",
      "cloudsql.users.delete",
      "cloudsql.users.get",
      "cloudsql.users.list",
      "cloudsql.users.update",
    ]
  }

  # On the artifacts bucket.
  bundle_permissions = {
    google_storage_managed_folder = [
      "storage.managedFolders.create",
      "storage.managedFolders.delete",
      "storage.managedFolders.get",
      "storage.managedFolders.list",
    ]
    google_storage_managed_folder_iam_member = [
      "storage.managedFolders.getIamPolicy",
      "storage.managedFolders.setIamPolicy",
    ]
  }

  tenant_project_names = toset(keys(var.tenant_projects))
}

resource "google_project_iam_custom_role" "tenants" {
  for_each = local.tenant_project_names

  project     = local.outer_project[each.key]
  role_id     = "aipressTenants"
  title       = "AIPress tenants"
  permissions = sort(distinct(flatten(values(local.tenant_permissions))))
}

resource "google_project_iam_custom_role" "databases" {
  for_each = local.database_projects

  project     = local.outer_project[each.key]
  role_id     = "aipressDatabases"
  title       = "AIPress databases"
  permissions = sort(distinct(flatten(values(local.database_permissions))))
}

resource "google_project_iam_member" "tenants" {
  for_each = {
    for pair in setproduct(local.tenant_project_names, local.workers) : "${pair[0]}/${pair[1]}" => { project = pair[0], function = pair[1] }
  }

  project = each.value.project
  role    = google_project_iam_custom_role.tenants[each.value.project].name
  member  = google_service_account.function[each.value.function].member
}

resource "google_project_iam_member" "databases" {
  for_each = {
    for pair in setproduct(local.database_projects, local.workers) : "${pair[0]}/${pair[1]}" => { project = pair[0], function = pair[1] }
  }

  project = each.value.project
  role    = google_project_iam_custom_role.databases[each.value.project].name
  member  = google_service_account.function[each.value.function].member
}

# Sites reach their database. Once for all identities of a tenant project: a project's policy has 1,500 places, and a member
# a tenant would fill it and make every run wait for every other.
resource "google_project_iam_member" "database_clients" {
  for_each = local.database_access

  project = local.outer_project[each.value.database]
  role    = "roles/cloudsql.client"
  member  = each.value.member
}

locals {
  # The member that stands for all sites of a tenant project.
  sites = {
    for project in local.tenant_project_names : project => coalesce(
      var.sites,
      "principalSet://cloudresourcemanager.googleapis.com/projects/${data.google_project.outer[project].number}/type/ServiceAccount",
    )
  }

  # Which tenant project's sites have databases in which project; where one member stands for all, once a database project.
  database_access = {
    for pair in toset(flatten([
      for placement in local.placements : [for tier in values(placement.tiers) : var.sites == null ? "${tier.project}/${placement.project}" : tier.project]
    ])) : pair => { database = split("/", pair)[0], member = var.sites == null ? local.sites[split("/", pair)[1]] : var.sites }
  }
}
