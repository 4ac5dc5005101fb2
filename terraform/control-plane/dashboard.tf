# One page: what was done, what waits, what is in the way.

locals {
  charts = [
    { title = "Operations by outcome", filter = local.counted["operations"], by = ["metric.label.outcome"], aligner = "ALIGN_DELTA" },
    { title = "Failed operations by reason", filter = "${local.counted["operations"]} AND metric.labels.outcome=\"Failed\"", by = ["metric.label.reason"], aligner = "ALIGN_DELTA" },
    { title = "Drift found", filter = local.counted["drift"], by = [], aligner = "ALIGN_DELTA" },
    { title = "Deletions held", filter = local.counted["deletions_held"], by = ["metric.label.reason"], aligner = "ALIGN_DELTA" },
    { title = "Rollouts", filter = local.counted["rollouts"], by = ["metric.label.state"], aligner = "ALIGN_DELTA" },
    { title = "Sweeps", filter = local.counted["sweeps"], by = [], aligner = "ALIGN_DELTA" },
    { title = "Messages that wait", filter = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=starts_with(\"aipress-\")", by = ["resource.label.subscription_id"], aligner = "ALIGN_MAX" },
    { title = "Requests by function and answer", filter = "metric.type=\"run.googleapis.com/request_count\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=starts_with(\"aipress-\")", by = ["resource.label.service_name", "metric.label.response_code_class"], aligner = "ALIGN_DELTA" },
    { title = "Memory of the functions that run Terraform", filter = "metric.type=\"run.googleapis.com/container/memory/utilizations\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=starts_with(\"aipress-\")", by = ["resource.label.service_name"], aligner = "ALIGN_PERCENTILE_99" },
  ]
}

resource "google_monitoring_dashboard" "fleet" {
  project = local.project

  dashboard_json = jsonencode({
    displayName = "AIPress"
    mosaicLayout = {
      columns = 12
      tiles = [
        for at, chart in local.charts : {
          xPos   = at % 2 * 6
          yPos   = floor(at / 2) * 4
          width  = 6
          height = 4
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = chart.filter
                    aggregation = {
                      alignmentPeriod    = "300s"
                      perSeriesAligner   = chart.aligner
                      crossSeriesReducer = chart.aligner == "ALIGN_DELTA" ? "REDUCE_SUM" : "REDUCE_MAX"
                      groupByFields      = chart.by
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })
}
