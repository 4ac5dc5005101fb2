//! What `git diff --name-status -z -M` says. Pure.

use super::GitError;

/// What a range did to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileChange {
    /// It is new.
    Added(String),
    /// It has other content, or another type.
    Modified(String),
    /// It is gone.
    Deleted(String),
    /// It has another name, and perhaps other content.
    Renamed {
        /// Before.
        from: String,
        /// After.
        to: String,
    },
}

/// Reads the answer: a status, then a path or, of a rename, two; each ended by NUL.
pub(super) fn parse(answer: &[u8]) -> Result<Vec<FileChange>, GitError> {
    let unreadable = |why: String| GitError::Unreadable { command: "diff", why };
    let mut fields = answer
        .split(|byte| *byte == 0)
        .map(|field| std::str::from_utf8(field).map_err(|_| unreadable("a path is not UTF-8".to_owned())));
    let mut changes = Vec::new();
    while let Some(status) = fields.next().transpose()?.filter(|status| !status.is_empty()) {
        let mut path = || -> Result<String, GitError> {
            let path = fields.next().transpose()?.filter(|path| !path.is_empty());
            path.map(str::to_owned).ok_or_else(|| unreadable(format!("no path after '{status}'")))
        };
        changes.push(match status.chars().next() {
            Some('A') => FileChange::Added(path()?),
            Some('M' | 'T') => FileChange::Modified(path()?),
            Some('D') => FileChange::Deleted(path()?),
            Some('R') => FileChange::Renamed { from: path()?, to: path()? },
            Some('C') => {
                path()?;
                FileChange::Added(path()?)
            }
            _ => return Err(unreadable(format!("unknown status '{status}'"))),
        });
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let own = str::to_owned;
        for (answer, expected) in [
            ("", vec![]),
            ("A\0t/a.yaml\0", vec![FileChange::Added(own("t/a.yaml"))]),
            (
                "M\0t/a b.yaml\0D\0t/ü.yaml\0",
                vec![FileChange::Modified(own("t/a b.yaml")), FileChange::Deleted(own("t/ü.yaml"))],
            ),
            (
                "R097\0t/a.yaml\0t/b.yaml\0T\0t/c.yaml\0",
                vec![
                    FileChange::Renamed { from: own("t/a.yaml"), to: own("t/b.yaml") },
                    FileChange::Modified(own("t/c.yaml")),
                ],
            ),
            ("C100\0t/a.yaml\0t/b.yaml\0", vec![FileChange::Added(own("t/b.yaml"))]),
            ("A\0with\nnewline.yaml\0", vec![FileChange::Added(own("with\nnewline.yaml"))]),
        ] {
            assert_eq!(parse(answer.as_bytes()).unwrap(), expected, "{answer:?}");
        }
    }

    #[test]
    fn what_git_does_not_say() {
        for answer in [&b"A"[..], b"A\0", b"R100\0only-one\0", b"X\0a\0", b"A\0\xff.yaml\0"] {
            assert!(matches!(parse(answer), Err(GitError::Unreadable { .. })), "{answer:?}");
        }
    }
}
