//! HTML text. Whatever is not our own literal goes through an escape.

use crate::printable::is_hidden;

/// A page as it is written.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    text: String,
    /// Said below every plot, if anything.
    below_plots: Option<String>,
}

impl Markup {
    /// Adds markup of our own.
    pub(crate) fn raw(&mut self, markup: &str) -> &mut Self {
        self.text.push_str(markup);
        self
    }

    /// Has this said below every plot that follows; none for nothing.
    pub(crate) fn say_below_plots(&mut self, words: Option<String>) {
        self.below_plots = words;
    }

    /// What is said below a plot.
    pub(crate) fn below_plots(&self) -> Option<String> {
        self.below_plots.clone()
    }

    /// Adds words, whoever wrote them.
    pub(crate) fn words(&mut self, words: &str) -> &mut Self {
        for c in words.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&#39;"),
                // Nothing may be hidden, or turn round what follows.
                c if is_hidden(c) => self.text.push('\u{fffd}'),
                c => self.text.push(c),
            }
        }
        self
    }

    /// Adds an element without attributes that holds words.
    pub(crate) fn element(&mut self, tag: &str, words: &str) -> &mut Self {
        self.raw("<").raw(tag).raw(">").words(words).raw("</").raw(tag).raw(">")
    }

    /// The page.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_markup() {
        let mut page = Markup::default();
        page.element("p", "<script>alert('1 & \"2\"')</script>\u{1b}\u{202e}");
        assert_eq!(
            page.into_text(),
            "<p>&lt;script&gt;alert(&#39;1 &amp; &quot;2&quot;&#39;)&lt;/script&gt;\u{fffd}\u{fffd}</p>"
        );
    }
}
