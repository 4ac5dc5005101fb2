//! The password of a site's database, which plugins know as WordPress does: nothing that they say carries it on, and nobody
//! else is started with it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use end_to_end::{Kept, forms_of_secret, watch_processes};
use reqwest::StatusCode;

use crate::world::{Archive, Hosted, World};

/// As sites get one here.
fn password(site: &str) -> String {
    format!("password of {site}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_plugins_say_repeats_no_password() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("kanari-0f4b2a91").await;
    let activation = |code: &str| format!("register_activation_hook( __FILE__, function () {{ {code} }} );");
    let lock = site.lock(&[
        Archive::with("thrower", "1.0", &activation("throw new Error( 'no database with ' . DB_PASSWORD );")),
        Archive::with("printer", "1.0", &activation("echo str_repeat( 'x', 190 ) . DB_PASSWORD;")),
        Archive::with("ender", "1.0", &activation("error_log( DB_PASSWORD ); echo DB_PASSWORD; exit( DB_PASSWORD );")),
        Archive::with(
            "breaker",
            "1.0",
            "add_action( 'template_redirect', function () { throw new Error( 'no page with ' . DB_PASSWORD ); } );",
        ),
    ]);
    let rollout = site.roll_out(&lock).await;
    for (plugin, masked) in [("thrower", true), ("printer", true), ("ender", false), ("breaker", true)] {
        let message = rollout.message(plugin);
        assert!(!message.is_empty(), "{plugin} is told of");
        assert_eq!(message.contains("(redacted)"), masked, "{plugin}: {message}");
    }
    let kept = Kept::below(site.folder.parent().unwrap());
    let said = [Some(&rollout.stage), rollout.activate.as_ref()].into_iter().flatten().map(|done| done.said.as_str());
    let said: String = said.collect();
    for form in forms_of_secret(&password(&site.name)) {
        assert!(!said.contains(&form), "{form}: {said}");
        assert_eq!(kept.holding(&form), Vec::<&PathBuf>::new(), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_out_hands_no_password_on() {
    let Some(world) = World::new().await else { return };
    let hosted = Hosted::start(&world, "kanari-7e31c6aa", None).await;
    let plane = &hosted.plane;
    let dolly = "{name: hello-dolly, version: '1.7.2', required: true}";
    let course = async {
        let made = hosted.create(&format!("{{plugins: [{dolly}]}}")).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let refused = hosted.update(&format!("{{plugins: [{dolly}, {{name: broken-page, required: true}}]}}")).await;
        assert!(!refused.status.is_success(), "{}", refused.text);
        let mut heard = made.text + &refused.text;
        for operation in plane.ended_operations(&hosted.site.name).await {
            heard.push_str(&operation.to_string());
            let id = operation["id"].as_str().unwrap();
            heard.push_str(&plane.get(&format!("/tenants/{}/operations/{id}/log", hosted.site.name)).await.text);
        }
        heard + &plane.get(&format!("/tenants/{}", hosted.site.name)).await.text
    };
    let mut seen = BTreeSet::new();
    let heard = tokio::select! {
        heard = course => heard,
        () = watch_processes(&mut seen, &["cmdline", "environ"]) => unreachable!("they are watched for ever"),
    };
    assert!(seen.iter().any(|started| started.contains("AIPRESS_SECRET_FILE")), "the installer was seen");
    let kept = [plane.folder(), hosted.site.folder.parent().unwrap()].map(Kept::below);
    for form in forms_of_secret(&password(&hosted.site.name)) {
        assert!(!heard.contains(&form), "{form} was answered");
        for kept in &kept {
            assert_eq!(kept.holding(&form), Vec::<&PathBuf>::new(), "{form}");
        }
        let told: Vec<&String> = seen.iter().filter(|started| started.contains(&form)).collect();
        assert_eq!(told, Vec::<&String>::new(), "{form} is on an argument list, or in an environment");
    }
}
