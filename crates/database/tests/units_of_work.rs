//! Units of work on both databases.

mod support;

use database::DatabaseError;
use support::{insert, notes, open};

test_kit::on_both_databases! {
    async fn a_written_row_is_read_back(database: TestDatabase) {
        let database = open(&database).await;
        database.write(|c| insert(c, 1)).await.unwrap();
        assert_eq!(notes(&database).await, [1]);
    }

    async fn a_failing_unit_leaves_nothing(database: TestDatabase) {
        let database = open(&database).await;
        let result: Result<(), DatabaseError> = database
            .write(|c| {
                insert(c, 1)?;
                Err(DatabaseError::Affected { actual: 0, expected: 1 })
            })
            .await;
        assert!(matches!(result, Err(DatabaseError::Affected { .. })), "{result:?}");
        assert!(notes(&database).await.is_empty());
    }
}
