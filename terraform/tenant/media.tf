# The site's files: uploads in a bucket of its own (stateful), plugins read-only from the artifacts bucket.

resource "google_storage_bucket" "media" {
  project  = var.project
  name     = "${var.project}-${var.tenant}-media"
  location = var.region
  labels   = local.labels

  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # Removing a tenant removes its media, and Terraform reads this from the state; soft delete keeps them for a week.
  force_destroy = true

  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  versioning {
    enabled = false
  }
}

resource "google_storage_bucket_iam_member" "media" {
  bucket = google_storage_bucket.media.name
  role   = "roles/storage.objectUser"
  member = google_service_account.site.member
}

# A folder with a policy of its own: the bucket's would be full at 1,500 tenants.
resource "google_storage_managed_folder" "plugins" {
  count = local.has_plugins ? 1 : 0

  bucket = var.plugins.bucket
  name   = "tenants/${var.tenant}/plugins/"

  # Forgetting the folder's policy must work while it holds bundles.
  force_destroy = true
}

resource "google_storage_managed_folder_iam_member" "plugins" {
  count = local.has_plugins ? 1 : 0

  bucket         = google_storage_managed_folder.plugins[0].bucket
  managed_folder = google_storage_managed_folder.plugins[0].name
  role           = "roles/storage.objectViewer"
  member         = google_service_account.site.member
}
