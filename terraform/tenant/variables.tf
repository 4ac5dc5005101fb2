# What a tenant's definition becomes. Rendered by the platform, a key for each variable, sorted.

variable "tenant" {
  description = "The tenant's id. Every name in the cloud is made from it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.tenant)) && length(var.tenant) >= 3 && length(var.tenant) <= 26
    error_message = "A tenant id has 3 to 26 characters: lower-case letters, digits and single hyphens, a letter first."
  }
}

variable "display_name" {
  description = "The tenant's name for people; null to use the id."
  type        = string
  default     = null

  validation {
    condition     = var.display_name == null ? true : length(var.display_name) >= 1 && length(var.display_name) <= 100
    error_message = "A display name has 1 to 100 characters."
  }
}

variable "project" {
  description = "Id of the project that holds the tenant's resources."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 characters: lower-case letters, digits and hyphens, a letter first, no hyphen last."
  }
}

variable "region" {
  description = "Region of the service and the media bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region looks like europe-west1."
  }
}

variable "labels" {
  description = "The tenant's labels, put on what can be labelled beside the platform's own two."
  type        = map(string)
  nullable    = false
  default     = {}

  validation {
    condition = length(var.labels) <= 62 && alltrue([
      for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))
    ])
    error_message = "At most 62 labels; lower-case letters, digits, hyphens and underscores, at most 63 characters each, keys begin with a letter."
  }

  validation {
    condition     = length(setintersection(keys(var.labels), ["aipress-tenant", "managed-by"])) == 0
    error_message = "The labels aipress-tenant and managed-by are the platform's."
  }
}

variable "image" {
  description = "The container image of the WordPress runtime."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^[:space:]]+(:[^[:space:]/]+|@sha256:[0-9a-f]{64})$", var.image))
    error_message = "An image has a tag or a digest."
  }
}

variable "resources" {
  description = "Limits of one instance. Whole processors: mounted buckets need the second generation, which needs one at least."
  type        = object({ cpu = string, memory = string })
  nullable    = false

  validation {
    condition     = contains(["1", "2", "4", "6", "8"], var.resources.cpu)
    error_message = "cpu is 1, 2, 4, 6 or 8."
  }

  validation {
    condition     = can(regex("^[1-9][0-9]*(Mi|Gi)$", var.resources.memory))
    error_message = "memory is a whole number of Mi or Gi."
  }
}

variable "scaling" {
  description = "How many instances there may be."
  type        = object({ min_instances = number, max_instances = number })
  nullable    = false

  validation {
    condition     = var.scaling.min_instances >= 0 && var.scaling.max_instances >= 1 && var.scaling.min_instances <= var.scaling.max_instances
    error_message = "Instances: 0 <= min_instances <= max_instances, and max_instances >= 1."
  }
}

variable "database" {
  description = "The shared instance that holds the site's database. Immutable: another instance is a new, empty database."
  type        = object({ project = string, instance = string, connection_name = string })
  nullable    = false

  validation {
    condition     = can(regex("^[^:]+(:[^:]+)?:[^:]+:[^:]+$", var.database.connection_name)) && endswith(var.database.connection_name, ":${var.database.instance}")
    error_message = "connection_name is PROJECT:REGION:INSTANCE, of the same instance."
  }
}

variable "domains" {
  description = "The site's own domains; the first is the primary one."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for domain in var.domains : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$", domain))])
    error_message = "A domain is a host name in lower case, without scheme or path."
  }

  validation {
    condition     = length(var.domains) == length(distinct(var.domains))
    error_message = "A domain is named once."
  }
}

variable "environment" {
  description = "The tenant's plain environment variables."
  type        = map(string)
  nullable    = false
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", name))])
    error_message = "A variable's name has letters, digits and underscores, and no digit first."
  }

  validation {
    condition     = length([for name in keys(var.environment) : name if can(regex("^(WORDPRESS_|AIPRESS_|DISALLOW_|DB_|WP_CONTENT_|WP_PLUGIN_|K_|CLOUD_RUN_|GOOGLE_|LD_)|^(WP_HOME|WP_SITEURL|PORT|PATH|PHPRC|PHP_INI_SCAN_DIR|AUTOMATIC_UPDATER_DISABLED|DISABLE_WP_CRON)$", upper(name)))]) == 0
    error_message = "A name in environment is the platform's: WORDPRESS_*, AIPRESS_*, DISALLOW_*, DB_*, WP_HOME, WP_SITEURL and their like cannot be set."
  }
}

variable "secret_environment" {
  description = "The tenant's environment variables that come from Secret Manager: a secret's full name and a version's number, never a value."
  type        = map(object({ secret = string, version = string }))
  nullable    = false
  default     = {}

  validation {
    condition     = alltrue([for reference in values(var.secret_environment) : can(regex("^projects/[^/]+/secrets/[A-Za-z0-9_-]{1,255}$", reference.secret))])
    error_message = "A secret is named projects/PROJECT/secrets/SECRET."
  }

  validation {
    condition     = alltrue([for reference in values(var.secret_environment) : can(regex("^[1-9][0-9]*$", reference.version))])
    error_message = "A secret's version is a number: an alias would change what runs without a new revision."
  }

  validation {
    condition     = length([for name in keys(var.secret_environment) : name if can(regex("^(WORDPRESS_|AIPRESS_|DISALLOW_|DB_|WP_CONTENT_|WP_PLUGIN_|K_|CLOUD_RUN_|GOOGLE_|LD_)|^(WP_HOME|WP_SITEURL|PORT|PATH|PHPRC|PHP_INI_SCAN_DIR|AUTOMATIC_UPDATER_DISABLED|DISABLE_WP_CRON)$", upper(name)))]) == 0
    error_message = "A name in secret_environment is the platform's: WORDPRESS_*, AIPRESS_*, DISALLOW_*, DB_*, WP_HOME, WP_SITEURL and their like cannot be set."
  }

  validation {
    condition     = length(setintersection(keys(var.secret_environment), keys(var.environment))) == 0
    error_message = "A variable is either plain or secret."
  }
}

variable "password_version" {
  description = "Raised to rotate the database password."
  type        = number
  nullable    = false

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version is a whole number from 1."
  }
}

variable "plugins" {
  description = "The plugin bundle: its digest and its path in the artifacts bucket; both null without one."
  type        = object({ bucket = string, digest = string, path = string })
  nullable    = false

  validation {
    condition     = (var.plugins.digest == null) == (var.plugins.path == null)
    error_message = "digest and path are both null or both set."
  }

  validation {
    condition     = var.plugins.path == null ? true : startswith(var.plugins.path, "tenants/${var.tenant}/plugins/")
    error_message = "A bundle's path is under tenants/TENANT/plugins/ of its own tenant."
  }
}

variable "cron_queue" {
  description = "The Cloud Tasks queue that wakes the site for WordPress's scheduled events; null: they run when somebody visits."
  type        = string
  default     = null

  validation {
    condition     = var.cron_queue == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/queues/[^/]+$", var.cron_queue))
    error_message = "cron_queue is projects/PROJECT/locations/LOCATION/queues/QUEUE."
  }
}
