//! Everything that is printed. The result goes to stdout and nothing else does; progress, notes and errors go to
//! stderr.

mod ask;
mod progress;
mod screen;
mod table;

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;
use serde_json::{Value, json};

pub(crate) use progress::Progress;
pub(crate) use screen::{Screen, wants_to_leave};
pub(crate) use table::{Ink, Table, Tone, code};

use crate::args::{Color, Form, Global};
use crate::exit::Failure;
use crate::settings::Environment;

/// Where and how things are printed.
#[derive(Debug)]
pub(crate) struct Output {
    form: Form,
    quiet: bool,
    result_ink: Ink,
    notes_ink: Ink,
    watched: bool,
}

impl Output {
    /// As the options, the environment and the terminal say.
    pub(crate) fn new(global: &Global, environment: &Environment) -> Self {
        let ink = |terminal: bool| match global.color {
            Color::Auto if terminal && !environment.no_color => Ink::Color,
            Color::Always => Ink::Color,
            Color::Auto | Color::Never => Ink::Plain,
        };
        let result_ink = ink(io::stdout().is_terminal() && global.output != Form::Markdown);
        Self {
            form: global.output,
            quiet: global.quiet,
            result_ink,
            notes_ink: ink(io::stderr().is_terminal()),
            watched: io::stderr().is_terminal(),
        }
    }

    /// The result: a value for programs, a text for people.
    pub(crate) fn show(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> io::Result<()> {
        match self.form {
            Form::Table | Form::Csv | Form::Markdown => print(&text()),
            Form::Json => print(&format!("{:#}\n", serde_json::to_value(value)?)),
            Form::Yaml => print(&serde_yaml::to_string(value).map_err(io::Error::other)?),
        }
    }

    /// A table: coloured if that is wanted, for a spreadsheet, or as Markdown.
    pub(crate) fn table(&self, table: &Table) -> String {
        match self.form {
            Form::Csv => table.csv(),
            Form::Markdown => table.markdown(),
            Form::Table | Form::Json | Form::Yaml => table.render(self.result_ink),
        }
    }

    /// Whether texts are read as Markdown.
    pub(crate) fn markdown(&self) -> bool {
        self.form == Form::Markdown
    }

    /// A word in a tone, for results.
    pub(crate) fn tinted(&self, tone: Tone, text: &str) -> String {
        tone.paint(text, self.result_ink)
    }

    /// Something worth knowing beside the result.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            say(&format!("{text}\n"));
        }
    }

    /// Something that went wrong with one of many.
    pub(crate) fn complain(&self, text: &str) {
        say(&format!("{} {text}\n", Tone::Bad.paint("error:", self.notes_ink)));
    }

    /// Progress of long work.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.quiet, self.watched)
    }

    /// Why the command did not do what was asked.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.form == Form::Json {
            say(&format!("{:#}\n", failure_document(failure)));
            return;
        }
        if let Failure::Definitions { problems, .. } = failure {
            for problem in problems {
                say(&format!("{problem}\n"));
            }
        }
        let mut text = format!("{} {failure}\n", Tone::Bad.paint("error:", self.notes_ink));
        for line in details(failure) {
            let _ = writeln!(text, "  {line}");
        }
        if let Some(next) = failure.next() {
            let _ = writeln!(text, "{} {next}", Tone::Note.paint("next:", self.notes_ink));
        }
        say(&text);
    }
}

/// Prints a result that is a text whatever form is asked for. Who reads it may stop reading: `| head` is no failure.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn details(failure: &Failure) -> Vec<String> {
    let Failure::Api(crate::api::ApiError::Problem(problem)) = failure else { return Vec::new() };
    problem.errors.iter().map(ToString::to_string).collect()
}

fn failure_document(failure: &Failure) -> Value {
    let mut error = json!({
        "exitCode": failure.exit().code(),
        "reason": failure.reason(),
        "message": failure.to_string(),
        "next": failure.next(),
    });
    match failure {
        Failure::Definitions { problems, .. } => error["problems"] = json!(problems),
        Failure::Api(crate::api::ApiError::Problem(problem)) if !problem.errors.is_empty() => {
            error["problems"] = json!(problem.errors);
        }
        _ => {}
    }
    json!({ "error": error })
}

fn say(text: &str) {
    // Nobody is left to tell when stderr is gone.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
