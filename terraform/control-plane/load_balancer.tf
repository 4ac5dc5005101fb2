# One address for the API, where a domain is named: each method and path to its function. The load balancer adds no
# identity: callers show their own token, made for this address, and Cloud Run verifies it.

locals {
  balanced = var.domain == null ? toset([]) : local.api_functions

  # In order; anything else, reading above all, is get-tenant's, which also says what is not there.
  routes = var.domain == null ? [] : [
    { method = "POST", path = "/tenants", function = "create-tenant" },
    { method = "PUT", path = "/tenants/*", function = "update-tenant" },
    # What is asked of a tenant that is there, an approval for one.
    { method = "POST", path = "/tenants/*/**", function = "update-tenant" },
    { method = "POST", path = "/fleet/rollout/*", function = "update-tenant" },
    { method = "DELETE", path = "/tenants/*", function = "delete-tenant" },
  ]

  # A name that changes with what cannot be changed in place, so that the new one is there before the old one goes.
  balancer_suffix = substr(sha256(join("/", concat([var.region], var.domain[*]))), 0, 8)
}

resource "google_compute_global_address" "api" {
  count = length(var.domain[*])

  project      = local.project
  name         = "aipress-api"
  address_type = "EXTERNAL"
  ip_version   = "IPV4"
}

resource "google_compute_managed_ssl_certificate" "api" {
  count = length(var.domain[*])

  project = local.project
  name    = "aipress-api-${local.balancer_suffix}"

  managed {
    domains = [var.domain]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_region_network_endpoint_group" "function" {
  for_each = local.balanced

  project               = local.project
  region                = var.region
  name                  = "aipress-${each.key}-${local.balancer_suffix}"
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.function[each.key].name
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_backend_service" "function" {
  for_each = local.balanced

  project               = local.project
  name                  = "aipress-${each.key}"
  protocol              = "HTTPS"
  load_balancing_scheme = "EXTERNAL_MANAGED"

  backend {
    group = google_compute_region_network_endpoint_group.function[each.key].id
  }

  log_config {
    enable      = true
    sample_rate = 1
  }
}

resource "google_compute_url_map" "api" {
  count = length(var.domain[*])

  project         = local.project
  name            = "aipress-api"
  default_service = google_compute_backend_service.function["get-tenant"].id

  host_rule {
    hosts        = [var.domain]
    path_matcher = "api"
  }

  path_matcher {
    name            = "api"
    default_service = google_compute_backend_service.function["get-tenant"].id

    dynamic "route_rules" {
      for_each = local.routes

      content {
        priority = route_rules.key + 1
        service  = google_compute_backend_service.function[route_rules.value.function].id

        match_rules {
          path_template_match = route_rules.value.path

          header_matches {
            header_name = ":method"
            exact_match = route_rules.value.method
          }
        }
      }
    }
  }
}

resource "google_compute_target_https_proxy" "api" {
  count = length(var.domain[*])

  project          = local.project
  name             = "aipress-api"
  url_map          = google_compute_url_map.api[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.api[0].id]
}

resource "google_compute_global_forwarding_rule" "api" {
  count = length(var.domain[*])

  project               = local.project
  name                  = "aipress-api"
  target                = google_compute_target_https_proxy.api[0].id
  ip_address            = google_compute_global_address.api[0].id
  ip_protocol           = "TCP"
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}
