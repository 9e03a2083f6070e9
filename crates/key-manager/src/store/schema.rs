//! The tables, as both databases have them.

diesel::table! {
    client (client_id) {
        client_id -> Text,
        status -> Text,
        software_id -> Nullable<Text>,
        organisation_id -> Nullable<Text>,
        token_endpoint_auth_signing_alg -> Nullable<Text>,
        tls_client_auth_subject_dn -> Nullable<Text>,
        jwks -> Text,
        assertion_lifetime_cap_seconds -> Nullable<BigInt>,
        allow_audience_array -> Bool,
        created_at -> BigInt,
        token_endpoint_auth_method -> Text,
        jwks_uri -> Nullable<Text>,
        client_secret_hash -> Nullable<Text>,
        resource_server -> Bool,
    }
}

diesel::table! {
    client_scope (client_id, scope) {
        client_id -> Text,
        scope -> Text,
    }
}

diesel::table! {
    client_role (client_id, role) {
        client_id -> Text,
        role -> Text,
    }
}

diesel::table! {
    assertion_use (id) {
        id -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    used_assertion (client_id, jti) {
        client_id -> Text,
        jti -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    token_key (kid) {
        kid -> Text,
        alg -> Text,
        public_jwk -> Text,
        certificate -> Binary,
        sealed_private_key -> Binary,
        created_at -> BigInt,
        activates_at -> BigInt,
        superseded_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    published_key (kid) {
        kid -> Text,
        jwk -> Text,
        retain_until -> BigInt,
    }
}

diesel::table! {
    change_counter (id) {
        id -> SmallInt,
        last_position -> BigInt,
        history -> Text,
    }
}

diesel::table! {
    change (position) {
        position -> BigInt,
        entry -> Text,
        recorded_at -> BigInt,
        history -> Text,
    }
}

diesel::table! {
    trusted_certificate (alias) {
        alias -> Text,
        certificate -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    revoked_token (jti) {
        jti -> Text,
        client_id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    client_registration (client_id) {
        client_id -> Text,
        software_id -> Text,
        sole_software_id -> Nullable<Text>,
        software_issuer -> Text,
        issued_at -> BigInt,
        document -> Text,
    }
}

diesel::joinable!(client_scope -> client (client_id));
diesel::joinable!(client_role -> client (client_id));
diesel::allow_tables_to_appear_in_same_query!(client, client_scope, client_role);
