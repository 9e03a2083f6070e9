//! Names good and bad.

use super::{DistinguishedName, InvalidDistinguishedName};

fn name(text: &str) -> DistinguishedName {
    text.parse().unwrap_or_else(|_| panic!("{text} is a distinguished name"))
}

#[test]
fn what_is_no_distinguished_name_is_refused() {
    for text in [
        "Bank",
        "CN",
        "=x",
        "1=x",
        "01.2=x",
        "CN=a,",
        ",CN=a",
        "CN=a,,O=b",
        "CN=a+",
        "unknownType=x",
        "CN=#",
        "CN=#0",
        "CN=#zz",
        "CN=#0c05ab",
        r"CN=a\",
        r"CN=a\z",
        r"CN=\ff",
        "CN=a\0b",
        "CN=\"a",
    ] {
        assert_eq!(text.parse::<DistinguishedName>(), Err(InvalidDistinguishedName), "{text}");
    }
}

#[test]
fn names_are_equal_whatever_the_spelling() {
    let expected = name("CN=software,OU=organisation,O=OpenBanking,C=GB");
    for spelling in [
        "cn=software, ou=organisation , O = OpenBanking,C=GB",
        "2.5.4.3=software,OID.2.5.4.11=organisation,2.5.4.10=OpenBanking,2.5.4.6=GB",
        "commonName=software;OU=organisation;O=OpenBanking;C=GB",
        r"CN=soft\77are,OU=organisation,O=OpenBanking,C=GB",
        "CN=#0c08736f667477617265,OU=organisation,O=OpenBanking,C=#13024742",
        "CN=\"software\",OU=organisation,O=OpenBanking,C=GB",
    ] {
        assert_eq!(name(spelling), expected, "{spelling}");
    }
}

#[test]
fn order_case_and_further_parts_make_a_difference() {
    let expected = name("CN=a,O=b");
    for other in ["O=b,CN=a", "CN=A,O=b", "CN=a,O=b,C=GB", "CN=a", "CN=a+O=b", "CN=a,O=b\\ "] {
        assert_ne!(name(other), expected, "{other}");
    }
}

#[test]
fn the_order_inside_a_multi_valued_rdn_makes_none() {
    assert_eq!(name("CN=a+UID=b,C=GB"), name("UID=b + CN=a,C=GB"));
}

#[test]
fn display_escapes_as_rfc_4514_does() {
    for text in [
        r#"CN=Smith\, Sue\+Bob,O=a\;b\<c\>d\\e\"f,C=GB"#,
        r"CN=\#1,OU=\ x\ ",
        r"CN=Lu\c4\8di\c4\87",
        "organizationIdentifier=PSDGB-FCA-123456,O=Bank",
        "1.2.3.4=#020105",
        "CN=a\\0ab",
    ] {
        let parsed = name(text);
        let shown = parsed.to_string();
        assert_eq!(name(&shown), parsed, "{text} shown as {shown}");
    }
    assert_eq!(name(r"CN=Smith\2c Sue").to_string(), r"CN=Smith\, Sue");
    assert_eq!(name(r"CN=Lu\c4\8di\c4\87").to_string(), "CN=Lučić");
    assert_eq!(
        name("2.5.4.97=PSDGB,1.2.3.4=#020105").to_string(),
        "organizationIdentifier=PSDGB,1.2.3.4=#020105"
    );
}

#[test]
fn an_attribute_is_found_by_its_identifier() {
    let subject = name("CN=software,OU=one,OU=two");
    assert_eq!(subject.attribute("2.5.4.3"), Some("software"));
    assert_eq!(subject.attribute("2.5.4.11"), Some("one"));
    assert_eq!(subject.attribute("2.5.4.97"), None);
}

#[test]
fn a_certificates_name_is_read_most_specific_first() {
    let mut builder = openssl::x509::X509Name::builder().unwrap();
    for (field, value) in [("C", "GB"), ("O", "OpenBanking"), ("OU", "org"), ("CN", "soft, ware")] {
        builder.append_entry_by_text(field, value).unwrap();
    }
    let read = DistinguishedName::of(&builder.build()).unwrap();
    assert_eq!(read, name(r"CN=soft\, ware,OU=org,O=OpenBanking,C=GB"));
}

#[test]
fn the_empty_name_has_no_parts() {
    assert_eq!(name("").to_string(), "");
    assert_eq!(DistinguishedName::from_der(&[0x30, 0]), Some(name("")));
    assert_eq!(DistinguishedName::from_der(&[0x30, 1, 0x31]), None);
}
