//! The installer as a process, as the control plane starts it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use end_to_end::binary;
use serde_json::Value;
use tenancy::plugins::{InstallPhase, InstallRequest, InstallStatus, Report};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::ARTIFACTS;
use super::here::command;
use super::site::Site;

/// A run that ended by itself.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) report: Report,
    pub(crate) took: Duration,
    /// Everything it printed.
    pub(crate) said: String,
}

impl Done {
    /// What it says of one plugin, in the words of the wire.
    pub(crate) fn result(&self, plugin: &str) -> String {
        let found = self.report.plugins.iter().find(|told| told.name.as_str() == plugin);
        let result = found.map(|told| serde_json::to_value(told.result).unwrap());
        result.and_then(|result| result.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// What it says of one plugin, for people.
    pub(crate) fn message(&self, plugin: &str) -> String {
        let found = self.report.plugins.iter().find(|told| told.name.as_str() == plugin);
        found.map(|told| told.message.clone()).unwrap_or_default()
    }
}

impl Site {
    /// Runs one phase to its end.
    pub(crate) async fn run(&self, phase: InstallPhase, request: &InstallRequest) -> Done {
        self.run_until(phase, request, usize::MAX).await.expect("it ends by itself")
    }

    /// Runs one phase, and kills it as it takes its `steps`th step; `None` if it did not come to its end.
    pub(crate) async fn run_until(&self, phase: InstallPhase, request: &InstallRequest, steps: usize) -> Option<Done> {
        let name = InstallRequest::object_name(&request.tenant, request.operation);
        let text = serde_json::to_string(request).unwrap();
        self.world.storage.upload(ARTIFACTS, name.as_str(), text).await;
        let began = Instant::now();
        let mut process = command(binary("install-plugins").to_str().unwrap())
            .args([phase.as_str(), &format!("gs://{ARTIFACTS}/{name}")])
            .envs(self.environment())
            .env("AIPRESS_STORAGE_ENDPOINT", self.world.storage.endpoint())
            .env("AIPRESS_SITE", self.job_folder().await)
            .env("AIPRESS_BUNDLES", self.folder.join("bundles"))
            .env("AIPRESS_STEP_SECONDS", "4")
            .env("AIPRESS_PROBE_SECONDS", "20")
            .env("AIPRESS_SITE_WAIT_SECONDS", "60")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (mut last, mut printed, mut seen) = (String::new(), String::new(), 0);
        while let Some(line) = lines.next_line().await.unwrap() {
            let said: Value = serde_json::from_str(&line).unwrap_or_default();
            if said["message"].as_str().is_some_and(|message| message.starts_with("step: ")) {
                seen += 1;
                if seen == steps {
                    process.kill().await.unwrap();
                    return None;
                }
            }
            printed.push_str(&line);
            last = line;
        }
        let code = process.wait().await.unwrap().code().unwrap_or(-1);
        let took = began.elapsed();
        let report: Report = serde_json::from_str(&last).unwrap_or_else(|error| panic!("{error}: {last}"));
        assert_eq!(InstallStatus::of_exit_code(code), Some(report.status), "{last}");
        self.same_as_stored(phase, request, &report).await;
        Some(Done { code, report, took, said: printed })
    }

    async fn same_as_stored(&self, phase: InstallPhase, request: &InstallRequest, report: &Report) {
        let name = InstallRequest::object_name(&request.tenant, request.operation);
        let name = name.as_str().replace(".json", &format!(".{}.json", phase.as_str()));
        let stored = self.world.storage.read(ARTIFACTS, &name).await.expect("the report is written");
        assert_eq!(&serde_json::from_str::<Report>(&stored).unwrap(), report);
    }
}
