//! What depends on the partition of a region.

use anyhow::{Result, bail};

/// A group of regions with separate accounts, identities and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// The regions of China.
    China,
    /// AWS GovCloud (US).
    GovCloud,
}

impl Partition {
    /// The partition of a region, from its name. Fails when that is not the name of a region.
    pub fn of_region(region: &str) -> Result<Self> {
        if !is_region_name(region) {
            bail!("\"{region}\" is not the name of an AWS region (such as eu-west-1)");
        }
        Ok(match region {
            _ if region.starts_with("us-gov-") => Self::GovCloud,
            _ if region.starts_with("cn-") => Self::China,
            _ => Self::Aws,
        })
    }

    /// Second part of every ARN.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }

    /// End of the names of its services' endpoints.
    pub(crate) fn dns_suffix(self) -> &'static str {
        match self {
            Self::Aws | Self::GovCloud => "amazonaws.com",
            Self::China => "amazonaws.com.cn",
        }
    }

    /// The region that records root sign-ins and calls of global services, so the one that must be watched.
    ///
    /// Sources: CloudTrail User Guide, "AWS Management Console sign-in events"; AWS GovCloud (US) User Guide,
    /// "CloudTrail". For China AWS documents none; its first region is used.
    pub fn sign_in_region(self) -> &'static str {
        match self {
            Self::Aws => "us-east-1",
            Self::China => "cn-north-1",
            Self::GovCloud => "us-gov-west-1",
        }
    }
}

/// Two letters, one or more words, a number, all joined by hyphens.
pub fn is_region_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = parts.as_slice() else {
        return false;
    };
    area.len() == 2
        && !words.is_empty()
        && words
            .iter()
            .chain([area])
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_follows_from_the_region() {
        let name = |region| Partition::of_region(region).map(Partition::name).ok();
        assert_eq!(name("eu-west-1"), Some("aws"));
        assert_eq!(name("us-gov-east-1"), Some("aws-us-gov"));
        assert_eq!(name("cn-northwest-1"), Some("aws-cn"));
        assert_eq!(name("ap-southeast-12"), Some("aws"));
    }

    #[test]
    fn what_is_no_region_is_refused() {
        for text in [
            "",
            "eu",
            "eu-west",
            "EU-west-1",
            "eu--1",
            "europe-west-1",
            "eu-west-1a",
            "eu-west-",
        ] {
            assert!(Partition::of_region(text).is_err(), "{text:?} passed");
        }
    }
}
