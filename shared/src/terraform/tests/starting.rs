use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::fixture::{Fixture, MODULE, Told};
use crate::provision::{Guard, Provisioner};
use crate::terraform::{Engine, EngineSettings, StartError};

/// A script that stands where the program should be. Not written by the test: a file that a fork of another test still
/// holds open for writing cannot be run.
fn fake(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/terraform/testdata").join(name)
}

async fn refused(settings: EngineSettings) -> StartError {
    Engine::start(settings).await.err().unwrap()
}

#[tokio::test]
async fn a_program_that_is_not_there_or_not_it() {
    let fixture = Fixture::new();
    for program in ["/nowhere/terraform", "no-such-terraform"] {
        let error = refused(fixture.with(|installed| installed.program = program.into())).await;
        assert!(matches!(error, StartError::Program { .. }) && error.to_string().contains(program), "{error}");
    }
    let error = refused(fixture.with(|installed| installed.pass_env = Vec::new())).await;
    assert!(error.to_string().contains("no PATH"), "{error}");

    let program = fake("terraform-1.10.sh");
    let error = refused(fixture.with(|installed| installed.program = program)).await;
    assert!(matches!(&error, StartError::Version { found, .. } if found == "1.10.5"), "{error}");

    let program = fake("no-terraform.sh");
    let error = refused(fixture.with(|installed| installed.program = program)).await;
    assert!(error.to_string().contains("not me"), "{error}");
}

#[tokio::test]
async fn a_module_that_is_not_there_or_not_right() {
    let fixture = Fixture::new();
    let module = fixture.folder.path().join("elsewhere");
    let error = refused(fixture.with(|installed| installed.module = module)).await;
    assert!(matches!(error, StartError::Module { .. }), "{error}");

    let broken = Fixture::of("terraform {\n  backend \"http\" {}\n}\nresource \"oops\" {}\n");
    let error = refused(broken.settings()).await;
    assert!(matches!(&error, StartError::Init { reason } if reason.contains("main.tf")), "{error}");
}

#[tokio::test]
async fn the_digest_names_module_and_nothing_else() {
    let fixture = Fixture::new();
    let first = fixture.engine().await.platform_digest();
    std::fs::write(fixture.module().join("test.tftest.hcl"), "run \"x\" {}\n").unwrap();
    assert_eq!(fixture.engine().await.platform_digest(), first);
    std::fs::write(fixture.module().join("main.tf"), format!("{MODULE}\n# changed\n")).unwrap();
    assert_ne!(fixture.engine().await.platform_digest(), first);
    let left = std::fs::read_dir(fixture.work()).unwrap().count();
    assert_eq!(left, 1, "an engine takes its init with it; only the folder of runs stays");
}

#[tokio::test]
async fn a_prepared_folder_saves_every_process_at_start() {
    let fixture = Fixture::new();
    let prepared = fixture.folder.path().join("prepared");
    let digest = Engine::prepare(&fixture.settings().installed, &BTreeSet::new(), &prepared).await.unwrap();
    let settings = || EngineSettings { prepared: Some(prepared.clone()), ..fixture.settings() };
    let engine = Engine::start(settings()).await.unwrap();
    assert_eq!(engine.platform_digest(), digest);
    assert_eq!(std::fs::read_dir(fixture.work()).unwrap().count(), 1, "nothing was initialised");
    engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &Told::default()).await.unwrap();

    std::fs::write(fixture.module().join("main.tf"), format!("{MODULE}\n# changed\n")).unwrap();
    let engine = Engine::start(settings()).await.unwrap();
    assert_ne!(engine.platform_digest(), digest, "what no longer fits is not used");
    assert_eq!(
        Engine::prepare(&fixture.settings().installed, &BTreeSet::new(), &prepared).await.unwrap(),
        engine.platform_digest()
    );
}
