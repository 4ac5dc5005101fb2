# The functions that run Terraform as users of each shared instance: they make the role and the grants that keep tenants'
# databases apart. The instance itself is made beforehand (see the README for what it must allow).

locals {
  instances = {
    for instance in toset(flatten([
      for placement in local.placements : [for tier in values(placement.tiers) : "${tier.project}/${tier.instance}"]
    ])) : instance => { project = split("/", instance)[0], name = split("/", instance)[1] }
  }
}

resource "google_sql_user" "worker" {
  for_each = merge([
    for key, instance in local.instances : { for function in local.workers : "${key}/${function}" => merge(instance, { function = function }) }
  ]...)

  project  = local.outer_project[each.value.project]
  instance = each.value.name
  name     = google_service_account.function[each.value.function].email
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"

  # Who grants must have what is granted.
  database_roles = ["cloudsqlsuperuser"]
}
