use crate::world::{SELF_CHECK, eventually};
use anstyle::{Ansi256Color, Style};
use assert_cmd::cargo::cargo_bin;
use pty_process::Size;
use pty_process::blocking::{Command, open};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// Rows of every screen, so that nothing leaves it.
const ROWS: u16 = 250;

/// What has come from the program: the screen that it makes, and the bytes.
struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

/// A run of the binary on a pseudo terminal.
pub(super) struct Terminal {
    child: Child,
    keys: File,
    seen: Arc<Mutex<Seen>>,
    reader: JoinHandle<()>,
}

/// What was left on the screen at the end.
pub(super) struct Screen {
    pub(super) code: Option<i32>,
    /// Each row as it is seen, without what is empty at its end.
    pub(super) text: String,
    /// The same with its colours, each row by itself.
    pub(super) coloured: String,
    /// Lines that the terminal had to break itself, each whole.
    pub(super) broken: Vec<String>,
    /// All that was ever written.
    pub(super) bytes: String,
}

impl Terminal {
    /// Begins a run in a folder, with nothing of this process's environment but the given variables.
    pub(super) fn start(
        env: &[(String, String)],
        folder: &Path,
        columns: u16,
        args: &[&str],
    ) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(ROWS, columns)).unwrap();
        let child = Command::new(cargo_bin!("rootwatch"))
            .args(args)
            .env_clear()
            .env(SELF_CHECK, "off")
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .envs(env.iter().cloned())
            .env("HOME", folder)
            .current_dir(folder)
            .spawn(pts)
            .unwrap();
        let keys = File::from(OwnedFd::from(pty));
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(size(ROWS), size(columns), 0),
            bytes: Vec::new(),
        }));
        let reader = read(keys.try_clone().unwrap(), Arc::clone(&seen));
        Self {
            child,
            keys,
            seen,
            reader,
        }
    }

    /// Presses keys.
    pub(super) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for a text on the screen as it is then.
    #[track_caller]
    pub(super) fn shows(&self, text: &str) {
        let last = Mutex::new(String::new());
        let is_there = || {
            let screen = rows(&self.seen.lock().unwrap().parser).join("\n");
            let is_there = screen.contains(text);
            *last.lock().unwrap() = screen;
            is_there
        };
        eventually(&format!("{text:?} on the screen"), is_there);
    }

    /// Answers a question that is on the screen.
    #[track_caller]
    pub(super) fn answers(&mut self, question: &str, keys: &str) {
        self.shows(question);
        self.press(keys);
    }

    /// The process, for signals.
    pub(super) fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// Whether it has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Whether the terminal shows control keys, as it did at first.
    pub(super) fn shows_control_keys(&self) -> bool {
        let modes = tcgetattr(&self.keys).unwrap();
        modes.local_modes.contains(LocalModes::ECHOCTL)
    }

    /// Waits for its end.
    pub(super) fn end(mut self) -> Screen {
        let status = self.child.wait().unwrap();
        self.reader.join().unwrap();
        let seen = self.seen.lock().unwrap();
        let text = rows(&seen.parser).join("\n");
        let last = text.trim_end().lines().count();
        let last = u16::try_from(last).unwrap();
        let coloured: Vec<String> = (0..last)
            .map(|row| coloured(seen.parser.screen(), row))
            .collect();
        Screen {
            code: status.code(),
            text: format!("{}\n", text.trim_end()),
            coloured: coloured.join("\n"),
            broken: broken(&seen.parser),
            bytes: String::from_utf8_lossy(&seen.bytes).into_owned(),
        }
    }
}

fn size(of: u16) -> NonZeroU16 {
    NonZeroU16::new(of).unwrap()
}

/// A row as a program would write it that knows of no other row.
fn coloured(screen: &vt100::Screen, row: u16) -> String {
    let columns = screen.size().1.get();
    let (mut text, mut before) = (String::new(), Style::new());
    for cell in (0..columns).filter_map(|column| screen.cell(row, column)) {
        let mut style = Style::new();
        if let vt100::Color::Idx(colour) = cell.fgcolor() {
            style = style.fg_color(Some(Ansi256Color(colour).into()));
        }
        if cell.bold() {
            style = style.bold();
        }
        if cell.dim() {
            style = style.dimmed();
        }
        if style != before {
            text.push_str(&format!("{before:#}{style}"));
            before = style;
        }
        match cell.has_contents() {
            true => text.push_str(cell.contents()),
            false => text.push(' '),
        }
    }
    format!("{}{before:#}", text.trim_end())
}

fn rows(parser: &vt100::Parser) -> Vec<String> {
    let screen = parser.screen();
    let rows = screen.rows(0, screen.size().1.get());
    rows.map(|row| row.trim_end().to_owned()).collect()
}

/// The lines that take more than one row.
fn broken(parser: &vt100::Parser) -> Vec<String> {
    let screen = parser.screen();
    let mut all = Vec::new();
    let mut line = String::new();
    for (row, text) in (0..ROWS).zip(rows(parser)) {
        let goes_on = screen.row_wrapped(row);
        if goes_on || !line.is_empty() {
            line.push_str(&text);
        }
        if !goes_on && !line.is_empty() {
            all.push(std::mem::take(&mut line));
        }
    }
    all
}

/// A terminal whose program has ended gives an error instead of an end (Linux: EIO).
fn read(mut from: File, seen: Arc<Mutex<Seen>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let mut seen = seen.lock().unwrap();
            seen.parser.process(&buffer[..count]);
            seen.bytes.extend_from_slice(&buffer[..count]);
        }
    })
}

impl Screen {
    /// Fails the test unless the run ended with this code.
    #[track_caller]
    pub(super) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.text);
        self
    }
}
