//! Passwords as hashicorp/random makes them: at least so many of each class, the rest from all classes that are on, shuffled.

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};

use crate::value::{Fields, Value};

const SPECIAL: &str = "!@#$%&*()-_=+[]{}<>:?";
const CLASSES: [(&str, &str, &str); 4] = [
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("numeric", "min_numeric", "0123456789"),
    ("special", "min_special", SPECIAL),
];

/// What `ephemeral "random_password"` answers for a configuration; the reason when no password fits it.
pub fn generate(config: &Fields) -> Result<Fields, String> {
    let length = config.get("length").and_then(Value::as_u64).unwrap_or_default();
    let mut fields = config.clone();
    let mut drawn: Vec<char> = Vec::new();
    let mut all: Vec<char> = Vec::new();
    for (class, least, characters) in CLASSES {
        let on = config.get(class).and_then(Value::as_bool).unwrap_or(true);
        let least_of = config.get(least).and_then(Value::as_u64).unwrap_or_default();
        fields.insert(class.to_owned(), on.into());
        fields.insert(least.to_owned(), least_of.into());
        let characters = match config.get("override_special").and_then(Value::as_str) {
            Some(own) if class == "special" => own,
            _ => characters,
        };
        let characters: Vec<char> = characters.chars().filter(|_| on).collect();
        drawn.extend((0..least_of).filter_map(|_| characters.choose(&mut rand::rng())));
        all.extend(characters);
    }
    let least = u64::try_from(drawn.len()).unwrap_or(u64::MAX);
    if length < least || length == 0 || all.is_empty() {
        return Err(format!("a password of {length} characters does not hold {least} of the classes asked for"));
    }
    drawn.extend((least..length).map(|_| all[rand::rng().random_range(0..all.len())]));
    drawn.shuffle(&mut rand::rng());
    fields.insert("result".to_owned(), drawn.into_iter().collect::<String>().into());
    Ok(fields)
}
