# The APIs in use. Every other resource names its project through these, so that none is made before its API is on.

locals {
  control_plane_services = concat(
    [
      "cloudscheduler.googleapis.com",
      "iam.googleapis.com",
      "logging.googleapis.com",
      "monitoring.googleapis.com",
      "pubsub.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "storage.googleapis.com",
    ],
    var.asset_feed ? ["cloudasset.googleapis.com"] : [],
    var.events == "eventarc" ? ["eventarc.googleapis.com"] : [],
    var.domain == null ? [] : ["compute.googleapis.com"],
  )

  tenant_services = concat(
    [
      "cloudresourcemanager.googleapis.com",
      "iam.googleapis.com",
      "run.googleapis.com",
      "secretmanager.googleapis.com",
      "sqladmin.googleapis.com",
      "storage.googleapis.com",
    ],
    var.cron ? ["cloudtasks.googleapis.com"] : [],
  )

  project = one(toset([for service in google_project_service.control_plane : service.project]))

  # Tenant projects and those that hold only databases.
  outer_projects = setunion(keys(var.tenant_projects), local.database_projects)
  outer_project  = { for project in local.outer_projects : project => one(toset([for key, service in google_project_service.outer : service.project if startswith(key, "${project}/")])) }
}

resource "google_project_service" "control_plane" {
  for_each = toset(local.control_plane_services)

  project = var.project
  service = each.key

  # Others in the project may use it.
  disable_on_destroy = false
}

resource "google_project_service" "outer" {
  for_each = merge([
    for project in local.outer_projects : { for service in local.tenant_services : "${project}/${service}" => { project = project, service = service } }
  ]...)

  project = each.value.project
  service = each.value.service

  disable_on_destroy = false
}

data "google_project" "control_plane" {
  project_id = var.project
}

data "google_project" "outer" {
  for_each = local.outer_projects

  project_id = each.key
}
