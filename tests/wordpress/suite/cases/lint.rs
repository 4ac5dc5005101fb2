//! Every PHP file of the repository is one.

use std::path::{Path, PathBuf};

use end_to_end::installed;

#[tokio::test]
async fn php_files_are_php() {
    if !installed("php") {
        return;
    }
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in ["deploy/images", "functions/install-plugins"] {
        collect(&repository.join(folder), &mut files);
    }
    assert!(files.len() >= 7, "{files:?}");
    for file in files {
        let file = file.to_str().unwrap();
        let linted = end_to_end::run("php", &["-d", "display_errors=1", "-l", file], &repository, &[]).await;
        assert_eq!(linted.code, 0, "{file}: {}{}", linted.stdout, linted.stderr);
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            collect(&entry.path(), files);
        } else if entry.path().extension().is_some_and(|extension| extension == "php") {
            files.push(entry.path());
        }
    }
}
