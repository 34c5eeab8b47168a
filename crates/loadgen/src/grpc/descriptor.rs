//! Reading a descriptor: a `FileDescriptorSet` as `protoc --descriptor_set_out` writes it.
//!
//! Numbers of fields are those of `google/protobuf/descriptor.proto`.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use super::method::{Method, MethodError};
use super::types::{Enum, Field, Kind, Message, Types};
use super::wire::{Fields, Raw};

/// Types within types at most.
const MAXIMUM_NESTING: usize = 32;

/// Why bytes are no descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DescriptorError {
    /// They are not encoded as one.
    #[error("it is no descriptor set: {0}")]
    NotOne(&'static str),
    /// There is no service in it.
    #[error("it has no service: it was made from files that declare none")]
    NoService,
    /// A type is used that is not in it.
    #[error("{used_by} uses {name}, which is not in it: make it with `protoc --include_imports`")]
    Missing {
        /// The type.
        name: String,
        /// Who uses it.
        used_by: String,
    },
    /// A field of an encoding that is not supported.
    #[error("{0} is a group, which cannot be sent")]
    Group(String),
}

/// A method as it is declared.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub input: String,
    pub output: String,
    pub client_streams: bool,
    pub server_streams: bool,
}

/// Services and types.
#[derive(Debug, Clone)]
pub struct Descriptor {
    types: Arc<Types>,
    /// By full name of the service, then by name.
    services: BTreeMap<String, BTreeMap<String, Declared>>,
    by_name: BTreeMap<String, Kind>,
}

/// A field whose type is still a name.
struct Unresolved {
    message: usize,
    field: usize,
    name: String,
}

#[derive(Default)]
struct Reader {
    types: Types,
    services: BTreeMap<String, BTreeMap<String, Declared>>,
    by_name: BTreeMap<String, Kind>,
    unresolved: Vec<Unresolved>,
    is_proto2: bool,
    is_proto3: bool,
}

type Read<T> = Result<T, DescriptorError>;

impl Descriptor {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// They are no descriptor set, or one that lacks something.
    pub fn read(bytes: &[u8]) -> Result<Self, DescriptorError> {
        let mut reader = Reader::default();
        for field in Fields::new(bytes) {
            if let (1, Raw::Bytes(file)) = whole(field)? {
                reader.file(file)?;
            }
        }
        if reader.by_name.is_empty() && reader.services.is_empty() {
            return Err(DescriptorError::NotOne("there is no file in it"));
        }
        if reader.services.is_empty() {
            return Err(DescriptorError::NoService);
        }
        reader.resolve()?;
        let Reader { types, services, by_name, .. } = reader;
        Ok(Self { types: Arc::new(types), services, by_name })
    }

    /// The method of a name such as `package.Service/Method`, which may begin with `/`.
    ///
    /// # Errors
    /// There is none, or it streams.
    pub fn method(&self, name: &str) -> Result<Method, MethodError> {
        let name = name.strip_prefix('/').unwrap_or(name);
        // The form that some tools use: with a dot.
        let split = name.split_once('/').or_else(|| name.rsplit_once('.'));
        let (service, method) = split.unwrap_or((name, ""));
        let found = self.services.get(service).and_then(|methods| methods.get(method));
        let Some(declared) = found else {
            let of_service = |service: &str, methods: &BTreeMap<String, Declared>| {
                methods.keys().map(|method| format!("{service}/{method}")).collect::<Vec<_>>()
            };
            let known = match self.services.get(service) {
                Some(methods) => of_service(service, methods),
                None => self.services.iter().flat_map(|(name, of)| of_service(name, of)).collect(),
            };
            return Err(MethodError::Unknown { name: name.to_owned(), known });
        };
        let streams = match (declared.client_streams, declared.server_streams) {
            (false, false) => None,
            (true, false) => Some("requests"),
            (false, true) => Some("answers"),
            (true, true) => Some("requests and answers"),
        };
        if let Some(streams) = streams {
            return Err(MethodError::Streams { name: format!("{service}/{method}"), streams });
        }
        let message = |of: &str| match self.by_name.get(of) {
            Some(Kind::Message(at)) => Ok(*at),
            _ => Err(MethodError::Type { name: format!("{service}/{method}"), missing: of.to_owned() }),
        };
        Ok(Method {
            path: format!("/{service}/{method}"),
            input: message(&declared.input)?,
            output: message(&declared.output)?,
            types: Arc::clone(&self.types),
        })
    }
}

impl Reader {
    fn file(&mut self, file: &[u8]) -> Read<()> {
        let (mut package, mut syntax, mut has_edition) = ("", "", false);
        for field in Fields::new(file) {
            match whole(field)? {
                (2, Raw::Bytes(text)) => package = name(text)?,
                (12, Raw::Bytes(text)) => syntax = name(text)?,
                (14, Raw::Varint(_)) => has_edition = true,
                _ => {}
            }
        }
        self.is_proto3 = syntax == "proto3";
        self.is_proto2 = !self.is_proto3 && !has_edition;
        for field in Fields::new(file) {
            match whole(field)? {
                (4, Raw::Bytes(message)) => self.message(message, package, 0)?,
                (5, Raw::Bytes(of)) => self.enumeration(of, package)?,
                (6, Raw::Bytes(of)) => self.service(of, package)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn message(&mut self, bytes: &[u8], scope: &str, depth: usize) -> Read<()> {
        if depth > MAXIMUM_NESTING {
            return Err(DescriptorError::NotOne("types within types without end"));
        }
        let full = full_name(bytes, scope)?;
        let at = self.types.messages.len();
        self.by_name.insert(full.clone(), Kind::Message(at));
        self.types.messages.push(Message { name: full.clone(), ..Message::default() });
        for field in Fields::new(bytes) {
            match whole(field)? {
                (2, Raw::Bytes(field)) => self.field(field, at)?,
                (3, Raw::Bytes(nested)) => self.message(nested, &full, depth + 1)?,
                (4, Raw::Bytes(of)) => self.enumeration(of, &full)?,
                (7, Raw::Bytes(options)) => {
                    let is_map = has_flag(options, 7)?;
                    self.types.messages[at].is_map_entry |= is_map == Some(true);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn field(&mut self, bytes: &[u8], message: usize) -> Read<()> {
        let (mut own, mut json_name, mut type_name) = ("", None, "");
        let (mut number, mut label, mut kind, mut oneof, mut is_optional) = (0, 1, 0, None, false);
        let mut packed = None;
        for field in Fields::new(bytes) {
            match whole(field)? {
                (1, Raw::Bytes(text)) => own = name(text)?,
                (3, Raw::Varint(value)) => number = u32::try_from(value).unwrap_or(0),
                (4, Raw::Varint(value)) => label = value,
                (5, Raw::Varint(value)) => kind = value,
                (6, Raw::Bytes(text)) => type_name = name(text)?,
                (8, Raw::Bytes(options)) => packed = has_flag(options, 2)?,
                (9, Raw::Varint(value)) => oneof = u32::try_from(value).ok(),
                (10, Raw::Bytes(text)) => json_name = Some(name(text)?),
                (17, Raw::Varint(value)) => is_optional = value != 0,
                _ => {}
            }
        }
        if number == 0 || own.is_empty() {
            return Err(DescriptorError::NotOne("a field without name or number"));
        }
        let place = || format!("{}.{own}", self.types.messages[message].name);
        let kind = match kind {
            1 => Kind::Double,
            2 => Kind::Float,
            3 => Kind::Int64,
            4 => Kind::Uint64,
            5 => Kind::Int32,
            6 => Kind::Fixed64,
            7 => Kind::Fixed32,
            8 => Kind::Bool,
            9 => Kind::String,
            10 => return Err(DescriptorError::Group(place())),
            // Which one is known once all names are.
            11 => Kind::Message(usize::MAX),
            12 => Kind::Bytes,
            13 => Kind::Uint32,
            14 => Kind::Enum(usize::MAX),
            15 => Kind::Sfixed32,
            16 => Kind::Sfixed64,
            17 => Kind::Sint32,
            18 => Kind::Sint64,
            _ => return Err(DescriptorError::NotOne("a field of an unknown type")),
        };
        let is_repeated = label == 3;
        let is_message = matches!(kind, Kind::Message(_));
        // What proto3 calls optional is a oneof of its own.
        let oneof = oneof.filter(|_| !is_optional);
        let has_presence = !is_repeated && (is_message || is_optional || oneof.is_some() || !self.is_proto3);
        let is_packable = kind.wire_type() != 2;
        let fields = &mut self.types.messages[message].fields;
        if matches!(kind, Kind::Message(_) | Kind::Enum(_)) {
            let name = type_name.strip_prefix('.').unwrap_or(type_name).to_owned();
            self.unresolved.push(Unresolved { message, field: fields.len(), name });
        }
        fields.push(Field {
            name: own.to_owned(),
            json_name: json_name.map_or_else(|| camel_case(own), str::to_owned),
            number,
            kind,
            is_repeated,
            is_packed: is_repeated && is_packable && packed.unwrap_or(!self.is_proto2),
            has_presence,
            oneof,
        });
        Ok(())
    }

    fn enumeration(&mut self, bytes: &[u8], scope: &str) -> Read<()> {
        let full = full_name(bytes, scope)?;
        let mut values = Vec::new();
        for field in Fields::new(bytes) {
            if let (2, Raw::Bytes(value)) = whole(field)? {
                let (mut own, mut number) = ("", 0);
                for field in Fields::new(value) {
                    match whole(field)? {
                        (1, Raw::Bytes(text)) => own = name(text)?,
                        (2, Raw::Varint(value)) => number = value as i32,
                        _ => {}
                    }
                }
                values.push((own.to_owned(), number));
            }
        }
        self.by_name.insert(full.clone(), Kind::Enum(self.types.enums.len()));
        self.types.enums.push(Enum { name: full, values });
        Ok(())
    }

    fn service(&mut self, bytes: &[u8], scope: &str) -> Read<()> {
        let full = full_name(bytes, scope)?;
        let mut methods = BTreeMap::new();
        for field in Fields::new(bytes) {
            let (2, Raw::Bytes(method)) = whole(field)? else { continue };
            let (mut own, mut input, mut output) = ("", "", "");
            let (mut client_streams, mut server_streams) = (false, false);
            for field in Fields::new(method) {
                match whole(field)? {
                    (1, Raw::Bytes(text)) => own = name(text)?,
                    (2, Raw::Bytes(text)) => input = name(text)?,
                    (3, Raw::Bytes(text)) => output = name(text)?,
                    (5, Raw::Varint(value)) => client_streams = value != 0,
                    (6, Raw::Varint(value)) => server_streams = value != 0,
                    _ => {}
                }
            }
            let plain = |name: &str| name.strip_prefix('.').unwrap_or(name).to_owned();
            let (input, output) = (plain(input), plain(output));
            methods.insert(own.to_owned(), Declared { input, output, client_streams, server_streams });
        }
        self.services.insert(full, methods);
        Ok(())
    }

    /// Names of types become positions.
    fn resolve(&mut self) -> Read<()> {
        for Unresolved { message, field, name } in &self.unresolved {
            let Message { name: used_by, fields, .. } = &mut self.types.messages[*message];
            let kind = &mut fields[*field].kind;
            match (self.by_name.get(name), &*kind) {
                (Some(found @ Kind::Message(_)), Kind::Message(_))
                | (Some(found @ Kind::Enum(_)), Kind::Enum(_)) => *kind = *found,
                _ => {
                    return Err(DescriptorError::Missing { name: name.clone(), used_by: used_by.clone() });
                }
            }
        }
        Ok(())
    }
}

fn whole<T>(field: Option<T>) -> Read<T> {
    field.ok_or(DescriptorError::NotOne("it breaks off, or is something else"))
}

fn name(bytes: &[u8]) -> Read<&str> {
    std::str::from_utf8(bytes).map_err(|_| DescriptorError::NotOne("a name that is not UTF-8"))
}

/// The name of a message, enumeration or service (field 1 of each) within its scope.
fn full_name(bytes: &[u8], scope: &str) -> Read<String> {
    let mut own = "";
    for field in Fields::new(bytes) {
        if let (1, Raw::Bytes(text)) = whole(field)? {
            own = name(text)?;
        }
    }
    if own.is_empty() {
        return Err(DescriptorError::NotOne("a type without a name"));
    }
    Ok(if scope.is_empty() { own.to_owned() } else { format!("{scope}.{own}") })
}

/// A flag of some options, if it is set.
fn has_flag(options: &[u8], number: u32) -> Read<Option<bool>> {
    let mut found = None;
    for field in Fields::new(options) {
        if let (other, Raw::Varint(value)) = whole(field)?
            && other == number
        {
            found = Some(value != 0);
        }
    }
    Ok(found)
}

/// The name in JSON of a field that says none.
fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_upper = false;
    for letter in name.chars() {
        match letter {
            '_' => is_upper = true,
            _ if std::mem::take(&mut is_upper) => out.extend(letter.to_uppercase()),
            _ => out.push(letter),
        }
    }
    out
}
