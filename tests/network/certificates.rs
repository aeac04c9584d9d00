use super::proxy::Proxy;
use super::{LAB, address, environment};
use crate::world::{PERSON, World, run};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::fs;
use std::sync::Arc;

/// A company's authority, in PEM, and what its proxy needs to be taken for the lab by whoever trusts it.
fn company() -> (String, ServerConfig) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([LAB.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    (authority, config)
}

#[test]
fn a_hub_is_deployed_through_a_proxy_that_opens_tls_by_its_authority_alone() {
    let world = World::new();
    let (authority, tls) = company();
    let proxy = Proxy::new(address(&world), Some(tls), |_| None);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // As bundles of companies are: with comments, and with certificates that nobody can read any more.
    let old = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    let bundle = format!("# Corp\n{old}\n# Corp 2026\n{authority}");
    fs::write(path("ca.pem"), bundle).unwrap();
    fs::write(path("none.pem"), "nothing here").unwrap();
    let profile = format!("[profile corp]\nca_bundle = {}\n", path("ca.pem"));
    fs::write(path("config"), profile).unwrap();

    let (endpoint, url) = (format!("https://{LAB}"), proxy.url());
    let run = |more: &[(&str, &str)], args: &[&str]| {
        let way = [("AWS_ENDPOINT_URL", &*endpoint), ("HTTPS_PROXY", &url)];
        run(&environment(&world, &[&way[..], more].concat()), args)
    };
    let (config, pem, none) = (path("config"), path("ca.pem"), path("none.pem"));
    let ran = run(&[], &["plan", "hub"]).ends_with(1);
    for text in [
        "UnknownIssuer",
        "AWS_CA_BUNDLE",
        "ca_bundle",
        "with HTTPS_PROXY=",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }

    let bundle = [("AWS_CA_BUNDLE", &*pem)];
    run(&bundle, &["plan", "hub"]).ends_with(0);
    let deploy = ["deploy", "hub", "--email", PERSON, "--yes"];
    run(&bundle, &deploy).ends_with(0);
    let by_profile = [("AWS_CONFIG_FILE", &*config), ("AWS_PROFILE", "corp")];
    let again = run(&by_profile, &["plan", "hub", "--email", PERSON]).ends_with(0);
    assert!(again.stdout.starts_with("No changes"), "{}", again.stdout);
    let log = proxy.log();
    let tunnel = format!("CONNECT {LAB}:443");
    assert!(log.iter().all(|line| *line == tunnel), "{log:?}");

    // The environment goes before the profile.
    for (file, says) in [
        (&*none, "has no certificate of an authority"),
        (
            "",
            "the environment variable AWS_CA_BUNDLE is set and empty",
        ),
        (
            "/nowhere.pem",
            "reading the certificates of /nowhere.pem, which the environment variable AWS_CA_BUNDLE names",
        ),
    ] {
        let both = [&by_profile[..], &[("AWS_CA_BUNDLE", file)]].concat();
        let ran = run(&both, &["plan", "hub"]).ends_with(1);
        assert!(ran.stderr.contains(says), "{says}: {}", ran.stderr);
    }
}
