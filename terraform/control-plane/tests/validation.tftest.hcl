# What is refused, and by which variable. Run with -var-file=tests/inputs/minimal.tfvars.json; so are the other files here.

run "project_too_short" {
  command = plan

  variables {
    project = "ai"
  }

  expect_failures = [var.project]
}

run "region_that_is_none" {
  command = plan

  variables {
    region = "Europe"
  }

  expect_failures = [var.region]
}

run "an_image_by_tag" {
  command = plan

  variables {
    images = merge(var.images, { get-tenant = "registry.example/get-tenant:latest" })
  }

  expect_failures = [var.images]
}

run "an_image_too_many" {
  command = plan

  variables {
    images = merge(var.images, { other = var.images["get-tenant"] })
  }

  expect_failures = [var.images]
}

run "no_tenant_project" {
  command = plan

  variables {
    tenant_projects = {}
  }

  expect_failures = [var.tenant_projects]
}

run "tenants_in_the_control_planes_project" {
  command = plan

  variables {
    tenant_projects = {
      aipress-control = {
        europe-west1 = { tiers = { standard = { instance = "shared-1" } } }
      }
    }
  }

  expect_failures = [var.tenant_projects]
}

run "a_database_in_the_control_planes_project" {
  command = plan

  variables {
    tenant_projects = {
      aipress-tenants-1 = {
        europe-west1 = { tiers = { standard = { instance = "shared-1", project = "aipress-control" } } }
      }
    }
  }

  expect_failures = [var.tenant_projects]
}

run "a_placement_without_the_default_tier" {
  command = plan

  variables {
    tenant_projects = {
      aipress-tenants-1 = {
        europe-west1 = { tiers = { premium = { instance = "premium-1" } } }
      }
    }
  }

  expect_failures = [var.tenant_projects]
}

run "more_tenants_than_a_project_has_services" {
  command = plan

  variables {
    tenant_projects = {
      aipress-tenants-1 = {
        europe-west1 = { tiers = { standard = { instance = "shared-1" } }, capacity = 1000 }
      }
    }
  }

  expect_failures = [var.tenant_projects]
}

run "an_instance_in_upper_case" {
  command = plan

  variables {
    tenant_projects = {
      aipress-tenants-1 = {
        europe-west1 = { tiers = { standard = { instance = "Shared" } } }
      }
    }
  }

  expect_failures = [var.tenant_projects]
}

run "more_runs_than_memory" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { limits = { runs = 13 } } })
  }

  expect_failures = [var.platform]
}

run "a_run_longer_than_a_delivery" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { limits = { runSeconds = 541 } } })
  }

  expect_failures = [var.platform]
}

run "a_caller_without_a_type" {
  command = plan

  variables {
    callers = ["ci@example.com"]
  }

  expect_failures = [var.callers]
}

run "events_by_pigeon" {
  command = plan

  variables {
    events = "pigeon"
  }

  expect_failures = [var.events]
}

run "a_schedule_in_words" {
  command = plan

  variables {
    sweep_schedule = "hourly"
  }

  expect_failures = [var.sweep_schedule]
}

run "a_domain_with_a_scheme" {
  command = plan

  variables {
    domain = "https://tenants.example.com"
  }

  expect_failures = [var.domain]
}

run "a_single_account_for_all_databases" {
  command = plan

  variables {
    sites = "serviceAccount:one@example.iam.gserviceaccount.com"
  }

  expect_failures = [var.sites]
}

run "retention_of_a_day" {
  command = plan

  variables {
    retention = { state = 1 }
  }

  expect_failures = [var.retention]
}

run "logs_of_no_day" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { retention = { logDays = 0 } } })
  }

  expect_failures = [var.platform]
}

run "logs_that_outlive_the_record" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { retention = { logDays = 500 } } })
  }

  expect_failures = [var.platform]
}

run "a_channel_by_address" {
  command = plan

  variables {
    notification_channels = ["ops@example.com"]
  }

  expect_failures = [var.notification_channels]
}

run "a_setting_misspelt" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { deletion = { graceSecond = 60 } } })
  }

  expect_failures = [var.platform]
}

run "a_section_that_is_none" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { retries = { firstSeconds = 60 } } })
  }

  expect_failures = [var.platform]
}

run "a_setting_outside_of_a_section" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { graceSeconds = 60 } })
  }

  expect_failures = [var.platform]
}

run "a_number_in_words" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { deletion = { graceSeconds = "a day" } } })
  }

  expect_failures = [var.platform]
}

run "a_difference_without_a_resource" {
  command = plan

  variables {
    platform = merge(var.platform, { settings = { drift = { ignore = [{ attributes = ["labels"] }] } } })
  }

  expect_failures = [var.platform]
}

run "an_issuer_without_a_scheme" {
  command = plan

  variables {
    oidc = { issuer = "login.example.com", audiences = ["tenants"], callers = ["ops@example.com"] }
  }

  expect_failures = [var.oidc]
}

run "tokens_for_nobody" {
  command = plan

  variables {
    oidc = { issuer = "https://login.example.com", callers = ["ops@example.com"] }
  }

  expect_failures = [var.oidc]
}

run "everybody_with_a_token" {
  command = plan

  variables {
    oidc = { issuer = "https://login.example.com", audiences = ["tenants"], callers = ["*"] }
  }

  expect_failures = [var.oidc]
}

run "callers_of_two_kinds" {
  command = plan

  variables {
    callers = ["group:platform@example.com"]
    oidc    = { issuer = "https://login.example.com", audiences = ["tenants"], callers = ["ops@example.com"] }
  }

  expect_failures = [var.oidc]
}
