# The functions: one Cloud Run service each. What is in the image (the module, Terraform, folders) the image says itself.

locals {
  api_functions = toset(["create-tenant", "delete-tenant", "get-tenant", "update-tenant"])

  runs         = try(var.platform.settings.limits.runs, 4)
  run_seconds  = try(var.platform.settings.limits.runSeconds, 540)
  wait_seconds = try(var.platform.settings.limits.waitSeconds, 60)

  # A run is Terraform and its provider, and what they write: the file system is memory too.
  worker_memory = 512 * (1 + local.runs)

  sizes = {
    worker = {
      cpu       = local.worker_memory > 4096 ? "4" : "2"
      memory    = "${local.worker_memory}Mi"
      instances = 20
      # Beside the runs there are requests that wait, and those that find nothing to do.
      concurrency = 4 * local.runs
    }
    light = { cpu = "1", memory = "512Mi", instances = 10, concurrency = 80 }
    # Two listings of the whole fleet side by side; never two sweeps at once.
    sweep = { cpu = "1", memory = "1Gi", instances = 1, concurrency = 1 }
  }

  sender_of = { check-drift = "sweep", definition-changed = "events", reconcile-tenant = "tasks" }

  # Cloud Run has verified the token, and has let in whom `callers` names; or the functions do both.
  api_auth = { for variable, value in {
    AIPRESS_AUTH           = var.oidc == null ? "iam" : "oidc"
    AIPRESS_AUTH_AUDIENCES = var.oidc == null ? null : join(",", distinct(concat([for domain in var.domain[*] : "https://${domain}"], var.oidc.audiences)))
    AIPRESS_AUTH_ISSUER    = var.oidc == null ? null : var.oidc.issuer
    AIPRESS_CALLERS        = var.oidc == null ? "*" : join(",", sort(var.oidc.callers))
  } : variable => value if value != null }

  function = {
    for name in local.functions : name => {
      size = local.sizes[contains(local.workers, name) ? "worker" : name == "check-drift" ? "sweep" : "light"]
      # A push delivery gives up after 600 s, so there is no use in working on; a caller of the API waits as long as the run.
      timeout  = !contains(local.workers, name) ? (name == "check-drift" ? 600 : 60) : name == "reconcile-tenant" ? 600 : local.run_seconds + local.wait_seconds + 60
      settings = name != "get-tenant"
      environment = merge(
        contains(local.api_functions, name) ? local.api_auth : {
          # What works takes its sender only.
          AIPRESS_AUTH    = "iam"
          AIPRESS_CALLERS = google_service_account.sender[local.sender_of[name]].email
        },
        {
          AIPRESS_DEFINITIONS_BUCKET = google_storage_bucket.store["definitions"].name
          AIPRESS_PROJECT            = local.project
          AIPRESS_RECORDS_BUCKET     = google_storage_bucket.store["records"].name
        },
        { for endpoint in var.traces_endpoint[*] : "OTEL_EXPORTER_OTLP_ENDPOINT" => endpoint },
        name == "get-tenant" ? {} : {
          AIPRESS_PLATFORM    = "${local.platform_folder}/${local.platform_file}"
          AIPRESS_TASKS_TOPIC = google_pubsub_topic.tasks.id
        },
        contains(local.workers, name) ? {
          AIPRESS_STAGE_JOB    = google_cloud_run_v2_job.install_plugins.id
          AIPRESS_STATE_BUCKET = google_storage_bucket.store["state"].name
        } : {},
      )
    }
  }
}

resource "google_cloud_run_v2_service" "function" {
  for_each = local.function

  project  = local.project
  location = var.region
  name     = "aipress-${each.key}"

  # It keeps nothing: a service whose first revision failed must be replaceable.
  deletion_protection = false

  # Eventarc, Pub/Sub and Scheduler of the same project are inside.
  ingress      = !contains(local.api_functions, each.key) ? "INGRESS_TRAFFIC_INTERNAL_ONLY" : var.domain == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
  launch_stage = "GA"

  # Tokens of another issuer are nothing to Cloud Run: where the functions verify them, it lets every request through.
  invoker_iam_disabled = var.oidc != null && contains(local.api_functions, each.key)

  # Tokens made for the load balancer's address are tokens for us.
  custom_audiences = contains(local.api_functions, each.key) ? [for domain in var.domain[*] : "https://${domain}"] : null

  scaling {
    min_instance_count = 0
    max_instance_count = each.value.size.instances
  }

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }

  template {
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    service_account                  = google_service_account.function[each.key].email
    timeout                          = "${each.value.timeout}s"
    max_instance_request_concurrency = each.value.size.concurrency

    scaling {
      min_instance_count = 0
      max_instance_count = each.value.size.instances
    }

    containers {
      image = var.images[each.key]

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = each.value.size.cpu
          memory = each.value.size.memory
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      startup_probe {
        initial_delay_seconds = 0
        period_seconds        = 2
        timeout_seconds       = 2
        failure_threshold     = 30

        http_get {
          path = "/healthz"
          port = 8080
        }
      }

      dynamic "env" {
        for_each = each.value.environment

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "volume_mounts" {
        for_each = each.value.settings ? ["platform"] : []

        content {
          name       = volume_mounts.value
          mount_path = local.platform_folder
        }
      }
    }

    dynamic "volumes" {
      for_each = each.value.settings ? ["platform"] : []

      content {
        name = volumes.value

        secret {
          secret = google_secret_manager_secret.platform.secret_id

          items {
            # The version's number, not "latest": other settings are another revision.
            version = google_secret_manager_secret_version.platform.version
            path    = local.platform_file
          }
        }
      }
    }
  }

  # A revision starts only with what it reads within reach.
  depends_on = [
    google_secret_manager_secret_iam_member.platform,
    google_storage_bucket_iam_member.function,
  ]
}
