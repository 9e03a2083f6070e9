use super::*;

#[test]
fn an_unknown_member_is_refused_with_its_line() {
    let text = "[[subscription]]\nclient_id = \"a\"\napi = \"A\"\nplam = \"Gold\"\n";
    let problem = Subscriptions::read(Path::new("s.toml"), text).unwrap_err();
    assert_eq!(problem.line, Some(4));
}

#[test]
fn a_broken_file_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    fs::write(&file, "[[subscription]\n").unwrap();
    assert!(matches!(subscribe(&file, "a", &[], "A", "P"), Err(SubscribeError::Definition(_))));
    assert_eq!(fs::read_to_string(&file).unwrap(), "[[subscription]\n");
}

#[test]
fn subscribing_keeps_comments_and_adds_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    let before = "# the first client\n[[subscription]]\nclient_id = \"a\" # ours\napi = \"A\"\nplan = \"P\"\n";
    fs::write(&file, before).unwrap();
    for _ in 0..2 {
        subscribe(&file, "b", &[], "A", "Unlimited").unwrap();
        subscribe(&file, "a", &[], "A", "Gold").unwrap();
    }
    insta::assert_snapshot!(fs::read_to_string(&file).unwrap(), @r#"
    # the first client
    [[subscription]]
    client_id = "a" # ours
    api = "A"
    plan = "P"

    [[subscription]]
    client_id = "b"
    api = "A"
    plan = "Unlimited"
    "#);
}

#[test]
fn concurrent_subscribers_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    std::thread::scope(|scope| {
        for client in 0..8 {
            let file = &file;
            scope.spawn(move || subscribe(file, &format!("c{client}"), &[], "A", "P").unwrap());
        }
    });
    let read = Subscriptions::read(&file, &fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(read.by_client.len(), 8);
}

const BY_ROLE: &str = r#"
# everybody who may
[[subscription]]
role = "AISP"
api = "A"
plan = "P"

[[subscription]]
role = "PISP"
except = ["a"] # not yet
api = "A"
plan = "P"
"#;

fn read(text: &str) -> Subscriptions {
    Subscriptions::read(Path::new("s.toml"), text).unwrap()
}

fn roles(names: &[&str]) -> Roles {
    names.iter().map(|name| name.parse::<Role>().unwrap()).collect()
}

#[test]
fn a_role_subscribes_every_client_that_has_it_but_for_the_exceptions() {
    let subscriptions = read(BY_ROLE);
    let is_subscribed =
        |client, names: &[&str], api| subscriptions.find(client, roles(names), api).is_some();
    assert!(is_subscribed("b", &["AISP"], "A"));
    assert!(is_subscribed("b", &["PISP", "CBPII"], "A"));
    assert!(!is_subscribed("a", &["PISP"], "A"));
    assert!(is_subscribed("a", &["PISP", "AISP"], "A"), "by its other role");
    assert!(!is_subscribed("b", &["CBPII"], "A"));
    assert!(!is_subscribed("b", &[], "A"));
    assert!(!is_subscribed("b", &["AISP"], "B"));
}

#[test]
fn a_clients_own_subscription_counts_whatever_a_role_excepts() {
    let own = "[[subscription]]\nclient_id = \"a\"\napi = \"A\"\nplan = \"Gold\"\n";
    let subscriptions = read(&format!("{BY_ROLE}{own}"));
    assert_eq!(subscriptions.find("a", roles(&["PISP"]), "A").unwrap().plan, "Gold");
}

#[test]
fn an_entry_that_says_too_much_or_too_little_is_refused_with_its_line() {
    for (entry, line, reason) in [
        ("", 2, "either client_id or role"),
        ("client_id = \"a\"\nrole = \"AISP\"\n", 2, "either client_id or role"),
        ("client_id = \"a\"\nexcept = [\"b\"]\n", 4, "except goes with a role"),
        ("except = [\"b\"]\n", 2, "either client_id or role"),
        ("role = \"AIPS\"\n", 3, "AISP, CBPII and PISP"),
        ("role = \"aisp\"\n", 3, "AISP, CBPII and PISP"),
        ("role = [\"AISP\"]\n", 3, "string"),
        ("role = \"AISP\"\nexcept = \"b\"\n", 4, "sequence"),
    ] {
        let text = format!("\n[[subscription]]\n{entry}api = \"A\"\nplan = \"P\"\n");
        let problem = Subscriptions::read(Path::new("s.toml"), &text).unwrap_err();
        assert_eq!(problem.line, Some(line), "{entry}: {problem}");
        assert!(problem.message.contains(reason), "{entry}: {problem}");
    }
}

#[test]
fn a_client_whose_role_subscribed_needs_nothing_more() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    fs::write(&file, BY_ROLE).unwrap();
    subscribe(&file, "b", &["CBPII".to_owned(), "AISP".to_owned()], "A", "P").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), BY_ROLE);
    subscribe(&file, "b", &["CBPII".to_owned()], "A", "P").unwrap();
    assert!(read(&fs::read_to_string(&file).unwrap()).find("b", Roles::default(), "A").is_some());
}

#[test]
fn a_client_is_taken_out_of_every_roles_subscription_once() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    fs::write(&file, BY_ROLE).unwrap();
    for _ in 0..2 {
        assert!(except(&file, "b").unwrap());
    }
    insta::assert_snapshot!(fs::read_to_string(&file).unwrap(), @r#"

    # everybody who may
    [[subscription]]
    role = "AISP"
    api = "A"
    plan = "P"
    except = ["b"]

    [[subscription]]
    role = "PISP"
    except = ["a", "b"] # not yet
    api = "A"
    plan = "P"
    "#);
}

#[test]
fn where_no_role_subscribed_there_is_nothing_to_be_taken_out_of() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    assert!(!except(&file, "b").unwrap());
    assert!(!file.exists());
}

#[test]
fn a_client_that_is_gone_is_named_nowhere_any_more_and_all_else_stays() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    fs::write(&file, BY_ROLE).unwrap();
    assert!(except(&file, "b").unwrap());
    for client in ["b", "c"] {
        subscribe(&file, client, &[], "A", "P").unwrap();
    }
    forget(&file, "b").unwrap();
    insta::assert_snapshot!(fs::read_to_string(&file).unwrap(), @r#"

    # everybody who may
    [[subscription]]
    role = "AISP"
    api = "A"
    plan = "P"

    [[subscription]]
    role = "PISP"
    except = ["a"] # not yet
    api = "A"
    plan = "P"

    [[subscription]]
    client_id = "c"
    api = "A"
    plan = "P"
    "#);
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    forget(&file, "b").unwrap();
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn where_nobody_subscribed_there_is_nobody_to_forget() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("subscriptions.toml");
    forget(&file, "b").unwrap();
    assert!(!file.exists());
}
