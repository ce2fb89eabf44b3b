//! HTML that cannot be broken by what is put into it: markup is what stands in the source of this
//! crate, everything else is escaped.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

use crate::escape;

/// A page that grows.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Adds markup. Only literals are taken, so that no text from elsewhere can pass for markup.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text: content, or the value of an attribute in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape::html(text, &mut self.0);
        self
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: impl Into<i64>) -> &mut Self {
        self.0.push_str(&number.into().to_string());
        self
    }

    /// Adds an element with nothing but text in it.
    pub(super) fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.raw("<").raw(name).raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// Adds a text of several lines as it is.
    pub(super) fn pre(&mut self, text: &str) -> &mut Self {
        self.raw("<pre tabindex=\"0\">").text(text).raw("</pre>")
    }

    /// Adds a document in Markdown, its headings below level `below`. HTML in it is shown as text,
    /// pictures are left out, and only links to the web stay links.
    pub(super) fn markdown(&mut self, text: &str, below: usize) -> &mut Self {
        let text = escape::printable(text);
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let lowered = |level: HeadingLevel| {
            HeadingLevel::try_from((level as usize + below).min(6)).unwrap_or(HeadingLevel::H6)
        };
        let mut hidden = 0usize;
        let events = Parser::new_ext(&text, options).filter_map(|event| match event {
            Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
            Event::Start(Tag::Heading { level, classes, attrs, .. }) => {
                Some(Event::Start(Tag::Heading { level: lowered(level), id: None, classes, attrs }))
            }
            Event::End(pulldown_cmark::TagEnd::Heading(level)) => {
                Some(Event::End(pulldown_cmark::TagEnd::Heading(lowered(level))))
            }
            Event::Start(Tag::Image { .. }) => None,
            Event::End(pulldown_cmark::TagEnd::Image) => None,
            Event::Start(Tag::Link { dest_url, .. }) if !is_web(&dest_url) => {
                hidden += 1;
                None
            }
            Event::End(pulldown_cmark::TagEnd::Link) if hidden > 0 => {
                hidden -= 1;
                None
            }
            other => Some(other),
        });
        pulldown_cmark::html::push_html(&mut self.0, events);
        self
    }

    /// The markup so far.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// May the address be a link in a report?
pub(super) fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::Html;

    fn markdown(text: &str) -> String {
        let mut html = Html::default();
        html.markdown(text, 2);
        html.finish()
    }

    #[test]
    fn a_playbook_cannot_bring_markup_scripts_or_pictures() {
        let page =
            markdown("# A\n\n<script>x</script>\n\na <b onclick=x>b</b> ![p](http://e/p.png)\n");
        assert_eq!(
            page,
            "<h3>A</h3>\n&lt;script&gt;x&lt;/script&gt;\n<p>a &lt;b onclick=x&gt;b&lt;/b&gt; p</p>\n"
        );
        assert_eq!(markdown("[x](javascript:alert(1))"), "<p>x</p>\n");
        assert_eq!(markdown("[x](https://e/)"), "<p><a href=\"https://e/\">x</a></p>\n");
        assert_eq!(markdown("[a](javascript:b) [c](https://e/)").matches("<a ").count(), 1);
        assert_eq!(markdown("##### A"), "<h6>A</h6>\n");
    }

    #[test]
    fn text_is_escaped() {
        let mut html = Html::default();
        html.element("p", "<b>").raw("<a title=\"").text("\"x").raw("\">");
        assert_eq!(html.finish(), "<p>&lt;b&gt;</p><a title=\"&quot;x\">");
    }
}
