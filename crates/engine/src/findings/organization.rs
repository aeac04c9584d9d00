//! RW5xx: what `status` finds of the organization, beside its trails.

use super::{FindingId, Kind};

kinds! {
    ORGANIZATION_NOT_READ = 590, "the organization could not be read",
        "Which account is the management account is not known, and so not who should be watched.",
        "Allow the caller organizations:DescribeOrganization; any account of an organization may ask.";
    ACCOUNTS_NOT_READ = 591, "the organization's accounts could not be read",
        "An account that has no stack instance at all is not seen.",
        "Use the management account or a delegated administrator, and allow the caller the operation that the finding names.";
}
