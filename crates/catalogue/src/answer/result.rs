//! `data` of an answer: a matrix, a vector or a scalar.

use std::io::Read;

use super::json::Json;
use super::{Answer, AnswerError, Each, Labels, Point};

/// Furthest time from 1970, milliseconds: the year 9999.
const FURTHEST_MS: f64 = 253_402_300_800_000.0;

pub(super) fn data<R: Read>(
    json: &mut Json<R>,
    answer: &mut Answer,
    each: &mut Each<'_>,
) -> Result<(), AnswerError> {
    if json.peek()? != b'{' {
        // Of an error it is null; of other questions (`labels`) a list.
        return json.skip();
    }
    json.object(&mut |json, key| match key {
        "result" => result(json, answer, each),
        "isPartial" => {
            answer.is_partial |= json.is_true()?;
            Ok(())
        }
        _ => json.skip(),
    })
}

fn result<R: Read>(json: &mut Json<R>, answer: &mut Answer, each: &mut Each<'_>) -> Result<(), AnswerError> {
    if json.peek()? == b'n' {
        return json.skip();
    }
    json.expect(b'[', "`[`")?;
    let mut points = Vec::new();
    match json.peek()? {
        b']' => json.expect(b']', "`]`"),
        b'{' => loop {
            let labels = series(json, &mut points)?;
            answer.series += 1;
            answer.samples += points.len() as u64;
            each(&labels, &points)?;
            if json.next(b']')? {
                return Ok(());
            }
        },
        _ => {
            let scalar = pair(json)?;
            answer.series += 1;
            answer.samples += 1;
            each(&Labels::new(), &[scalar])?;
            json.expect(b']', "`]`")
        }
    }
}

/// One series; its samples are put in place of those of the one before.
fn series<R: Read>(json: &mut Json<R>, points: &mut Vec<Point>) -> Result<Labels, AnswerError> {
    let mut labels = Labels::new();
    points.clear();
    let mut histograms = false;
    json.object(&mut |json, key| {
        match key {
            "metric" => json.object(&mut |json, label| {
                let value = json.text()?;
                // A label without a value is no label.
                if !value.is_empty() {
                    labels.insert(label.to_owned(), value);
                }
                Ok(())
            })?,
            "values" => json.array(&mut |json| {
                json.expect(b'[', "`[`")?;
                points.push(pair(json)?);
                json.expect(b']', "`]`")
            })?,
            "value" => {
                json.expect(b'[', "`[`")?;
                points.push(pair(json)?);
                json.expect(b']', "`]`")?;
            }
            "histogram" | "histograms" => {
                histograms = true;
                json.skip()?;
            }
            _ => json.skip()?,
        }
        Ok(())
    })?;
    if histograms {
        let name = labels.get("__name__").map_or("a series", String::as_str);
        return Err(AnswerError::NotNumbers(format!("native histograms ({name}), which are no numbers")));
    }
    Ok(labels)
}

/// `1435781430.781, "1"`.
fn pair<R: Read>(json: &mut Json<R>) -> Result<Point, AnswerError> {
    let t_ms = (json.number()? * 1e3).round();
    if t_ms.is_nan() || t_ms.abs() > FURTHEST_MS {
        return Err(AnswerError::NotNumbers(format!("a sample at {} s, which is no time", t_ms / 1e3)));
    }
    json.expect(b',', "`,`")?;
    Ok(Point { t_ms: t_ms as i64, value: json.value()? })
}
