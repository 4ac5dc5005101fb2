# What goes in. Everything else follows from these.

variable "project" {
  description = "Id of the control plane's own project. No tenant lives in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "A project id has 6 to 30 characters: lower-case letters, digits and hyphens, a letter first, no hyphen last."
  }
}

variable "region" {
  description = "Region of the functions and the buckets. Immutable: buckets do not move."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region looks like europe-west1."
  }
}

variable "images" {
  description = "The image of each function, by digest."
  type        = map(string)
  nullable    = false

  validation {
    condition = toset(keys(var.images)) == toset([
      "check-drift", "create-tenant", "definition-changed", "delete-tenant", "get-tenant", "install-plugins", "reconcile-tenant", "update-tenant",
    ])
    error_message = "images names check-drift, create-tenant, definition-changed, delete-tenant, get-tenant, install-plugins, reconcile-tenant and update-tenant, and nothing else."
  }

  validation {
    condition     = alltrue([for image in values(var.images) : can(regex("^[^[:space:]@]+@sha256:[0-9a-f]{64}$", image))])
    error_message = "An image is named by its digest, NAME@sha256:…: a tag would change what runs without a plan."
  }
}

variable "tenant_projects" {
  description = <<-EOT
    Where tenants live: project id → region → the database instances that serve there, by tier. An instance is in the
    placement's region and project unless it says otherwise. `capacity` is how many tenants a placement takes, `weight`
    its share of new ones; a `closed` placement keeps its tenants and takes no new ones. Never remove one that has tenants.
  EOT
  type = map(map(object({
    tiers = map(object({
      instance = string
      project  = optional(string)
      region   = optional(string)
    }))
    capacity = optional(number)
    weight   = optional(number)
    closed   = optional(bool)
  })))
  nullable = false

  validation {
    condition     = length(var.tenant_projects) >= 1 && alltrue([for regions in values(var.tenant_projects) : length(regions) >= 1])
    error_message = "There is at least one tenant project, and each has at least one region."
  }

  validation {
    condition     = alltrue([for project in keys(var.tenant_projects) : can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", project))])
    error_message = "A project id has 6 to 30 characters: lower-case letters, digits and hyphens, a letter first, no hyphen last."
  }

  validation {
    condition = !contains(keys(var.tenant_projects), var.project) && alltrue(flatten([
      for regions in values(var.tenant_projects) : [for placement in values(regions) : [for tier in values(placement.tiers) : tier.project != var.project]]
    ]))
    error_message = "Tenants and their databases are in other projects than the control plane's: who provisions there is nearly an owner there."
  }

  validation {
    condition = alltrue(flatten([
      for regions in values(var.tenant_projects) : [for region, placement in regions : [
        for name in concat([region], [for tier in values(placement.tiers) : tier.region if tier.region != null]) : can(regex("^[a-z]+-[a-z]+[0-9]+$", name))
      ]]
    ]))
    error_message = "A region looks like europe-west1."
  }

  validation {
    condition = alltrue(flatten([
      for regions in values(var.tenant_projects) : [for placement in values(regions) : [for tier in values(placement.tiers) : can(regex("^[a-z][a-z0-9-]{0,96}[a-z0-9]$", tier.instance))]]
    ]))
    error_message = "An instance's name has lower-case letters, digits and hyphens, a letter first."
  }

  validation {
    condition = alltrue(flatten([
      for regions in values(var.tenant_projects) : [for placement in values(regions) : contains(keys(placement.tiers), var.platform.default_tier)]
    ]))
    error_message = "Every placement has an instance of the platform's default tier."
  }

  validation {
    condition = alltrue(flatten([
      for regions in values(var.tenant_projects) : [for placement in values(regions) : [
        placement.capacity == null ? true : placement.capacity >= 1 && placement.capacity <= 900 && floor(placement.capacity) == placement.capacity,
        placement.weight == null ? true : placement.weight >= 1 && floor(placement.weight) == placement.weight,
      ]]
    ]))
    error_message = "capacity is a whole number from 1 to 900 (Cloud Run has 1,000 services per project and region), weight a whole number from 1."
  }
}

variable "platform" {
  description = <<-EOT
    What the platform decides for tenants: the WordPress image and tier of those that name none, their resources, scaling
    and plugins, and under `settings` any section of docs/platform.md (approvals, deletion, drift, limits, retention, retry,
    rollout), its fields as written there.
  EOT
  type = object({
    image        = string
    default_tier = string
    resources    = optional(object({ cpu = string, memory = string }))
    scaling      = optional(object({ min_instances = number, max_instances = number }))
    plugins      = optional(list(object({ name = string, version = optional(string), required = optional(bool) })), [])
    settings     = optional(any, {})
  })
  nullable = false

  validation {
    condition     = can(regex("^[^[:space:]]+(:[^[:space:]/]+|@sha256:[0-9a-f]{64})$", var.platform.image))
    error_message = "The image has a tag or a digest."
  }

  validation {
    condition = alltrue(flatten([
      for section, fields in var.platform.settings : [for field in try(keys(fields), ["a number"]) : can(local.setting_fields[section][field])]
    ]))
    error_message = "settings has sections, and they have fields, of docs/platform.md; these are none: ${join(", ", flatten([
      for section, fields in var.platform.settings : [for field in try(keys(fields), [""]) : trimsuffix("${section}.${field}", ".") if !can(local.setting_fields[section][field])]
    ]))}."
  }

  validation {
    condition = alltrue(flatten([
      for section, fields in var.platform.settings : [
        for field in try(keys(fields), []) : can(regex("^[0-9]+([.][0-9]+)?$", jsonencode(fields[field]))) if try(local.setting_fields[section][field], "") == "number"
      ]
    ]))
    error_message = "Every setting but drift.ignore and three of rollout is a number, and none is negative."
  }

  validation {
    condition = alltrue(concat(
      [for flag in [try(var.platform.settings.rollout.automatic, null)] : flag == null || contains(["true", "false"], jsonencode(flag))],
      [for label in [try(var.platform.settings.rollout.canaryLabel, null)] : label == null || can(regex("^\"[a-z][a-z0-9_-]{0,62}\"$", jsonencode(label)))],
    ))
    error_message = "rollout.automatic is true or false, and rollout.canaryLabel the key of a label."
  }

  validation {
    condition = try(alltrue([
      for at, share in var.platform.settings.rollout.waves : share > try(var.platform.settings.rollout.waves[at - 1], 0) && (share == 1) == (at == length(var.platform.settings.rollout.waves) - 1)
    ]) && length(var.platform.settings.rollout.waves) > 0, !can(var.platform.settings.rollout.waves))
    error_message = "rollout.waves are shares of the fleet above 0 that grow, the last of them 1."
  }

  validation {
    condition = alltrue(flatten([
      for item in try(var.platform.settings.drift.ignore, []) : [
        can(regex("^.+$", item.resource)),
        try(length(setsubtract(keys(item), ["attributes", "resource"])) == 0, false),
        alltrue([for attribute in try(item.attributes, []) : can(regex("^.+$", attribute))]),
      ]
    ]))
    error_message = "drift.ignore is a list of { resource, attributes }: an address, and a list of dotted paths or none."
  }

  validation {
    condition     = try(var.platform.settings.limits.runs >= 1 && var.platform.settings.limits.runs <= 12, !can(var.platform.settings.limits.runs))
    error_message = "limits.runs is 1 to 12: each run takes half a GiB of an instance that can have 8."
  }

  validation {
    condition     = try(var.platform.settings.limits.runSeconds <= 540, !can(var.platform.settings.limits.runSeconds))
    error_message = "limits.runSeconds is at most 540: a push delivery gives up after 600 s, and a run that is stopped needs time to save."
  }

  validation {
    condition = alltrue([
      for days in try(values(var.platform.settings.retention), []) : try(days >= 1 && days <= 3660 && floor(days) == days, false)
    ])
    error_message = "retention.logDays, .auditDays and .graveyardDays are whole numbers of days, from 1 to 3660."
  }

  validation {
    condition     = try(var.platform.settings.retention.auditDays, 400) >= try(var.platform.settings.retention.logDays, 90)
    error_message = "retention.auditDays is at least retention.logDays: the record of who did what outlives the log."
  }
}

variable "callers" {
  description = "Who may call the API: IAM members such as serviceAccount:ci@p.iam.gserviceaccount.com, group:…, domain:…"
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for member in var.callers : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+$", member))])
    error_message = "A caller is an IAM member: user:…, group:…, serviceAccount:…, domain:…, principal:… or principalSet:…: never allUsers, since every change is somebody's."
  }
}

variable "traces_endpoint" {
  description = <<-EOT
    Where the functions send their spans to: the base URL of a collector that takes OTLP over HTTP. Null: nowhere
    (docs/telemetry.md, which also says what Cloud Trace's own, https://telemetry.googleapis.com, needs).
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.traces_endpoint == null ? true : can(regex("^https?://[^/@[:space:]]+(/[^[:space:]]*)?$", var.traces_endpoint))
    error_message = "A collector is named by an http or https address, without a user."
  }
}

variable "oidc" {
  description = <<-EOT
    How the API knows its callers: null, by Cloud Run, which lets in whom `callers` names. Or by identity tokens of an issuer of
    yours, which the functions verify themselves: who made them, for which audiences (the domain's address is always one), and
    `callers`, e-mail addresses, subjects or *@DOMAIN. Cloud Run then lets every request through to them.
  EOT
  type = object({
    issuer    = string
    audiences = optional(list(string), [])
    callers   = set(string)
  })
  default = null

  validation {
    condition     = var.oidc == null ? true : can(regex("^https://[^/[:space:]]+(/[^[:space:]]*)?$", var.oidc.issuer))
    error_message = "An issuer is an https address."
  }

  validation {
    condition     = var.oidc == null ? true : length(var.oidc.audiences) + length(var.domain[*]) >= 1 && alltrue([for audience in try(var.oidc.audiences, []) : can(regex("^[^,[:space:]]+$", audience))])
    error_message = "Without a domain, audiences names at least one; none has a comma or a space."
  }

  validation {
    condition     = var.oidc == null ? true : length(var.oidc.callers) >= 1 && alltrue([for caller in try(var.oidc.callers, []) : can(regex("^([^*,[:space:]]+|[*]@[^*@,[:space:]]+[.][^*@,[:space:]]+)$", caller))])
    error_message = "callers names at least one: an e-mail address, a subject or *@DOMAIN; never everybody, since an issuer's tokens are not for us alone."
  }

  validation {
    condition     = var.oidc == null || length(var.callers) == 0
    error_message = "Where the functions verify tokens, oidc.callers says who may, and callers is empty."
  }
}

variable "events" {
  description = "How a changed definition is told: \"eventarc\", or \"notification\" for a bucket notification with our own topic and subscription, whose deadline and dead letters are ours."
  type        = string
  nullable    = false
  default     = "eventarc"

  validation {
    condition     = contains(["eventarc", "notification"], var.events)
    error_message = "events is \"eventarc\" or \"notification\"."
  }
}

variable "asset_feed" {
  description = "Whether Cloud Asset Inventory tells of tenants' resources as they change, so that drift is seen within minutes and not at a tenant's next check."
  type        = bool
  nullable    = false
  default     = true
}

variable "cron" {
  description = "Whether sites are woken for their scheduled events by Cloud Tasks; false where a tenant region does not have it: they run when somebody visits."
  type        = bool
  nullable    = false
  default     = true
}

variable "sweep_schedule" {
  description = "When the sweep runs, in cron's form, UTC; at least every 15 minutes, since an alert waits 20 for one."
  type        = string
  nullable    = false
  default     = "*/5 * * * *"

  validation {
    condition     = can(regex("^([^[:space:]]+ ){4}[^[:space:]]+$", var.sweep_schedule))
    error_message = "A schedule has five fields, as in */5 * * * *."
  }
}

variable "domain" {
  description = "Host name of the API behind an external load balancer; null for none, the functions' own addresses are then the API."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]*[a-z0-9]$", var.domain))
    error_message = "A domain is a host name in lower case, without scheme or path."
  }
}

variable "sites" {
  description = "The member that stands for every site's identity where access to databases and to the cron queue is granted, a group for example; null for every service account of the tenant projects."
  type        = string
  default     = null

  validation {
    condition     = var.sites == null ? true : can(regex("^(group|principalSet):.+$", var.sites))
    error_message = "sites is group:… or principalSet:…: a member a tenant would outgrow a project's policy."
  }
}

variable "retention" {
  description = "Days for which older versions of definitions and state are kept. A deleted tenant's last definition stays. How long operations are kept is a platform setting (retention)."
  type = object({
    definitions = optional(number, 365)
    state       = optional(number, 90)
  })
  nullable = false
  default  = {}

  validation {
    condition     = alltrue([for days in values(var.retention) : days >= 7 && floor(days) == days])
    error_message = "Retention is a whole number of days, at least 7."
  }
}

variable "notification_channels" {
  description = "Full names of the Cloud Monitoring channels that alerts go to."
  type        = list(string)
  nullable    = false
  default     = []

  validation {
    condition     = alltrue([for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", channel))])
    error_message = "A channel is named projects/PROJECT/notificationChannels/ID."
  }
}

variable "protect" {
  description = "Whether the buckets refuse to be destroyed. To remove a control plane and all it knows: set false, apply, destroy."
  type        = bool
  nullable    = false
  default     = true
}
