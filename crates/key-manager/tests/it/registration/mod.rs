//! Dynamic client registration over the real listeners, with a directory on real TLS.

mod certificates;
mod clients;
mod hostile;
mod journey;
mod requests;
mod statements;

use crate::support::{Answer, Request, Setup, Software, TestDirectory, TestServer};

const METADATA: &str = "invalid_client_metadata";
const REDIRECT: &str = "invalid_redirect_uri";
const STATEMENT: &str = "invalid_software_statement";
const UNAPPROVED: &str = "unapproved_software_statement";

/// A key manager, a directory it believes, and software that is not registered.
struct Scene {
    server: TestServer,
    directory: TestDirectory,
    software: Software,
}

impl Scene {
    async fn start() -> Self {
        Self::of(Setup::sqlite()).await
    }

    async fn of(setup: Setup) -> Self {
        let (directory, server) = TestDirectory::with_server(setup).await;
        let software = Software::new(&server, &directory, "5Kq1ZzSoftwareOne");
        Self { server, directory, software }
    }

    fn request(&self) -> Request {
        self.software.request(&self.server, &self.directory)
    }

    async fn register(&self, request: &Request) -> Answer {
        self.software.register(&self.server, &self.directory, request).await
    }

    /// Nothing is registered by `request`, and the answer says why.
    #[track_caller]
    fn assert_refused(answer: &Answer, error: &str, description: &str) {
        answer.assert_oauth_error(400, error, description);
    }

    /// The same software can still register.
    async fn assert_still_free(&self) {
        let answer = self.register(&self.request()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

/// The same JWS with another bit in its signature.
fn with_broken_signature(compact: &str) -> String {
    let (input, signature) = compact.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{input}.{first}{}", &signature[1..])
}
