//! The tables, as both databases have them.

diesel::table! {
    organisation (organisation_id) {
        organisation_id -> Text,
        details -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    software_statement (software_id) {
        software_id -> Text,
        organisation_id -> Text,
        details -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    certificate (serial) {
        serial -> Text,
        software_id -> Text,
        kind -> Text,
        defect -> Nullable<Text>,
        kid -> Text,
        chain_pem -> Text,
        jwk -> Nullable<Text>,
        not_before -> BigInt,
        not_after -> BigInt,
        revoked_at -> Nullable<BigInt>,
        created_at -> BigInt,
    }
}

diesel::table! {
    ssa_key (kid) {
        kid -> Text,
        public_jwk -> Text,
        certificate -> Binary,
        sealed_private_key -> Binary,
        created_at -> BigInt,
    }
}

diesel::joinable!(certificate -> software_statement (software_id));
diesel::allow_tables_to_appear_in_same_query!(certificate, software_statement);
