# One workspace a tenant. The backend's address is given by the environment of each run (TF_HTTP_*), so one `init` serves all.

terraform {
  required_version = ">= 1.11"

  backend "http" {}

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.9.0"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # `managed-by` already says whose the resources are.
  add_terraform_attribution_label = false
}
