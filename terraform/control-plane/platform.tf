# The platform's settings: one file, rendered here, kept in Secret Manager and mounted into every function that reads it.
# A changed file is a new version, a new version a new revision: what runs has one set of settings from its start to its end.

locals {
  placements = flatten([
    for project, regions in var.tenant_projects : [
      for region, placement in regions : {
        project  = project
        region   = region
        capacity = placement.capacity
        weight   = placement.weight
        closed   = placement.closed
        tiers = {
          for name, tier in placement.tiers : name => {
            instance       = tier.instance
            project        = coalesce(tier.project, project)
            connectionName = "${coalesce(tier.project, project)}:${coalesce(tier.region, region)}:${tier.instance}"
          }
        }
      }
    ]
  ])

  database_projects = toset(flatten([for placement in local.placements : [for tier in values(placement.tiers) : tier.project]]))

  # What is not said is the platform's own default.
  said = {
    image           = var.platform.image
    defaultTier     = var.platform.default_tier
    artifactsBucket = google_storage_bucket.store["artifacts"].name
    cronQueue       = var.cron ? local.cron_queue : null
    resources       = var.platform.resources
    scaling = var.platform.scaling == null ? null : {
      minInstances = var.platform.scaling.min_instances
      maxInstances = var.platform.scaling.max_instances
    }
    plugins        = [for plugin in var.platform.plugins : { for field, value in plugin : field => value if value != null }]
    tenantProjects = [for placement in local.placements : { for field, value in placement : field => value if value != null }]
  }

  platform_settings = yamlencode(merge({ for field, value in local.said : field => value if value != null }, var.platform.settings))

  platform_folder = "/etc/aipress"
  platform_file   = "platform.yaml"
}

resource "google_secret_manager_secret" "platform" {
  project   = local.project
  secret_id = "aipress-platform"

  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "platform" {
  secret         = google_secret_manager_secret.platform.id
  secret_data_wo = local.platform_settings
  # The content's own number: another content is another version.
  secret_data_wo_version = parseint(substr(sha256(local.platform_settings), 0, 12), 16)

  # An older revision that is switched back to still finds the settings it started with.
  deletion_policy = "ABANDON"

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = length(local.platform_settings) < 65536
      error_message = "The platform settings do not fit into a secret version of 64 KiB: fewer placements for one control plane."
    }
  }
}

resource "google_secret_manager_secret_iam_member" "platform" {
  for_each = setsubtract(local.functions, ["get-tenant"])

  project   = local.project
  secret_id = google_secret_manager_secret.platform.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.key].member
}
