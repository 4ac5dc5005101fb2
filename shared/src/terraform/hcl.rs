//! Just enough HCL to find top-level blocks: comments, strings with templates and heredocs are stepped over exactly.

/// A top-level block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Its keyword and labels, without quotes: `resource`, `google_sql_database`, `site`.
    pub(super) header: Vec<String>,
    /// What is between its braces, comments left out.
    body: String,
}

impl Block {
    /// The text of an attribute that stands on one line of the block itself.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.body.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim())
        })
    }
}

/// The top-level blocks of a file, in order. Text that is no HCL gives whatever blocks it seems to have.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut scanner = Scanner { rest: text };
    let mut header = String::new();
    while let Some(token) = scanner.next() {
        match token {
            Token::Text("{") => {
                let body = scanner.body();
                if !header.contains('=') {
                    found.push(Block { header: words(&header), body });
                }
                header.clear();
            }
            // A block's header and its brace share a line; anything else before it was something else.
            Token::Text("\n") => header.clear(),
            Token::Text(text) | Token::Quoted(text) => header.push_str(text),
        }
    }
    found
}

fn words(header: &str) -> Vec<String> {
    header.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect()
}

enum Token<'a> {
    /// One character that is in no string and no comment.
    Text(&'a str),
    /// A quoted string or a heredoc, whole.
    Quoted(&'a str),
}

struct Scanner<'a> {
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.starts_with('#') || self.rest.starts_with("//") {
                self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.take(self.rest.find("*/").map_or(self.rest.len(), |at| at + 2));
            } else if self.rest.starts_with('"') {
                return Some(Token::Quoted(self.take(quoted_length(self.rest))));
            } else if let Some(length) = heredoc_length(self.rest) {
                return Some(Token::Quoted(self.take(length)));
            } else {
                let length = self.rest.chars().next()?.len_utf8();
                return Some(Token::Text(self.take(length)));
            }
        }
    }

    /// Everything up to the brace that closes the one just read.
    fn body(&mut self) -> String {
        let mut body = String::new();
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            let text = match token {
                Token::Text("{") => {
                    depth += 1;
                    "{"
                }
                Token::Text("}") if depth == 1 => break,
                Token::Text("}") => {
                    depth -= 1;
                    "}"
                }
                Token::Text(text) | Token::Quoted(text) => text,
            };
            body.push_str(text);
        }
        body
    }
}

/// Bytes of the quoted string that `text` begins with, templates within it included.
fn quoted_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            b'$' | b'%' if bytes.get(at + 1) == Some(&b'{') => at += 2 + template_length(&text[at + 2..]),
            _ => at += 1,
        }
        // Escapes may step into the middle of a character.
        while at < bytes.len() && !text.is_char_boundary(at) {
            at += 1;
        }
    }
    bytes.len()
}

/// Bytes up to and with the brace that ends a template whose opening was just read.
fn template_length(text: &str) -> usize {
    let mut scanner = Scanner { rest: text };
    scanner.body();
    text.len() - scanner.rest.len()
}

/// Bytes of the heredoc that `text` begins with, if it begins with one.
fn heredoc_length(text: &str) -> Option<usize> {
    let opening = text.strip_prefix("<<")?;
    let opening = opening.strip_prefix('-').unwrap_or(opening);
    let (word, _) = opening.split_once('\n')?;
    let word = word.trim();
    let is_word = word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if !is_word {
        return None;
    }
    let mut length = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        length += line.len();
        if number > 0 && line.trim() == word {
            return Some(length - line.len() + line.trim_end().len());
        }
    }
    Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &str) -> Vec<String> {
        blocks(text).into_iter().map(|block| block.header.join(" ")).collect()
    }

    #[test]
    fn finds_blocks_and_nothing_that_looks_like_one() {
        let cases: [(&str, &[&str]); 8] = [
            ("resource \"a\" \"b\" {}\nvariable \"x\" { type = string }", &["resource a b", "variable x"]),
            (
                "# resource \"a\" \"b\" {\n// resource \"c\" \"d\" {\n/* resource \"e\" \"f\" {\n */ locals {}",
                &["locals"],
            ),
            (
                "locals {\n  text = \"resource \\\"a\\\" \\\"b\\\" { ${join(\"}\", [\"{\"])} \"\n}\noutput \"o\" {}",
                &["locals", "output o"],
            ),
            (
                "locals {\n t = <<-EOT\n  resource \"a\" \"b\" {\n  EOT\n}\nresource \"a\" \"b\" {}",
                &["locals", "resource a b"],
            ),
            ("resource \"a\" \"b\" {\n nested {\n }\n}\n", &["resource a b"]),
            (
                "check \"c\" { assert { condition = 1 << 2 < 5 } }\nresource \"a\" \"b\" {}",
                &["check c", "resource a b"],
            ),
            ("locals { a = \"ü\\ü${\"}\"}\" }\nresource \"a\" \"b\" {}", &["locals", "resource a b"]),
            ("resource \"a\" \"never closed\" {", &["resource a never closed"]),
        ];
        for (text, expected) in cases {
            assert_eq!(headers(text), expected, "{text}");
        }
    }

    #[test]
    fn reads_an_attribute() {
        let block = &blocks("moved {\n  # from = x.y\n  from = a.b # why\n  to   = a.c\n}")[0];
        assert_eq!(block.attribute("from"), Some("a.b"));
        assert_eq!(block.attribute("none"), None);
    }
}
