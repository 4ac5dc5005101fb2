use serde_json::json;

use super::Value;

#[test]
fn every_value_survives_the_wire() {
    for json in [
        json!(null),
        json!(true),
        json!(0),
        json!(-7),
        json!(18_446_744_073_709_551_615_u64),
        json!("żółć"),
        json!([1, "a", null, []]),
        json!({"a": {"b": [false]}, "c": {}}),
    ] {
        let value = Value::from(json.clone());
        assert_eq!(Value::from_msgpack(&value.to_msgpack()).unwrap(), value, "{json}");
        assert_eq!(serde_json::Value::from(&value), json);
    }
}

#[test]
fn unknown_is_any_extension() {
    assert_eq!(Value::Unknown.to_msgpack(), [0xd4, 0x00, 0x00]);
    for bytes in [&[0xd4, 0x00, 0x00][..], &[0xc7, 0x03, 0x0c, 0x81, 0x01, 0xc2]] {
        assert_eq!(Value::from_msgpack(bytes).unwrap(), Value::Unknown);
    }
}

#[test]
fn a_fraction_travels_as_text() {
    assert_eq!(Value::from(json!(0.1)).to_msgpack(), b"\xa30.1");
}

#[test]
fn what_is_no_value_is_refused() {
    for bytes in [&[0xc4, 0x01, 0x00][..], &[0x81, 0x01, 0x02], &[0xdc], &[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]] {
        assert!(Value::from_msgpack(bytes).is_err(), "{bytes:?}");
    }
    assert_eq!(Value::from_msgpack(&[]).unwrap(), Value::Null);
}
