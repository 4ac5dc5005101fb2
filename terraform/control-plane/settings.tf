# What the sections of the platform settings hold (docs/platform.md), so that a plan refuses what the functions would not start
# with (variables.tf). A test holds this against what they read.

locals {
  setting_fields = {
    approvals = { validSeconds = "number" }
    deletion  = { breakerCount = "number", breakerMost = "number", breakerShare = "number", breakerWindowSeconds = "number", graceSeconds = "number" }
    drift     = { checksPerSweep = "number", confirmSeconds = "number", ignore = "differences", intervalSeconds = "number" }
    limits    = { leaseSeconds = "number", queue = "number", requests = "number", requestsPerTenant = "number", runSeconds = "number", runs = "number", runsPerInstance = "number", runsPerMinute = "number", waitSeconds = "number" }
    retention = { auditDays = "number", graveyardDays = "number", logDays = "number" }
    retry     = { firstSeconds = "number", mostSeconds = "number" }
  }
}
