//! What must hold before a process starts; every objection says what to do.

use super::role::{Role, Roles};
use crate::configuration::{Configuration, Mode};
use crate::data_directory::DataDirectory;
use std::net::SocketAddr;
use std::path::PathBuf;

/// All objections to starting `roles` with `configuration`; empty means none.
pub fn objections(
    configuration: &Configuration,
    directory: &DataDirectory,
    roles: &Roles,
) -> Vec<String> {
    let mut objections = missing_files(configuration, directory, roles);
    if configuration.mode == Mode::Production && roles.contains(&Role::Directory) {
        objections.push(NO_DIRECTORY.to_owned());
    }
    if configuration.mode == Mode::Sandbox && !configuration.allow_non_loopback {
        objections.extend(reachable_listeners(configuration, roles));
    }
    objections
}

fn missing_files(
    configuration: &Configuration,
    directory: &DataDirectory,
    roles: &Roles,
) -> Vec<String> {
    needed_files(configuration, roles)
        .into_iter()
        .map(|(key, path, remedy)| (key, directory.resolve(&path), remedy))
        .filter(|(_, path, _)| !path.exists())
        .map(|(key, path, remedy)| format!("{key}: {} is missing; {remedy}", path.display()))
        .collect()
}

fn needed_files(
    configuration: &Configuration,
    roles: &Roles,
) -> Vec<(&'static str, PathBuf, &'static str)> {
    let (certificates, keys) = match configuration.mode {
        Mode::Production => ("name your own", "make it with `lombard keys new`"),
        Mode::Sandbox => (
            "make it with `lombard certs new`, or set create = true",
            "make it with `lombard keys new`, or set create = true",
        ),
    };
    let files = &configuration.certificates;
    let mut needed = vec![("certificates.internal_ca", files.internal_ca.clone(), certificates)];
    if roles.iter().any(|role| *role != Role::EventService) {
        for server in &files.server {
            needed.push(("certificates.server", server.certificate.clone(), certificates));
            needed.push(("certificates.server", server.key.clone(), certificates));
        }
    }
    if roles.contains(&Role::Directory) {
        for name in ["root.crt", "issuing.crt", "issuing.key"] {
            let file = configuration.directory.authority.join(name);
            needed.push(("directory.authority", file, certificates));
        }
    }
    if roles.contains(&Role::KeyManager) || roles.contains(&Role::Gateway) {
        for issuer in &files.tpp_issuers {
            needed.push(("certificates.tpp_issuers", issuer.clone(), certificates));
        }
    }
    for issuer in &configuration.outbound.ca_files {
        needed.push(("outbound.ca_files", issuer.clone(), "name your own"));
    }
    for role in roles {
        for extension in ["crt", "key"] {
            let name = format!("{}.{extension}", role.service().as_str());
            needed.push(("certificates.internal", files.internal.join(name), certificates));
        }
    }
    if roles.iter().any(|role| *role != Role::Gateway) {
        needed.push(("keys.master_key_file", configuration.keys.master_key_file.clone(), keys));
    }
    needed
}

fn reachable_listeners(configuration: &Configuration, roles: &Roles) -> Vec<String> {
    let listeners = &configuration.listeners;
    let all = [
        (Role::KeyManager, "listeners.identity.bind", listeners.identity.bind),
        (
            Role::KeyManager,
            "listeners.key_manager_internal.bind",
            listeners.key_manager_internal.bind,
        ),
        (Role::Gateway, "listeners.api.bind", listeners.api.bind),
        (Role::EventService, "listeners.events.bind", listeners.events.bind),
        (Role::Directory, "listeners.directory.bind", listeners.directory.bind),
    ];
    let served = all.into_iter().filter(|(role, ..)| roles.contains(role));
    served
        .map(|(_, key, bind)| (key, bind))
        .chain([("operations.bind", configuration.operations.bind)])
        .filter(|(_, bind)| !bind.ip().is_loopback())
        .map(|(key, bind)| reachable(key, bind))
        .collect()
}

fn reachable(key: &str, bind: SocketAddr) -> String {
    format!(
        "{key}: {bind} is reachable from other machines, and a sandbox has published passwords; \
         bind a loopback address, or set allow_non_loopback = true if that is meant"
    )
}

const NO_DIRECTORY: &str = "the directory role stands in for the Open Banking Directory and is for \
     sandboxes only: name the roles to serve without it, or set mode = \"sandbox\"";

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn complete_sandbox(directory: &DataDirectory) -> Configuration {
        let configuration = Configuration::default();
        let clock = service_kit::SystemClock;
        crate::sandbox::create(directory, &configuration, &clock).unwrap();
        configuration
    }

    #[test]
    fn a_production_without_files_names_each_with_its_key() {
        let configuration = Configuration { mode: Mode::Production, ..Configuration::default() };
        let directory = DataDirectory::new(Path::new("/nowhere"));
        let objections = objections(&configuration, &directory, &[Role::EventService].into());
        let expected = "keys.master_key_file: /nowhere/keys/master.key is missing; \
                        make it with `lombard keys new`";
        assert!(objections.contains(&expected.to_owned()), "{objections:?}");
        assert_eq!(objections.len(), 4, "{objections:?}");
    }

    #[test]
    fn a_production_serves_no_directory_and_says_what_to_do() {
        let configuration = Configuration { mode: Mode::Production, ..Configuration::default() };
        let directory = DataDirectory::new(Path::new("/nowhere"));
        let objections = objections(&configuration, &directory, &[Role::Directory].into());
        assert!(objections.contains(&NO_DIRECTORY.to_owned()), "{objections:?}");
        assert!(!Role::or_all(&[], Mode::Production).contains(&Role::Directory));
        assert!(Role::or_all(&[], Mode::Sandbox).contains(&Role::Directory));
    }

    #[test]
    fn a_gateway_needs_no_master_key() {
        let directory = DataDirectory::new(Path::new("/nowhere"));
        let objections = objections(&Configuration::default(), &directory, &[Role::Gateway].into());
        assert!(!objections.iter().any(|text| text.contains("master_key")), "{objections:?}");
    }

    #[test]
    fn a_sandbox_that_others_can_reach_must_say_that_it_means_it() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = DataDirectory::new(temporary.path());
        let mut configuration = complete_sandbox(&directory);
        configuration.listeners.api.bind = "0.0.0.0:8243".parse().unwrap();
        let roles = [Role::Gateway].into();
        let refused = objections(&configuration, &directory, &roles);
        assert!(refused[0].starts_with("listeners.api.bind: 0.0.0.0:8243"), "{refused:?}");
        let others = [Role::KeyManager].into();
        assert_eq!(objections(&configuration, &directory, &others), Vec::<String>::new());
        configuration.allow_non_loopback = true;
        assert_eq!(objections(&configuration, &directory, &roles), Vec::<String>::new());
    }
}
