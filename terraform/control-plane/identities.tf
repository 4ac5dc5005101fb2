# Who does things: one identity a function, and one for each sender that calls a function. What each may do is in
# grants.tf (here) and tenants.tf (in the tenants' projects), and as a table in docs/identities.md.

locals {
  # Functions that run Terraform; they alone may provision.
  workers = toset(["create-tenant", "delete-tenant", "reconcile-tenant", "update-tenant"])

  functions = setunion(local.workers, ["check-drift", "definition-changed", "get-tenant"])

  senders = {
    events = "AIPress: tells definition-changed of definitions and of tenants' resources"
    sweep  = "AIPress: starts check-drift"
    tasks  = "AIPress: pushes tasks to reconcile-tenant"
  }
}

resource "google_service_account" "function" {
  for_each = setunion(local.functions, ["install-plugins"])

  project      = local.project
  account_id   = "aipress-${each.key}"
  display_name = "AIPress: ${each.key}"
}

resource "google_service_account" "sender" {
  for_each = local.senders

  project      = local.project
  account_id   = "aipress-send-${each.key}"
  display_name = each.value
}
