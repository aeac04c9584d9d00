//! What is typed while bars move. A bar fills its row, so that a terminal shows `^C` in the row below it, and then the bar
//! above stays where it was: it is cleared from the row where the cursor was left.

#[cfg(unix)]
use rustix::process::getpgrp;
#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
#[cfg(unix)]
use std::io::stderr;

/// As long as this lives, the terminal does not show which control keys are pressed. They have their effect.
pub(super) struct Unseen {
    #[cfg(unix)]
    before: Option<Termios>,
}

#[cfg(unix)]
impl Unseen {
    pub(super) fn new() -> Self {
        let before = tcgetattr(stderr()).ok();
        if let Some(before) = &before {
            let mut modes = before.clone();
            modes.local_modes.remove(LocalModes::ECHOCTL);
            set(&modes);
        }
        Self { before }
    }
}

#[cfg(not(unix))]
impl Unseen {
    pub(super) fn new() -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Unseen {
    fn drop(&mut self) {
        self.before.iter().for_each(set);
    }
}

/// A run in the background would be stopped for it (tcsetattr(3), `SIGTTOU`); the shell has its own modes then.
#[cfg(unix)]
fn set(modes: &Termios) {
    let is_in_front = tcgetpgrp(stderr()).is_ok_and(|group| group == getpgrp());
    if is_in_front {
        // The bars would be seen all the same.
        let _ = tcsetattr(stderr(), OptionalActions::Now, modes);
    }
}
