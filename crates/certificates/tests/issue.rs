//! What is issued, as OpenSSL and RFC 5280 see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use certificates::{
    CertificateAuthority, EidasIdentity, IssueError, IssuedCertificate, KeyKind, LeafExtras,
    LeafProfile, PrivateKey, Psd2Role, RequestError, RevocationListTerms, RevokedCertificate,
    ServiceRole, SigningRequest, TppIdentity, Validity, self_signed, validity_of,
};
use jiff::Timestamp;
use openssl::pkey::PKey;
use openssl::stack::Stack;
use openssl::symm::Cipher;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{
    CrlStatus, X509, X509Crl, X509PurposeId, X509StoreContext, X509StoreContextRef,
};

// --- Refusals ---

#[test]
fn a_name_that_is_empty_too_long_or_has_control_characters_is_refused() {
    for name in ["", &"n".repeat(65), "a\nb", "a\0b", "a\u{85}b"] {
        let root = CertificateAuthority::new_root(name, KeyKind::P256, years(2026, 2036));
        assert!(matches!(root, Err(IssueError::Unrepresentable("name"))), "{name:?}");
        let tpp = TppIdentity { software_id: name.into(), organisation_id: "o".into() };
        assert!(issue(&root_authority(), &LeafProfile::TppTransport(tpp)).is_err(), "{name:?}");
        let tpp = TppIdentity { software_id: "s".into(), organisation_id: name.into() };
        assert!(issue(&root_authority(), &LeafProfile::TppSigning(tpp)).is_err(), "{name:?}");
    }
}

#[test]
fn a_server_without_a_name_or_with_an_impossible_one_is_refused() {
    let root = root_authority();
    let refused = |dns_names: &[&str], ip_addresses: &[&str]| {
        matches!(
            issue(&root, &server(dns_names, ip_addresses)),
            Err(IssueError::Unrepresentable(_))
        )
    };
    assert!(refused(&[], &[]));
    for name in ["", ".", "a..b", "a b", "é.example", "a,b", "*.*.example", "a\0.example"] {
        assert!(refused(&["localhost", name], &[]), "{name:?}");
    }
    for address in ["", "localhost", "127.0.0", "127.0.0.1/8", "::g"] {
        assert!(refused(&["localhost"], &[address]), "{address:?}");
    }
}

#[test]
fn a_time_that_a_certificate_cannot_hold_is_refused() {
    let validity = Validity { not_before: Timestamp::MIN, not_after: Timestamp::MAX };
    let root = CertificateAuthority::new_root("root", KeyKind::P256, validity);
    assert!(matches!(root, Err(IssueError::Unrepresentable("time"))));
}

#[test]
fn an_authority_is_not_read_with_another_key_or_another_chain() {
    let (one, two) = (root_authority(), root_authority());
    let issuing = one.new_issuing("issuing", KeyKind::P256, years(2026, 2036)).unwrap();
    let key = issuing.key().to_pem().unwrap();
    let chain = issuing.certificate_pem().to_owned() + two.certificate_pem();
    assert!(CertificateAuthority::from_pem(one.certificate_pem(), &key).is_err());
    assert!(CertificateAuthority::from_pem(&chain, &key).is_err());
    assert!(CertificateAuthority::from_pem("", &key).is_err());
    assert!(CertificateAuthority::from_pem("-----BEGIN CERTIFICATE-----", &key).is_err());
    assert!(CertificateAuthority::from_pem(issuing.certificate_pem(), "").is_err());
}

#[test]
fn an_encrypted_key_is_refused_without_asking_for_a_passphrase() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap().to_pem().unwrap();
    let key = PKey::private_key_from_pem(key.as_bytes()).unwrap();
    let pem = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"x").unwrap();
    let error = PrivateKey::from_pem(std::str::from_utf8(&pem).unwrap()).unwrap_err();
    assert!(matches!(error, IssueError::Unreadable("private key")));
}

#[test]
fn neither_a_leaf_nor_an_issuing_authority_makes_a_trusted_authority() {
    let root = root_authority();
    let issuing = root.new_issuing("issuing", KeyKind::P256, years(2026, 2036)).unwrap();
    let below = issuing.new_issuing("below", KeyKind::P256, years(2026, 2036)).unwrap();
    let leaf = issue(&below, &transport()).unwrap();
    assert!(!verifies(&leaf, &root, X509PurposeId::SSL_CLIENT));
    let leaf = issue(&root, &transport()).unwrap();
    let pretender =
        CertificateAuthority::from_pem(&leaf.certificate_pem, &leaf.key.to_pem().unwrap()).unwrap();
    let leaf = issue(&pretender, &transport()).unwrap();
    assert!(!verifies(&leaf, &root, X509PurposeId::SSL_CLIENT));
}

#[test]
fn a_leaf_of_another_authority_of_the_same_name_is_not_trusted() {
    let leaf = issue(&root_authority(), &transport()).unwrap();
    assert!(!verifies(&leaf, &root_authority(), X509PurposeId::SSL_CLIENT));
}

#[test]
fn a_request_that_is_not_signed_with_its_own_key_is_refused() {
    let refused = |pem: &str| SigningRequest::from_pem(pem).unwrap_err();
    let forged = test_kit::signing_request_with_wrong_signature();
    assert_eq!(refused(&forged), RequestError::Signature);
    assert_eq!(refused(""), RequestError::Malformed);
    assert_eq!(refused("-----BEGIN CERTIFICATE REQUEST-----"), RequestError::Malformed);
    assert_eq!(refused(root_authority().certificate_pem()), RequestError::Malformed);
}

#[test]
fn a_request_of_a_weak_key_or_another_curve_is_refused() {
    for pem in [test_kit::signing_request_rsa(1024), test_kit::signing_request_p384()] {
        let refused = SigningRequest::from_pem(&pem).unwrap_err();
        assert_eq!(refused, RequestError::UnacceptableKey);
    }
    assert!(SigningRequest::from_pem(&test_kit::signing_request_rsa(2048)).is_ok());
}

#[test]
fn a_psd2_name_that_is_too_long_and_a_list_url_that_is_no_url_are_refused() {
    let root = root_authority();
    let long = EidasIdentity { organisation_name: "n".repeat(65), ..eidas() };
    assert!(matches!(
        issue(&root, &LeafProfile::Obwac(long)),
        Err(IssueError::Unrepresentable("name"))
    ));
    let extras =
        LeafExtras { revocation_list_url: Some("https://a b".to_owned()), ..LeafExtras::default() };
    let refused = root.issue_for(&request(), &transport(), &extras, years(2026, 2027));
    assert!(matches!(refused, Err(IssueError::Unrepresentable("URL"))));
}

// --- What is issued ---

#[test]
fn a_certificate_over_a_requests_key_has_that_key_and_where_its_revocation_is_said() {
    let root = root_authority();
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let request = SigningRequest::make(&key, "somebody else").unwrap();
    let request = SigningRequest::from_pem(&request).unwrap();
    let extras = LeafExtras {
        revocation_list_url: Some("https://directory.example/crl/issuing.crl".to_owned()),
        for_servers_only: false,
    };
    let leaf = root.issue_for(&request, &transport(), &extras, years(2026, 2027)).unwrap();
    let certificate = X509::from_der(&leaf.certificate_der).unwrap();
    let own = PKey::private_key_from_pem(key.to_pem().unwrap().as_bytes()).unwrap();
    assert!(certificate.public_key().unwrap().public_eq(&own));
    let serial = certificate.serial_number().to_bn().unwrap().to_hex_str().unwrap();
    assert_eq!(leaf.serial, serial.to_lowercase());
    let text = String::from_utf8(certificate.to_text().unwrap()).unwrap();
    assert!(text.contains("URI:https://directory.example/crl/issuing.crl"), "{text}");
    assert!(!text.contains("somebody else"), "{text}");
}

#[test]
fn a_psd2_certificate_says_its_type_its_roles_and_its_authority() {
    let root = root_authority();
    let der = |profile| parse(&issue(&root, &profile).unwrap()).to_der().unwrap();
    let (seal, website) = (der(LeafProfile::Obseal(eidas())), der(LeafProfile::Obwac(eidas())));
    let holds = |der: &[u8], part: &[u8]| der.windows(part.len()).any(|window| window == part);
    // 0.4.0.1862.1.6.2 and .3 (ETSI EN 319 412-5), 0.4.0.19495.2 (ETSI TS 119 495).
    assert!(holds(&seal, &[6, 7, 4, 0, 0x8e, 0x46, 1, 6, 2]));
    assert!(holds(&website, &[6, 7, 4, 0, 0x8e, 0x46, 1, 6, 3]));
    for certificate in [&seal, &website] {
        assert!(holds(certificate, &[6, 6, 4, 0, 0x81, 0x98, 0x27, 2]));
        // 0.4.0.19495.1.3 with its name.
        let role = [&[6, 7, 4, 0, 0x81, 0x98, 0x27, 1, 3, 12, 6][..], b"PSP_AI"].concat();
        assert!(holds(certificate, &role));
        assert!(!holds(certificate, b"PSP_PI"));
        assert!(holds(certificate, b"Financial Conduct Authority"));
        assert!(holds(certificate, b"GB-FCA"));
    }
}

#[test]
fn a_psd2_certificate_is_named_by_organisation_and_registration() {
    let text = text(&issue(&root_authority(), &LeafProfile::Obwac(eidas())).unwrap());
    let subject = "C=GB, O=Acme/organizationIdentifier=PSDGB-FCA-123456, CN=org1";
    assert!(text.contains(&format!("Subject: {subject}")), "{text}");
}

#[test]
fn a_revocation_list_names_the_revoked_and_is_signed_by_its_authority() {
    let root = root_authority();
    let leaf = issue(&root, &transport()).unwrap();
    let serial = parse(&leaf).serial_number().to_bn().unwrap().to_hex_str().unwrap().to_lowercase();
    let at = |text: &str| text.parse().unwrap();
    let terms = RevocationListTerms {
        this_update: at("2026-01-01T00:00:00Z"),
        next_update: at("2026-01-02T00:00:00Z"),
        number: 1_767_225_600_000_000,
    };
    let revoked = RevokedCertificate { serial, revoked_at: at("2026-01-01T00:00:00Z") };
    let list = root.revocation_list(&[revoked], &terms).unwrap();
    let list = X509Crl::from_der(&list).unwrap();
    let issuer = X509::from_pem(root.certificate_pem().as_bytes()).unwrap();
    assert!(list.verify(&*issuer.public_key().unwrap()).unwrap());
    assert!(matches!(list.get_by_cert(&parse(&leaf)), CrlStatus::Revoked(_)));
    let other = parse(&issue(&root, &transport()).unwrap());
    assert!(matches!(list.get_by_cert(&other), CrlStatus::NotRevoked));
    assert!(list.next_update().is_some());
    let empty = X509Crl::from_der(&root.revocation_list(&[], &terms).unwrap()).unwrap();
    assert!(matches!(empty.get_by_cert(&parse(&leaf)), CrlStatus::NotRevoked));
}

#[test]
fn each_profile_serves_its_purposes_and_no_other() {
    let root = root_authority();
    let client = X509PurposeId::SSL_CLIENT;
    let serving = X509PurposeId::SSL_SERVER;
    let service = LeafProfile::Service(ServiceRole::Gateway);
    for (profile, as_client, as_server) in [
        (server(&["localhost"], &[]), false, true),
        (service, true, true),
        (transport(), true, true),
    ] {
        for kind in [KeyKind::P256, KeyKind::Rsa2048] {
            let leaf = root.issue(&profile, kind, years(2026, 2027)).unwrap();
            assert_eq!(verifies(&leaf, &root, client), as_client, "{profile:?}");
            assert_eq!(verifies(&leaf, &root, serving), as_server, "{profile:?}");
        }
    }
}

#[test]
fn a_signing_certificate_has_non_repudiation_and_no_extended_key_usage() {
    let profile = LeafProfile::TppSigning(tpp());
    let text = text(&issue(&root_authority(), &profile).unwrap());
    assert!(text.contains("Digital Signature, Non Repudiation"), "{text}");
    assert!(!text.contains("Extended Key Usage"), "{text}");
    assert!(text.contains("CA:FALSE"), "{text}");
}

#[test]
fn a_tpp_is_named_in_the_directorys_legacy_form() {
    let leaf = issue(&root_authority(), &transport()).unwrap();
    let names: Vec<_> = parse(&leaf)
        .subject_name()
        .entries()
        .map(|entry| {
            let kind = entry.object().nid().short_name().unwrap();
            format!("{kind}={}", entry.data().to_string().unwrap())
        })
        .collect();
    assert_eq!(
        names,
        ["C=GB", "O=OpenBanking", "OU=0015800001041RHAAY", "CN=jFQuQ4eQbNCMSqdCog21nF"]
    );
}

#[test]
fn a_service_certificate_says_its_role_its_name_and_localhost() {
    for role in ServiceRole::ALL {
        let leaf = issue(&root_authority(), &LeafProfile::Service(role)).unwrap();
        let names = parse(&leaf).subject_alt_names().unwrap();
        let uris: Vec<_> = names.iter().filter_map(|name| name.uri()).collect();
        let dns: Vec<_> = names.iter().filter_map(|name| name.dnsname()).collect();
        assert_eq!(uris, [role.urn()]);
        assert_eq!(dns, [role.as_str(), "localhost"]);
    }
}

#[test]
fn a_server_certificate_has_every_name_and_address() {
    let profile = server(&["bank.example", "*.bank.example"], &["127.0.0.1", "::1"]);
    let leaf = parse(&issue(&root_authority(), &profile).unwrap());
    let names = leaf.subject_alt_names().unwrap();
    let dns: Vec<_> = names.iter().filter_map(|name| name.dnsname()).collect();
    let addresses: Vec<_> =
        names.iter().filter_map(|name| name.ipaddress()).map(<[u8]>::len).collect();
    assert_eq!(dns, ["bank.example", "*.bank.example"]);
    assert_eq!(addresses, [4, 16]);
}

#[test]
fn key_identifiers_link_leaf_issuing_authority_and_root() {
    let root = root_authority();
    let issuing = root.new_issuing("issuing", KeyKind::P256, years(2026, 2036)).unwrap();
    let leaf = parse(&issue(&issuing, &transport()).unwrap());
    let root = X509::from_pem(root.certificate_pem().as_bytes()).unwrap();
    let issuing = X509::from_pem(issuing.certificate_pem().as_bytes()).unwrap();
    let own = |certificate: &X509| certificate.subject_key_id().unwrap().as_slice().to_vec();
    let above = |certificate: &X509| certificate.authority_key_id().unwrap().as_slice().to_vec();
    assert_eq!(above(&leaf), own(&issuing));
    assert_eq!(above(&issuing), own(&root));
    assert!(root.authority_key_id().is_none());
}

#[test]
fn serial_numbers_are_sixteen_octets_and_never_the_same() {
    let root = root_authority();
    let serials: std::collections::HashSet<_> = (0..50)
        .map(|_| {
            let leaf = parse(&issue(&root, &transport()).unwrap());
            leaf.serial_number().to_bn().unwrap().to_vec()
        })
        .collect();
    assert_eq!(serials.len(), 50);
    assert!(serials.iter().all(|serial| serial.len() == 16 && serial[0] < 0x80));
}

#[test]
fn the_validity_is_read_back_to_the_second_before_and_after_2050() {
    let validity = Validity {
        not_before: "1999-12-31T23:59:59.9Z".parse().unwrap(),
        not_after: "2051-01-01T00:00:01Z".parse().unwrap(),
    };
    let leaf = root_authority().issue(&transport(), KeyKind::P256, validity).unwrap();
    let read = validity_of(&leaf.chain_pem).unwrap();
    assert_eq!(read.not_before, "1999-12-31T23:59:59Z".parse::<Timestamp>().unwrap());
    assert_eq!(read.not_after, validity.not_after);
}

#[test]
fn a_chain_is_the_leaf_and_the_intermediates_without_the_root() {
    let root = root_authority();
    let issuing = root.new_issuing("issuing", KeyKind::Rsa2048, years(2026, 2036)).unwrap();
    let leaf = issue(&issuing, &transport()).unwrap();
    assert_eq!(leaf.chain_pem, leaf.certificate_pem.clone() + issuing.certificate_pem());
    let direct = issue(&root, &transport()).unwrap();
    assert_eq!(direct.chain_pem, direct.certificate_pem);
    assert_eq!(parse(&leaf).to_der().unwrap(), leaf.certificate_der);
}

#[test]
fn an_authority_read_back_issues_the_same_chain() {
    let root = root_authority();
    let issuing = root.new_issuing("issuing", KeyKind::P256, years(2026, 2036)).unwrap();
    let pem = issuing.certificate_pem().to_owned() + root.certificate_pem();
    let key = issuing.key().to_pem().unwrap();
    let read = CertificateAuthority::from_pem(&pem, &key).unwrap();
    let leaf = issue(&read, &transport()).unwrap();
    assert_eq!(leaf.chain_pem, leaf.certificate_pem.clone() + issuing.certificate_pem());
    assert!(verifies(&leaf, &root, X509PurposeId::SSL_CLIENT));
}

#[test]
fn a_self_signed_certificate_is_of_the_key_given_and_signed_by_it() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let key = PrivateKey::generate(kind).unwrap().to_pem().unwrap();
        let der = self_signed("token key", &key, years(2026, 2036)).unwrap();
        let certificate = X509::from_der(&der).unwrap();
        let key = PKey::private_key_from_pem(key.as_bytes()).unwrap();
        assert!(certificate.public_key().unwrap().public_eq(&key));
        assert!(certificate.verify(&key).unwrap());
    }
    assert!(self_signed("token key", "", years(2026, 2036)).is_err());
    assert!(!format!("{:?}", root_authority()).contains("PRIVATE"));
}

// --- What the tests look at ---

fn root_authority() -> CertificateAuthority {
    CertificateAuthority::new_root("root", KeyKind::P256, years(2026, 2036)).unwrap()
}

fn request() -> SigningRequest {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    SigningRequest::from_pem(&SigningRequest::make(&key, "tpp").unwrap()).unwrap()
}

fn eidas() -> EidasIdentity {
    EidasIdentity {
        organisation_id: "org1".to_owned(),
        organisation_name: "Acme".to_owned(),
        organization_identifier: "PSDGB-FCA-123456".to_owned(),
        roles: vec![Psd2Role::AccountInformation],
        authority_name: "Financial Conduct Authority".to_owned(),
        authority_id: "GB-FCA".to_owned(),
    }
}

fn issue(
    authority: &CertificateAuthority,
    profile: &LeafProfile,
) -> Result<IssuedCertificate, IssueError> {
    authority.issue(profile, KeyKind::P256, years(2026, 2027))
}

fn years(from: i16, to: i16) -> Validity {
    let at = |year: i16| format!("{year}-01-01T00:00:00Z").parse().unwrap();
    Validity { not_before: at(from), not_after: at(to) }
}

fn server(dns_names: &[&str], ip_addresses: &[&str]) -> LeafProfile {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    LeafProfile::Server { dns_names: owned(dns_names), ip_addresses: owned(ip_addresses) }
}

fn transport() -> LeafProfile {
    LeafProfile::TppTransport(tpp())
}

fn tpp() -> TppIdentity {
    TppIdentity {
        software_id: "jFQuQ4eQbNCMSqdCog21nF".into(),
        organisation_id: "0015800001041RHAAY".into(),
    }
}

fn parse(issued: &IssuedCertificate) -> X509 {
    X509::from_pem(issued.certificate_pem.as_bytes()).unwrap()
}

fn text(issued: &IssuedCertificate) -> String {
    String::from_utf8(parse(issued).to_text().unwrap()).unwrap()
}

/// Whether OpenSSL trusts the chain for `purpose` in the middle of 2026, strictly by RFC 5280.
fn verifies(leaf: &IssuedCertificate, root: &CertificateAuthority, purpose: X509PurposeId) -> bool {
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(X509::from_pem(root.certificate_pem().as_bytes()).unwrap()).unwrap();
    let mut parameters = X509VerifyParam::new().unwrap();
    parameters.set_time("2026-07-01T00:00:00Z".parse::<Timestamp>().unwrap().as_second());
    parameters.set_flags(openssl::x509::verify::X509VerifyFlags::X509_STRICT).unwrap();
    parameters.set_purpose(purpose).unwrap();
    store.set_param(&parameters).unwrap();
    let mut chain = Stack::new().unwrap();
    for certificate in X509::stack_from_pem(leaf.chain_pem.as_bytes()).unwrap() {
        chain.push(certificate).unwrap();
    }
    let mut context = X509StoreContext::new().unwrap();
    context.init(&store.build(), &parse(leaf), &chain, X509StoreContextRef::verify_cert).unwrap()
}
