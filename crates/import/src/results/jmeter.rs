//! JMeter's results as CSV (JTL): a line a sample.

use swarmlab_intervals::ErrorKind;

use super::clock::{Clock, Unit, duration_us, number};
use super::gather::{Ending, Gathered, Sample};
use super::lines::Lines;
use super::problem::Problem;
use super::table::{Record, Table};
use super::{Format, Options};

/// JMeter's CSV.
pub struct JMeter;

/// Columns as JMeter 5 writes them unless told otherwise: of a file without names.
const NAMES: [&str; 17] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "dataType",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
];

/// Columns that are read; the first two must be there.
const READ: [&str; 10] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "success",
    "bytes",
    "sentBytes",
    "allThreads",
    "SampleCount",
];

impl Format for JMeter {
    fn word(&self) -> &'static str {
        "jmeter"
    }

    fn about(&self) -> &'static str {
        "JMeter's CSV (JTL)"
    }

    fn times(&self) -> &'static str {
        "Times are JMeter's elapsed: from the begin of a sample, with its connect, to the last byte of its answer. JMeter does \
         not tell when a request was due."
    }

    fn looks(&self, head: &str) -> bool {
        let first = head.lines().next().unwrap_or_default();
        first.contains("timeStamp") && first.contains("elapsed") || is_without_names(first)
    }

    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        options: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem> {
        let io = |source| Problem::Io { file: file.to_owned(), source };
        let Some(mut table) = Table::open(lines, None, &mut into.remarks).map_err(io)? else { return Ok(()) };
        if table.column("timeStamp").is_none() && table.names().len() == NAMES.len() {
            table.without_names(NAMES.map(str::to_owned).to_vec());
            into.remarks.note(
                1,
                "no line of names: the columns are taken to be those that JMeter writes by itself",
                String::new,
            );
        }
        let columns = table.places(file, READ, 2)?;
        let clock = Clock::unix(options.zone_s);
        let mut record = Record::default();
        while table.next(&mut record, &mut into.remarks).map_err(io)? {
            let get = |column: Option<usize>| column.and_then(|c| record.get(c)).unwrap_or_default();
            sample(record.line, &columns.map(get), &clock, into)?;
        }
        Ok(())
    }
}

fn sample(line: u64, fields: &[&str; 10], clock: &Clock, into: &mut Gathered) -> Result<(), Problem> {
    let [time, elapsed, label, code, message, success, received, sent, users, count] = *fields;
    if message.starts_with("Number of samples in transaction") {
        into.remarks
            .note(line, "transactions, sums of samples that are here as well, left out", || label.to_owned());
        return Ok(());
    }
    if !matches!(count, "" | "1") {
        into.remarks.note(line, "sums of several samples (SampleCount), left out", || label.to_owned());
        return Ok(());
    }
    let Some(moment) = clock.read(time) else {
        into.remarks.note(line, "a time that is none, left out", || time.to_owned());
        return Ok(());
    };
    let Some(duration_us) = duration_us(elapsed, Unit::Ms) else {
        into.remarks.note(line, "a duration that is none, left out", || elapsed.to_owned());
        return Ok(());
    };
    if moment.zoneless {
        into.remarks.note(line, "times without a zone, taken as UTC (--zone)", || time.to_owned());
    }
    let status: Option<u16> = code.parse().ok().filter(|status| (100..1000).contains(status));
    let failed = match success.to_ascii_lowercase().as_str() {
        "true" => false,
        "false" => true,
        _ => status.is_none_or(|s| s >= 400),
    };
    let ending = match (failed, status) {
        (false, _) => Ending::Well,
        (true, Some(status)) if status >= 400 => Ending::Named(ErrorKind::UnexpectedStatus),
        // An assertion of the plan.
        (true, Some(_)) => Ending::Named(ErrorKind::CheckFailed),
        (true, None) => exception(code, message),
    };
    if ending == Ending::Otherwise {
        let what = "requests that failed in a way that has no name here (failed_otherwise)";
        into.remarks.note(line, what, || format!("{code} {message}"));
    }
    if let Some(users) = number(users) {
        into.users(moment.us, users.max(0.0));
    }
    into.sample(&Sample {
        line,
        endpoint: label,
        start_us: moment.us,
        duration_us,
        // Samplers that are not HTTP have no status, and an answer where they say so.
        answered: status.is_some() || !failed,
        status,
        ending,
        bytes_sent: sent.parse().ok(),
        bytes_received: received.parse().ok(),
    })
}

/// `Non HTTP response code: java.net.SocketTimeoutException`, `Non HTTP response message: Read timed out`.
fn exception(code: &str, message: &str) -> Ending {
    let class = code.rsplit(['.', ' ', ':']).next().unwrap_or_default();
    let says = |words: &str| message.to_ascii_lowercase().contains(words);
    Ending::Named(match class {
        "ConnectTimeoutException" => ErrorKind::ConnectTimeout,
        "SocketTimeoutException" | "HttpTimeoutException" if says("connect") => ErrorKind::ConnectTimeout,
        "SocketTimeoutException" | "HttpTimeoutException" => ErrorKind::Timeout,
        "ConnectException" | "HttpHostConnectException" if says("refused") => ErrorKind::ConnectRefused,
        "ConnectException" | "HttpHostConnectException" | "NoRouteToHostException" => {
            ErrorKind::ConnectFailed
        }
        "BindException" => ErrorKind::NoLocalPort,
        "UnknownHostException" => ErrorKind::DnsFailed,
        "SSLHandshakeException" | "SSLPeerUnverifiedException" => ErrorKind::TlsFailed,
        "SSLException" | "SSLProtocolException" => ErrorKind::TlsBroken,
        "NoHttpResponseException" => ErrorKind::ConnectionClosed,
        "SocketException" if says("reset") || says("broken pipe") => ErrorKind::ConnectionReset,
        "SocketException" if says("closed") => ErrorKind::ConnectionClosed,
        "ConnectionClosedException" | "TruncatedChunkException" | "EOFException" => {
            ErrorKind::ResponseTruncated
        }
        "MalformedChunkCodingException" | "ProtocolException" => ErrorKind::BadResponse,
        _ => return Ending::Otherwise,
    })
}

/// A sample where the names should be: as many fields as JMeter writes, and a moment in milliseconds before the rest.
fn is_without_names(first: &str) -> bool {
    let mut fields = first.split(',');
    let time = fields.next().unwrap_or_default();
    let elapsed = fields.next().unwrap_or_default();
    time.len() == 13
        && [time, elapsed].iter().all(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit()))
        && fields.count() >= NAMES.len() - 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_get_our_names() {
        let of = |class: &str, message: &str| {
            exception(
                &format!("Non HTTP response code: {class}"),
                &format!("Non HTTP response message: {message}"),
            )
        };
        for (class, message, kind) in [
            ("java.net.SocketTimeoutException", "Read timed out", ErrorKind::Timeout),
            ("java.net.SocketTimeoutException", "Connect timed out", ErrorKind::ConnectTimeout),
            (
                "org.apache.http.conn.HttpHostConnectException",
                "Connect to x:80 [x/127.0.0.1] failed: Connection refused (Connection refused)",
                ErrorKind::ConnectRefused,
            ),
            ("java.net.UnknownHostException", "x", ErrorKind::DnsFailed),
            ("javax.net.ssl.SSLHandshakeException", "PKIX path building failed", ErrorKind::TlsFailed),
            ("java.net.SocketException", "Connection reset", ErrorKind::ConnectionReset),
            ("org.apache.http.NoHttpResponseException", "x failed to respond", ErrorKind::ConnectionClosed),
        ] {
            assert_eq!(of(class, message), Ending::Named(kind), "{class} {message}");
        }
        assert_eq!(of("java.lang.IllegalStateException", "x"), Ending::Otherwise);
    }
}
