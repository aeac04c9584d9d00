//! Yes, no, or why it is not known.

/// Yes, no, or why it is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Unknown, for this reason.
    Unknown(String),
}

impl Answer {
    /// [`Self::Yes`] or [`Self::No`].
    pub fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    /// [`Self::Unknown`], for this reason.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(why.into())
    }

    /// Yes when all are; no when one is.
    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut unknown = Self::Yes;
        for answer in answers {
            match answer {
                Self::No => return Self::No,
                Self::Unknown(_) => unknown = answer,
                Self::Yes => {}
            }
        }
        unknown
    }

    /// Yes when one is; no when none is.
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut unknown = Self::No;
        for answer in answers {
            match answer {
                Self::Yes => return Self::Yes,
                Self::Unknown(_) => unknown = answer,
                Self::No => {}
            }
        }
        unknown
    }

    /// The negation.
    pub fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}
