//! From tokens to operations (sections 2.3 to 2.10 of the specification).

use serde_json::Value;

use super::MAX_DEPTH;
use super::lexer::{Token, tokens};

/// Whether an operation reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Query,
    Mutation,
}

/// One operation of a document.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) name: Option<String>,
    pub(super) variables: Vec<Variable>,
    pub(super) fields: Vec<Field>,
}

/// A declared variable.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) default: Option<Value>,
}

/// A field that is asked for.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name in the answer.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Argument)>,
    /// `None`: no selection was written.
    pub(super) fields: Option<Vec<Field>>,
}

/// What an argument is given.
#[derive(Debug)]
pub(super) enum Argument {
    Value(Value),
    Variable(String),
}

/// Reads a document; what is wrong with it otherwise.
pub(super) fn parse(text: &str) -> Result<Vec<Operation>, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    let mut operations = Vec::new();
    while *parser.peek() != Token::End {
        operations.push(parser.operation()?);
    }
    Ok(operations)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    /// Takes the sign if it is next.
    fn take(&mut self, sign: char) -> bool {
        let taken = *self.peek() == Token::Sign(sign);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(format!("expected `{sign}`, got {}", self.peek())),
        }
    }

    fn name(&mut self, what: &str) -> Result<String, String> {
        match self.next() {
            Token::Name(name) => Ok(name),
            other => Err(format!("expected {what}, got {other}")),
        }
    }

    fn operation(&mut self) -> Result<Operation, String> {
        let mut operation =
            Operation { kind: Kind::Query, name: None, variables: Vec::new(), fields: Vec::new() };
        if *self.peek() != Token::Sign('{') {
            operation.kind = match self.name("an operation")?.as_str() {
                "query" => Kind::Query,
                "mutation" => Kind::Mutation,
                "subscription" => return Err("subscriptions are not supported".into()),
                "fragment" => return Err("fragments are not supported".into()),
                other => return Err(format!("expected an operation, got `{other}`")),
            };
            if let Token::Name(name) = self.peek() {
                operation.name = Some(name.clone());
                self.at += 1;
            }
            if self.take('(') {
                while !self.take(')') {
                    operation.variables.push(self.variable()?);
                }
            }
            self.no_directive()?;
        }
        self.expect('{')?;
        operation.fields = self.fields(1)?;
        Ok(operation)
    }

    fn variable(&mut self) -> Result<Variable, String> {
        self.expect('$')?;
        let name = self.name("the name of a variable")?;
        self.expect(':')?;
        self.skip_type(1)?;
        let default = match self.take('=') {
            true => Some(self.constant(1)?),
            false => None,
        };
        Ok(Variable { name, default })
    }

    /// Types are read, not compared: the fields check what they are given.
    fn skip_type(&mut self, depth: usize) -> Result<(), String> {
        not_too_deep(depth)?;
        if self.take('[') {
            self.skip_type(depth + 1)?;
            self.expect(']')?;
        } else {
            self.name("a type")?;
        }
        self.take('!');
        Ok(())
    }

    /// The fields up to the closing brace; the opening one is read already.
    fn fields(&mut self, depth: usize) -> Result<Vec<Field>, String> {
        not_too_deep(depth)?;
        let mut fields = Vec::new();
        while !self.take('}') {
            if *self.peek() == Token::Spread {
                return Err("fragments are not supported".into());
            }
            let key = self.name("a field or `}`")?;
            let name = if self.take(':') { self.name("a field")? } else { key.clone() };
            let mut arguments = Vec::new();
            if self.take('(') {
                while !self.take(')') {
                    let name = self.name("an argument or `)`")?;
                    self.expect(':')?;
                    arguments.push((name, self.argument()?));
                }
            }
            self.no_directive()?;
            let inner = match self.take('{') {
                true => Some(self.fields(depth + 1)?),
                false => None,
            };
            fields.push(Field { key, name, arguments, fields: inner });
        }
        match fields.is_empty() {
            true => Err("a selection is empty".into()),
            false => Ok(fields),
        }
    }

    fn argument(&mut self) -> Result<Argument, String> {
        match self.take('$') {
            true => Ok(Argument::Variable(self.name("the name of a variable")?)),
            false => Ok(Argument::Value(self.constant(1)?)),
        }
    }

    fn constant(&mut self, depth: usize) -> Result<Value, String> {
        not_too_deep(depth)?;
        Ok(match self.next() {
            Token::Int(number) => number.into(),
            Token::Float(number) => number.into(),
            Token::Text(text) => text.into(),
            Token::Name(name) => match name.as_str() {
                "true" => true.into(),
                "false" => false.into(),
                "null" => Value::Null,
                // An enumerated value; no argument takes one.
                _ => name.into(),
            },
            Token::Sign('[') => {
                let mut items = Vec::new();
                while !self.take(']') {
                    items.push(self.constant(depth + 1)?);
                }
                items.into()
            }
            other => return Err(format!("expected a value, got {other}")),
        })
    }

    fn no_directive(&self) -> Result<(), String> {
        match self.peek() {
            Token::Sign('@') => Err("directives are not supported".into()),
            _ => Ok(()),
        }
    }
}

fn not_too_deep(depth: usize) -> Result<(), String> {
    match depth > MAX_DEPTH {
        true => Err(format!("the document is nested deeper than {MAX_DEPTH} levels")),
        false => Ok(()),
    }
}
