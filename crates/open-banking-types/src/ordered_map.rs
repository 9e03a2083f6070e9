//! A JSON object whose members keep their order.

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// Members of a JSON object in the order in which they were written; repeated names are refused
/// (RFC 8259 §4 leaves their meaning open).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedMap<V> {
    members: Vec<(String, V)>,
}

impl<V> OrderedMap<V> {
    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The value of the member `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&V> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The members in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &V)> {
        self.members.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The names in order.
    #[must_use]
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.members.iter().map(|(key, _)| key.as_str())
    }

    /// The values in order.
    #[must_use]
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.members.iter().map(|(_, value)| value)
    }
}

impl<V> Default for OrderedMap<V> {
    fn default() -> Self {
        Self { members: Vec::new() }
    }
}

impl<V> FromIterator<(String, V)> for OrderedMap<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(members: I) -> Self {
        Self { members: members.into_iter().collect() }
    }
}

impl<V> IntoIterator for OrderedMap<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<V: Serialize> Serialize for OrderedMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for (key, value) in &self.members {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for OrderedMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderedMapVisitor(PhantomData))
    }
}

struct OrderedMapVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for OrderedMapVisitor<V> {
    type Value = OrderedMap<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some((key, value)) = access.next_entry::<String, V>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom("repeated member"));
            }
            members.push((key, value));
        }
        Ok(OrderedMap { members })
    }
}

#[cfg(test)]
mod tests {
    use super::OrderedMap;

    #[test]
    fn a_repeated_member_is_refused() {
        assert!(serde_json::from_str::<OrderedMap<u8>>(r#"{"a":1,"b":2,"a":3}"#).is_err());
    }

    #[test]
    fn members_keep_the_order_in_which_they_were_written() {
        let text = r#"{"b":1,"a":2,"c":3}"#;
        let map: OrderedMap<u8> = serde_json::from_str(text).unwrap();
        assert_eq!(map.keys().collect::<Vec<_>>(), ["b", "a", "c"]);
        assert_eq!(map.get("a"), Some(&2));
        assert_eq!(serde_json::to_string(&map).unwrap(), text);
    }
}
