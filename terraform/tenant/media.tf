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

# A folder with a policy of its own: the bucket's would be full at 1,500 tenants. It is there before the first bundle: plugins are
# tried as this site's identity before a revision mounts them. The site reads its bundles and can change none of them.
resource "google_storage_managed_folder" "plugins" {
  bucket = var.plugins.bucket
  name   = "tenants/${var.tenant}/plugins/"

  # Forgetting the folder's policy must work while it holds bundles.
  force_destroy = true
}

resource "google_storage_managed_folder_iam_member" "plugins" {
  bucket         = google_storage_managed_folder.plugins.bucket
  managed_folder = google_storage_managed_folder.plugins.name
  role           = "roles/storage.objectViewer"
  member         = google_service_account.site.member
}

# Reports of an installation lie beside the request for it. The site may add one; what is there it can neither change nor remove.
resource "google_storage_managed_folder" "reports" {
  bucket        = var.plugins.bucket
  name          = "${google_storage_managed_folder.plugins.name}requests/"
  force_destroy = true
}

resource "google_storage_managed_folder_iam_member" "reports" {
  bucket         = google_storage_managed_folder.reports.bucket
  managed_folder = google_storage_managed_folder.reports.name
  role           = "roles/storage.objectCreator"
  member         = google_service_account.site.member
}
