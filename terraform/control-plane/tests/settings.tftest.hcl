# What follows from a setting.

run "events_by_eventarc" {
  command = plan

  assert {
    condition     = keys(google_eventarc_trigger.definitions) == ["archived", "deleted", "finalized"] && length(google_storage_notification.definitions) == 0
    error_message = "Eventarc tells of finalized, deleted and archived objects."
  }
  assert {
    condition = alltrue([
      for trigger in google_eventarc_trigger.definitions : one(trigger.destination).cloud_run_service[0].path == "/events" && trigger.location == "europe-west1"
    ])
    error_message = "A trigger is where the bucket is, and calls /events."
  }
}

run "events_by_notification" {
  command = plan

  variables {
    events = "notification"
  }

  assert {
    condition     = length(google_eventarc_trigger.definitions) == 0 && one(google_storage_notification.definitions).object_name_prefix == "tenants/"
    error_message = "One notification, of definitions only, and no trigger."
  }
  assert {
    condition     = one(google_storage_notification.definitions).event_types == toset(["OBJECT_ARCHIVE", "OBJECT_DELETE", "OBJECT_FINALIZE"])
    error_message = "The notification tells of the same three events."
  }
  assert {
    condition     = length(google_project_iam_member.gcs_publisher) + length(google_project_iam_member.event_receiver) == 0
    error_message = "Nobody needs a role on the project for it."
  }
}

run "nobody_calls_unless_named" {
  command = plan

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.caller) == 0
    error_message = "Nobody may call the API unless asked for."
  }
}

run "callers_call_the_api_and_nothing_else" {
  command = plan

  variables {
    callers = ["group:platform@example.com"]
  }

  assert {
    condition = toset([for grant in google_cloud_run_v2_service_iam_member.caller : grant.name]) == toset([
      "aipress-create-tenant", "aipress-delete-tenant", "aipress-get-tenant", "aipress-update-tenant",
    ])
    error_message = "Callers may call the four functions of the API."
  }
}

run "without_a_domain_there_is_no_load_balancer" {
  command = plan

  assert {
    condition     = length(google_compute_url_map.api) + length(google_compute_global_address.api) == 0 && output.api == null
    error_message = "No domain, no load balancer."
  }
  assert {
    condition     = google_cloud_run_v2_service.function["get-tenant"].ingress == "INGRESS_TRAFFIC_ALL"
    error_message = "The functions' own addresses are the API."
  }
}

run "behind_a_domain" {
  command = plan

  variables {
    domain = "tenants.example.com"
  }

  assert {
    condition     = google_cloud_run_v2_service.function["get-tenant"].ingress == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    error_message = "The API is reached through the load balancer only."
  }
  assert {
    condition     = google_cloud_run_v2_service.function["get-tenant"].custom_audiences == tolist(["https://tenants.example.com"])
    error_message = "A token made for the domain is one for the function."
  }
  assert {
    condition     = google_cloud_run_v2_service.function["reconcile-tenant"].ingress == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    error_message = "What is not the API is reached from inside only."
  }
  assert {
    condition     = output.api == "https://tenants.example.com"
    error_message = "The API's address is told."
  }
}

run "memory_follows_the_runs" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { limits = { runs = 12, runSeconds = 300 } } })
  }

  assert {
    condition     = google_cloud_run_v2_service.function["reconcile-tenant"].template[0].containers[0].resources[0].limits == tomap({ cpu = "4", memory = "6656Mi" })
    error_message = "Half a GiB a run and one for the process; above 4 GiB four processors."
  }
  assert {
    condition     = google_cloud_run_v2_service.function["create-tenant"].template[0].timeout == "420s"
    error_message = "A caller may wait for the wait and the run."
  }
  assert {
    condition     = google_cloud_run_v2_service.function["get-tenant"].template[0].containers[0].resources[0].limits == tomap({ cpu = "1", memory = "512Mi" })
    error_message = "A function that runs no Terraform stays small."
  }
}

run "the_platforms_settings" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { deletion = { graceSeconds = 60 } } })
  }

  assert {
    condition = yamldecode(output.platform) == {
      artifactsBucket = "aipress-control-artifacts"
      cronQueue       = "aipress-cron"
      defaultTier     = "standard"
      image           = "europe-west1-docker.pkg.dev/aipress-control/aipress/wordpress-runtime:6.8"
      plugins         = []
      deletion        = { graceSeconds = 60 }
      tenantProjects = [{
        project = "aipress-tenants-1"
        region  = "europe-west1"
        tiers   = { standard = { instance = "shared-1", project = "aipress-tenants-1", connectionName = "aipress-tenants-1:europe-west1:shared-1" } }
      }]
    }
    error_message = "The file says what was set, and leaves out what was not."
  }
}

run "exports_go_with_age" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { retention = { graveyardDays = 60 } } })
  }

  assert {
    condition = jsonencode([
      for rule in google_storage_bucket.store["artifacts"].lifecycle_rule : [one(rule.condition).matches_prefix, one(rule.condition).age] if one(rule.action).type == "Delete"
    ]) == jsonencode([[["graveyard/"], 90]])
    error_message = "Exports, and nothing else of the artifacts, go a month after what names them."
  }
  assert {
    condition     = alltrue([for rule in google_storage_bucket.store["records"].lifecycle_rule : one(rule.action).type == "AbortIncompleteMultipartUpload"])
    error_message = "No record goes by its age alone."
  }
}

run "one_member_for_all_sites" {
  command = plan

  variables {
    sites = "group:sites@example.com"
  }

  assert {
    condition     = [for grant in concat(values(google_project_iam_member.database_clients), values(google_project_iam_member.cron)) : grant.member] == ["group:sites@example.com", "group:sites@example.com"]
    error_message = "A group stands for every site where one is named."
  }
}

run "resources_that_change_are_told_of" {
  command = plan

  assert {
    condition     = [for project, feed in google_cloud_asset_project_feed.tenants : "${project} ${feed.project} ${feed.billing_project}"] == ["aipress-tenants-1 aipress-tenants-1 aipress-control"]
    error_message = "A feed a tenant project, billed to the control plane's, whose agent publishes."
  }
}

run "no_feed_where_none_is_wanted" {
  command = plan

  variables {
    asset_feed = false
  }

  assert {
    condition     = length(google_cloud_asset_project_feed.tenants) + length(google_pubsub_topic.assets) + length(google_pubsub_subscription.assets) == 0
    error_message = "Neither feed nor topic."
  }
  assert {
    condition     = !contains(keys(google_project_service.control_plane), "cloudasset.googleapis.com")
    error_message = "And its API is not asked for."
  }
}

run "sites_are_woken" {
  command = plan

  variables {
    tenant_projects = {
      aipress-tenants-1 = {
        europe-west1 = { tiers = { standard = { instance = "shared-1" } } }
        europe-west4 = { tiers = { standard = { instance = "shared-2" } } }
      }
    }
  }

  assert {
    condition     = [for queue in google_cloud_tasks_queue.cron : "${queue.project} ${queue.location} ${queue.name}"] == ["aipress-tenants-1 europe-west1 aipress-cron", "aipress-tenants-1 europe-west4 aipress-cron"]
    error_message = "A queue of one name in each tenant project and region."
  }
  assert {
    condition     = [for grant in google_project_iam_member.cron : grant.role] == ["roles/cloudtasks.enqueuer"]
    error_message = "All sites of a project are granted it once."
  }
}

run "no_queue_where_none_is_wanted" {
  command = plan

  variables {
    cron = false
  }

  assert {
    condition     = length(google_cloud_tasks_queue.cron) + length(google_project_iam_member.cron) == 0 && !strcontains(output.platform, "cronQueue")
    error_message = "No queue, and sites are not told of one."
  }
}

run "a_task_has_one_way" {
  command = plan

  assert {
    condition     = keys(google_pubsub_subscription.tasks) == ["changes", "upkeep"] && alltrue([for subscription in google_pubsub_subscription.tasks : strcontains(subscription.filter, "attributes:priority")])
    error_message = "What people wait for, and the rest."
  }
}

run "settings_of_every_kind" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = {
      approvals = { validSeconds = 600 }
      deletion  = { breakerShare = 0.1 }
      drift     = { ignore = [{ resource = "google_cloud_run_v2_service.*", attributes = ["template.0.annotations.*"] }, { resource = "google_storage_bucket.media" }] }
    } })
  }

  assert {
    condition     = yamldecode(output.platform).drift.ignore[0] == { resource = "google_cloud_run_v2_service.*", attributes = ["template.0.annotations.*"] } && yamldecode(output.platform).deletion.breakerShare == 0.1
    error_message = "Lists and shares are handed on as they are."
  }
}

run "tokens_of_another_issuer" {
  command = plan

  variables {
    domain = "tenants.example.com"
    oidc   = { issuer = "https://login.example.com", audiences = ["tenants"], callers = ["ops@example.com", "*@platform.example.com"] }
  }

  assert {
    condition = [
      for name in ["AIPRESS_AUTH", "AIPRESS_AUTH_AUDIENCES", "AIPRESS_AUTH_ISSUER", "AIPRESS_CALLERS"] :
      one([for env in google_cloud_run_v2_service.function["update-tenant"].template[0].containers[0].env : env.value if env.name == name])
    ] == ["oidc", "https://tenants.example.com,tenants", "https://login.example.com", "*@platform.example.com,ops@example.com"]
    error_message = "The functions of the API verify them, for the domain too."
  }
  assert {
    condition     = toset([for function in google_cloud_run_v2_service.function : function.name if function.invoker_iam_disabled]) == toset(["aipress-create-tenant", "aipress-delete-tenant", "aipress-get-tenant", "aipress-update-tenant"])
    error_message = "Requests reach those that verify, and no others."
  }
  assert {
    condition     = one([for env in google_cloud_run_v2_service.function["reconcile-tenant"].template[0].containers[0].env : env.value if env.name == "AIPRESS_AUTH"]) == "iam"
    error_message = "Senders are Google's own."
  }
}
