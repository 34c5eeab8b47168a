//! A user's own query: from the answer to the value of a column.

use prometheus_http_query::Client;
use prometheus_http_query::response::Data;
use swarmlab_catalogue::{Context, Query};
use swarmlab_record::series::Reading;
use swarmlab_record::topology::Topology;

use super::known::Known;
use super::prometheus::in_words;

/// One query that a stack's Prometheus is asked.
pub struct QuerySource {
    client: Client,
    stack: String,
    topology: Topology,
    query: Query,
    known: Known,
}

impl QuerySource {
    pub(crate) fn new(client: Client, stack: &str, topology: &Topology, query: Query) -> Self {
        Self { client, stack: stack.to_owned(), topology: topology.clone(), query, known: Known::default() }
    }

    /// Asks for its value now; what has the time of an earlier answer is not returned again.
    ///
    /// # Errors
    /// A sentence: it is not answered, or by nothing that makes a column.
    pub async fn ask(&mut self) -> Result<Vec<Reading>, String> {
        let Query { name, promql, .. } = &self.query;
        let refused = |why: &str| format!("measure.queries.{name}: {why} (asked: {promql})");
        let answered = self.client.query(promql).post().await;
        let (data, _) = answered
            .map_err(|e| refused(&format!("Prometheus does not answer it: {}", in_words(&e))))?
            .into_inner();
        let context = Context { stack: &self.stack, topology: &self.topology };
        let answers = answers(&self.query, data, &context).map_err(|why| refused(&why))?;
        let mut out = Vec::new();
        for (service, t_unix_s, value) in answers {
            let identity = self.query.identity(service);
            out.extend(self.known.news(identity, std::iter::once((t_unix_s, value))));
        }
        Ok(out)
    }
}

/// Value and time of an answer, by the service it is about.
pub(crate) type Answers = Vec<(Option<String>, f64, f64)>;

/// What a query was answered, or why that is no column: a column has one value for each moment (and service).
pub(crate) fn answers(query: &Query, data: Data, context: &Context<'_>) -> Result<Answers, String> {
    let vector = match data {
        Data::Scalar(sample) if query.label.is_none() => {
            return Ok(vec![(None, sample.timestamp(), sample.value())]);
        }
        Data::Scalar(_) => return Err("it is answered with a number, which has no label".to_owned()),
        Data::Matrix(_) => {
            return Err(
                "it is answered with samples over time: ask for a value, without `[…]` at its end".to_owned()
            );
        }
        Data::Vector(vector) => vector,
    };
    let Some(label) = &query.label else {
        return match &vector[..] {
            [] => Ok(Vec::new()),
            [one] => Ok(vec![(None, one.sample().timestamp(), one.sample().value())]),
            many => Err(format!(
                "it is answered with {} series, and nobody says which counts: add them up, `sum(…)`, or name the `label` of the service",
                many.len()
            )),
        };
    };
    let mut out: Answers = Vec::new();
    for one in &vector {
        let Some(value) = one.metric().get(label) else {
            return Err(format!("a series of its answer has no label `{label}`: write `by ({label})`"));
        };
        let Some(service) = swarmlab_catalogue::service_of(value, context) else { continue };
        if out.iter().any(|(known, ..)| known.as_ref() == Some(&service)) {
            return Err(format!("it is answered with several series of `{service}`: write `by ({label})`"));
        }
        out.push((Some(service), one.sample().timestamp(), one.sample().value()));
    }
    match (vector.first(), out.is_empty()) {
        (Some(first), true) => {
            let value = first.metric().get(label).map_or("", String::as_str);
            Err(format!("its label `{label}` names no service of the stack, but `{value}`"))
        }
        _ => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_record::topology::{Role, Service, Topology};

    use super::*;

    fn asked(label: Option<&str>, answer: &str) -> Result<Answers, String> {
        let query = Query {
            name: "q".into(),
            promql: "q".into(),
            unit: String::new(),
            label: label.map(str::to_owned),
        };
        let service =
            |name: &str| Service { name: name.into(), role: Role::Other, replicas: 1, image: String::new() };
        let topology = Topology { services: ["web", "db"].map(service).into(), ..Topology::default() };
        answers(&query, serde_json::from_str(answer).unwrap(), &Context { stack: "s", topology: &topology })
    }

    fn vector(series: &[(&str, f64)]) -> String {
        let one = |(job, value): &(&str, f64)| {
            format!("{{\"metric\":{{\"job\":\"{job}\"}},\"value\":[100.5,\"{value}\"]}}")
        };
        let all: Vec<String> = series.iter().map(one).collect();
        format!("{{\"resultType\":\"vector\",\"result\":[{}]}}", all.join(","))
    }

    #[test]
    fn one_value_is_a_column() {
        assert_eq!(asked(None, &vector(&[("x", 3.0)])), Ok(vec![(None, 100.5, 3.0)]));
        let scalar = "{\"resultType\":\"scalar\",\"result\":[100.5,\"7\"]}";
        assert_eq!(asked(None, scalar), Ok(vec![(None, 100.5, 7.0)]));
        assert_eq!(asked(None, &vector(&[])), Ok(vec![]), "no answer is no value, not 0");
    }

    #[test]
    fn a_label_tells_whose_each_is() {
        let two = vector(&[("web", 1.0), ("s_db", 2.0), ("prometheus-of-others", 3.0)]);
        assert_eq!(
            asked(Some("job"), &two),
            Ok(vec![(Some("web".into()), 100.5, 1.0), (Some("db".into()), 100.5, 2.0)])
        );
    }

    #[test]
    fn what_is_no_column_says_why() {
        for (label, answer, why) in [
            (None, vector(&[("web", 1.0), ("db", 2.0)]), "with 2 series"),
            (Some("instance"), vector(&[("web", 1.0)]), "has no label `instance`"),
            (Some("job"), vector(&[("web", 1.0), ("s_web", 2.0)]), "several series of `web`"),
            (Some("job"), vector(&[("other", 1.0)]), "names no service of the stack, but `other`"),
            (None, "{\"resultType\":\"matrix\",\"result\":[]}".to_owned(), "samples over time"),
            (Some("job"), "{\"resultType\":\"scalar\",\"result\":[1,\"7\"]}".to_owned(), "no label"),
        ] {
            let told = asked(label, &answer).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
