//! Tables, in the types that both databases share.

diesel::table! {
    client (client_no) {
        client_no -> Integer,
        client_id -> Text,
    }
}

diesel::table! {
    known_client (client_no) {
        client_no -> Integer,
        status -> Text,
        document -> Text,
        asked_at -> BigInt,
    }
}

diesel::table! {
    event_log (jti) {
        jti -> Binary,
        client_no -> Integer,
        profile -> Text,
        key_id -> Text,
        event_types -> Text,
        resource_id -> Text,
        set_jws -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    open_event (client_no, jti) {
        client_no -> Integer,
        jti -> Binary,
        deliveries -> Integer,
        reports -> Integer,
    }
}

diesel::table! {
    event_outcome (outcome_no) {
        outcome_no -> BigInt,
        client_no -> Integer,
        jti -> Binary,
        outcome -> SmallInt,
        via -> SmallInt,
        err -> Nullable<Text>,
        description -> Nullable<Text>,
        at -> BigInt,
    }
}

diesel::table! {
    idempotency_key (caller, key_hash) {
        caller -> Text,
        key_hash -> Binary,
        request_hash -> Binary,
        answer -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    last_poll (client_no) {
        client_no -> Integer,
        at -> BigInt,
        sets -> Integer,
        released -> Integer,
        more_available -> Bool,
    }
}

diesel::table! {
    signing_key (key_no) {
        key_no -> Integer,
        key_id -> Text,
        algorithm -> Text,
        sealed -> Binary,
        created_at -> BigInt,
        published_until -> Nullable<BigInt>,
        signs_from -> Nullable<BigInt>,
        publication_seconds -> Nullable<BigInt>,
    }
}

diesel::table! {
    subscription (subscription_no) {
        subscription_no -> Integer,
        subscription_id -> Text,
        client_no -> Integer,
        origin -> SmallInt,
        api_version -> Text,
        callback_url -> Nullable<Text>,
        version -> Nullable<Text>,
        event_types -> Nullable<Text>,
        request -> Nullable<Text>,
        status -> SmallInt,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    push_job (subscription_no, jti) {
        subscription_no -> Integer,
        jti -> Binary,
        client_no -> Integer,
        set_jws -> Nullable<Text>,
        acknowledges -> SmallInt,
        created_at -> BigInt,
        next_at -> BigInt,
        attempts -> SmallInt,
        lease_until -> Nullable<BigInt>,
        fence -> BigInt,
    }
}

diesel::table! {
    push_endpoint (subscription_no) {
        subscription_no -> Integer,
        url -> Text,
        breaker -> SmallInt,
        opened_at -> Nullable<BigInt>,
        probe_at -> Nullable<BigInt>,
        consecutive_failures -> Integer,
        last_success_at -> Nullable<BigInt>,
        last_failure_at -> Nullable<BigInt>,
        last_failure -> Nullable<Text>,
        disabled_reason -> Nullable<Text>,
    }
}

diesel::table! {
    push_attempt (attempt_no) {
        attempt_no -> BigInt,
        subscription_no -> Integer,
        jti -> Binary,
        at -> BigInt,
        class -> Text,
        status -> Nullable<SmallInt>,
        duration_micros -> BigInt,
        detail -> Nullable<Text>,
        interaction_id -> Text,
    }
}

diesel::joinable!(known_client -> client (client_no));
diesel::joinable!(event_log -> client (client_no));
diesel::joinable!(push_endpoint -> subscription (subscription_no));
diesel::joinable!(subscription -> client (client_no));
diesel::allow_tables_to_appear_in_same_query!(
    client,
    known_client,
    open_event,
    push_endpoint,
    push_job,
    subscription
);
diesel::allow_tables_to_appear_in_same_query!(event_log, open_event);
diesel::allow_tables_to_appear_in_same_query!(event_log, client);
diesel::allow_tables_to_appear_in_same_query!(event_log, event_outcome);
diesel::allow_tables_to_appear_in_same_query!(event_log, signing_key);
diesel::allow_tables_to_appear_in_same_query!(event_outcome, open_event);
