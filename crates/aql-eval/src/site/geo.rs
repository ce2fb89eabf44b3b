//! Places of addresses, from a file in the format of MaxMind.

use std::fmt;
use std::net::IpAddr;

use maxminddb::Reader;
use serde_json::{Value, json};

/// The file.
pub(crate) struct Geo {
    reader: Reader<Vec<u8>>,
}

impl fmt::Debug for Geo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Geo").field("metadata", self.reader.metadata()).finish()
    }
}

/// Mean radius of the earth, kilometres.
const EARTH: f64 = 6371.0;

impl Geo {
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, String> {
        let reader = Reader::from_source(bytes).map_err(|error| error.to_string())?;
        Ok(Geo { reader })
    }

    /// The record of an address.
    pub(crate) fn record(&self, host: IpAddr) -> Option<Value> {
        self.reader.lookup(host).ok()?.decode::<Value>().ok()?.filter(|record| record.is_object())
    }

    /// Latitude and longitude of an address, degrees.
    fn position(&self, host: IpAddr) -> Option<(f64, f64)> {
        position(&self.record(host)?)
    }

    /// Kilometres between two addresses, over the surface of a sphere.
    pub(crate) fn distance(&self, from: IpAddr, to: IpAddr) -> Option<f64> {
        Some(kilometres(self.position(from)?, self.position(to)?))
    }
}

fn kilometres((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let h =
        half(lat2 - lat1) + lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon2 - lon1);
    2.0 * EARTH * h.sqrt().min(1.0).asin()
}

fn position(record: &Value) -> Option<(f64, f64)> {
    let location = record.get("location")?;
    Some((location.get("latitude")?.as_f64()?, location.get("longitude")?.as_f64()?))
}

/// A part of a record: `geo_json` is its position as GeoJSON; `physical_country` is `country`; a
/// name that is no part itself is looked for in `location`, `traits` and `postal`.
pub(crate) fn part(record: &Value, key: &str) -> Option<Value> {
    let key = key.trim().to_ascii_lowercase();
    match key.as_str() {
        "geo_json" => {
            let (latitude, longitude) = position(record)?;
            return Some(json!({ "type": "Point", "coordinates": [longitude, latitude] }));
        }
        "physical_country" => return record.get("country").cloned(),
        _ => {}
    }
    if let Some(part) = record.get(&key) {
        return Some(part.clone());
    }
    if let Some(named) = key.strip_suffix("_name") {
        let named = if named == "physical_country" { "country" } else { named };
        return record.get(named)?.pointer("/names/en").cloned();
    }
    ["location", "traits", "postal"].iter().find_map(|part| record.get(part)?.get(&key).cloned())
}

/// A part of a record in words; of the whole record, its city, subdivisions and country.
pub(crate) fn words(record: &Value, key: Option<&str>) -> Option<String> {
    let Some(key) = key else {
        let parts = ["city", "subdivisions", "country"];
        let parts: Vec<String> =
            parts.iter().filter_map(|part| in_words(record.get(part)?)).collect();
        return Some(parts.join(", ")).filter(|words| !words.is_empty());
    };
    in_words(&part(record, key)?)
}

fn in_words(part: &Value) -> Option<String> {
    match part {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(list) => {
            let list: Vec<String> = list.iter().filter_map(in_words).collect();
            Some(list.join(", ")).filter(|words| !words.is_empty())
        }
        Value::Object(map) => {
            let english = part.pointer("/names/en").or_else(|| map.get("code"));
            match english.and_then(Value::as_str) {
                Some(name) => Some(name.to_owned()),
                None => Some(part.to_string()),
            }
        }
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{kilometres, part, words};
    use serde_json::{Value, json};

    fn record() -> Value {
        json!({
            "city": { "geoname_id": 2643743, "names": { "de": "London", "en": "London" } },
            "country": { "iso_code": "GB", "names": { "en": "United Kingdom" } },
            "location": { "latitude": 51.5, "longitude": -0.5, "time_zone": "Europe/London" },
            "postal": { "code": "EC1" },
            "subdivisions": [{ "names": { "en": "England" } }],
        })
    }

    #[test]
    fn parts_and_words() {
        let words = |key: Option<&str>| words(&record(), key);
        assert_eq!(words(None).as_deref(), Some("London, England, United Kingdom"));
        for (key, expected) in [
            ("city_name", Some("London")),
            ("city", Some("London")),
            ("country_name", Some("United Kingdom")),
            ("physical_country_name", Some("United Kingdom")),
            ("subdivisions", Some("England")),
            ("time_zone", Some("Europe/London")),
            ("latitude", Some("51.5")),
            ("postal", Some("EC1")),
            ("geo_json", Some(r#"{"type":"Point","coordinates":[-0.5,51.5]}"#)),
            ("continent_name", None),
            ("nonsense", None),
        ] {
            assert_eq!(words(Some(key)).as_deref(), expected, "{key}");
        }
        assert_eq!(part(&record(), "physical_country"), record().get("country").cloned());
        assert_eq!(part(&json!({}), "geo_json"), None);
        assert_eq!(super::words(&json!({}), None), None);
    }

    #[test]
    fn a_quarter_of_the_globe() {
        // Half the length of a meridian circle with the radius of 6371 km is 20015.087 km.
        assert!((kilometres((90.0, 0.0), (-90.0, 0.0)) - 20_015.087).abs() < 0.001);
        assert!((kilometres((0.0, 0.0), (0.0, 90.0)) - 10_007.543).abs() < 0.001);
        assert!(kilometres((48.0, 11.0), (48.0, 11.0)).abs() < 1e-9);
    }
}
