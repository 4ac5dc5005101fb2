use std::io::Write as _;

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const SMALL: Limits = Limits { archive: 1 << 20, unpacked: 10_000, entries: 10 };

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, body) in entries {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default()).unwrap();
        } else {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(body).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

fn refusal(archive: &[u8]) -> String {
    let into = tempfile::TempDir::new().unwrap();
    match unpack(archive, into.path(), &SMALL) {
        Err(Refused::Unsafe(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_archive_is_unpacked_without_its_top_folder() {
    let into = tempfile::TempDir::new().unwrap();
    let plain = archive(&[("one-1.0/", b""), ("one-1.0/one.php", b"<?php"), ("one-1.0/inc/a.php", b"a")]);
    let paths = unpack(&plain, into.path(), &SMALL).unwrap();
    assert_eq!(paths, [PathBuf::from("inc/a.php"), PathBuf::from("one.php")]);
    assert_eq!(fs::read(into.path().join("one.php")).unwrap(), b"<?php");
}

#[test]
fn what_is_not_plain_is_refused_and_named() {
    let nothing: &[u8] = b"";
    let many: Vec<String> = (0..11).map(|at| format!("one/{at}.php")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), nothing)).collect();
    for (entries, expected) in [
        (vec![("one/../../etc/cron.d/x", nothing)], "leads out"),
        (vec![("/etc/cron.d/x", nothing)], "absolute"),
        (vec![("C:\\x.php", nothing)], "absolute"),
        (vec![("one//x.php", nothing)], "no plain path"),
        (vec![("one/a\nb.php", nothing)], "no plain path"),
        (vec![("one/one.php", nothing), ("two/two.php", nothing)], "more than one folder"),
        (vec![("one.php", nothing)], "beside the plugin's folder"),
        (vec![("one/a", nothing), ("one/a/b", nothing)], "is there twice"),
        (vec![("one/big", &[0; 10_001])], "more than is allowed"),
        (vec![("one/a", &[0; 6_000]), ("one/b", &[0; 6_000])], "more than is allowed"),
        (many, "11 entries"),
    ] {
        let why = refusal(&archive(&entries));
        assert!(why.contains(expected), "{why}");
    }
}

#[test]
fn links_and_damage_are_refused() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("one/link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert!(refusal(&zip.finish().unwrap().into_inner()).contains("symbolic link"));

    assert!(refusal(b"<html>404</html>").contains("no zip archive"));
    let text = b"something that is long enough to be stored somewhere in the middle";
    let mut damaged = archive(&[("one/one.php", text)]);
    damaged[60] ^= 0xff;
    assert!(refusal(&damaged).contains("damaged"), "{}", refusal(&damaged));
}

/// Everything below a folder that is no folder itself.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

proptest! {
    /// Names of any shape and bytes that were changed on the way: refused, or unpacked within the folder and its limits.
    #[test]
    fn any_archive_stays_in_its_folder_and_its_limits(
        entries in prop::collection::vec(("(one/)?[a-z./\\\\:\0 é-]{0,12}/?", prop::collection::vec(any::<u8>(), 0..3000)), 0..12),
        spoilt in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, body) in &entries {
            // What the writer itself refuses, a damaged archive brings.
            if zip.start_file(name.as_str(), SimpleFileOptions::default()).is_ok() {
                zip.write_all(body).unwrap();
            }
        }
        let mut bytes = zip.finish().unwrap().into_inner();
        for (at, byte) in spoilt {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let world = tempfile::TempDir::new().unwrap();
        let into = world.path().join("into");
        fs::create_dir(&into).unwrap();
        let _ = unpack(&bytes, &into, &SMALL);
        let found = files_below(world.path());
        prop_assert!(found.iter().all(|path| path.starts_with(&into)), "{found:?}");
        let size: u64 = found.iter().map(|path| path.metadata().unwrap().len()).sum();
        // One byte more shows that there is more.
        prop_assert!(size <= SMALL.unpacked + 1, "{size}");
    }
}
