//! A certificate for some names that one process trusts: the shortest one that a client of TLS takes.

use std::io::Write as _;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

// Tags of DER (X.690, 8.1.2) and object identifiers, as far as a certificate needs them (RFC 5280, RFC 5480).
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// A certificate that vouches for itself, and its key.
pub(super) struct Certificate {
    pub(super) der: Vec<u8>,
    /// PKCS #8.
    pub(super) key: Vec<u8>,
}

impl Certificate {
    pub(super) fn of(names: &[&str]) -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref()).unwrap();
        let algorithm = der(SEQUENCE, &[der(OBJECT_IDENTIFIER, &[ECDSA_WITH_SHA256])]);
        let nobody = der(SEQUENCE, &[[0_u8; 0]]);
        let of_curve =
            der(SEQUENCE, &[der(OBJECT_IDENTIFIER, &[EC_PUBLIC_KEY]), der(OBJECT_IDENTIFIER, &[PRIME256V1])]);
        let public = der(BIT_STRING, &[&[0_u8][..], pair.public_key().as_ref()]);
        let names: Vec<Vec<u8>> = names.iter().map(|name| der(DNS_NAME, &[name])).collect();
        let named = der(OCTET_STRING, &[der(SEQUENCE, &names)]);
        let extension = der(SEQUENCE, &[der(OBJECT_IDENTIFIER, &[SUBJECT_ALTERNATIVE_NAME]), named]);
        let content = der(
            SEQUENCE,
            &[
                der(VERSION, &[der(INTEGER, &[[2_u8]])]),
                der(INTEGER, &[[1_u8]]),
                algorithm.clone(),
                nobody.clone(),
                der(SEQUENCE, &[der(UTC_TIME, &["700101000000Z"]), der(UTC_TIME, &["491231235959Z"])]),
                nobody,
                der(SEQUENCE, &[of_curve, public]),
                der(EXTENSIONS, &[der(SEQUENCE, &[extension])]),
            ],
        );
        let signature = pair.sign(&random, &content).unwrap();
        let signature = der(BIT_STRING, &[&[0_u8][..], signature.as_ref()]);
        Self { der: der(SEQUENCE, &[content, algorithm, signature]), key: key.as_ref().to_vec() }
    }

    /// Writes it as a list of the authorities that somebody trusts.
    pub(super) fn write(&self, path: &Path) {
        let mut file = std::fs::File::create(path).unwrap();
        writeln!(file, "-----BEGIN CERTIFICATE-----").unwrap();
        for line in STANDARD.encode(&self.der).as_bytes().chunks(64) {
            file.write_all(&[line, b"\n"].concat()).unwrap();
        }
        writeln!(file, "-----END CERTIFICATE-----").unwrap();
    }
}

/// Returns a value of DER: tag, length, and the parts of its content.
fn der(tag: u8, parts: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let content: Vec<u8> = parts.iter().flat_map(|part| part.as_ref()).copied().collect();
    let length = content.len();
    let mut value = vec![tag];
    match length {
        0..0x80 => value.push(length.try_into().unwrap()),
        0x80..0x100 => value.extend([0x81, length.try_into().unwrap()]),
        _ => {
            value.push(0x82);
            value.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    value.extend(content);
    value
}
