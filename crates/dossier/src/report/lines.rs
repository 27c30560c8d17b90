//! A report as lines on pages, before anything is drawn: what stands where, with whatever letters.

use output::printable;

use super::{Language, Report};

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// What the report is.
    Title,
    /// A heading.
    Heading,
    /// Everything else.
    Text,
}

impl Style {
    /// The size of its letters, points.
    pub(super) fn size(self) -> f32 {
        match self {
            Self::Title => 16.0,
            Self::Heading => 12.0,
            Self::Text => 9.5,
        }
    }

    /// From one line to the next, points.
    pub(super) fn height(self) -> f32 {
        self.size() * 1.4
    }

    /// What is left free before a paragraph in this style, points.
    fn before(self) -> f32 {
        match self {
            Self::Title => 0.0,
            Self::Heading => 14.0,
            Self::Text => 5.0,
        }
    }

    /// Whether its letters are bold.
    pub(super) fn is_bold(self) -> bool {
        self != Self::Text
    }
}

/// A line at its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) style: Style,
    /// From the left edge of what is written on, points.
    pub(super) left: f32,
    /// Of its letters' feet, from the upper edge, points.
    pub(super) foot: f32,
    pub(super) text: String,
}

/// What is written on of a page, points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) width: f32,
    pub(super) height: f32,
}

/// How wide a character is.
pub(super) type Width<'a> = &'a dyn Fn(Style, char) -> f32;

/// Further lines of a fact stand so far to the right, points.
const HANGING: f32 = 14.0;

/// The pages of a report: Italian first, English on pages of its own behind it.
pub(super) fn pages(report: &Report, area: Area, width: Width<'_>) -> Vec<Vec<Line>> {
    let mut pages = Vec::new();
    for language in Language::BOTH {
        let mut page = Page { area, width, pages: vec![Vec::new()], down: 0.0 };
        let of = |words| printable(language.of(words));
        page.paragraph(Style::Title, &of(&report.title), 0.0);
        report.lead.iter().for_each(|sentence| page.paragraph(Style::Text, &of(sentence), 0.0));
        for section in &report.sections {
            page.paragraph(Style::Heading, &of(&section.heading), 0.0);
            section.text.iter().for_each(|sentence| page.paragraph(Style::Text, &of(sentence), 0.0));
            for fact in &section.facts {
                page.paragraph(Style::Text, &format!("{}: {}", of(&fact.name), of(&fact.value)), HANGING);
            }
        }
        pages.extend(page.pages);
    }
    pages
}

struct Page<'a> {
    area: Area,
    width: Width<'a>,
    pages: Vec<Vec<Line>>,
    /// So much of the last page is taken.
    down: f32,
}

impl Page<'_> {
    fn paragraph(&mut self, style: Style, text: &str, hanging: f32) {
        if self.down > 0.0 {
            self.down += style.before();
        }
        let lines = wrapped(text, self.area.width - hanging, |c| (self.width)(style, c));
        // A heading alone at the foot of a page heads nothing.
        let needed = if style == Style::Heading { 3.0 * style.height() } else { style.height() };
        for (number, text) in lines.into_iter().enumerate() {
            if self.down + needed > self.area.height {
                self.pages.push(Vec::new());
                self.down = 0.0;
            }
            self.down += style.height();
            let left = if number == 0 { 0.0 } else { hanging };
            if let Some(page) = self.pages.last_mut() {
                page.push(Line { style, left, foot: self.down, text });
            }
        }
    }
}

/// A text in lines no wider than `most`: cut at blanks, and a word that is wider by itself wherever it must be.
fn wrapped(text: &str, most: f32, width: impl Fn(char) -> f32) -> Vec<String> {
    let (mut lines, mut line, mut taken) = (Vec::new(), String::new(), 0.0);
    let blank = width(' ');
    for word in text.split_whitespace() {
        let wide: f32 = word.chars().map(&width).sum();
        if !line.is_empty() && taken + blank + wide > most {
            lines.push(std::mem::take(&mut line));
            taken = 0.0;
        }
        if !line.is_empty() {
            line.push(' ');
            taken += blank;
        }
        if wide <= most {
            line.push_str(word);
            taken += wide;
            continue;
        }
        for c in word.chars() {
            let wide = width(c);
            if taken + wide > most && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                taken = 0.0;
            }
            line.push(c);
            taken += wide;
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use pec::Words;

    use super::*;
    use crate::report::Section;

    #[test]
    fn lines_are_cut_at_blanks_and_a_long_word_where_it_must_be() {
        let wrapped = |text| wrapped(text, 10.0, |_| 1.0);
        assert_eq!(wrapped("uno due tre quattro"), ["uno due", "tre", "quattro"]);
        assert_eq!(wrapped("a 0123456789abcdefghijXYZ b"), ["a", "0123456789", "abcdefghij", "XYZ b"]);
        assert_eq!(wrapped(""), [""]);
        // Nothing fits, and it ends all the same.
        assert_eq!(super::wrapped("ab", 0.5, |_| 1.0), ["a", "b"]);
    }

    #[test]
    fn nothing_stands_below_the_foot_of_a_page_and_nothing_is_lost() {
        let mut section = Section::new("Fatti", "Facts");
        (0..500).for_each(|n| section.fact("Riga", "Line", n.to_string()));
        let report = Report { title: Words::new("Titolo", "Title"), lead: Vec::new(), sections: vec![section] };
        let area = Area { width: 400.0, height: 600.0 };
        let pages = pages(&report, area, &|style, _| style.size() / 2.0);
        assert!(pages.len() > 10);
        assert!(pages.iter().flatten().all(|line| line.foot <= area.height && line.foot > 0.0));
        let texts: Vec<&str> = pages.iter().flatten().map(|line| line.text.as_str()).collect();
        assert_eq!(texts.len(), 2 * (2 + 500));
        let english = texts.iter().position(|text| *text == "Title").unwrap();
        assert_eq!(texts[english - 1], "Riga: 499");
    }
}
