//! PostgreSQL connections.

use crate::{DatabaseOptions, DatabaseUrl};
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};

/// Connects; refuses a server that may lose commits where durability is required.
pub(crate) fn connect(
    url: &DatabaseUrl,
    options: &DatabaseOptions,
) -> Result<PgConnection, String> {
    let text = with_timeouts(url.secret_text(), options);
    let mut connection =
        PgConnection::establish(&text).map_err(|error| without_url(&error.to_string()))?;
    connection.batch_execute(&settings(options)).map_err(|error| error.to_string())?;
    if options.require_durable {
        match undurable_settings(&mut connection)? {
            settings if settings.is_empty() => {}
            settings => {
                return Err(format!("{settings}: this server may lose commits; switch it on"));
            }
        }
    }
    Ok(connection)
}

/// The settings that let the server lose an acknowledged commit, as `fsync = off, …`; empty when
/// there are none.
pub(crate) fn undurable_settings(connection: &mut PgConnection) -> Result<String, String> {
    let durability: Durability = diesel::sql_query(
        "SELECT current_setting('fsync') AS fsync,
                current_setting('full_page_writes') AS full_page_writes,
                current_setting('synchronous_commit') AS synchronous_commit",
    )
    .get_result(connection)
    .map_err(|error| error.to_string())?;
    let off: Vec<_> = [
        ("fsync", durability.fsync),
        ("full_page_writes", durability.full_page_writes),
        ("synchronous_commit", durability.synchronous_commit),
    ]
    .into_iter()
    .filter(|(_, value)| value == "off")
    .map(|(name, _)| format!("{name} = off"))
    .collect();
    Ok(off.join(", "))
}

#[derive(QueryableByName)]
struct Durability {
    #[diesel(sql_type = Text)]
    fsync: String,
    #[diesel(sql_type = Text)]
    full_page_writes: String,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
}

fn settings(options: &DatabaseOptions) -> String {
    let statement = options.statement_timeout.as_millis();
    format!(
        "SET application_name = 'lombard';
         SET statement_timeout = {statement};
         SET idle_in_transaction_session_timeout = {};",
        statement.saturating_mul(2)
    )
}

/// Adds libpq's own limits, where the URL does not set them: how long connecting may take, and when
/// a peer that vanished without a word counts as gone.
pub(crate) fn with_timeouts(url: &str, options: &DatabaseOptions) -> String {
    let connect = options.acquire_timeout.as_secs().max(2);
    let user_timeout = options.statement_timeout.as_millis().saturating_mul(2);
    let wanted = [
        ("connect_timeout", connect.to_string()),
        ("tcp_user_timeout", user_timeout.to_string()),
        ("keepalives_idle", "15".to_owned()),
        ("keepalives_interval", "5".to_owned()),
        ("keepalives_count", "3".to_owned()),
    ];
    let mut text = url.to_owned();
    for (name, value) in wanted {
        if !url.contains(&format!("{name}=")) {
            text.push(if text.contains('?') { '&' } else { '?' });
            text.extend([name, "=", value.as_str()]);
        }
    }
    text
}

/// libpq repeats a URL that it cannot read, password included.
pub(crate) fn without_url(message: &str) -> String {
    if message.contains("URI") || message.contains("://") {
        "libpq cannot read the URL".to_owned()
    } else {
        message.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_url_is_not_repeated() {
        let url = "postgres://u:hunter2@[localhost/x".parse().unwrap();
        let error = connect(&url, &DatabaseOptions::default()).err().unwrap();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn limits_are_added_unless_the_url_sets_them() {
        let text = with_timeouts("postgres://h/x?connect_timeout=9", &DatabaseOptions::default());
        assert!(
            text.starts_with("postgres://h/x?connect_timeout=9&tcp_user_timeout=10000&"),
            "{text}"
        );
        assert_eq!(text.matches("connect_timeout").count(), 1, "{text}");
        let text = with_timeouts("postgres://h/x", &DatabaseOptions::default());
        assert!(text.starts_with("postgres://h/x?connect_timeout=5&"), "{text}");
    }
}
