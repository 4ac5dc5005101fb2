//! Plugins and their archives, made for one case.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How a PHP file begins.
pub(crate) const PHP: &str = "<?php\n";

/// A plugin's archive in the making.
pub(crate) struct Archive {
    pub(crate) name: String,
    pub(crate) version: String,
    entries: Vec<Entry>,
}

enum Entry {
    File(String, Vec<u8>),
    Link(String, String),
}

impl Archive {
    /// A plugin that says its name and version on the front page, and counts in the database how often it was activated and
    /// deactivated.
    pub(crate) fn good(name: &str, version: &str) -> Self {
        Self::with(name, version, "")
    }

    /// The same with more code in its main file.
    pub(crate) fn with(name: &str, version: &str, code: &str) -> Self {
        let id = name.replace('-', "_");
        let main = format!(
            "<?php\n/**\n * Plugin Name: {name}\n * Version: {version}\n */\n\
             add_action( 'wp_footer', function () {{ echo '<!-- {name} {version} -->'; }} );\n\
             function {id}_count( $what ) {{ update_option( '{id}_' . $what, 1 + (int) get_option( '{id}_' . $what, 0 ) ); }}\n\
             register_activation_hook( __FILE__, function () {{ {id}_count( 'on' ); }} );\n\
             register_deactivation_hook( __FILE__, function () {{ {id}_count( 'off' ); }} );\n{code}\n"
        );
        Self::empty(name, version)
            .file(&format!("{name}/{name}.php"), &main)
            .file(&format!("{name}/readme.txt"), &format!("=== {name} ===\n"))
    }

    /// Without a file, called so.
    pub(crate) fn empty(name: &str, version: &str) -> Self {
        Self { name: name.to_owned(), version: version.to_owned(), entries: Vec::new() }
    }

    /// One file more.
    pub(crate) fn file(mut self, path: &str, body: &str) -> Self {
        self.entries.push(Entry::File(path.to_owned(), body.into()));
        self
    }

    /// A symbolic link more.
    pub(crate) fn link(mut self, path: &str, target: &str) -> Self {
        self.entries.push(Entry::Link(path.to_owned(), target.to_owned()));
        self
    }

    /// Locked under another version than it says.
    pub(crate) fn called(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Its bytes.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for entry in &self.entries {
            match entry {
                Entry::File(path, body) => {
                    zip.start_file(path.as_str(), SimpleFileOptions::default()).unwrap();
                    zip.write_all(body).unwrap();
                }
                Entry::Link(path, target) => {
                    zip.add_symlink(path.as_str(), target.as_str(), SimpleFileOptions::default()).unwrap();
                }
            }
        }
        zip.finish().unwrap().into_inner()
    }
}
