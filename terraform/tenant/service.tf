# The site itself. Everything that is to be seen when it drifts is said here, although some of it is the default:
# the provider does not look at what a configuration leaves out.

locals {
  has_plugins    = var.plugins.digest != null
  primary_domain = one(slice(var.domains, 0, min(1, length(var.domains))))
  home           = local.primary_domain == null ? {} : { home = "https://${local.primary_domain}" }

  # The runtime's contract; a tenant cannot set these names. A boolean is "1" or absent.
  platform_environment = merge(
    {
      AIPRESS_DISPLAY_NAME       = coalesce(var.display_name, var.tenant)
      AIPRESS_SECRET_FILE        = "${local.secret_folder}/${local.secret_file}"
      AIPRESS_TENANT             = var.tenant
      AUTOMATIC_UPDATER_DISABLED = "1"
      DISALLOW_FILE_MODS         = "1"
      WORDPRESS_DB_HOST          = "localhost:/cloudsql/${var.database.connection_name}"
      WORDPRESS_DB_NAME          = google_sql_database.site.name
      WORDPRESS_DB_USER          = google_sql_user.site.name
    },
    # Without a domain the runtime takes the service's own address, which is not known before the service is.
    { for _, home in local.home : "WP_HOME" => home },
    { for _, home in local.home : "WP_SITEURL" => home },
    { for digest in compact([var.plugins.digest]) : "AIPRESS_PLUGINS_DIGEST" => digest },
    # With a queue the runtime orders one task for the next due event; without one WordPress's own cron runs on visits.
    merge([for queue in compact([var.cron_queue]) : { AIPRESS_CRON_QUEUE = queue, DISABLE_WP_CRON = "1" }]...),
  )

  # A file, not a variable: a variable is in every process and in every dump of one.
  secret_folder = "/run/aipress"
  secret_file   = "database-password"

  volumes = merge(
    {
      media = {
        bucket = google_storage_bucket.media.name
        path   = "/var/www/html/wp-content/uploads"
        # The web server's user: a mounted bucket is root's otherwise.
        options   = ["uid=33", "gid=33"]
        read_only = false
      }
    },
    local.has_plugins ? {
      plugins = {
        bucket    = var.plugins.bucket
        path      = "/var/www/html/wp-content/plugins"
        options   = ["only_dir=${var.plugins.path}"]
        read_only = true
      }
    } : {},
  )
}

resource "google_cloud_run_v2_service" "site" {
  project  = var.project
  location = var.region
  name     = "wp-${var.tenant}"
  labels   = local.labels

  # The provider's own protection would refuse to replace a service whose first revision failed. Tenants are guarded before Terraform runs.
  deletion_protection = false

  ingress      = "INGRESS_TRAFFIC_ALL"
  launch_stage = "GA"
  # A public site without a grant to allUsers, which organisations forbid.
  invoker_iam_disabled = true

  scaling {
    min_instance_count = var.scaling.min_instances
    max_instance_count = var.scaling.max_instances
  }

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }

  template {
    # Mounted buckets need the second generation.
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    service_account                  = google_service_account.site.email
    timeout                          = "300s"
    max_instance_request_concurrency = 40

    scaling {
      min_instance_count = 0
      # Each instance holds connections of the shared database.
      max_instance_count = var.scaling.max_instances
    }

    containers {
      image = var.image

      ports {
        container_port = 8080
      }

      resources {
        limits = {
          cpu    = var.resources.cpu
          memory = var.resources.memory
        }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      # Every plugin is loaded by then, the database answers, and the bundle is the one that is expected.
      startup_probe {
        initial_delay_seconds = 0
        period_seconds        = 10
        timeout_seconds       = 5
        failure_threshold     = 12

        http_get {
          path = "/aipress/health"
          port = 8080
        }
      }

      dynamic "env" {
        for_each = merge(var.environment, local.platform_environment)

        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = var.secret_environment

        content {
          name = env.key

          value_source {
            secret_key_ref {
              secret  = env.value.secret
              version = env.value.version
            }
          }
        }
      }

      volume_mounts {
        name       = "cloudsql"
        mount_path = "/cloudsql"
      }

      volume_mounts {
        name       = "secret"
        mount_path = local.secret_folder
      }

      dynamic "volume_mounts" {
        for_each = local.volumes

        content {
          name       = volume_mounts.key
          mount_path = volume_mounts.value.path
        }
      }
    }

    volumes {
      name = "cloudsql"

      cloud_sql_instance {
        instances = [var.database.connection_name]
      }
    }

    volumes {
      name = "secret"

      secret {
        secret = google_secret_manager_secret.database_password.secret_id

        items {
          path = local.secret_file
          # The version's number, not "latest": a rotation is then a new revision.
          version = google_secret_manager_secret_version.database_password.version
        }
      }
    }

    dynamic "volumes" {
      for_each = local.volumes

      content {
        name = volumes.key

        gcs {
          bucket        = volumes.value.bucket
          mount_options = volumes.value.options
          read_only     = volumes.value.read_only
        }
      }
    }
  }

  # A revision starts only with every grant in place.
  depends_on = [
    google_sql_provision_script.grants,
    google_secret_manager_secret_iam_member.database_password,
    google_secret_manager_secret_iam_member.environment,
    google_storage_bucket_iam_member.media,
    google_storage_managed_folder_iam_member.plugins,
    google_storage_managed_folder_iam_member.reports,
  ]
}
