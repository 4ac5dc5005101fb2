# What is told of the control plane.

output "functions" {
  description = "Address of each function."
  value       = { for name, function in google_cloud_run_v2_service.function : name => function.uri }
}

output "api" {
  description = "Address of the API behind the load balancer; null without a domain."
  value       = one([for domain in var.domain[*] : "https://${domain}"])
}

output "api_address" {
  description = "IP address that the domain's A record has to name; null without a domain."
  value       = one(google_compute_global_address.api[*].address)
}

output "buckets" {
  description = "Name of each bucket."
  value       = { for name, bucket in google_storage_bucket.store : name => bucket.name }
}

output "identities" {
  description = "Address of each function's identity."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "tasks_topic" {
  description = "Full name of the topic of tasks."
  value       = google_pubsub_topic.tasks.id
}

output "platform" {
  description = "The platform settings as the functions read them (docs/platform.md)."
  value       = local.platform_settings
}

output "platform_version" {
  description = "Number of the secret version that holds these settings."
  value       = google_secret_manager_secret_version.platform.version
}
