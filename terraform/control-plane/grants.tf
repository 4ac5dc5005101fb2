# What each identity may do in the control plane's own project, each grant on one resource and none on the project, but
# the two that Eventarc asks for. Nobody who provisions can act as another identity here, or change a policy of the project.

locals {
  viewer = "roles/storage.objectViewer"
  user   = "roles/storage.objectUser"

  bucket_roles = merge(
    # In artifacts: what the plugin job is asked, and what it reports.
    { for function in local.workers : function => { artifacts = local.user, definitions = local.user, records = local.user, state = local.user } },
    {
      # Reads only, and not even the state.
      get-tenant = { definitions = local.viewer, records = local.viewer }

      # They decide and record; what needs Terraform they hand on. What check-drift writes is below.
      check-drift        = { definitions = local.viewer, records = local.viewer }
      definition-changed = { definitions = local.viewer, records = local.user }

      install-plugins = { artifacts = local.user }
    },
  )

  # check-drift writes what it counted over the fleet, and deletes what was kept long enough: no status, and no lease.
  sweep_roles = {
    "fleet/"      = local.user
    "graveyard/"  = google_project_iam_custom_role.retention.name
    "operations/" = google_project_iam_custom_role.retention.name
  }

  # What a worker hands on is done by reconcile-tenant, itself included.
  task_publishers = setunion(local.workers, ["check-drift", "definition-changed"])
}

resource "google_storage_bucket_iam_member" "function" {
  for_each = merge([
    for function, roles in local.bucket_roles : { for bucket, role in roles : "${function}/${bucket}" => { function = function, bucket = bucket, role = role } }
  ]...)

  bucket = google_storage_bucket.store[each.value.bucket].name
  role   = each.value.role
  member = google_service_account.function[each.value.function].member
}

resource "google_project_iam_custom_role" "retention" {
  project     = local.project
  role_id     = "aipressRetention"
  title       = "AIPress retention"
  permissions = ["storage.objects.delete"]
}

resource "google_storage_bucket_iam_member" "sweep" {
  for_each = local.sweep_roles

  bucket = google_storage_bucket.store["records"].name
  role   = each.value
  member = google_service_account.function["check-drift"].member

  condition {
    title      = trimsuffix(each.key, "/")
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.store["records"].name}/objects/${each.key}\")"
  }
}

# Each tenant's bundles are a folder with a policy of its own, which the tenant's module makes.
resource "google_project_iam_custom_role" "bundle_folders" {
  project     = local.project
  role_id     = "aipressBundleFolders"
  title       = "AIPress bundle folders"
  permissions = sort(distinct(flatten(values(local.bundle_permissions))))
}

resource "google_storage_bucket_iam_member" "bundle_folders" {
  for_each = local.workers

  bucket = google_storage_bucket.store["artifacts"].name
  role   = google_project_iam_custom_role.bundle_folders.name
  member = google_service_account.function[each.key].member
}

resource "google_pubsub_topic_iam_member" "tasks" {
  for_each = local.task_publishers

  project = local.project
  topic   = google_pubsub_topic.tasks.name
  role    = "roles/pubsub.publisher"
  member  = google_service_account.function[each.key].member
}

# The job that stages plugins is started by whoever reconciles.
resource "google_cloud_run_v2_job_iam_member" "install_plugins" {
  for_each = {
    for pair in setproduct(local.workers, ["roles/run.jobsExecutorWithOverrides", "roles/run.viewer"]) : "${pair[0]}/${basename(pair[1])}" => { function = pair[0], role = pair[1] }
  }

  project  = local.project
  location = var.region
  name     = google_cloud_run_v2_job.install_plugins.name
  role     = each.value.role
  member   = google_service_account.function[each.value.function].member
}

resource "google_cloud_run_v2_service_iam_member" "sender" {
  for_each = { for function, sender in local.sender_of : sender => function }

  project  = local.project
  location = var.region
  name     = google_cloud_run_v2_service.function[each.value].name
  role     = "roles/run.invoker"
  member   = google_service_account.sender[each.key].member
}

resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = {
    for pair in setproduct(local.api_functions, var.callers) : "${pair[0]}/${pair[1]}" => { function = pair[0], member = pair[1] }
  }

  project  = local.project
  location = var.region
  name     = google_cloud_run_v2_service.function[each.value.function].name
  role     = "roles/run.invoker"
  member   = each.value.member
}

# Platform images in this project are pulled by the tenant projects' own Cloud Run.
resource "google_project_iam_member" "image_readers" {
  for_each = strcontains(var.platform.image, "-docker.pkg.dev/${var.project}/") ? toset(keys(var.tenant_projects)) : toset([])

  project = local.project
  role    = "roles/artifactregistry.reader"
  member  = "serviceAccount:service-${data.google_project.outer[each.key].number}@serverless-robot-prod.iam.gserviceaccount.com"

  depends_on = [google_project_service.outer]
}
