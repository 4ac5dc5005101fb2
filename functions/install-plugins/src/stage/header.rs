//! The header of a plugin, read as WordPress reads it: in the first 8 KiB of the PHP files of its folder.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tenancy::plugins::PluginName;

/// How far WordPress looks.
const LENGTH: u64 = 8 * 1024;

/// The file that makes the folder a plugin, and the version it names; `None` if no file does. Of several, the one named as
/// the plugin.
pub(crate) fn main_file(
    folder: &Path,
    paths: &[PathBuf],
    name: &PluginName,
) -> io::Result<Option<(String, Option<String>)>> {
    let own = PathBuf::from(format!("{name}.php"));
    let top =
        paths.iter().filter(|path| path.components().count() == 1 && path.extension().is_some_and(|e| e == "php"));
    let mut candidates: Vec<&PathBuf> = top.collect();
    candidates.sort_by_key(|path| (**path != own, (*path).clone()));
    for path in candidates {
        let mut start = Vec::new();
        std::fs::File::open(folder.join(path))?.take(LENGTH).read_to_end(&mut start)?;
        let start = String::from_utf8_lossy(&start);
        if field(&start, "Plugin Name").is_some() {
            return Ok(Some((path.to_string_lossy().into_owned(), field(&start, "Version"))));
        }
    }
    Ok(None)
}

/// The value of one field: after nothing but an opening tag and the signs of a comment, up to the comment's or the code's
/// end.
fn field(text: &str, name: &str) -> Option<String> {
    text.split(['\n', '\r']).find_map(|line| {
        let line = line.trim_start_matches([' ', '\t']);
        let line = line.strip_prefix("<?php").unwrap_or(line);
        let line = line.trim_start_matches([' ', '\t', '/', '*', '#', '@']);
        let is_it = line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let value = line.get(name.len()..).filter(|_| is_it)?.strip_prefix(':')?;
        let end = value.find("*/").or_else(|| value.find("?>")).unwrap_or(value.len());
        let value = value[..end].trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_as_wordpress_finds_them() {
        for (text, expected) in [
            ("<?php\n/*\nPlugin Name: One\nVersion: 1.2\n*/", Some("1.2")),
            ("<?php\r\n/**\r\n * Plugin Name: One\r\n * Version:   1.2-beta  \r\n */", Some("1.2-beta")),
            ("<?php // version: 3", Some("3")),
            ("<?php /* Version: 4 */ $x = 1;", Some("4")),
            ("<?php # @Version: 5", Some("5")),
            ("<?php\n$version = 'Version: 6';", None),
            ("<?php\n/* Version: */", None),
            ("<?php\n/* Versionen: 7 */", None),
        ] {
            assert_eq!(field(text, "Version").as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_file_named_as_the_plugin_is_its_main_file() {
        let folder = tempfile::TempDir::new().unwrap();
        let files = [
            ("a-first.php", "<?php /* Plugin Name: Part */"),
            ("one.php", "<?php /*\nPlugin Name: One\nVersion: 2 */"),
            ("readme.txt", "Plugin Name: no"),
        ];
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let paths: Vec<PathBuf> = files.iter().map(|(name, _)| PathBuf::from(name)).collect();
        let found = |name: &str| main_file(folder.path(), &paths, &name.parse().unwrap()).unwrap();
        assert_eq!(found("one"), Some(("one.php".to_owned(), Some("2".to_owned()))));
        assert_eq!(found("other"), Some(("a-first.php".to_owned(), None)));
        assert_eq!(main_file(folder.path(), &paths[2..], &"one".parse().unwrap()).unwrap(), None);
    }
}
