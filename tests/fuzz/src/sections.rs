//! The form of an input: texts divided by lines of `---`.
//!
//! A section that is missing or empty stands for what an honest sender would write, so that one
//! change reaches as deep as it can, and a seed shows just what is odd about it.

/// An input in its sections.
pub struct Sections<'a>(Vec<&'a str>);

impl<'a> Sections<'a> {
    /// Reads an input; none where it is no text.
    #[must_use]
    pub fn of(input: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(input).ok()?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        Some(Self(text.split("\n---\n").collect()))
    }

    /// The section of this number, from 0; `honest` where it is missing or empty.
    #[must_use]
    pub fn get(&self, number: usize, honest: &'a str) -> &'a str {
        self.0.get(number).copied().filter(|section| !section.is_empty()).unwrap_or(honest)
    }
}
