//! What depends on the partition of an account and its regions.

use anyhow::{Result, bail};

/// A group of regions with separate accounts, identities and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// The commercial regions.
    Aws,
    /// The regions of China.
    China,
    /// AWS European Sovereign Cloud.
    EuropeanSovereign,
    /// AWS GovCloud (US).
    GovCloud,
    /// The isolated regions of `aws-iso`.
    Iso,
    /// The isolated regions of `aws-iso-b`.
    IsoB,
    /// The isolated regions of `aws-iso-e`.
    IsoE,
    /// The isolated regions of `aws-iso-f`.
    IsoF,
}

pub(super) const ALL: [Partition; 8] = [
    Partition::Aws,
    Partition::China,
    Partition::EuropeanSovereign,
    Partition::GovCloud,
    Partition::Iso,
    Partition::IsoB,
    Partition::IsoE,
    Partition::IsoF,
];

/// What AWS publishes of a partition.
struct Facts {
    name: &'static str,
    /// What its regions' names begin with, up to the last word.
    regions: &'static [&'static str],
    dns_suffix: &'static str,
    sign_in_region: &'static str,
}

impl Partition {
    /// The partition of a region, from its name; none where that is of no partition known here, such as a new one.
    #[must_use]
    pub fn of_region(region: &str) -> Option<Self> {
        let mut parts = region.rsplitn(3, '-');
        let (_number, _word, begin) = (parts.next()?, parts.next()?, parts.next()?);
        let has = |it: &Self| is_region_name(region) && it.facts().regions.contains(&begin);
        ALL.into_iter().find(has)
    }

    /// The partition that an ARN names.
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let name = arn.strip_prefix("arn:")?.split(':').next()?;
        ALL.into_iter().find(|it| it.name() == name)
    }

    /// The partition of a caller in a region.
    ///
    /// Fails where the region is another's: an account has no resources there.
    pub(crate) fn of_caller(arn: &str, region: &str) -> Result<Self> {
        let Some(caller) = Self::of_arn(arn) else {
            let known = ALL.map(Self::name).join(", ");
            bail!(
                "the caller {arn} is in no partition that rootwatch knows ({known}): a newer rootwatch may know it"
            );
        };
        match Self::of_region(region) {
            Some(other) if other != caller => bail!(
                "the region {region} is in the partition {}, and the caller {arn} in {}: give a region of {}, or other credentials",
                other.name(),
                caller.name(),
                caller.name()
            ),
            _ => Ok(caller),
        }
    }

    /// Second part of every ARN.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// End of the names of its services' endpoints.
    #[must_use]
    pub fn dns_suffix(self) -> &'static str {
        self.facts().dns_suffix
    }

    /// The region that records root sign-ins and calls of global services, so the one that must be watched.
    #[must_use]
    pub fn sign_in_region(self) -> &'static str {
        self.facts().sign_in_region
    }

    /// Whether AWS documents which region that is.
    #[must_use]
    pub fn is_sign_in_region_documented(self) -> bool {
        matches!(self, Self::Aws | Self::GovCloud)
    }

    /// From AWS's `partitions.json`, with which `tests/network/partitions.rs` compares it. The region for sign-ins: CloudTrail
    /// User Guide, "AWS Management Console sign-in events"; AWS GovCloud (US) User Guide, "CloudTrail". For the others AWS
    /// documents none, and the first region is used.
    const fn facts(self) -> Facts {
        const COMMERCIAL: &[&str] = &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"];
        let (name, regions, dns_suffix, sign_in_region): (_, &[_], _, _) = match self {
            Self::Aws => ("aws", COMMERCIAL, "amazonaws.com", "us-east-1"),
            Self::China => ("aws-cn", &["cn"], "amazonaws.com.cn", "cn-north-1"),
            Self::EuropeanSovereign => ("aws-eusc", &["eusc-de"], "amazonaws.eu", "eusc-de-east-1"),
            Self::GovCloud => ("aws-us-gov", &["us-gov"], "amazonaws.com", "us-gov-west-1"),
            Self::Iso => ("aws-iso", &["us-iso"], "c2s.ic.gov", "us-iso-east-1"),
            Self::IsoB => ("aws-iso-b", &["us-isob"], "sc2s.sgov.gov", "us-isob-east-1"),
            Self::IsoE => (
                "aws-iso-e",
                &["eu-isoe"],
                "cloud.adc-e.uk",
                "eu-isoe-west-1",
            ),
            Self::IsoF => (
                "aws-iso-f",
                &["us-isof"],
                "csp.hci.ic.gov",
                "us-isof-south-1",
            ),
        };
        Facts {
            name,
            regions,
            dns_suffix,
            sign_in_region,
        }
    }
}

/// What regions are called within an area.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// The name that was probably meant by one that no region has: a word in it is no direction, or its beginning no area, and
/// a slip of the keyboard away from one. Regions that are newer than this program have such words too. Pure.
pub(super) fn slip(region: &str) -> Option<String> {
    const SLIP: usize = 2;
    let mut parts = region.rsplitn(3, '-');
    let (number, word, area) = (parts.next()?, parts.next()?, parts.next()?);
    let areas = ALL.iter().flat_map(|it| it.facts().regions.iter().copied());
    let nearest = |text: &str, known: &[&'static str], most: usize| {
        let slips = |it: &&str| strsim::damerau_levenshtein(text, it);
        let near = known.iter().copied().min_by_key(slips)?;
        (slips(&near) <= most).then_some(near)
    };
    let areas: Vec<&'static str> = areas.collect();
    let word_meant = nearest(word, &DIRECTIONS, SLIP)?;
    // Areas are so short that any is near another: one letter in its place tells nothing.
    let area_meant = match areas.contains(&area) {
        true => area,
        false => areas.iter().copied().find(|it| is_swapped(it, area))?,
    };
    (word_meant != word || area_meant != area)
        .then(|| format!("{area_meant}-{word_meant}-{number}"))
}

/// Whether two words have the same letters in another order.
fn is_swapped(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    one != other && sorted(one) == sorted(other)
}

/// Two to four letters, one or more words, a number, all joined by hyphens.
#[must_use]
pub fn is_region_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [area, words @ .., number] = parts.as_slice() else {
        return false;
    };
    (2..=4).contains(&area.len())
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
        let name = |region| Partition::of_region(region).map(Partition::name);
        assert_eq!(name("eu-west-1"), Some("aws"));
        assert_eq!(name("ap-southeast-12"), Some("aws"));
        assert_eq!(name("us-gov-east-1"), Some("aws-us-gov"));
        assert_eq!(name("cn-northwest-1"), Some("aws-cn"));
        assert_eq!(name("eusc-de-east-1"), Some("aws-eusc"));
        assert_eq!(name("us-iso-east-1"), Some("aws-iso"));
        assert_eq!(name("us-isob-east-1"), Some("aws-iso-b"));
        assert_eq!(name("eu-isoe-west-1"), Some("aws-iso-e"));
        assert_eq!(name("us-isof-south-1"), Some("aws-iso-f"));
        assert_eq!(name("us-isog-east-1"), None);
        assert_eq!(name("nz-north-1"), None);
    }

    #[test]
    fn a_slip_in_the_name_of_a_region_is_seen_without_a_list_of_all() {
        for (typed, meant) in [
            ("eu-wset-1", Some("eu-west-1")),
            ("us-eest-1", Some("us-east-1")),
            ("ue-west-1", Some("eu-west-1")),
            ("us-gov-wets-1", Some("us-gov-west-1")),
            ("eu-west-1", None),
            ("ap-southeast-12", None),
            // An area or a word that is newer than this program.
            ("nz-north-1", None),
            ("eu-atlantic-1", None),
        ] {
            assert_eq!(slip(typed).as_deref(), meant, "{typed}");
        }
    }

    #[test]
    fn the_region_for_sign_ins_is_one_of_the_partition() {
        for partition in ALL {
            let region = partition.sign_in_region();
            assert_eq!(Partition::of_region(region), Some(partition));
        }
    }

    #[test]
    fn the_caller_says_the_partition_and_a_foreign_region_is_named() {
        let of = |arn, region| Partition::of_caller(arn, region);
        let caller = "arn:aws-cn:iam::222222222222:user/me";
        assert_eq!(of(caller, "cn-north-1").unwrap(), Partition::China);
        // A region that is newer than this program.
        assert_eq!(of(caller, "cnx-north-1").unwrap(), Partition::China);
        let error = of(caller, "eu-west-1").unwrap_err().to_string();
        assert!(
            error.contains("eu-west-1 is in the partition aws, and the caller arn:aws-cn"),
            "{error}"
        );
        let error = of("arn:aws-mars:iam::1:root", "mars-north-1").unwrap_err();
        assert!(error.to_string().contains("aws-mars"), "{error}");
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
            assert!(!is_region_name(text), "{text:?} passed");
            assert_eq!(Partition::of_region(text), None);
        }
    }
}
