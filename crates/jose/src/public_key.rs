//! The public half of a key, parsed once and found strong enough.

use crate::roca;
use crate::{Algorithm, KeyError, base64url, signature, thumbprint};
use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcGroup, EcKey, EcKeyRef};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::{Rsa, RsaRef};

/// An acceptable public key with its JWK members.
#[derive(Clone)]
pub(crate) struct PublicKey {
    key: PKey<Public>,
    members: KeyMembers,
}

/// The members that make up a public key of each type, base64url (RFC 7518 §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyMembers {
    P256 { x: String, y: String },
    Rsa { e: String, n: String },
}

impl PublicKey {
    /// Takes a key of any origin and refuses what is not acceptable.
    pub(crate) fn new(key: PKey<Public>) -> Result<Self, KeyError> {
        let members = match key.id() {
            Id::RSA => rsa_members(&*key.rsa()?)?,
            Id::EC => p256_members(&*key.ec_key()?)?,
            _ => return Err(KeyError::Unacceptable("neither RSA nor P-256")),
        };
        Ok(Self { key, members })
    }

    /// A key from its RSA members (RFC 7518 §6.3.1).
    pub(crate) fn from_rsa(n: &str, e: &str) -> Result<Self, KeyError> {
        let (n, e) = (unsigned(n, "n")?, unsigned(e, "e")?);
        // Before any arithmetic: the size of a stranger's number is the cost of reading it.
        if n.len() * 8 > MAX_RSA_BITS || e.len() > 8 {
            return Err(KeyError::Unacceptable("an RSA key of more than 4096 bits"));
        }
        let rsa = Rsa::from_public_components(BigNum::from_slice(&n)?, BigNum::from_slice(&e)?)?;
        Self::new(native(&PKey::from_rsa(rsa)?)?)
    }

    /// A key from its P-256 coordinates (RFC 7518 §6.2.1).
    pub(crate) fn from_p256(x: &str, y: &str) -> Result<Self, KeyError> {
        let (x, y) = (coordinate(x, "x")?, coordinate(y, "y")?);
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = EcKey::from_public_key_affine_coordinates(&group, &x, &y)
            .map_err(|_| KeyError::Unacceptable("a point off the curve"))?;
        Self::new(native(&PKey::from_ec_key(key)?)?)
    }

    /// The JWK members.
    pub(crate) fn members(&self) -> &KeyMembers {
        &self.members
    }

    /// Whether the key's type is `algorithm`'s.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match self.members {
            KeyMembers::P256 { .. } => algorithm == Algorithm::Es256,
            KeyMembers::Rsa { .. } => matches!(algorithm, Algorithm::Ps256 | Algorithm::Rs256),
        }
    }

    /// RFC 7638: SHA-256 of the required members in lexicographic order.
    pub(crate) fn thumbprint(&self) -> String {
        // base64url text needs no JSON escape.
        let members = match &self.members {
            KeyMembers::P256 { x, y } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            KeyMembers::Rsa { e, n } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        thumbprint::sha256_base64url(members.as_bytes())
    }

    /// Whether `signature` over `input` is this key's; `algorithm` must fit.
    pub(crate) fn verify(&self, algorithm: Algorithm, input: &[u8], signature: &[u8]) -> bool {
        self.fits(algorithm) && signature::verify(algorithm, &self.key, input, signature)
    }
}

fn rsa_members(rsa: &RsaRef<Public>) -> Result<KeyMembers, KeyError> {
    let (n, e) = (rsa.n(), rsa.e());
    let bits = usize::try_from(n.num_bits()).unwrap_or(usize::MAX);
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(KeyError::Unacceptable("an RSA key of fewer than 2048 or more than 4096 bits"));
    }
    if e != &*BigNum::from_u32(65_537)? {
        return Err(KeyError::Unacceptable("an RSA exponent other than 65537"));
    }
    if !n.is_bit_set(0) || roca::is_fingerprinted(n)? {
        return Err(KeyError::Unacceptable("a factorable RSA modulus"));
    }
    Ok(KeyMembers::Rsa { e: number(e), n: number(n) })
}

fn p256_members(key: &EcKeyRef<Public>) -> Result<KeyMembers, KeyError> {
    if key.group().curve_name() != Some(Nid::X9_62_PRIME256V1) {
        return Err(KeyError::Unacceptable("a curve other than P-256"));
    }
    key.check_key().map_err(|_| KeyError::Unacceptable("a point off the curve"))?;
    let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
    let mut context = BigNumContext::new()?;
    key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context)?;
    let octets = |number: &BigNumRef| number.to_vec_padded(32).map(base64url::encode);
    Ok(KeyMembers::P256 { x: octets(&x)?, y: octets(&y)? })
}

/// The same key as OpenSSL's own decoder makes it: one assembled from numbers keeps OpenSSL's old
/// form, which is exported to the provider when it is first used.
fn native(key: &PKey<Public>) -> Result<PKey<Public>, KeyError> {
    Ok(PKey::public_key_from_der(&key.public_key_to_der()?)?)
}

/// A `Base64urlUInt` (RFC 7518 §2): the fewest octets, so that a key has one thumbprint.
fn unsigned(text: &str, member: &'static str) -> Result<Vec<u8>, KeyError> {
    base64url::decode(text)
        .filter(|octets| octets.first().is_some_and(|first| *first != 0))
        .ok_or(KeyError::Malformed(member))
}

/// A coordinate is always 32 octets, leading zeros included (RFC 7518 §6.2.1.2).
fn coordinate(text: &str, member: &'static str) -> Result<BigNum, KeyError> {
    let octets = base64url::decode(text)
        .filter(|octets| octets.len() == 32)
        .ok_or(KeyError::Malformed(member))?;
    Ok(BigNum::from_slice(&octets)?)
}

fn number(value: &BigNumRef) -> String {
    base64url::encode(value.to_vec())
}

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 4096;
