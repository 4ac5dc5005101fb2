# The control plane of one platform, in a project of its own; tenants live in other projects.

terraform {
  required_version = ">= 1.11"

  # Bucket and prefix are given to `init`: whoever installs has a bucket before there is a control plane.
  backend "gcs" {}

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45.0"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region

  default_labels = {
    "managed-by" = "aipress"
  }

  # `managed-by` already says whose the resources are.
  add_terraform_attribution_label = false
}
