# The contract between the platform and the WordPress runtime.

run "platform_environment" {
  command = plan

  assert {
    condition = {
      for env in google_cloud_run_v2_service.site.template[0].containers[0].env : env.name => env.value
      } == {
      AIPRESS_DISPLAY_NAME       = "acme"
      AIPRESS_SECRET_FILE        = "/run/aipress/database-password"
      AIPRESS_TENANT             = "acme"
      AUTOMATIC_UPDATER_DISABLED = "1"
      DISALLOW_FILE_MODS         = "1"
      WORDPRESS_DB_HOST          = "localhost:/cloudsql/aipress-sandbox:europe-west1:shared-1"
      WORDPRESS_DB_NAME          = "wp-acme"
      WORDPRESS_DB_USER          = "wp-acme"
    }
    error_message = "A plain tenant has the platform's variables and no others; without a domain no WP_HOME, without a bundle no digest."
  }
}

run "database_password_is_a_file" {
  command = plan

  assert {
    condition = one([
      for volume in google_cloud_run_v2_service.site.template[0].volumes : "${volume.secret[0].secret}/${volume.secret[0].items[0].path}" if volume.name == "secret"
    ]) == "wp-acme-db/database-password"
    error_message = "The password comes from the tenant's secret, and is in no variable."
  }
  assert {
    condition = one([
      for mount in google_cloud_run_v2_service.site.template[0].containers[0].volume_mounts : mount.mount_path if mount.name == "secret"
    ]) == "/run/aipress"
    error_message = "The file is where the runtime looks for it."
  }
}

run "health" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.site.template[0].containers[0].startup_probe[0].http_get[0].path == "/aipress/health"
    error_message = "A revision serves once its plugins are loaded, its database answers and its bundle is the expected one."
  }
}

run "cron_with_a_queue" {
  command = plan

  variables {
    cron_queue = "projects/aipress-sandbox/locations/europe-west1/queues/cron"
  }

  assert {
    condition = toset([
      for env in google_cloud_run_v2_service.site.template[0].containers[0].env : "${env.name}=${env.value}" if strcontains(env.name, "CRON")
      ]) == toset([
      "AIPRESS_CRON_QUEUE=projects/aipress-sandbox/locations/europe-west1/queues/cron", "DISABLE_WP_CRON=1"
    ])
    error_message = "With a queue the site is woken; WordPress's own way is off."
  }
}

run "primary_domain" {
  command = plan

  variables {
    domains = ["www.acme.example", "acme.example"]
  }

  assert {
    condition = toset([
      for env in google_cloud_run_v2_service.site.template[0].containers[0].env : env.value if contains(["WP_HOME", "WP_SITEURL"], env.name)
    ]) == toset(["https://www.acme.example"])
    error_message = "The first domain is the site's address."
  }
}

run "tenant_environment" {
  command = plan

  variables {
    environment        = { WP_DEBUG = "false" }
    secret_environment = { SMTP_PASSWORD = { secret = "projects/p/secrets/smtp", version = "3" }, SMTP_KEY = { secret = "projects/p/secrets/smtp", version = "4" } }
  }

  assert {
    condition     = contains([for env in google_cloud_run_v2_service.site.template[0].containers[0].env : "${env.name}=${env.value}"], "WP_DEBUG=false")
    error_message = "A plain variable is passed on."
  }
  assert {
    condition = one([
      for env in google_cloud_run_v2_service.site.template[0].containers[0].env : env.value_source[0].secret_key_ref[0].version if env.name == "SMTP_PASSWORD"
    ]) == "3"
    error_message = "A secret is pinned to its version."
  }
  assert {
    condition     = keys(google_secret_manager_secret_iam_member.environment) == ["projects/p/secrets/smtp"]
    error_message = "Access is granted once for each secret."
  }
}

run "plugin_bundle" {
  command = plan

  variables {
    plugins = { bucket = "artifacts", digest = "0123abcd", path = "tenants/acme/plugins/0123abcd" }
  }

  assert {
    condition     = contains([for env in google_cloud_run_v2_service.site.template[0].containers[0].env : "${env.name}=${env.value}"], "AIPRESS_PLUGINS_DIGEST=0123abcd")
    error_message = "The runtime is told which bundle it must find."
  }
  assert {
    condition = one([
      for volume in google_cloud_run_v2_service.site.template[0].volumes : volume.gcs[0] if volume.name == "plugins"
    ]) == { bucket = "artifacts", mount_options = tolist(["only_dir=tenants/acme/plugins/0123abcd"]), read_only = true }
    error_message = "The bundle is mounted read-only, and it alone."
  }
  assert {
    condition     = google_storage_managed_folder_iam_member.plugins.managed_folder == "tenants/acme/plugins/"
    error_message = "The site may read its own bundles only."
  }
}

run "plugins_are_tried_as_the_site" {
  command = plan

  variables {
    environment = { WP_DEBUG = "false" }
    plugins     = { bucket = "artifacts", digest = "0123abcd", path = "tenants/acme/plugins/0123abcd" }
  }

  assert {
    condition = toset([
      for env in google_cloud_run_v2_job.plugins.template[0].template[0].containers[0].env : env.name
      ]) == toset([
      for env in google_cloud_run_v2_service.site.template[0].containers[0].env : env.name if env.name != "AIPRESS_PLUGINS_DIGEST"
    ])
    error_message = "The job has the site's variables; which bundle it tries is in its request."
  }
  assert {
    condition     = google_cloud_run_v2_job.plugins.template[0].template[0].containers[0].image == google_cloud_run_v2_service.site.template[0].containers[0].image
    error_message = "Plugins are tried on what will run them."
  }
  assert {
    condition     = google_cloud_run_v2_job.plugins.template[0].template[0].max_retries == 0
    error_message = "A run that failed is not repeated behind the platform's back."
  }
}
