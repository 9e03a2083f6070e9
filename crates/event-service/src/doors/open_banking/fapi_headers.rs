//! Headers of the Read/Write API profile that have a form.

use actix_web::http::header::HeaderMap;
use std::net::IpAddr;

/// The first header of this kind that does not have its form, or is there twice.
pub(super) fn malformed(headers: &HeaderMap) -> Option<&'static str> {
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    let is_good = |name, has_form: fn(&str) -> bool| {
        let mut values = headers.get_all(name);
        let Some(value) = values.next() else { return true };
        values.next().is_none() && value.to_str().is_ok_and(has_form)
    };
    if !is_good(AUTH_DATE, is_auth_date) {
        return Some(AUTH_DATE);
    }
    (!is_good(CUSTOMER_ADDRESS, is_address)).then_some(CUSTOMER_ADDRESS)
}

/// `Tue, 11 Sep 2012 19:43:31 GMT` or `… UTC`; whether there is such a day is not looked at.
fn is_auth_date(text: &str) -> bool {
    let Some((day, rest)) = text.split_once(", ") else { return false };
    let parts: Vec<&str> = rest.split(' ').collect();
    let [date, month, year, time, zone] = parts.as_slice() else { return false };
    let is_time = {
        let numbers: Vec<&str> = time.split(':').collect();
        numbers.len() == 3 && numbers.iter().all(|number| is_number(number, 2))
    };
    DAYS.contains(&day)
        && is_number(date, 2)
        && MONTHS.contains(month)
        && is_number(year, 4)
        && is_time
        && ["GMT", "UTC"].contains(zone)
}

fn is_number(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

const AUTH_DATE: &str = "x-fapi-auth-date";
const CUSTOMER_ADDRESS: &str = "x-fapi-customer-ip-address";
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::{AUTH_DATE, CUSTOMER_ADDRESS, malformed};
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

    fn headers(values: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in values {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn a_date_or_an_address_without_its_form_is_refused_by_name() {
        let good = "Tue, 11 Sep 2012 19:43:31 GMT";
        for date in [
            "",
            "2012-09-11T19:43:31Z",
            "Tue, 11 Sep 2012 19:43:31",
            "Tue, 11 Sep 2012 19:43:31 CET",
            "tue, 11 Sep 2012 19:43:31 GMT",
            "Tue, 1 Sep 2012 19:43:31 GMT",
            "Tue, 11 September 2012 19:43:31 GMT",
            "Tue, 11 Sep 12 19:43:31 GMT",
            "Tue, 11 Sep 2012 19:43 GMT",
            "Tue, 11 Sep 2012  19:43:31 GMT",
            "Tue, 11 Sep 2012 19:43:31 GMT x",
        ] {
            assert_eq!(malformed(&headers(&[(AUTH_DATE, date)])), Some(AUTH_DATE), "{date}");
        }
        assert_eq!(malformed(&headers(&[(AUTH_DATE, good), (AUTH_DATE, good)])), Some(AUTH_DATE));
        for address in ["", "localhost", "1.2.3", "1.2.3.4:80", "[::1]", "1.2.3.4, 1.2.3.4"] {
            let headers = headers(&[(AUTH_DATE, good), (CUSTOMER_ADDRESS, address)]);
            assert_eq!(malformed(&headers), Some(CUSTOMER_ADDRESS), "{address}");
        }
    }

    #[test]
    fn headers_in_their_form_are_accepted_and_none_is_mandatory() {
        for values in [
            &[][..],
            &[(AUTH_DATE, "Sun, 10 Sep 2017 19:43:31 UTC")],
            &[(CUSTOMER_ADDRESS, "203.0.113.7")],
            &[(CUSTOMER_ADDRESS, "2001:db8::7")],
        ] {
            assert_eq!(malformed(&headers(values)), None, "{values:?}");
        }
    }
}
