//! The way to AWS: the HTTP client that all clients and providers of credentials share, with the proxies and the
//! certificates of a company's network.
//!
//! Both are found as the AWS CLI finds them (botocore 1.44: `httpsession.py`, `endpoint.py`, `configprovider.py`; Python:
//! `urllib.request.getproxies_environment`).

use super::answer::{of_aws, refusal, whole};
use super::download::Downloads;
use super::partition::ALL;
use super::profile::Profile;
use super::watch::Watch;
use crate::subscription::without_password;
use anyhow::{Context, Result, bail};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::error::display::DisplayErrorContext;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;

pub(super) const TLS: tls::Provider =
    tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);

/// The client, and what the environment says about the way, for errors.
pub(super) struct Network {
    pub(super) client: SharedHttpClient,
    pub(super) downloads: Downloads,
    /// ` with HTTPS_PROXY=http://proxy:3128`, or nothing.
    pub(super) way: String,
}

impl Network {
    /// Fails when a proxy's address or the certificates cannot be used.
    pub(super) fn of(profile: &Profile, watch: Watch) -> Result<Self> {
        let variable = |name: &str| std::env::var(name).ok();
        let trusted = TlsContext::builder()
            .with_trust_store(trusted(&variable, profile)?)
            .build()
            .context("setting up TLS")?;
        let proxies = Proxies::of(&variable)?;
        let config = |proxy: Option<&Proxy>| -> Result<ProxyConfig> {
            Ok(match proxy {
                Some(proxy) => proxy.config()?.no_proxy(&proxies.except),
                None => ProxyConfig::disabled(),
            })
        };
        let through = |proxy: Option<&Proxy>| -> Result<SharedHttpClient> {
            Ok(client(config(proxy)?, trusted.clone()))
        };
        let ways = Ways {
            direct: through(None)?,
            watch,
            http: proxies
                .http
                .as_ref()
                .map(|it| through(Some(it)))
                .transpose()?,
            https: proxies
                .https
                .as_ref()
                .map(|it| through(Some(it)))
                .transpose()?,
        };
        let way = proxies.http.iter().chain(&proxies.https);
        Ok(Self {
            client: SharedHttpClient::new(Client(Arc::new(ways))),
            downloads: Downloads {
                http: config(proxies.http.as_ref())?,
                https: config(proxies.https.as_ref())?,
                trusted,
            },
            way: way.map(|it| format!(" with {}", it.shown())).collect(),
        })
    }
}

fn client(proxy: ProxyConfig, trusted: TlsContext) -> SharedHttpClient {
    // The builder's own TLS client takes no proxy (aws-smithy-http-client 1.5).
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(proxy.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder
            .tls_provider(TLS)
            .tls_context(trusted.clone())
            .build()
    })
}

/// A client for each way out.
#[derive(Debug)]
struct Ways {
    direct: SharedHttpClient,
    watch: Watch,
    http: Option<SharedHttpClient>,
    https: Option<SharedHttpClient>,
}

/// One for all: otherwise every client reads the machine's certificates and opens connections of its own.
#[derive(Debug)]
struct Client(Arc<Ways>);

#[derive(Debug)]
struct Wire {
    ways: Arc<Ways>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Wire {
            ways: self.0.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.direct.connector_metadata()
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_of_service = is_of_service(&request);
        let is_own_endpoint = is_own_endpoint(request.uri());
        let ways = &self.ways;
        let client = match request.uri() {
            _ if !is_of_service => None,
            uri if uri.starts_with("https:") => ways.https.as_ref(),
            _ => ways.http.as_ref(),
        };
        let client = client.unwrap_or(&ways.direct);
        let wire = client.http_connector(&self.settings, &self.components);
        let tunnel = tunnel(&request);
        let watched = is_of_service.then(|| self.ways.watch.begin(&request));
        let answer = wire.call(request);
        HttpConnectorFuture::new(async move {
            let answer = match (answer.await, tunnel) {
                (Ok(answer), _) if is_of_service => of_aws(answer, is_own_endpoint).await,
                // hyper keeps to itself what the proxy said: it is asked again.
                (Err(error), Some(tunnel)) if is_refused_tunnel(&error) => {
                    refusal(wire.call(tunnel).await?)
                        .await
                        .map_or(Err(error), Err)
                }
                (Ok(answer), None) => whole(answer).await,
                (answer, _) => answer,
            };
            if let Some(watched) = watched {
                watched.end(&answer);
            }
            answer
        })
    }
}

/// What a proxy is asked before a request by TLS.
fn tunnel(request: &HttpRequest) -> Option<HttpRequest> {
    let host = request.uri().strip_prefix("https://")?.split('/').next()?;
    let port = if host.contains(':') { "" } else { ":443" };
    let mut tunnel = HttpRequest::get(format!("http://{host}{port}/")).ok()?;
    tunnel.set_method("CONNECT").ok()?;
    Some(tunnel)
}

fn is_refused_tunnel(error: &ConnectorError) -> bool {
    let causes = DisplayErrorContext(error).to_string();
    causes.contains("tunnel error: unsuccessful")
        || causes.contains("tunnel error: proxy authorization required")
}

/// Whether a service of AWS is called, rather than what gives this machine or container its credentials, of which a proxy
/// would give its own. Only that takes requests without TLS that are not signed.
fn is_of_service(request: &HttpRequest) -> bool {
    let authorization = request.headers().get("authorization");
    request.uri().starts_with("https:")
        || authorization.is_some_and(|value| value.starts_with("AWS4-"))
}

/// Whether an address is an endpoint of a service, whose answers have a request id. A portal to sign in (`….aws`) and
/// an address that somebody set are none.
pub(super) fn is_own_endpoint(uri: &str) -> bool {
    let host = uri.split('/').nth(2).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    ALL.iter().any(|it| host.ends_with(it.dns_suffix())) || host.ends_with("api.aws")
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A variable of the environment in both cases. The lower-case one is taken first, even if it is empty, as by the CLI.
fn either(variable: Variables<'_>, names: [&'static str; 2]) -> Option<(&'static str, String)> {
    let mut found = names
        .iter()
        .filter_map(|name| Some((*name, variable(name)?)));
    found.next().filter(|(_, value)| !value.trim().is_empty())
}

/// The proxies of the environment. `ALL_PROXY` is not one for the AWS CLI.
struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    /// What is reached without them.
    except: String,
}

struct Proxy {
    variable: &'static str,
    address: String,
}

impl Proxies {
    fn of(variable: Variables<'_>) -> Result<Self> {
        let except = either(variable, ["no_proxy", "NO_PROXY"]);
        let except = except.map(|(_, rules)| rules).unwrap_or_default();
        // The SDK takes a star for any name, and for no address.
        let is_none = except.split(',').any(|rule| rule.trim() == "*");
        let proxy = |names| {
            let (variable, address) = either(variable, names).filter(|_| !is_none)?;
            let address = address.trim();
            let address = match address.contains("://") {
                true => address.to_owned(),
                false => format!("http://{}", address.trim_start_matches("//")),
            };
            Some(Proxy { variable, address })
        };
        let found = Self {
            http: proxy(["http_proxy", "HTTP_PROXY"]),
            https: proxy(["https_proxy", "HTTPS_PROXY"]),
            except: without_ports(&except),
        };
        for proxy in found.http.iter().chain(&found.https) {
            proxy.config()?;
        }
        Ok(found)
    }
}

/// The SDK compares names and addresses only, and AWS answers on one port.
fn without_ports(rules: &str) -> String {
    let rules = rules.split(',').map(|rule| match rule.split_once(':') {
        Some((name, port)) if !name.is_empty() && port.trim().parse::<u16>().is_ok() => name,
        _ => rule,
    });
    rules.collect::<Vec<_>>().join(",")
}

impl Proxy {
    /// Fails without the address in the text, which may have a password that cannot be told from the rest.
    fn config(&self) -> Result<ProxyConfig> {
        ProxyConfig::all(self.address.as_str()).with_context(|| {
            format!(
                "the environment variable {} is not the address of a proxy, such as http://proxy.example.com:3128",
                self.variable
            )
        })
    }

    fn shown(&self) -> String {
        format!("{}={}", self.variable, without_password(&self.address))
    }
}

/// The certificates to trust: those of `AWS_CA_BUNDLE`, or of the profile's `ca_bundle`, and no others; or the machine's.
fn trusted(variable: Variables<'_>, profile: &Profile) -> Result<TrustStore> {
    let of_variable =
        |name: &str| Some((format!("the environment variable {name}"), variable(name)?));
    let of_profile = || {
        let name = format!("ca_bundle of the profile {}", profile.name);
        Some((name, profile.ca_bundle.clone()?))
    };
    let found = of_variable("AWS_CA_BUNDLE")
        .or_else(of_profile)
        .or_else(|| of_variable("REQUESTS_CA_BUNDLE"));
    let Some((origin, file)) = found else {
        return Ok(TrustStore::default());
    };
    if file.trim().is_empty() {
        bail!("{origin} is set and empty: unset it, or name a file with certificates");
    }
    let text = std::fs::read(&file)
        .with_context(|| format!("reading the certificates of {file}, which {origin} names"))?;
    let text = String::from_utf8_lossy(&text);
    let usable = usable_certificates(&text);
    if usable.is_empty() {
        bail!(
            "{file}, which {origin} names, has no certificate of an authority (PEM, -----BEGIN CERTIFICATE-----)"
        );
    }
    let store = TrustStore::empty();
    Ok(usable
        .into_iter()
        .fold(store, |store, pem| store.with_pem_certificate(pem)))
}

/// Each certificate of a bundle that can be trusted. The SDK panics at others, and bundles of companies have such.
fn usable_certificates(bundle: &str) -> Vec<&str> {
    let is_usable = |pem: &&str| {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        read.is_ok_and(|read| {
            let mut store = RootCertStore::empty();
            !read.is_empty() && read.into_iter().all(|it| store.add(it).is_ok())
        })
    };
    bundle
        .split_inclusive("-----END CERTIFICATE-----")
        .filter(is_usable)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies> {
        Proxies::of(&|name| {
            let mut all = variables.iter();
            Some(all.find(|(it, _)| *it == name)?.1.to_owned())
        })
    }

    /// `https` and `http`, as they are shown.
    fn shown(variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let found = proxies(variables).unwrap();
        [found.https, found.http].map(|it| it.map(|it| it.shown()))
    }

    #[test]
    fn proxies_are_those_that_the_aws_cli_takes() {
        let both = [("HTTPS_PROXY", "http://a:1"), ("https_proxy", "b:2")];
        assert_eq!(shown(&both), [Some("https_proxy=http://b:2".into()), None]);
        let emptied = [("HTTPS_PROXY", "http://a:1"), ("https_proxy", "")];
        assert_eq!(shown(&emptied), [None, None]);
        let http = [("HTTP_PROXY", "//a:1"), ("ALL_PROXY", "http://c:3")];
        assert_eq!(shown(&http), [None, Some("HTTP_PROXY=http://a:1".into())]);
        let none = [("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "a.b, *")];
        assert_eq!(shown(&none), [None, None]);
    }

    #[test]
    fn a_proxys_password_is_in_no_text() {
        let good = [("HTTPS_PROXY", "http://me:hunter2@a:1")];
        assert_eq!(
            shown(&good)[0].as_deref(),
            Some("HTTPS_PROXY=http://me:****@a:1")
        );
        for bad in [
            "socks5://me:hunter2@a:1",
            "http://me:hunter2 @a:1",
            "http://me:hunter2@",
        ] {
            let error = proxies(&[("HTTPS_PROXY", bad)]).err().unwrap();
            let text = format!("{error:#} {error:?}");
            assert!(text.contains("HTTPS_PROXY"), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn exceptions_with_a_port_are_names_for_the_sdk() {
        let rules = " .corp, sts.amazonaws.com:443,10.0.0.0/8,[::1]:80,::1,*";
        assert_eq!(
            without_ports(rules),
            " .corp, sts.amazonaws.com,10.0.0.0/8,[::1]:80,::1,*"
        );
    }

    #[test]
    fn credentials_of_the_machine_are_asked_for_without_a_proxy() {
        let is_of_service = |uri: &str, authorization: &'static str| {
            let mut request = HttpRequest::get(uri).unwrap();
            let headers = request.headers_mut();
            headers.insert("authorization", authorization);
            is_of_service(&request)
        };
        assert!(is_of_service(
            "https://portal.sso.eu-west-1.amazonaws.com/",
            ""
        ));
        assert!(is_of_service(
            "http://127.0.0.1:4000/",
            "AWS4-HMAC-SHA256 Credential=1"
        ));
        assert!(!is_of_service(
            "http://169.254.169.254/latest/api/token",
            ""
        ));
        assert!(!is_of_service("http://127.0.0.1:4000/credentials", "token"));
    }

    #[test]
    fn awss_own_endpoints_are_known_by_their_names() {
        assert!(is_own_endpoint("https://sqs.eu-west-1.amazonaws.com/"));
        assert!(is_own_endpoint("https://lambda.us-east-1.api.aws:443/x"));
        assert!(!is_own_endpoint("http://127.0.0.1:4000/amazonaws.com"));
        assert!(!is_own_endpoint("https://eu-west-1.signin.aws/"));
    }

    #[test]
    fn what_is_no_certificate_in_a_bundle_is_left_out() {
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
        assert!(usable_certificates(garbage).is_empty());
        assert!(usable_certificates("a page").is_empty());
    }
}
