//! Styles of an element, by an allow-list of properties and of the forms of their values.
//!
//! Nothing that is kept can name an address, a function but those of colours, a name defined elsewhere, or a place outside
//! the flow of the text. Each declaration is written anew from what was understood; what was not is left out.

/// Styles that may stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Declarations, each with a semicolon behind it.
    pub(super) kept: String,
    /// How many of those left out name something elsewhere.
    pub(super) remote: usize,
}

/// The form that the values of a property have.
#[derive(Clone, Copy)]
enum Form {
    /// Words of CSS alone.
    Words,
    /// A number, a percentage, or words.
    Number,
    /// Lengths that are not negative, or words.
    Lengths,
    /// A colour.
    Colour,
    /// Lengths, words and colours, as in `border`.
    Mixed,
    /// Names of fonts.
    Family,
    /// `font`: lengths, words and names of fonts.
    Font,
    /// `background`: where it is a colour alone.
    Background,
}

/// Declarations of one element that are looked at.
const MOST: usize = 100;
/// Octets of one value.
const LONGEST: usize = 500;

/// The form of what is allowed.
fn form(property: &str) -> Option<Form> {
    Some(match property {
        "color"
        | "background-color"
        | "border-color"
        | "border-top-color"
        | "border-right-color"
        | "border-bottom-color"
        | "border-left-color"
        | "text-decoration-color" => Form::Colour,
        "background" => Form::Background,
        "border" | "border-top" | "border-right" | "border-bottom" | "border-left" | "outline" | "text-decoration" => {
            Form::Mixed
        }
        "width"
        | "height"
        | "min-width"
        | "min-height"
        | "max-width"
        | "max-height"
        | "margin"
        | "margin-top"
        | "margin-right"
        | "margin-bottom"
        | "margin-left"
        | "padding"
        | "padding-top"
        | "padding-right"
        | "padding-bottom"
        | "padding-left"
        | "border-width"
        | "border-top-width"
        | "border-right-width"
        | "border-bottom-width"
        | "border-left-width"
        | "border-radius"
        | "border-spacing"
        | "font-size"
        | "line-height"
        | "letter-spacing"
        | "word-spacing"
        | "text-indent"
        | "vertical-align" => Form::Lengths,
        "opacity" | "font-weight" | "orphans" | "widows" => Form::Number,
        "font-family" => Form::Family,
        "font" => Form::Font,
        "border-collapse"
        | "border-style"
        | "border-top-style"
        | "border-right-style"
        | "border-bottom-style"
        | "border-left-style"
        | "box-sizing"
        | "caption-side"
        | "clear"
        | "direction"
        | "display"
        | "empty-cells"
        | "float"
        | "font-style"
        | "font-variant"
        | "hyphens"
        | "list-style"
        | "list-style-position"
        | "list-style-type"
        | "overflow"
        | "overflow-wrap"
        | "table-layout"
        | "text-align"
        | "text-decoration-line"
        | "text-decoration-style"
        | "text-transform"
        | "visibility"
        | "white-space"
        | "word-break"
        | "word-wrap" => Form::Words,
        _ => return None,
    })
}

/// What may stand of the value of a `style`.
pub(super) fn filter(style: &str) -> Style {
    let mut filtered = Style::default();
    for declaration in style.split(';').take(MOST) {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let property = property.trim().to_ascii_lowercase();
        match declared(&property, value) {
            Some((property, value)) => filtered.kept.push_str(&format!("{property}:{value};")),
            None => filtered.remote += usize::from(names_elsewhere(value)),
        }
    }
    filtered
}

/// A colour as an attribute has it; the old form without its sign included.
pub(super) fn colour(value: &str) -> Option<String> {
    let value = value.trim().to_ascii_lowercase();
    let bare = matches!(value.len(), 3 | 6) && value.bytes().all(|b| b.is_ascii_hexdigit());
    let value = if bare { format!("#{value}") } else { value };
    is_colour(&value).then_some(value)
}

/// Names of fonts as an attribute has them.
pub(super) fn family(value: &str) -> Option<String> {
    written(Form::Family, value)
}

/// One declaration, written anew.
fn declared<'a>(property: &'a str, value: &str) -> Option<(&'a str, String)> {
    let form = form(property)?;
    let property = if matches!(form, Form::Background) { "background-color" } else { property };
    Some((property, written(form, value)?))
}

fn names_elsewhere(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    value.contains("//") && (value.contains("url") || value.contains("image"))
}

fn written(form: Form, value: &str) -> Option<String> {
    if value.len() > LONGEST {
        return None;
    }
    let value = value.trim();
    let value = value.strip_suffix("!important").or_else(|| value.strip_suffix("!IMPORTANT")).unwrap_or(value);
    let tokens = tokens(value)?;
    let is_allowed = |token: &&str| match form {
        Form::Words => is_word(token),
        Form::Number => is_number(token, &["", "%"]) || is_word(token),
        Form::Lengths => is_length(token) || is_word(token),
        Form::Colour | Form::Background => is_colour(token),
        Form::Mixed => is_length(token) || is_colour(token),
        Form::Family => is_family(token),
        Form::Font => is_family(token) || is_size_and_height(token),
    };
    // A list of colours would be a list of something else.
    let single = matches!(form, Form::Background);
    if tokens.is_empty()
        || (single && tokens.len() > 1)
        || !tokens.iter().all(|token| *token == "," || is_allowed(token))
    {
        return None;
    }
    let mut out = String::with_capacity(value.len());
    for token in tokens {
        if !out.is_empty() && token != "," {
            out.push(' ');
        }
        // One sign for quotation marks, which ends no attribute.
        out.push_str(&token.replace('"', "'"));
    }
    Some(out)
}

/// Words, numbers, strings, functions and commas; `None`: something stands in it that no value here needs.
fn tokens(value: &str) -> Option<Vec<&str>> {
    if value.contains(['\\', '{', '}', '<', '>', '@', '&'])
        || value.contains("/*")
        || value.contains(|c: char| c.is_control() && !c.is_ascii_whitespace())
    {
        return None;
    }
    let (mut tokens, mut rest) = (Vec::new(), value.trim_start());
    while let Some(first) = rest.chars().next() {
        let end = match first {
            ',' => 1,
            '"' | '\'' => rest.get(1..)?.find(first)? + 2,
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || c == ',' || c == '(').unwrap_or(rest.len());
                if rest.get(end..)?.starts_with('(') { end + rest.get(end..)?.find(')')? + 1 } else { end }
            }
        };
        tokens.push(rest.get(..end)?);
        rest = rest.get(end..)?.trim_start();
    }
    Some(tokens)
}

fn is_word(token: &str) -> bool {
    (1..=40).contains(&token.len())
        && token.strip_prefix('-').unwrap_or(token).starts_with(|c: char| c.is_ascii_alphabetic())
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Not negative, of at most five digits before and five behind the point.
fn is_number(token: &str, units: &[&str]) -> bool {
    let digits = token.strip_prefix('+').unwrap_or(token);
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let (number, unit) = digits.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let short = |digits: &str| digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
    !number.is_empty()
        && short(whole)
        && short(part)
        && !part.is_empty()
        && units.contains(&unit.to_ascii_lowercase().as_str())
}

fn is_length(token: &str) -> bool {
    is_number(token, &["", "%", "px", "pt", "pc", "em", "rem", "ex", "ch", "cm", "mm", "in"])
}

fn is_colour(token: &str) -> bool {
    let token = token.to_ascii_lowercase();
    if let Some(digits) = token.strip_prefix('#') {
        return matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    match token.split_once('(') {
        Some((function, inside)) => {
            let numbers = inside.strip_suffix(')').unwrap_or("x");
            matches!(function, "rgb" | "rgba" | "hsl" | "hsla")
                && numbers.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.' | b'%' | b' ' | b'/'))
        }
        None => is_word(&token),
    }
}

fn is_family(token: &str) -> bool {
    let bare = token.strip_prefix(['"', '\'']).and_then(|inside| inside.strip_suffix(['"', '\''])).unwrap_or(token);
    (1..=80).contains(&bare.chars().count())
        && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'))
}

/// `12px/1.5`
fn is_size_and_height(token: &str) -> bool {
    token.split('/').count() <= 2 && token.split('/').all(|one| is_length(one) || is_word(one))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(style: &str) -> String {
        filter(style).kept
    }

    #[test]
    fn what_mail_programs_write_stays() {
        for (style, expected) in [
            ("color:#333;margin:0 auto", "color:#333;margin:0 auto;"),
            ("COLOR: Red !important", "color:Red;"),
            (
                "background: #fff; background-color:rgba(0, 0, 0, .5)",
                "background-color:#fff;background-color:rgba(0, 0, 0, .5);",
            ),
            (
                "font-family:\"Segoe UI\", 'Titillium Web',sans-serif",
                "font-family:'Segoe UI', 'Titillium Web', sans-serif;",
            ),
            ("font: italic bold 12px/1.5 Arial, sans-serif", "font:italic bold 12px/1.5 Arial, sans-serif;"),
            ("border:1px solid #ccc; width:100%;line-height:1.4", "border:1px solid #ccc;width:100%;line-height:1.4;"),
            ("text-decoration: underline;mso-line-height-rule:exactly", "text-decoration:underline;"),
        ] {
            assert_eq!(kept(style), expected);
        }
    }

    #[test]
    fn what_reaches_out_or_hides_does_not() {
        for style in [
            "background:url(https://x.it/a.png)",
            "background-image:url(//x.it)",
            "background:#fff url(x)",
            "width:expression(alert(1))",
            "behavior:url(#x)",
            "-moz-binding:url(x)",
            "color:var(--x)",
            "--x:url(x)",
            "position:fixed",
            "position:absolute;top:0",
            "content:'x'",
            "color:r\\65 d",
            "color:re/**/d",
            "width:calc(100% + 1px)",
            "background:image-set('a.png' 1x)",
            "list-style:url(x)",
            "list-style-image:url(x)",
            "cursor:url(x),auto",
            "margin-left:-9999px",
            "width:999999px",
            "font-family:'x</style>'",
            "font-family:'a;color:red'",
            "color:red}body{color:blue",
            "@import 'x'",
            "color",
            "color:",
            "filter:progid:x",
            "color:attr(x)",
            "color:rgb(url(x))",
            "z-index:9",
            "transform:scale(9)",
            "animation:x 1s",
        ] {
            assert!(!kept(style).contains(['(', '\\', '@', '{', '<']) && !kept(style).contains("position"), "{style}");
            if !style.starts_with("font-family:'a") {
                assert_eq!(kept(style), "", "{style}");
            }
        }
        assert_eq!(filter("background:url(https://x.it/a);background-image:url('//x.it')").remote, 2);
        assert_eq!(filter("background:url(a)").remote, 0);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_kept_again_and_names_nothing(style in "([a-z-]{1,12}|color|font|background):[ -~]{0,30};?") {
            let once = kept(&style);
            prop_assert_eq!(kept(&once), once.clone());
            prop_assert!(!once.contains("url") || once.contains("font") || !once.contains('('), "{}", once);
        }
    }
}
