//! «Did you mean»: the nearest known word to an unknown one.

/// The nearest of `known` to `word`, if any is near enough to be a slip of the pen.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let folded = fold(word);
    known
        .into_iter()
        .map(|k| (strsim::osa_distance(&folded, &fold(k)), k))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, k)| k)
}

/// The sentence for a fix.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|near| format!("是不是想写“{near}”？"))
}

fn fold(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}
