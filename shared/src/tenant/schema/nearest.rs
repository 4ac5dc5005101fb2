//! What somebody most likely meant.

/// The candidate that is nearest to a text, if one is near: upper and lower case, hyphens and underscores do not count,
/// and about a third of the letters may be wrong.
pub(in crate::tenant) fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer texts are not slips of the pen, and comparing them costs the product of their lengths.
    const LONGEST: usize = 64;
    if text.len() > LONGEST {
        return None;
    }
    let plain = plain(text);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&plain, &self::plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().min(text.len()) / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}

fn plain(text: &str) -> String {
    text.chars().filter(|character| !matches!(character, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}
