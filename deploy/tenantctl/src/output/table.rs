//! Tables without borders, a tone a row.

use comfy_table::{ContentArrangement, presets};

/// What colour says beside the words, never instead of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it should be.
    Good,
    /// Under way, or waiting for somebody.
    Note,
    /// Not as it should be.
    Bad,
    /// Nothing to say.
    Plain,
}

/// Whether colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Words only.
    Plain,
    /// Words and colour.
    Color,
}

impl Tone {
    /// The text in the tone's colour (ECMA-48 SGR).
    pub(crate) fn paint(self, text: &str, ink: Ink) -> String {
        let code = match self {
            Self::Good => "32",
            Self::Note => "33",
            Self::Bad => "31",
            Self::Plain => return text.to_owned(),
        };
        if ink == Ink::Color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A table of one-line rows.
#[derive(Debug)]
pub(crate) struct Table {
    table: comfy_table::Table,
    tones: Vec<Tone>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        // A row is a line, however wide the terminal: `grep` and colour rely on it.
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(headings);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Self { table, tones: Vec::new() }
    }

    /// Adds a row. Line breaks within a cell become spaces.
    pub(crate) fn row(&mut self, tone: Tone, cells: impl IntoIterator<Item = String>) {
        self.table.add_row(cells.into_iter().map(|cell| cell.replace('\n', " ")));
        self.tones.push(tone);
    }

    /// The same as Markdown has it: a cell is code that nothing in it can end or leave.
    pub(crate) fn markdown(&self) -> String {
        let line = |row: &comfy_table::Row, cell: &dyn Fn(String) -> String| {
            row.cell_iter()
                .map(|content| cell(content.content()))
                .fold("|".to_owned(), |line, cell| line + " " + &cell + " |")
        };
        let heading = self.table.header().map(|row| line(row, &|text| text.to_lowercase())).unwrap_or_default();
        let rule = self.table.column_iter().fold("|".to_owned(), |line, _| line + " --- |");
        let rows = self.table.row_iter().map(|row| line(row, &code));
        [heading, rule].into_iter().chain(rows).map(|line| line + "\n").collect()
    }

    /// Comma-separated values (RFC 4180), the headings first.
    pub(crate) fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let rows = self.table.header().into_iter().chain(self.table.row_iter());
        for row in rows {
            // Memory takes everything, and every row has as many cells as there are headings.
            let _ = writer.write_record(row.cell_iter().map(comfy_table::Cell::content));
        }
        writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Lines, each ended.
    pub(crate) fn render(&self, ink: Ink) -> String {
        let tones = std::iter::once(Tone::Plain).chain(self.tones.iter().copied());
        let lines = self.table.lines().zip(tones);
        lines.map(|(line, tone)| tone.paint(line.trim_end(), ink) + "\n").collect()
    }
}

/// Text as code within a line of Markdown, whoever wrote it: nothing in it is a link, a mention or markup.
pub(crate) fn code(text: String) -> String {
    if text.is_empty() {
        return text;
    }
    // Bars end a cell even within code, and backticks end the code.
    format!("`{}`", text.replace(['`', '\n', '\r'], " ").replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_holds_what_anybody_wrote() {
        let mut table = Table::new(&["TENANT", "MESSAGE"]);
        table.row(Tone::Good, ["acme".to_owned(), String::new()]);
        table.row(Tone::Bad, ["beta".to_owned(), "a|b `x` @all\n[c](d)".to_owned()]);
        let expected = "| tenant | message |\n| --- | --- |\n| `acme` |  |\n| `beta` | `a\\|b  x  @all [c](d)` |\n";
        assert_eq!(table.markdown(), expected);
    }

    #[test]
    fn a_row_is_a_line() {
        let mut table = Table::new(&["TENANT", "PHASE", "MESSAGE"]);
        table.row(Tone::Good, ["acme".to_owned(), "Ready".to_owned(), String::new()]);
        table.row(Tone::Bad, ["beta-shop".to_owned(), "Failed".to_owned(), "two\nlines".to_owned()]);
        let plain = "TENANT     PHASE   MESSAGE\nacme       Ready\nbeta-shop  Failed  two lines\n";
        assert_eq!(table.render(Ink::Plain), plain);
        assert_eq!(table.csv(), "TENANT,PHASE,MESSAGE\nacme,Ready,\nbeta-shop,Failed,two lines\n");
        let colored = "\u{1b}[31mbeta-shop  Failed  two lines\u{1b}[0m\n";
        assert!(table.render(Ink::Color).ends_with(colored), "{:?}", table.render(Ink::Color));
    }
}
