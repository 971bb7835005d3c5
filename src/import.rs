//! Mappings from a file: CSV with a header row, or NDJSON. Good lines are kept, bad ones named.

mod table;

use crate::import::table::Rows;
use crate::json::Value;
use crate::mapping::{Mapping, Vin};
use crate::provider;
use std::fmt;

/// One good line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line of the file, from 1.
    pub line: u64,
    /// The provider's name.
    pub provider: &'static str,
    /// The provider's id of the vehicle.
    pub vehicle: String,
    /// What is known of it; the VIN always is.
    pub mapping: Mapping,
}

/// One bad line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub error: Mistake,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The VIN is not 17 letters and digits.
    InvalidVin,
    /// The line is not of the file's form.
    Malformed,
    /// No provider, or one that is not known.
    UnknownProvider,
    /// No vehicle, or an id of more than 128 bytes.
    UnknownVehicle,
    /// The year is not a number from 1900 to 2200.
    Year,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidVin => "invalid_vin: a VIN has 17 letters and digits",
            Self::Malformed => "malformed: the line does not have the form of the file",
            Self::UnknownProvider => "provider: write smartcar, telematica or telemax",
            Self::UnknownVehicle => "vehicle: write the provider's id of the vehicle",
            Self::Year => "year: write four digits, or nothing",
        })
    }
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Values separated by commas; the first row names the columns `provider`, `vehicle`, `vin`,
    /// and optionally `user`, `make`, `model`, `year`, `registration`.
    Csv,
    /// One JSON object with these members on each line.
    Ndjson,
}

/// Reads a file, line by line.
#[must_use]
pub fn read(text: &[u8], form: Form) -> Vec<Result<Entry, LineError>> {
    match form {
        Form::Csv => read_csv(text),
        Form::Ndjson => read_ndjson(text),
    }
}

fn read_csv(text: &[u8]) -> Vec<Result<Entry, LineError>> {
    let malformed = |line| LineError {
        line,
        error: Mistake::Malformed,
    };
    let mut rows = Rows::of(text);
    let headers = match rows.next() {
        None => return Vec::new(),
        Some((line, None)) => return vec![Err(malformed(line))],
        Some((_, Some(headers))) => headers,
    };
    rows.map(|(line, cells)| {
        let cells = cells.filter(|cells| cells.len() == headers.len());
        let row = cells.and_then(|cells| Row::from_columns(&headers, &cells));
        row.ok_or(malformed(line))?.check(line)
    })
    .collect()
}

fn read_ndjson(text: &[u8]) -> Vec<Result<Entry, LineError>> {
    let lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    lines
        .filter(|(_, text)| !text.trim_ascii().is_empty())
        .map(|(line, text)| {
            let row = Row::from_json(text).ok_or(LineError {
                line,
                error: Mistake::Malformed,
            });
            row.and_then(|row| row.check(line))
        })
        .collect()
}

/// A mapping as a person writes it, in a file or in a request.
#[derive(Debug)]
pub struct Row {
    provider: Option<String>,
    vehicle: Option<String>,
    vin: Option<String>,
    user: Option<String>,
    make: Option<String>,
    model: Option<String>,
    year: Option<Year>,
    registration: Option<String>,
}

#[derive(Debug)]
enum Year {
    Number(u16),
    Text(String),
}

impl Row {
    /// Reads a JSON object; a list of values by place is none.
    #[must_use]
    pub fn from_json(text: &[u8]) -> Option<Self> {
        let object = Value::parse(text)?;
        let Value::Object(_) = object else {
            return None;
        };
        let year = match object.get("year") {
            None | Some(Value::Null) => None,
            Some(Value::Unsigned(year)) => Some(Year::Number(u16::try_from(*year).ok()?)),
            Some(Value::Text(year)) => Some(Year::Text(year.clone())),
            Some(_) => return None,
        };
        let text = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::Text(text)) => Some(Some(text.clone())),
            Some(_) => None,
        };
        Self::of(year, text)
    }

    /// Reads a row of a table; `None` when it has a column twice.
    fn from_columns(headers: &[String], row: &[String]) -> Option<Self> {
        let text = |name: &str| {
            let columns = headers.iter().zip(row);
            let mut texts = columns.filter(|(column, _)| column.eq_ignore_ascii_case(name));
            let text = texts.next().map(|(_, text)| text.to_owned());
            let twice = texts.next().is_some();
            (!twice).then_some(text.filter(|text| !text.is_empty()))
        };
        Self::of(text("year")?.map(Year::Text), text)
    }

    /// A row of these texts, of which the source may refuse any.
    fn of(
        year: Option<Year>,
        mut text: impl FnMut(&str) -> Option<Option<String>>,
    ) -> Option<Self> {
        Some(Self {
            provider: text("provider")?,
            vehicle: text("vehicle")?,
            vin: text("vin")?,
            user: text("user")?,
            make: text("make")?,
            model: text("model")?,
            year,
            registration: text("registration")?,
        })
    }

    fn check(self, line: u64) -> Result<Entry, LineError> {
        let wrong = |error| LineError { line, error };
        let provider = self
            .provider
            .as_deref()
            .map(str::trim)
            .and_then(provider::named);
        let provider = provider.ok_or(wrong(Mistake::UnknownProvider))?.name();
        let vehicle = self.vehicle.clone().unwrap_or_default();
        if !is_vehicle(&vehicle) {
            return Err(wrong(Mistake::UnknownVehicle));
        }
        let mapping = self.mapping().map_err(wrong)?;
        Ok(Entry {
            line,
            provider,
            vehicle,
            mapping,
        })
    }

    /// The mapping of a row whose vehicle is known from elsewhere.
    ///
    /// # Errors
    /// [`Mistake::InvalidVin`] without a good VIN, [`Mistake::Year`] for a year that is none.
    pub fn mapping(self) -> Result<Mapping, Mistake> {
        let vin = self
            .vin
            .as_deref()
            .and_then(Vin::parse)
            .ok_or(Mistake::InvalidVin)?;
        let year = match self.year {
            None => None,
            Some(Year::Text(text)) if text.is_empty() => None,
            Some(Year::Number(year)) => Some(year),
            Some(Year::Text(text)) => Some(text.parse().map_err(|_| Mistake::Year)?),
        };
        if year.is_some_and(|year| !(1900..=2200).contains(&year)) {
            return Err(Mistake::Year);
        }
        Ok(Mapping {
            vin: Some(vin),
            user: bounded(self.user, 128),
            make: bounded(self.make, 64),
            model: bounded(self.model, 64),
            year,
            registration: bounded(self.registration, 64),
        })
    }
}

/// Whether a text can be a provider's id of a vehicle.
#[must_use]
pub fn is_vehicle(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.trim() == id
}

fn bounded(text: Option<String>, characters: usize) -> Option<String> {
    let text: String = text?.trim().chars().take(characters).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIN: &str = "5YJ3E7EB1LF000001";

    fn errors(read: &[Result<Entry, LineError>]) -> Vec<(u64, Mistake)> {
        read.iter()
            .filter_map(|line| line.as_ref().err())
            .map(|e| (e.line, e.error))
            .collect()
    }

    #[test]
    fn csv_keeps_good_lines_and_names_bad_ones() {
        let text = format!(
            "Provider, vehicle ,vin,user,make,model,year,registration\n\
             telemax,88421,{VIN},u1,Ford,\"Transit, long\",2020,ABC 1\n\
             telemax,88422,SHORT\n\
             nobody,1,{VIN},,,,,\n\
             telemax,,{VIN},,,,,\n\
             telemax,88423,short,,,,,\n\
             telemax,88424,{VIN},,,,20x0,\n\
             \"telemax\",88425,{},,,,,\n",
            VIN.to_lowercase()
        );
        let read = read(text.as_bytes(), Form::Csv);
        let good: Vec<_> = read
            .iter()
            .flatten()
            .map(|entry| (entry.line, entry.vehicle.as_str()))
            .collect();
        assert_eq!(good, [(2, "88421"), (8, "88425")]);
        let first = read[0].as_ref().unwrap();
        assert_eq!(first.mapping.model.as_deref(), Some("Transit, long"));
        assert_eq!(first.mapping.year, Some(2020));
        assert_eq!(
            errors(&read),
            [
                (3, Mistake::Malformed),
                (4, Mistake::UnknownProvider),
                (5, Mistake::UnknownVehicle),
                (6, Mistake::InvalidVin),
                (7, Mistake::Year),
            ]
        );
    }

    #[test]
    fn lines_are_counted_right_whatever_ends_them() {
        for end in ["\n", "\r\n"] {
            let lines = [
                "provider,vehicle,vin,make",
                "x,1,2",
                "",
                "telemax,\"a\nb\",V,",
                "telemax,1,V,",
                "",
            ];
            let read = read(lines.join(end).as_bytes(), Form::Csv);
            let lines: Vec<u64> = errors(&read).into_iter().map(|(line, _)| line).collect();
            assert_eq!(lines, [2, 4, 6], "{end:?}");
        }
    }

    #[test]
    fn a_list_of_values_is_no_object() {
        let read = read(br#"["telemax","1","5YJ3E7EB1LF000001"]"#, Form::Ndjson);
        assert_eq!(errors(&read), [(1, Mistake::Malformed)]);
    }

    #[test]
    fn csv_needs_only_the_columns_that_matter() {
        let text = format!("\u{feff}vin,vehicle,provider\r\n{VIN},v 1,smartcar\r\n");
        let read = read(text.as_bytes(), Form::Csv);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].as_ref().unwrap().vehicle, "v 1");
    }

    #[test]
    fn ndjson_keeps_good_lines_and_names_bad_ones() {
        let text = format!(
            "{{\"provider\":\"smartcar\",\"vehicle\":\"a\",\"vin\":\"{VIN}\",\"year\":2021}}\n\n\
             nonsense\n{{\"provider\":\"smartcar\",\"vehicle\":\"b\"}}\n"
        );
        let read = read(text.as_bytes(), Form::Ndjson);
        assert_eq!(read[0].as_ref().unwrap().mapping.year, Some(2021));
        assert_eq!(
            errors(&read),
            [(3, Mistake::Malformed), (4, Mistake::InvalidVin)]
        );
    }

    #[test]
    fn files_of_any_bytes_are_read_without_harm() {
        for text in [
            &b""[..],
            b"\xff\xfe",
            b"\"",
            b"a,b\n\xff,\n",
            b"provider\n\n\n",
            b"\0",
        ] {
            assert!(read(text, Form::Csv).iter().all(Result::is_err));
            assert!(read(text, Form::Ndjson).iter().all(Result::is_err));
        }
    }
}
