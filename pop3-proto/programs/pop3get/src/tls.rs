//! The TLS client of an account.

use std::path::Path;
use std::sync::Arc;

use pop3_programs_common::text;
use pop3_programs_common::trust::{Fingerprint, Trust, verifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::account::Account;
use crate::failure::{Failure, Kind};
use crate::options::Security;

/// The most octets of the files with the user's own certificate and key.
const LONGEST_PEM: u64 = 1024 * 1024;

pub(crate) fn config(account: &Account) -> Result<Arc<ClientConfig>, Failure> {
    let options = &account.options;
    let usage = |error: &dyn std::fmt::Display| Kind::Usage.because("TLS", error);
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| usage(&error))?;
    let builder = if account.security == Security::Plain {
        builder.with_root_certificates(RootCertStore::empty())
    } else {
        let trust = Trust {
            ca: options.ca.as_deref(),
            pin: fingerprint("--pin", options.pin.as_deref())?,
            only: fingerprint("--fingerprint", options.fingerprint.as_deref())?,
        };
        let verifier = verifier(trust, provider).map_err(|error| usage(&error))?;
        builder.dangerous().with_custom_certificate_verifier(verifier)
    };
    let config = match (&options.cert, &options.key) {
        (Some(cert), Some(key)) => {
            let bad = |file: &Path, error: &dyn std::fmt::Display| Kind::Usage.because(file.display(), error);
            let read = |file: &Path| {
                text::octets(file, LONGEST_PEM).map_err(|error| Kind::Usage.because("TLS", error))
            };
            let chain = CertificateDer::pem_slice_iter(&read(cert)?).collect::<Result<Vec<_>, _>>();
            let chain = chain.map_err(|error| bad(cert, &error))?;
            let own = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| bad(key, &error))?;
            builder.with_client_auth_cert(chain, own).map_err(|error| bad(cert, &error))?
        }
        _ => builder.with_no_client_auth(),
    };
    Ok(Arc::new(config))
}

fn fingerprint(option: &str, text: Option<&str>) -> Result<Option<Fingerprint>, Failure> {
    let read = |text: &str| {
        Fingerprint::parse(text).map_err(|why| Kind::Usage.because(format_args!("{option} {text}"), why))
    };
    text.map(read).transpose()
}
