use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, SanType, date_time_ymd,
};

use super::*;
use crate::Signer;
use crate::testing::*;

const EMAIL: &str = "posta-certificata@pec.example.it";

fn trust(anchor: &Authority) -> Trust {
    Trust::new(vec![anchor.certificate.clone()], vec![]).unwrap()
}

/// Root, authority (edited), leaf (edited): whether the leaf is trusted.
fn verdict(
    edit_authority: impl FnOnce(&mut CertificateParams),
    edit_leaf: impl FnOnce(&mut CertificateParams),
) -> Result<(), TrustError> {
    let root = authority("Root", 0, None, |_| {});
    let below = authority("Authority", 1, Some(&root), edit_authority);
    let leaf = leaf(EMAIL, &below, edit_leaf);
    trust(&root).check_certificate(&leaf, &[below.certificate], NOW)
}

fn refused(verdict: Result<(), TrustError>, cause: &str) {
    match verdict {
        Err(TrustError::NotPermitted(text)) if text.contains(cause) => {}
        other => panic!("expected a refusal with {cause:?}, got {other:?}"),
    }
}

#[test]
fn a_leaf_leads_to_a_root_through_the_authority_in_the_message_or_known_before() {
    let network = network();
    let leaf = network.signer.certificate();
    let carried = Trust::new(vec![network.root.clone()], vec![]).unwrap();
    assert_eq!(carried.check_certificate(leaf, network.signer.issuers(), NOW), Ok(()));
    assert!(matches!(carried.check_certificate(leaf, &[], NOW), Err(TrustError::NoPath(_))));
    let known = Trust::new(vec![network.root.clone()], vec![network.authority.clone()]).unwrap();
    assert_eq!(known.check_certificate(leaf, &[], NOW), Ok(()));
    let pinned = Trust::new(vec![network.authority.clone()], vec![]).unwrap();
    assert_eq!(pinned.check_certificate(leaf, &[], NOW), Ok(()));
    let alone = Trust::new(vec![leaf.clone()], vec![]).unwrap();
    assert_eq!(alone.check_certificate(leaf, &[], NOW), Ok(()));
    assert!(Trust::new(vec![], vec![]).is_err());
}

#[test]
fn an_authority_of_the_same_name_with_another_key_is_a_stranger() {
    let root = authority("Root", 0, None, |_| {});
    let honest = authority("Authority", 1, Some(&root), |_| {});
    let false_root = authority("Root", 3, None, |_| {});
    let false_one = authority("Authority", 4, Some(&false_root), |_| {});
    let leaf = leaf(EMAIL, &false_one, |_| {});
    let others = [false_one.certificate, false_root.certificate, honest.certificate];
    assert!(matches!(trust(&root).check_certificate(&leaf, &others, NOW), Err(TrustError::NoPath(_))));
}

#[test]
fn another_edition_of_an_authority_with_the_same_key_is_the_same_anchor() {
    let root = authority("Root", 0, None, |_| {});
    let old = authority("Authority", 1, Some(&root), |params| {
        params.not_before = date_time_ymd(2010, 1, 1);
        params.not_after = date_time_ymd(2012, 1, 1);
    });
    let new = authority("Authority", 1, Some(&root), |_| {});
    let leaf = leaf(EMAIL, &new, |_| {});
    assert_eq!(trust(&old).check_certificate(&leaf, &[new.certificate], NOW), Ok(()));
}

#[test]
fn every_certificate_of_the_path_must_be_valid_at_the_chosen_time() {
    let late = |params: &mut CertificateParams| params.not_before = date_time_ymd(2030, 1, 1);
    assert_eq!(verdict(late, |_| {}), Err(TrustError::Expired(Moment::from_unix(NOW).to_string())));
    assert!(matches!(verdict(|_| {}, late), Err(TrustError::Expired(_))));
    let network = network();
    let leaf = network.signer.certificate();
    let trust = Trust::new(vec![network.root.clone()], vec![network.authority.clone()]).unwrap();
    for (at, valid) in [
        (leaf.not_before() - 1, false),
        (leaf.not_before(), true),
        (leaf.not_after(), true),
        (leaf.not_after() + 1, false),
    ] {
        assert_eq!(trust.check_certificate(leaf, &[], at).is_ok(), valid, "{at}");
    }
}

#[test]
fn only_an_authority_may_issue() {
    refused(verdict(|params| params.is_ca = IsCa::NoCa, |_| {}), "is not an authority");
    refused(verdict(|params| params.is_ca = IsCa::ExplicitNoCa, |_| {}), "is not an authority");
    refused(verdict(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign], |_| {}), "keyCertSign");
}

#[test]
fn the_path_length_of_an_authority_counts_the_authorities_below_it() {
    let short = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    assert_eq!(verdict(short, |_| {}), Ok(()));
    let root = authority("Root", 0, None, short);
    let below = authority("Authority", 1, Some(&root), |_| {});
    let leaf = leaf(EMAIL, &below, |_| {});
    refused(trust(&root).check_certificate(&leaf, &[below.certificate], NOW), "authorities below");
}

#[test]
fn the_signer_must_be_for_signatures_and_for_mail() {
    refused(verdict(|_| {}, |params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]), "digitalSignature");
    let web = |params: &mut CertificateParams| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    refused(verdict(|_| {}, web), "not for e-mail");
    refused(verdict(web, |_| {}), "not for e-mail");
    let none = |params: &mut CertificateParams| params.extended_key_usages = vec![];
    assert_eq!(verdict(none, none), Ok(()), "DigitPA's had none");
    let as_agid = |params: &mut CertificateParams| {
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::EmailProtection];
    };
    assert_eq!(verdict(as_agid, |_| {}), Ok(()));
}

#[test]
fn unknown_critical_extensions_are_refused_and_others_passed_over() {
    let strange = |critical: bool| {
        move |params: &mut CertificateParams| {
            let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55555, 1], vec![5, 0]);
            extension.set_criticality(critical);
            params.custom_extensions.push(extension);
        }
    };
    refused(verdict(|_| {}, strange(true)), "unknown critical extension");
    refused(verdict(strange(true), |_| {}), "unknown critical extension");
    assert_eq!(verdict(strange(false), strange(false)), Ok(()));
}

fn organisation(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CountryName, "IT");
    names.push(DnType::OrganizationName, name);
    names
}

#[test]
fn an_authority_binds_the_mail_domains_and_organisations_of_providers() {
    let everywhere = |v4: bool| {
        if v4 { rcgen::CidrSubnet::V4([0; 4], [0; 4]) } else { rcgen::CidrSubnet::V6([0; 16], [0; 16]) }
    };
    // As AgID CA1 [R-O-ca-2].
    let as_agid = |params: &mut CertificateParams| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![
                GeneralSubtree::Rfc822Name("pec.example.it".into()),
                GeneralSubtree::Rfc822Name("other.example".into()),
                GeneralSubtree::DirectoryName(organisation("PROVIDER one  S.p.A.")),
            ],
            excluded_subtrees: vec![
                GeneralSubtree::DnsName(String::new()),
                GeneralSubtree::IpAddress(everywhere(true)),
                GeneralSubtree::IpAddress(everywhere(false)),
            ],
        });
    };
    let name = |organization: &'static str| {
        move |params: &mut CertificateParams| {
            params.distinguished_name = organisation(organization);
            params.distinguished_name.push(DnType::CommonName, "Posta Certificata");
        }
    };
    assert_eq!(verdict(as_agid, name("Provider One S.p.A.")), Ok(()));
    refused(verdict(as_agid, name("Provider Two S.p.A.")), "does not permit the name");
    refused(verdict(as_agid, |_| {}), "does not permit the name");
    let with = |san: SanType| {
        move |params: &mut CertificateParams| {
            name("Provider One S.p.A.")(params);
            params.subject_alt_names.push(san);
        }
    };
    let stranger = SanType::Rfc822Name("posta-certificata@pec.stranger.example".try_into().unwrap());
    refused(verdict(as_agid, with(stranger)), "posta-certificata@pec.stranger.example");
    refused(verdict(as_agid, with(SanType::DnsName("www.example.it".try_into().unwrap()))), "host name");
    refused(verdict(as_agid, with(SanType::IpAddress([192, 0, 2, 1].into()))), "IP address");
    // The constraints of the root hold for the leaf too.
    let root = authority("Root", 0, None, |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![],
            excluded_subtrees: vec![GeneralSubtree::Rfc822Name("pec.example.it".into())],
        });
    });
    let below = authority("Authority", 1, Some(&root), |_| {});
    let leaf = leaf(EMAIL, &below, |_| {});
    refused(trust(&root).check_certificate(&leaf, &[below.certificate], NOW), EMAIL);
}

#[test]
fn sha1_and_short_keys_are_for_the_past_alone() {
    let directory = tempfile::tempdir().unwrap();
    let settings = "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nC=IT\nO=Old Provider\n[ext]\nkeyUsage=digitalSignature\n";
    std::fs::write(directory.path().join("settings"), settings).unwrap();
    for (key, digest, old) in [
        ("rsa:1024", "-sha1", true),
        ("rsa:2048", "-sha1", true),
        ("rsa:1024", "-sha256", true),
        ("rsa:2048", "-sha256", false),
    ] {
        let arguments = [
            "req", "-x509", "-newkey", key, digest, "-nodes", "-keyout", "key.pem", "-config", "settings", "-days",
            "10",
        ];
        let pem = openssl_ok(directory.path(), &arguments);
        let certificate = Certificate::from_pem(&pem).unwrap().remove(0);
        let trust = Trust::new(vec![certificate.clone()], vec![]).unwrap();
        let at = certificate.not_before();
        assert_eq!(trust.check_certificate(&certificate, &[], at).is_err(), old, "{key} {digest}");
        assert_eq!(trust.for_the_past().check_certificate(&certificate, &[], at), Ok(()), "{key} {digest}");
    }
}

#[test]
fn a_crowd_of_look_alike_authorities_costs_a_bounded_number_of_signatures() {
    let root = authority("Root", 0, None, |_| {});
    let crowd: Vec<_> = (0..200)
        .map(|i| {
            authority("Authority", 3 + i % 2, Some(&authority("Authority", 4 - i % 2, None, |_| {})), |_| {})
                .certificate
        })
        .take(60)
        .collect();
    let below = authority("Authority", 1, Some(&root), |_| {});
    let leaf = leaf(EMAIL, &below, |_| {});
    let error = trust(&root).check_certificate(&leaf, &crowd, NOW).unwrap_err();
    assert!(matches!(error, TrustError::NoPath(_)), "{error}");
}

#[test]
fn altered_certificates_do_not_lead_to_the_root() {
    let network = network();
    let trust = Trust::new(vec![network.root.clone()], vec![network.authority.clone()]).unwrap();
    let der = network.signer.certificate().der();
    for position in 0..der.len() {
        let mut changed = der.to_vec();
        changed[position] ^= 0x01;
        if let Ok(certificate) = Certificate::from_der(changed) {
            assert!(trust.check_certificate(&certificate, &[], NOW).is_err(), "octet {position}");
        }
    }
}

#[test]
fn real_leaves_lead_to_the_editions_of_their_authority() {
    let Some(folder) = samples() else { return };
    let read = |file: &str| {
        Certificate::from_pem(&std::fs::read(folder.join("certificates").join(file)).unwrap()).unwrap().remove(0)
    };
    let at = |year: i64| (year - 1970) * 31_556_952;
    for (leaf, authority, year) in [
        ("Posta_Certificata_Namirial_S_p_A__20230928.txt", "AgID_CA1_20250220.pem", 2025),
        ("Posta_Certificata_ARUBA_PEC_20201008.txt", "AgID_CA1_20250220.pem", 2022),
        ("Posta_Certificata_ARUBA_PEC_20201008.txt", "AgID_CA1_20210622.txt", 2022),
        ("Posta_Certificata_ARUBA_PEC_20171204.txt", "AgID_CA1_20171012.txt", 2019),
        ("Posta_Certificata_Sogei_20180927.txt", "AgID_CA1_20180711.txt", 2020),
        ("PostacertCedacri_20171129.txt", "AgID_CA1_20171012.txt", 2019),
        ("Register_it_PEC_20171128.txt", "AgID_CA1_20171012.txt", 2019),
        ("leaf_LEGALMAIL2014.txt", "DigitPA_CA1_20110114.txt", 2016),
    ] {
        let trust = Trust::new(vec![read(authority)], vec![]).unwrap().for_the_past();
        assert_eq!(trust.check_certificate(&read(leaf), &[], at(year)), Ok(()), "{leaf} under {authority}");
    }
    // The editions have one name and one key [R-O-ca-1], and their leaves say where revocations are published.
    let (old, new) = (read("AgID_CA1_20171012.txt"), read("AgID_CA1_20250220.pem"));
    assert_eq!((old.key_sha256_hex(), old.subject_name()), (new.key_sha256_hex(), new.subject_name()));
    assert_ne!(old, new);
    let aruba = read("Posta_Certificata_ARUBA_PEC_20201008.txt");
    assert!(crate::revocation::distribution_points(&aruba).iter().any(|url| url.ends_with("/CRL")));
    assert!(crate::revocation::is_published(&aruba));
    // Irideos joined after the first edition, which therefore does not permit its domain.
    let first = Trust::new(vec![read("AgID_CA1_20171012.txt")], vec![]).unwrap();
    assert!(matches!(
        first.check_certificate(&read("Irideos_S_p_A__01_20180720.txt"), &[], at(2019)),
        Err(TrustError::NotPermitted(_))
    ));
}

#[test]
fn what_is_wrong_with_a_signer_is_told_to_holders_in_italian() {
    let told = |error: TrustError| error.words().italian;
    let revoked =
        TrustError::Revoked { subject: "CN=x".into(), since: 0, reason: crate::revocation::Reason::KeyCompromise };
    assert_eq!(told(revoked), "il certificato di CN=x è revocato dal 1970-01-01T01:00:00+01:00 (chiave compromessa)");
    // English details stay in the English words.
    for error in [
        TrustError::NoPath("its issuer is unknown".into()),
        TrustError::NotPermitted("it has no key usage".into()),
        TrustError::RevocationUnknown("no list".into()),
    ] {
        let (english, italian) = (error.to_string(), told(error));
        assert!(italian.contains("certificato del firmatario"), "{italian}");
        assert!(
            !italian.contains("is unknown") && !italian.contains("usage") && !italian.contains("list"),
            "{italian}"
        );
        assert!(english.contains(": "), "{english}");
    }
    assert_eq!(
        crate::OpenError::Broken("no end".into()).words().italian,
        "la firma non è leggibile, il messaggio è troncato o danneggiato"
    );
    assert_eq!(crate::OpenError::NotSigned.words().italian, "il messaggio non è firmato");
}
