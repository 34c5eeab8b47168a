//! A description becomes tasks: tags are tasks, operations are steps with values that their schemas allow.

mod body;
mod document;
mod example;
mod parameters;
mod security;

use serde_json::Value;

use self::document::{Document, entries, is_true, list, text};
use self::example::Examples;
use self::parameters::header_value;
use crate::draft::{Draft, Step, Task};
use crate::secrets::{Secrets, is_secret_name};
use crate::url::{self, Url};
use crate::{Format, ImportError, Imported, Options, write};

/// Methods that become steps, in the order in which descriptions list them.
const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];
/// Methods that are named and left out.
const LEFT_OUT: [&str; 3] = ["options", "trace", "query"];

/// Makes a scenario of a description.
pub(crate) fn import(root: Value, title: &str, options: &Options) -> Result<Imported, ImportError> {
    let document = Document::new(root);
    let mut remarks = Vec::new();
    version(&document, &mut remarks)?;
    let server = server(&document, options, &mut remarks);
    let mut secrets = Secrets::default();
    let mut draft = Draft { name: title.to_owned(), ..Draft::default() };
    let api = document.get("info").and_then(|info| text(info, "title")).unwrap_or("an API");
    draft.comments.push(format!("Imported from the description of {api}. To run it:"));
    draft
        .comments
        .push(format!("swarmlab load {} --scenario FILE", server.origin.as_deref().unwrap_or("URL")));
    let mut tasks: Vec<Task> = list_tags(&document).into_iter().map(named).collect();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten().filter(|(path, _)| !path.starts_with("x-")) {
        if !path.starts_with('/') {
            remarks.push(format!("{path} is no path, which begins with `/`: left out"));
            continue;
        }
        let item = match document.resolve(item) {
            Ok(item) => item,
            Err(reference) => {
                remarks.push(format!("{path} is {reference}, which is not in this file: left out"));
                continue;
            }
        };
        remarks.extend(left_out_of(path, item));
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else {
                continue;
            };
            let made = Operation { document: &document, base: &server.base, path, method, item, operation }
                .step(options, &mut secrets, &mut remarks);
            let tag = security::tags(operation).first().copied().unwrap_or("other");
            match tasks.iter_mut().find(|task| task.name == tag) {
                Some(task) => task.steps.push(made),
                None => tasks.push(Task { steps: vec![made], ..named(tag.to_owned()) }),
            }
        }
    }
    tasks.retain(|task| !task.steps.is_empty());
    tell_left_out(&document, &mut remarks);
    let off = tasks.iter().flat_map(|task| &task.steps).filter(|step| step.is_off).count();
    if off > 0 {
        let count = if off == 1 {
            "1 operation is a comment".to_owned()
        } else {
            format!("{off} operations are comments")
        };
        remarks.push(format!("{count}: what deletes (--destructive lets it be sent), and what lacks a body"));
    }
    // A step that may fail ends its task: what is commented out alone must not be all of one.
    let (on, mut commented): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(Task::is_on);
    if on.is_empty() {
        return Err(ImportError::NothingLeft(match off {
            0 => "the description has no operations".to_owned(),
            _ => "all operations are destructive or lack a body (--destructive)".to_owned(),
        }));
    }
    draft.comments.push(
        "Values are examples, defaults or the least that the schemas allow: put real ones in.".to_owned(),
    );
    if on.len() > 1 {
        draft
            .comments
            .push("Each tag is a task, of which one is drawn for each iteration (`weight`).".to_owned());
    }
    draft.tasks = on;
    // Behind one that is sent, so that a single one needs no list of its own.
    match draft.tasks.as_mut_slice() {
        [only] => only.steps.extend(commented.into_iter().flat_map(|task| task.steps)),
        _ => draft.tasks.append(&mut commented),
    }
    let table = secrets.table();
    if table.is_some() {
        let names: Vec<&str> = secrets.names().collect();
        let text =
            format!("{} come from {}, which needs the real values", names.join(", "), options.secrets_file);
        draft.comments.push(format!("Credentials {text}."));
        remarks.push(format!("credentials: {text}"));
    }
    let format = if document.is_swagger() { Format::Swagger } else { Format::OpenApi };
    let steps = draft.count();
    let scenario = write::scenario(&draft, table.as_ref().map(|_| options.secrets_file.as_str()));
    Ok(Imported {
        format,
        scenario,
        secrets: table,
        steps,
        target: server.origin,
        targets: Vec::new(),
        remarks,
    })
}

fn named(name: String) -> Task {
    Task { name, ..Task::default() }
}

fn list_tags(document: &Document) -> Vec<String> {
    let tags = document.get("tags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut names: Vec<String> = Vec::new();
    for name in tags.iter().filter_map(|tag| text(tag, "name")) {
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Which versions are read; one that is newer, but of the same kind, is read as the newest that is known.
fn version(document: &Document, remarks: &mut Vec<String>) -> Result<(), ImportError> {
    let (name, key) = if document.is_swagger() { ("Swagger", "swagger") } else { ("OpenAPI", "openapi") };
    let version = document.get(key).map(parameters::scalar).unwrap_or_default();
    let known = match name {
        "Swagger" => version == "2" || version.starts_with("2."),
        _ => version == "3" || version.starts_with("3."),
    };
    if !known {
        let version = version.chars().filter(|c| !c.is_control()).take(40).collect();
        return Err(ImportError::Version { name, version });
    }
    let is_newer = |minor: &str| minor.parse::<u32>().is_ok_and(|minor| minor > 1);
    if name == "OpenAPI" && version.split('.').nth(1).is_some_and(is_newer) {
        remarks.push(format!("OpenAPI {version} is read as 3.1: what is new in it is left out"));
    }
    Ok(())
}

/// What stands at a path and becomes no step.
fn left_out_of(path: &str, item: &Value) -> Vec<String> {
    const NO_METHODS: [&str; 6] =
        ["parameters", "summary", "description", "servers", "$ref", "additionalOperations"];
    let entries = item.as_object().into_iter().flatten().filter(|(key, _)| !key.starts_with("x-"));
    let mut out = Vec::new();
    for (key, value) in entries {
        let method = key.to_ascii_uppercase();
        match key.as_str() {
            "additionalOperations" => {
                let names: Vec<&str> =
                    value.as_object().into_iter().flat_map(|o| o.keys()).map(String::as_str).collect();
                out.push(format!("{path}: {} left out ({})", names.len(), names.join(", ")));
            }
            key if NO_METHODS.contains(&key) => {}
            key if LEFT_OUT.contains(&key) => out.push(format!("{method} {path}: left out")),
            key if !METHODS.contains(&key) => {
                out.push(format!("{path}: `{key}` is no method that is known: left out"))
            }
            _ if !value.is_object() => out.push(format!("{method} {path} says nothing: left out")),
            _ => {}
        }
    }
    out
}

/// Things at single operations that become nothing, each with how often it stands there.
fn tell_passed_over(document: &Document, remarks: &mut Vec<String>) {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flat_map(|paths| paths.values());
    let items: Vec<&Value> = paths.filter_map(|item| document.resolve(item).ok()).collect();
    let operations = || items.iter().flat_map(|item| METHODS.iter().filter_map(|method| item.get(*method)));
    let holds = |value: &&Value, key: &str| match value.get(key) {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        _ => false,
    };
    let counted = |n: usize, (one, more): (&str, &str), why: &str| {
        (n > 0).then(|| format!("{n} {}: {why}", if n == 1 { one } else { more }))
    };
    let callbacks = operations().filter(|operation| holds(operation, "callbacks")).count();
    let servers = items.iter().copied().chain(operations()).filter(|value| holds(value, "servers")).count();
    let several = |operation: &&Value| {
        let body = operation.get("requestBody").and_then(|body| document.resolve(body).ok());
        body.and_then(|body| entries(body, "content")).is_some_and(|content| content.len() > 1)
    };
    let bodies = operations().filter(several).count();
    remarks.extend(
        [
            counted(
                callbacks,
                ("operation has callbacks", "operations have callbacks"),
                "left out, the other side calls them",
            ),
            counted(
                servers,
                ("path or operation has servers of its own", "paths or operations have servers of their own"),
                "left out, all go to the same target",
            ),
            counted(
                bodies,
                ("operation takes several types of body", "operations take several types of body"),
                "sent with one of them",
            ),
        ]
        .into_iter()
        .flatten(),
    );
}

fn tell_left_out(document: &Document, remarks: &mut Vec<String>) {
    tell_passed_over(document, remarks);
    for (key, what) in [("webhooks", "webhooks"), ("x-webhooks", "webhooks")] {
        if document.get(key).is_some() {
            remarks.push(format!("{what}: left out, the other side calls them"));
        }
    }
}

/// Where the API is.
struct Server {
    /// `None`: the description does not say.
    origin: Option<String>,
    /// What goes before each path, without a `/` at its end.
    base: String,
}

fn server(document: &Document, options: &Options, remarks: &mut Vec<String>) -> Server {
    let mut server = if document.is_swagger() { of_swagger(document) } else { of_openapi(document, remarks) };
    if let Some(host) = options.hosts.first() {
        let scheme =
            server.origin.as_deref().and_then(|origin| origin.split_once("://")).map_or("http", |(s, _)| s);
        server.origin = Some(format!("{scheme}://{host}"));
    }
    server.base = url::path(server.base.trim_end_matches('/'));
    if !server.base.is_empty() && !server.base.starts_with('/') {
        server.base.insert(0, '/');
    }
    server
}

fn of_swagger(document: &Document) -> Server {
    let word = |key: &str| document.get(key).and_then(Value::as_str);
    let schemes: Vec<&str> = document
        .get("schemes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let scheme = if schemes.is_empty() || schemes.contains(&"https") { "https" } else { "http" };
    Server {
        origin: word("host")
            .and_then(|host| Url::parse(&format!("{scheme}://{host}")))
            .map(|url| url.origin()),
        base: word("basePath").unwrap_or_default().to_owned(),
    }
}

fn of_openapi(document: &Document, remarks: &mut Vec<String>) -> Server {
    let servers = document.get("servers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let Some(first) = servers.first() else { return Server { origin: None, base: String::new() } };
    if servers.len() > 1 {
        let others: Vec<&str> = servers[1..].iter().filter_map(|server| text(server, "url")).collect();
        remarks.push(format!("the first server is taken; others: {}", others.join(", ")));
    }
    let mut address = text(first, "url").unwrap_or_default().to_owned();
    for (name, variable) in entries(first, "variables").into_iter().flatten() {
        let value = variable.get("default").map(parameters::scalar).unwrap_or_default();
        address = address.replace(&format!("{{{name}}}"), &value);
    }
    match Url::parse(&address) {
        Some(url) => Server { origin: Some(url.origin()), base: url.path },
        // Relative to where the description was found.
        None => {
            Server { origin: None, base: address.split(['?', '#']).next().unwrap_or_default().to_owned() }
        }
    }
}

/// One operation.
struct Operation<'a> {
    document: &'a Document,
    base: &'a str,
    path: &'a str,
    method: &'a str,
    item: &'a Value,
    operation: &'a Value,
}

impl Operation<'_> {
    fn step(&self, options: &Options, secrets: &mut Secrets, remarks: &mut Vec<String>) -> Step {
        let Self { document, operation, .. } = *self;
        let method = self.method.to_ascii_uppercase();
        let shown = format!("{method} {}", self.path);
        let mut step = Step { method, name: shown.clone(), ..Step::default() };
        if let Some(id) = text(operation, "operationId").filter(|id| !id.is_empty()) {
            step.comments
                .push(text(operation, "summary").map_or(id.to_owned(), |summary| format!("{id}: {summary}")));
        } else if let Some(summary) = text(operation, "summary") {
            step.comments.push(summary.to_owned());
        }
        if is_true(operation, "deprecated") {
            step.comments.push("deprecated".to_owned());
        }
        if self.method == "delete" && !options.destructive {
            step.is_off = true;
            step.comments
                .push("deletes: sent only without the `#` (or imported with --destructive)".to_owned());
        }
        let mut examples = Examples::new(document);
        let parameters = self.parameters(remarks);
        let placed = parameters::place(
            document,
            &format!("{}{}", self.base, self.path),
            &parameters,
            &mut examples,
            secrets,
        );
        let credentials = security::credentials(document, operation, secrets);
        let content = match operation.get("requestBody") {
            Some(body) if !document.is_swagger() => body::of_request(document, body, &mut examples, secrets),
            _ => {
                let consumes = self.consumes();
                body::of_swagger(document, &consumes, &parameters, &placed, &mut examples, secrets)
            }
        };
        let query: Vec<String> = placed.query.into_iter().chain(credentials.query).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        step.path = format!("{}{query}", placed.path);
        if step.path.contains("%7B") && !self.path.contains("{{") {
            step.comments
                .push("a part of the path has no parameter of its name: put a value there".to_owned());
        }
        step.headers = placed.headers;
        step.headers.extend(credentials.headers);
        let cookies: Vec<String> = placed.cookies.into_iter().chain(credentials.cookies).collect();
        if !cookies.is_empty() {
            step.headers.push(("cookie".to_owned(), cookies.join("; ")));
        }
        match content {
            Ok(Some(content)) => {
                step.headers.push(("content-type".to_owned(), header_value(&content.mime)));
                step.body = Some(content.text);
            }
            Ok(None) => {}
            Err(why) => {
                remarks.push(format!("{shown}: {why}"));
                step.comments.push(format!("not sent: {why}"));
                step.is_off = true;
            }
        }
        if !placed.left_out.is_empty() {
            step.comments.push(format!("left out, cannot be sent so: {}", placed.left_out.join(", ")));
        }
        step.comments.extend(credentials.comments);
        if !placed.optional.is_empty() {
            step.comments.push(format!("optional, not sent: {}", placed.optional.join(", ")));
        }
        step.comments.append(&mut examples.said);
        step.expect = self.expected();
        step
    }

    /// Parameters of the path and of the operation, which go before those of the same name and place.
    fn parameters(&self, remarks: &mut Vec<String>) -> Vec<&Value> {
        let mut found: Vec<&Value> = Vec::new();
        for parameter in list(self.operation, "parameters").iter().chain(list(self.item, "parameters")) {
            match self.document.resolve(parameter) {
                Ok(parameter) => {
                    let is_same = |other: &&Value| {
                        ["name", "in"].iter().all(|key| other.get(*key) == parameter.get(*key))
                    };
                    if !found.iter().any(is_same) {
                        found.push(parameter);
                    }
                }
                Err(reference) => {
                    remarks.push(format!(
                        "{}: the parameter {reference} is not in this file: left out",
                        self.path
                    ));
                }
            }
        }
        found
    }

    fn consumes(&self) -> Vec<&str> {
        let own = self.operation.get("consumes").or_else(|| self.document.get("consumes"));
        own.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What counts as success: the statuses below 400 that are described.
    fn expected(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for status in entries(self.operation, "responses").into_iter().flat_map(|responses| responses.keys())
        {
            let status = status.to_ascii_lowercase();
            let is_number = status.len() == 3
                && status.starts_with(['2', '3'])
                && status.bytes().all(|b| b.is_ascii_digit());
            if (is_number || ["2xx", "3xx"].contains(&status.as_str())) && !found.contains(&status) {
                found.push(status);
            }
        }
        found
    }
}

/// Whether a schema says that its values are secrets.
fn is_password(document: &Document, schema: &Value) -> bool {
    document.resolve(schema).is_ok_and(|schema| text(schema, "format") == Some("password"))
}

/// The variable for a value of this name, if it is a secret.
fn secret_or(name: &str, is_password: bool, secrets: &mut Secrets) -> Option<String> {
    (is_password || is_secret_name(name)).then(|| secrets.named(name))
}
