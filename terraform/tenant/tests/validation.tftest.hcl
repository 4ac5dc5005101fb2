# What is refused, and by which variable.

run "tenant_upper_case" {
  command = plan

  variables {
    tenant = "Acme"
  }

  expect_failures = [var.tenant]
}

run "tenant_too_short" {
  command = plan

  variables {
    tenant = "ab"
  }

  expect_failures = [var.tenant]
}

run "tenant_double_hyphen" {
  command = plan

  variables {
    tenant = "a--b"
  }

  expect_failures = [var.tenant]
}

run "project" {
  command = plan

  variables {
    project = "P"
  }

  expect_failures = [var.project]
}

run "region" {
  command = plan

  variables {
    region = "europe"
  }

  expect_failures = [var.region]
}

run "label_key" {
  command = plan

  variables {
    labels = { Team = "x" }
  }

  expect_failures = [var.labels]
}

run "label_value" {
  command = plan

  variables {
    labels = { team = "Growth!" }
  }

  expect_failures = [var.labels]
}

run "label_of_the_platform" {
  command = plan

  variables {
    labels = { managed-by = "me" }
  }

  expect_failures = [var.labels]
}

run "image_without_tag" {
  command = plan

  variables {
    image = "registry/image"
  }

  expect_failures = [var.image]
}

run "cpu" {
  command = plan

  variables {
    resources = { cpu = "500m", memory = "512Mi" }
  }

  expect_failures = [var.resources]
}

run "memory" {
  command = plan

  variables {
    resources = { cpu = "1", memory = "512M" }
  }

  expect_failures = [var.resources]
}

run "more_instances_than_the_maximum" {
  command = plan

  variables {
    scaling = { min_instances = 4, max_instances = 3 }
  }

  expect_failures = [var.scaling]
}

run "no_instances" {
  command = plan

  variables {
    scaling = { min_instances = 0, max_instances = 0 }
  }

  expect_failures = [var.scaling]
}

run "connection_of_another_instance" {
  command = plan

  variables {
    database = { project = "p", instance = "a", connection_name = "p:r:b" }
  }

  expect_failures = [var.database]
}

run "domain_with_a_scheme" {
  command = plan

  variables {
    domains = ["https://www.acme.example"]
  }

  expect_failures = [var.domains]
}

run "domain_twice" {
  command = plan

  variables {
    domains = ["acme.example", "acme.example"]
  }

  expect_failures = [var.domains]
}

run "variable_name" {
  command = plan

  variables {
    environment = { "1A" = "x" }
  }

  expect_failures = [var.environment]
}

run "reserved_variable" {
  command = plan

  variables {
    environment = { wordpress_db_host = "x" }
  }

  expect_failures = [var.environment]
}

run "reserved_address" {
  command = plan

  variables {
    environment = { WP_HOME = "x" }
  }

  expect_failures = [var.environment]
}

run "reserved_secret" {
  command = plan

  variables {
    secret_environment = { DB_PASSWORD = { secret = "projects/p/secrets/s", version = "1" } }
  }

  expect_failures = [var.secret_environment]
}

run "secret_by_short_name" {
  command = plan

  variables {
    secret_environment = { A = { secret = "s", version = "1" } }
  }

  expect_failures = [var.secret_environment]
}

run "secret_alias" {
  command = plan

  variables {
    secret_environment = { A = { secret = "projects/p/secrets/s", version = "latest" } }
  }

  expect_failures = [var.secret_environment]
}

run "password_version" {
  command = plan

  variables {
    password_version = 0
  }

  expect_failures = [var.password_version]
}

run "digest_without_path" {
  command = plan

  variables {
    plugins = { bucket = "artifacts", digest = "0123", path = null }
  }

  expect_failures = [var.plugins]
}

run "path_of_another_tenant" {
  command = plan

  variables {
    plugins = { bucket = "artifacts", digest = "0123", path = "tenants/other/plugins/0123" }
  }

  expect_failures = [var.plugins]
}

run "display_name" {
  command = plan

  variables {
    display_name = ""
  }

  expect_failures = [var.display_name]
}

run "plain_and_secret" {
  command = plan

  variables {
    environment        = { A = "x" }
    secret_environment = { A = { secret = "projects/p/secrets/s", version = "1" } }
  }

  expect_failures = [var.secret_environment]
}
