use rootwatch_engine::Partition;
use serde_json::Value;
use std::process::Command;

/// AWS's own data, as the lab's botocore has it.
fn published() -> Value {
    let script = "import botocore, pathlib; print(pathlib.Path(botocore.__file__).with_name('data').joinpath('partitions.json').read_text())";
    let python = rootwatch_lab::python().unwrap();
    let printed = Command::new(python).args(["-c", script]).output().unwrap();
    serde_json::from_slice(&printed.stdout).unwrap()
}

#[test]
fn partitions_are_those_that_aws_publishes() {
    let published = published();
    for partition in published["partitions"].as_array().unwrap() {
        let id = partition["id"].as_str().unwrap();
        let regions = partition["regions"].as_object().unwrap().keys();
        for region in regions.filter(|region| !region.ends_with("-global")) {
            let ours = Partition::of_region(region).expect(region);
            assert_eq!(ours.name(), id, "{region}");
            assert_eq!(
                ours.dns_suffix(),
                partition["outputs"]["dnsSuffix"].as_str().unwrap()
            );
            assert!(rootwatch_engine::is_region_name(region));
        }
        // Regions that come later: `^(us|eu|…)\-\w+\-\d+$`.
        let pattern = partition["regionRegex"].as_str().unwrap();
        let begin = pattern.strip_prefix('^').unwrap();
        let begin = begin.strip_suffix(r"\-\w+\-\d+$").expect(pattern);
        let begin = begin.replace(r"\-", "-").replace(['(', ')'], "");
        for area in begin.split('|') {
            let later = format!("{area}-somewhere-7");
            assert_eq!(
                Partition::of_region(&later).map(Partition::name),
                Some(id),
                "{later}"
            );
        }
    }
}
