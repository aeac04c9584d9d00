//! Whose build a function's code is.
//!
//! Two builds of the same sources differ, as their compilers do. So a function carries the digest of the sources that
//! it was built from, and what was uploaded: two people with builds of one version do not replace each other's
//! function, and code that was changed since is neither.

use super::function::Function;

/// Key of the tag with the digest of the sources.
pub(crate) const SOURCES_TAG: &str = "rootwatch:sources";
/// Key of the tag with the architecture and the SHA-256 of the deployment package that was uploaded.
pub(crate) const BUILD_TAG: &str = "rootwatch:build";

/// How the code that is deployed stands to the code of this rootwatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// The same executable.
    Same,
    /// Another build of the same sources, as it was uploaded.
    SameSources,
    /// As it was uploaded, by another version of rootwatch.
    OtherVersion,
    /// Not what its tags say was uploaded: somebody changed it since.
    Changed,
    /// Uploaded by a version that left no tags.
    Unmarked,
}

impl Build {
    /// Compares what was found with what is wanted. Pure.
    pub(crate) fn of(wanted: &Function, found: &Function) -> Self {
        let is_ours = found.code_sha256 == wanted.code_sha256 || found.has_our_executable;
        if wanted.architecture == found.architecture && is_ours {
            return Self::Same;
        }
        match found.tags.get(BUILD_TAG) {
            None => Self::Unmarked,
            Some(uploaded) if *uploaded != mark(found) => Self::Changed,
            // The function that looks at itself has no other code than what runs.
            Some(_) if wanted.code.is_none() => Self::SameSources,
            Some(_) if found.tags.get(SOURCES_TAG) == wanted.tags.get(SOURCES_TAG) => {
                Self::SameSources
            }
            Some(_) => Self::OtherVersion,
        }
    }

    /// What follows "its code is", where it is not the same.
    pub(crate) fn words(self) -> Option<&'static str> {
        match self {
            Self::Same => None,
            Self::SameSources => Some("another build of the same version"),
            Self::OtherVersion => Some("that of another version of rootwatch"),
            Self::Changed => Some("not what rootwatch uploaded: somebody changed it"),
            Self::Unmarked => Some("not that of this version of rootwatch"),
        }
    }
}

/// Value of [`BUILD_TAG`] for a function.
pub(crate) fn mark(function: &Function) -> String {
    format!("{} {}", function.architecture, function.code_sha256)
}

impl Function {
    /// What was found as it is compared with this: other settings beside the same executable are no other code, and
    /// another build of the same sources counts as this one, unless it is to be replaced.
    pub(crate) fn as_compared(&self, found: &Self) -> Self {
        let mut compared = found.clone();
        let build = Build::of(self, found);
        let counts_as_ours = match build {
            Build::Same => true,
            Build::SameSources => !self.is_own_build_wanted,
            _ => false,
        };
        if !counts_as_ours {
            return compared;
        }
        // Where the tag is not of what is there, somebody changed that since.
        let is_as_uploaded = found.tags.get(BUILD_TAG) == Some(&mark(found));
        compared.code_sha256.clone_from(&self.code_sha256);
        compared.architecture.clone_from(&self.architecture);
        let mut take = |key: &str| {
            let tag = self.tags.get(key).cloned();
            compared.tags.extend(tag.map(|tag| (key.to_owned(), tag)));
        };
        if is_as_uploaded {
            take(BUILD_TAG);
        }
        if self.code.is_none() {
            take(SOURCES_TAG);
        }
        compared
    }

    /// What people should know of the code that was found.
    pub(crate) fn note(&self, found: &Self) -> Option<String> {
        let build = Build::of(self, found);
        if let Some(words) = build.words() {
            return Some(format!("its code is {words}"));
        }
        // No tag is a hub of the first versions.
        let is_retold = found
            .tags
            .get(BUILD_TAG)
            .is_some_and(|it| *it != mark(found));
        is_retold.then(|| {
            "somebody changed its settings since rootwatch uploaded it: they are kept, unless a flag, a variable or the file says otherwise"
                .to_owned()
        })
    }

    /// Carries the tags of its build.
    pub(crate) fn marked(mut self, sources: &str) -> Self {
        let mark = mark(&self);
        self.tags.insert(SOURCES_TAG.into(), sources.into());
        self.tags.insert(BUILD_TAG.into(), mark);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(code: &str, sources: &str) -> Function {
        let function = Function {
            code: Some(b"zip"),
            code_sha256: code.into(),
            architecture: "arm64".into(),
            ..Function::default()
        };
        function.marked(sources)
    }

    #[test]
    fn what_looks_at_itself_believes_what_was_uploaded_and_nothing_else() {
        let itself = Function {
            code: None,
            ..function("", "1")
        };
        let mut found = function("b", "2");
        assert_eq!(Build::of(&itself, &found), Build::SameSources);
        assert_eq!(itself.as_compared(&found).code_sha256, "");
        found.code_sha256 = "c".into();
        assert_eq!(Build::of(&itself, &found), Build::Changed);
    }

    #[test]
    fn another_build_of_the_same_sources_is_no_difference() {
        let (ours, theirs) = (function("a", "1"), function("b", "1"));
        assert_eq!(Build::of(&ours, &theirs), Build::SameSources);
        let compared = ours.as_compared(&theirs);
        assert_eq!(
            (compared.code_sha256, compared.tags),
            (ours.code_sha256.clone(), ours.tags.clone())
        );
        let own = Function {
            is_own_build_wanted: true,
            ..ours
        };
        assert_eq!(own.as_compared(&theirs).code_sha256, "b");
    }

    #[test]
    fn settings_that_somebody_else_put_beside_our_code_are_said() {
        let ours = function("a", "1");
        let mut retold = Function {
            code_sha256: "b".into(),
            has_our_executable: true,
            ..ours.clone()
        };
        assert_eq!(Build::of(&ours, &retold), Build::Same);
        assert!(ours.note(&retold).unwrap().contains("changed its settings"));
        let compared = ours.as_compared(&retold);
        assert_eq!(compared.code_sha256, ours.code_sha256);
        // As rootwatch uploads it.
        retold.tags.insert(BUILD_TAG.into(), mark(&retold));
        assert_eq!(ours.note(&retold), None);
        assert_eq!(ours.as_compared(&retold).tags, ours.tags);
        assert_eq!(ours.note(&ours), None);
    }

    #[test]
    fn it_may_be_made_for_another_architecture() {
        let theirs = Function {
            code_sha256: "b".into(),
            architecture: "x86_64".into(),
            ..Function::default()
        };
        let theirs = theirs.marked("1");
        assert_eq!(Build::of(&function("a", "1"), &theirs), Build::SameSources);
    }

    #[test]
    fn code_that_is_not_what_was_uploaded_was_changed() {
        let ours = function("a", "1");
        for field in ["code", "architecture"] {
            let mut theirs = function("b", "1");
            match field {
                "code" => theirs.code_sha256 = "c".into(),
                _ => theirs.architecture = "x86_64".into(),
            }
            assert_eq!(Build::of(&ours, &theirs), Build::Changed, "{field}");
            assert_eq!(ours.as_compared(&theirs).code_sha256, theirs.code_sha256);
        }
    }

    #[test]
    fn other_sources_and_no_tags_are_another_version() {
        let ours = function("a", "1");
        assert_eq!(Build::of(&ours, &function("b", "2")), Build::OtherVersion);
        let mut earlier = function("b", "1");
        earlier.tags.clear();
        assert_eq!(Build::of(&ours, &earlier), Build::Unmarked);
        assert_eq!(Build::of(&ours, &function("a", "2")), Build::Same);
    }
}
