# Trying plugins: the site's own image, identity, database and media, beside the service and out of every visitor's reach. The
# platform starts it with a phase and a request; what it does is docs/plugins.md.

resource "google_cloud_run_v2_job" "plugins" {
  project  = var.project
  location = var.region
  name     = "wp-${var.tenant}-plugins"
  labels   = local.labels

  # Holds nothing. Tenants are guarded before Terraform runs.
  deletion_protection = false
  launch_stage        = "GA"

  template {
    task_count  = 1
    parallelism = 1

    template {
      # Mounted buckets need the second generation.
      execution_environment = "EXECUTION_ENVIRONMENT_GEN2"
      service_account       = google_service_account.site.email
      timeout               = "1800s"
      # Whoever started it reads why it failed, and decides.
      max_retries = 0

      containers {
        image   = var.image
        command = ["/usr/local/bin/install-plugins"]

        resources {
          limits = {
            cpu    = var.resources.cpu
            memory = var.resources.memory
          }
        }

        dynamic "env" {
          # Which bundle is tried is in the request.
          for_each = { for name, value in merge(var.environment, local.platform_environment) : name => value if name != "AIPRESS_PLUGINS_DIGEST" }

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

        volume_mounts {
          name       = "media"
          mount_path = local.volumes.media.path
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
            path    = local.secret_file
            version = google_secret_manager_secret_version.database_password.version
          }
        }
      }

      volumes {
        name = "media"

        gcs {
          bucket        = local.volumes.media.bucket
          mount_options = local.volumes.media.options
          read_only     = local.volumes.media.read_only
        }
      }
    }
  }

  # It starts only with every grant in place.
  depends_on = [
    google_secret_manager_secret_iam_member.database_password,
    google_secret_manager_secret_iam_member.environment,
    google_storage_bucket_iam_member.media,
    google_storage_managed_folder_iam_member.plugins,
    google_storage_managed_folder_iam_member.reports,
  ]
}
