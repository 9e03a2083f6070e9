//! `txn`: what the bank calls the transaction that caused an event.

/// A transaction's name as a SET carries it (OBIE: at most 128 characters).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransactionId(String);

/// Not 1 to 128 visible ASCII characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a transaction id is 1 to 128 visible ASCII characters")]
pub(crate) struct InvalidTransactionId;

impl TransactionId {
    /// Reads the bank's spelling, which is kept.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidTransactionId> {
        let fits = (1..=CHARACTERS).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidTransactionId) }
    }

    /// The bank's spelling.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<TransactionId> for String {
    fn from(id: TransactionId) -> Self {
        id.0
    }
}

const CHARACTERS: usize = 128;

#[cfg(test)]
mod tests {
    use super::{InvalidTransactionId, TransactionId};

    #[test]
    fn a_transaction_id_is_short_visible_ascii() {
        for text in ["", " ", "a b", "a\tb", "é", "\u{7f}", &"x".repeat(129)] {
            assert_eq!(TransactionId::parse(text), Err(InvalidTransactionId), "{text:?}");
        }
        for text in ["0", "93bac548-d2de-4546-b106-880a5018460d", "a\"b\\c", &"x".repeat(128)] {
            assert_eq!(String::from(TransactionId::parse(text).unwrap()), text);
        }
    }
}
