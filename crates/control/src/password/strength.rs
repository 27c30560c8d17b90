//! How many guesses a password is worth, as a power of two.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Common words, names and passwords, one a line, the commonest first.
const WORDS: &str = include_str!("words.txt");

static RANKS: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    let words = WORDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    words.enumerate().map(|(rank, word)| (word, ((rank + 2) as f64).log2())).collect()
});

/// The longest word that is looked up.
const WORD: usize = 24;
/// Characters that are judged; what follows is worth nothing.
const JUDGED: usize = 100;

/// Rows and columns of the keyboards of this country.
const WALKS: [&str; 9] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "qazwsxedcrfvtgbyhnujmik",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "abcdefghijklmnopqrstuvwxyz",
    "!\"£$%&/()=",
    "!@#$%^&*()",
];

/// What a password is worth to who knows the login name: the cheapest way to cut it into pieces.
pub(super) fn bits(password: &str, login: &str) -> f64 {
    let characters: Vec<char> = password.chars().take(JUDGED).collect();
    let lower: Vec<char> = characters.iter().map(|one| one.to_lowercase().next().unwrap_or(*one)).collect();
    let login = login.to_lowercase();
    let own: Vec<&str> =
        login.split(['@', '.', '-', '_', '+']).chain([login.as_str()]).filter(|piece| piece.len() >= 3).collect();
    let length = characters.len();
    // The least that the first `n` characters are worth.
    let mut least = vec![f64::INFINITY; length + 1];
    least[0] = 0.0;
    for start in 0..length {
        let so_far = least[start];
        let mut piece = |end: usize, worth: f64| least[end] = least[end].min(so_far + worth);
        piece(start + 1, single(characters[start]));
        for end in start + 2..=length {
            let (as_typed, folded) = (&characters[start..end], &lower[start..end]);
            let cheapest = [word(as_typed, folded, &own), walk(folded), sequence(as_typed), year_or_date(as_typed)];
            if let Some(worth) = cheapest.into_iter().flatten().reduce(f64::min) {
                piece(end, worth);
            }
        }
        // The same piece again and again costs the piece once.
        for size in 1..=(length - start) / 2 {
            let block = &lower[start..start + size];
            let times = lower[start..].chunks(size).take_while(|chunk| *chunk == block).count();
            for again in 2..=times {
                let end = start + size * again;
                // What a block is worth by itself: letter by letter, or as a word.
                let letters: f64 = characters[start..start + size].iter().map(|one| single(*one)).sum();
                let known = word(&characters[start..start + size], block, &own).into_iter().chain(walk(block));
                let worth = known.fold(letters, f64::min) + (again as f64).log2();
                least[end] = least[end].min(so_far + worth);
            }
        }
    }
    least[length]
}

/// One character that belongs to nothing.
fn single(character: char) -> f64 {
    match character {
        'a'..='z' => 4.2,
        '0'..='9' => 3.3,
        'A'..='Z' => 4.7,
        ' ' => 2.0,
        '.' | ',' | '-' | '_' | '!' | '?' => 3.5,
        _ => 5.5,
    }
}

/// A common word or a part of the login, with capitals and with digits in the place of letters.
fn word(as_typed: &[char], folded: &[char], own: &[&str]) -> Option<f64> {
    if folded.len() > WORD.max(own.iter().map(|piece| piece.len()).max().unwrap_or(0)) {
        return None;
    }
    let plain: String = folded.iter().collect();
    let told: String = folded.iter().map(|one| letter(*one)).collect();
    let backwards: String = folded.iter().rev().collect();
    let worth = |text: &str| {
        if own.contains(&text) { Some(1.0) } else { RANKS.get(text).copied() }
    };
    let forms = [(plain.as_str(), 0.0), (told.as_str(), 1.5), (backwards.as_str(), 1.0)];
    let found = forms.into_iter().filter_map(|(text, more)| worth(text).map(|bits| bits + more)).reduce(f64::min)?;
    Some(found + capitals(as_typed))
}

/// What the capitals of a word add: the first alone, or all, hardly anything.
fn capitals(as_typed: &[char]) -> f64 {
    let count = as_typed.iter().filter(|one| one.is_uppercase()).count();
    match count {
        0 => 0.0,
        1 if as_typed.first().is_some_and(|one| one.is_uppercase()) => 1.0,
        all if all == as_typed.len() => 1.0,
        some => 1.0 + 1.5 * some as f64,
    }
}

/// The letter that a digit or sign stands for.
fn letter(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// A walk over the keyboard or through the alphabet, forwards or backwards.
fn walk(folded: &[char]) -> Option<f64> {
    let length = folded.len();
    if length < 3 {
        return None;
    }
    let text: String = folded.iter().collect();
    let backwards: String = folded.iter().rev().collect();
    let known = WALKS.iter().any(|row| row.contains(&text) || row.contains(&backwards));
    // Where it begins, which way, how far.
    known.then(|| 5.0 + (length as f64).log2())
}

/// Characters that each lie one step after the one before, or are the same.
fn sequence(as_typed: &[char]) -> Option<f64> {
    let step = |pair: &[char]| u32::from(pair[1]) as i64 - u32::from(pair[0]) as i64;
    let first = step(as_typed.get(..2)?);
    let even = as_typed.len() >= 3 && (-1..=1).contains(&first) && as_typed.windows(2).all(|pair| step(pair) == first);
    even.then(|| 4.5 + (as_typed.len() as f64).log2())
}

/// A year of our time, or a date in digits with or without signs between them.
fn year_or_date(as_typed: &[char]) -> Option<f64> {
    let text: String = as_typed.iter().collect();
    let digits: String = text.chars().filter(|one| !"/.- ".contains(*one)).collect();
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|text| text.parse::<u32>().ok());
    let year = |year: u32| (1900..2060).contains(&year);
    let day_and_month = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
    match digits.len() {
        4 if text.len() == 4 && year(number(0..4)?) => Some(7.0),
        6 if day_and_month(number(0..2)?, number(2..4)?) => Some(15.0),
        8 if day_and_month(number(0..2)?, number(2..4)?) && year(number(4..8)?) => Some(16.0),
        8 if day_and_month(number(6..8)?, number(4..6)?) && year(number(0..4)?) => Some(16.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_words_has_each_once_in_the_form_that_is_looked_up() {
        let words: Vec<&str> = WORDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(words.len() > 500);
        assert_eq!(words.len(), RANKS.len(), "a word stands twice");
        for word in words {
            assert!(word.chars().count() <= WORD && word == word.to_lowercase() && word.trim() == word, "{word:?}");
        }
    }

    #[test]
    fn nothing_is_worth_more_than_its_characters_one_by_one() {
        for text in ["", "a", "Password1", "zxcvbn", "àèìòù", "€€€€"] {
            let most: f64 = text.chars().map(single).sum();
            assert!(bits(text, "login") <= most, "{text}");
        }
    }

    #[test]
    fn judging_takes_a_bounded_time_however_long_the_password_is() {
        // More than is judged adds nothing.
        let long = "gru-tavolo ".repeat(5000);
        assert!(bits(&long, "anna") <= bits(&long[..JUDGED], "anna"));
    }
}
