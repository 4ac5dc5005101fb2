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

run "one_member_for_all_sites" {
  command = plan

  variables {
    database_clients = "group:sites@example.com"
  }

  assert {
    condition     = [for grant in google_project_iam_member.database_clients : grant.member] == ["group:sites@example.com"]
    error_message = "A group stands for every site where one is named."
  }
}
