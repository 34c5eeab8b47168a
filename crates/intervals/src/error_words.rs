//! What each way to fail means, and what to look at: one source for the summary, for `explain` and for the reference.

use crate::ErrorKind;

impl ErrorKind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// When it happened, in words: how far the request came.
    pub fn stage(self) -> &'static str {
        match () {
            () if self.is_before_send() => "never sent",
            () if self.is_completed() => "answered",
            () => "sent, no complete answer",
        }
    }

    /// What it means, in one line without a full stop.
    pub fn means(self) -> &'static str {
        self.words().0
    }

    /// What to look at or to do, in one line without a full stop.
    pub fn advice(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::QueueFull => (
                "open loop: 100000 requests were waiting for a connection",
                "the target is slower than the offered load: a lower `--rate`; `--connections`, `load.connections` if it could take more at once",
            ),
            Self::Abandoned => (
                "still waiting for a connection when the load and its drain time ended",
                "the first error says what held up the connections; a lower `--rate`, more `--connections`, a longer `--drain`",
            ),
            Self::ConnectRefused => (
                "nothing listens at the address",
                "address and port; does the target run? `swarmlab status` shows the services of a stack",
            ),
            Self::ConnectTimeout => (
                "no connection within the time limit",
                "a firewall that drops; the target's queue of connections; is the address right?",
            ),
            Self::ConnectFailed => (
                "no connection for another reason: unreachable, closed while it was being prepared (HTTP/2 settings, Redis login)",
                "the route; does the target speak this protocol? the Redis password in the URL",
            ),
            Self::NoLocalPort => (
                "this machine has no free port towards the target",
                "leave out `--no-keepalive`; `net.ipv4.ip_local_port_range`",
            ),
            Self::TooManyOpenFiles => (
                "this process, or the machine, may not open another file",
                "`ulimit -n`, or fewer `--connections`",
            ),
            Self::DnsFailed => (
                "a name could not be resolved at the start (the load does not begin). Later failures fail no request: the addresses before stay in use",
                "the name, `/etc/resolv.conf`; an IP address does without",
            ),
            Self::TlsFailed => (
                "no TLS: certificate not accepted, no TLS there, HTTP/2 not agreed on",
                "the first error says which; `--cacert`, `--server-name`, `--insecure`, `--alpn`",
            ),
            Self::FeederExhausted => (
                "a feeder with `exhausted: stop` has no row left",
                "more rows in its file, or `exhausted: cycle`",
            ),
            Self::NotConnected => (
                "the WebSocket connection of a step is not open: never opened, or ended since",
                "the first error says how it ended; a step with `connect` before",
            ),
            Self::MessageInvalid => (
                "a gRPC message does not fit its type with the values of its variables",
                "the first error names the field; `--debug` shows the values that were taken",
            ),
            Self::EvaluationFailed => (
                "a value of the request, or a condition or loop before it, could not be computed",
                "the first error says which value; `default(x, 0)`, or an `if` before it",
            ),
            Self::ConnectionClosed => (
                "closed by the target before the first byte of an answer",
                "the target's log, its idle time limit (nothing is sent again): `load.connection` with a shorter `max_idle`",
            ),
            Self::ConnectionReset => (
                "reset by the target before the answer was whole",
                "the target's log: did it crash? `swarmlab logs` shows that of a stack's service",
            ),
            Self::ResponseTruncated => (
                "closed by the target in the middle of an answer",
                "the target's log: did it crash? `swarmlab logs` shows that of a stack's service",
            ),
            Self::TlsBroken => (
                "TLS broke on an established connection: an alert, a damaged record",
                "TLS 1.3 tells only now that a client certificate is missing: `--cert`, `--key`",
            ),
            Self::StreamReset => {
                ("HTTP/2: `RST_STREAM` for this request", "the target's log; the first error has the code")
            }
            Self::StreamRefused => (
                "HTTP/2: refused four times (`REFUSED_STREAM`, `GOAWAY`)",
                "limits of the target; fewer `--streams`",
            ),
            Self::Http2Error => (
                "the target broke the rules of HTTP/2",
                "is it HTTP/2 that listens there? leave out `--http2`",
            ),
            Self::WebsocketClosed => (
                "the target ended a WebSocket, with a close frame, before what was awaited had come",
                "the first error has code and reason; `--debug` shows the messages that came",
            ),
            Self::WebsocketError => ("the target broke the rules of WebSocket", "the first error says which"),
            Self::BadResponse => (
                "what came is no answer; a WebSocket handshake that opens nothing; a gRPC answer without status, compressed, or of another type",
                "does the target speak HTTP (or Redis, WebSocket, gRPC)? `https://` where it speaks TLS, `--http2` where it speaks HTTP/2",
            ),
            Self::HeaderTooLarge => (
                "head over 64 KiB or with too many fields; trailers, interim answers or chunk extensions out of bounds",
                "what the target puts into its headers",
            ),
            Self::BodyTooLarge => {
                ("body over 64 MiB (a Redis message: 8 MiB)", "a request for a smaller answer")
            }
            Self::Timeout => (
                "no complete answer within the time limit",
                "the target; `--timeout`, `load.timeout`, `timeout` of the step",
            ),
            Self::Aborted => {
                ("under way when the drain time ended, or the load was aborted", "a longer `--drain`")
            }
            Self::UnexpectedStatus => (
                "a status that the step does not expect (default: 200 to 399)",
                "the first answer of each status is shown; `--debug` shows request and answer; `expect` of the step, if that is how it should answer",
            ),
            Self::GraphqlErrors => {
                ("a GraphQL answer with `errors`", "the first answer shows them; the query and its variables")
            }
            Self::CheckFailed => (
                "an assertion of the step does not hold",
                "`--debug` says which `check` failed, and what it found",
            ),
            Self::TooSlow => (
                "all holds, but later than `check.latency`",
                "a result, not a fault: the target, or a longer `latency`",
            ),
            Self::ExtractionFailed => (
                "a value that the step extracts is missing",
                "`--debug` shows the answer, and which `extract` found nothing; `optional: true` where it may be missing",
            ),
            Self::TooManyRedirects => (
                "a redirect after as many as `redirects` allows",
                "a circle? `--debug` shows the way; `--follow-redirects=N`, `redirects` of the step",
            ),
            Self::RedirectRefused => (
                "a redirect to a host that is no target of the load",
                "the first error says where: name it with `--target NAME=URL` or `load.targets`; or do not follow: leave out `--follow-redirects`, `redirects: keep` in the step",
            ),
            Self::RedisError => (
                "Redis answered with an error instead of publishing",
                "the first error has its words: permissions of the user; is it writable?",
            ),
            Self::GrpcError => (
                "a `grpc-status` that the step does not expect (default: `OK`)",
                "the exact codes are counted among the answers, the first error has `grpc-message`; `expect` of the step",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The table of the reference is these words.
    #[test]
    fn the_reference_says_of_each_kind_what_is_said_here() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference.md");
        let text = std::fs::read_to_string(path).unwrap();
        for kind in ErrorKind::ALL {
            let row = format!("\n| `{kind}` | {} | {} |\n", kind.means(), kind.advice());
            let place =
                text.find(&row).unwrap_or_else(|| panic!("docs/reference.md does not have the row{row}"));
            let heading = format!("\n| | **{}** | |\n", kind.stage());
            let stage = text[..place].rfind("\n| | **").unwrap();
            assert!(text[stage..].starts_with(&heading), "{kind}");
        }
    }

    #[test]
    fn names_lead_to_kinds() {
        assert!(ErrorKind::ALL.into_iter().all(|kind| ErrorKind::named(kind.name()) == Some(kind)));
        assert_eq!(ErrorKind::named("nothing_of_this"), None);
    }
}
