//! Types as a descriptor describes them.

/// All types of a descriptor; they refer to each other by position.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Types {
    pub messages: Vec<Message>,
    pub enums: Vec<Enum>,
}

/// A type of message.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Message {
    /// Full name, without a dot before it.
    pub name: String,
    pub fields: Vec<Field>,
    /// Whether it stands for an entry of a map: its fields are key (1) and value (2).
    pub is_map_entry: bool,
}

/// A field of a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub name: String,
    pub json_name: String,
    pub number: u32,
    pub kind: Kind,
    pub is_repeated: bool,
    pub is_packed: bool,
    /// Whether its absence and its default are two things.
    pub has_presence: bool,
    /// Which of the message's oneofs it belongs to.
    pub oneof: Option<u32>,
}

/// An enumeration.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Enum {
    pub name: String,
    pub values: Vec<(String, i32)>,
}

/// Type of a single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Fixed64,
    Fixed32,
    Bool,
    String,
    Message(usize),
    Bytes,
    Uint32,
    Enum(usize),
    Sfixed32,
    Sfixed64,
    Sint32,
    Sint64,
}

impl Kind {
    /// How it stands in a message (the three low bits of a tag).
    pub fn wire_type(self) -> u8 {
        match self {
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
            Kind::String | Kind::Bytes | Kind::Message(_) => 2,
            _ => 0,
        }
    }

    /// What is expected in its place, in words.
    pub fn expected(self, types: &Types) -> String {
        match self {
            Kind::Double | Kind::Float => "a number".to_owned(),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "a whole number of 64 bits".to_owned(),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "a whole number of 32 bits".to_owned(),
            Kind::Uint64 | Kind::Fixed64 => "a whole number of 64 bits, not negative".to_owned(),
            Kind::Uint32 | Kind::Fixed32 => "a whole number of 32 bits, not negative".to_owned(),
            Kind::Bool => "true or false".to_owned(),
            Kind::String => "text".to_owned(),
            Kind::Bytes => "bytes in base64".to_owned(),
            Kind::Message(at) => format!("a {}", types.messages[at].name),
            Kind::Enum(at) => format!("a value of {}", types.enums[at].name),
        }
    }
}

impl Types {
    /// The field of a map that this one is: key and value.
    pub fn map_entry(&self, field: &Field) -> Option<(&Field, &Field)> {
        let Kind::Message(at) = field.kind else { return None };
        let message = &self.messages[at];
        let of = |number| message.fields.iter().find(|field| field.number == number);
        if field.is_repeated && message.is_map_entry { of(1).zip(of(2)) } else { None }
    }
}
