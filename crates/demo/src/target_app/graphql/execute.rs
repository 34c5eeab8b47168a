//! Checks an operation against the shop's types, then runs it. Nothing is done for an operation that does
//! not pass the check (section 5 of the specification).

use serde_json::{Map, Value, json};

use super::super::shop::{self, Order, PRODUCTS, Product, Shop};
use super::parser::{Argument, Field, Kind, Operation};

/// The types of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Query,
    Mutation,
    Product,
    Order,
    Scalar,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Query => "Query",
            Type::Mutation => "Mutation",
            Type::Product => "Product",
            Type::Order => "Order",
            Type::Scalar => "scalar",
        }
    }

    /// Type and arguments of a field; the first argument is required.
    fn field(self, name: &str) -> Option<(Type, &'static [&'static str])> {
        Some(match (self, name) {
            (_, "__typename") => (Type::Scalar, &[]),
            (Type::Query, "products") => (Type::Product, &[]),
            (Type::Query, "product") => (Type::Product, &["id"]),
            (Type::Query, "orders") => (Type::Order, &[]),
            (Type::Mutation, "createOrder") => (Type::Order, &["productId", "quantity"]),
            (Type::Product, "id" | "name" | "priceCents") => (Type::Scalar, &[]),
            (Type::Order, "id" | "productId" | "quantity" | "totalCents") => (Type::Scalar, &[]),
            (Type::Order, "product") => (Type::Product, &[]),
            _ => return None,
        })
    }
}

/// Runs one operation of a document. The answer, or what is wrong with the request.
pub(super) fn execute(
    shop: &Shop,
    document: &[Operation],
    name: Option<&str>,
    given: &Map<String, Value>,
) -> Result<Value, Vec<String>> {
    let operation = choose(document, name).map_err(|message| vec![message])?;
    let root = match operation.kind {
        Kind::Query => Type::Query,
        Kind::Mutation => Type::Mutation,
    };
    let mut variables = Map::new();
    for variable in &operation.variables {
        if let Some(value) = given.get(&variable.name).or(variable.default.as_ref()) {
            variables.insert(variable.name.clone(), value.clone());
        }
    }
    let scope = Scope { operation, variables };
    let mut problems = Vec::new();
    scope.check(root, &operation.fields, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let (mut data, mut errors) = (Map::new(), Vec::new());
    for field in &operation.fields {
        let value = scope.root_field(shop, root, field).unwrap_or_else(|message| {
            errors.push(json!({ "message": message, "path": [field.key] }));
            Value::Null
        });
        data.insert(field.key.clone(), value);
    }
    Ok(match errors.is_empty() {
        true => json!({ "data": data }),
        false => json!({ "errors": errors, "data": data }),
    })
}

fn choose<'a>(document: &'a [Operation], name: Option<&str>) -> Result<&'a Operation, String> {
    match (document, name) {
        ([], _) => Err("the document has no operation".into()),
        (all, Some(name)) => all
            .iter()
            .find(|operation| operation.name.as_deref() == Some(name))
            .ok_or_else(|| format!("there is no operation `{name}`")),
        ([one], None) => Ok(one),
        (all, None) => {
            Err(format!("the document has {} operations: `operationName` must say which", all.len()))
        }
    }
}

struct Scope<'a> {
    operation: &'a Operation,
    variables: Map<String, Value>,
}

impl Scope<'_> {
    fn check(&self, of: Type, fields: &[Field], problems: &mut Vec<String>) {
        for field in fields {
            let name = &field.name;
            let Some((type_, takes)) = of.field(name) else {
                problems.push(format!("there is no field `{name}` on `{}`", of.name()));
                continue;
            };
            for (argument, value) in &field.arguments {
                if !takes.contains(&argument.as_str()) {
                    problems.push(format!("`{name}` takes no argument `{argument}`"));
                } else if let Err(problem) = self.number(argument, value) {
                    problems.push(problem);
                }
            }
            if let Some(required) = takes.first()
                && !field.arguments.iter().any(|(argument, _)| argument == required)
            {
                problems.push(format!("`{name}` needs the argument `{required}`"));
            }
            match (&field.fields, type_) {
                (None, Type::Scalar) => {}
                (Some(_), Type::Scalar) => problems.push(format!("`{name}` is a scalar and has no fields")),
                (None, _) => {
                    problems.push(format!("`{name}` is a `{}`: say which of its fields", type_.name()));
                }
                (Some(inner), _) => self.check(type_, inner, problems),
            }
        }
    }

    /// The value of an argument; all of them are numbers.
    fn number(&self, name: &str, argument: &Argument) -> Result<u32, String> {
        let value = match argument {
            Argument::Value(value) => value,
            Argument::Variable(variable) => {
                if !self.operation.variables.iter().any(|declared| declared.name == *variable) {
                    return Err(format!("the variable `${variable}` is not declared"));
                }
                self.variables
                    .get(variable)
                    .ok_or_else(|| format!("the variable `${variable}` has no value"))?
            }
        };
        // An id may come as text (section 3.5.5).
        let number = value.as_u64().or_else(|| value.as_str().filter(|_| name == "id")?.parse().ok());
        number
            .and_then(|number| u32::try_from(number).ok())
            .ok_or_else(|| format!("`{name}` must be a whole number from 0, not {value}"))
    }

    fn argument(&self, field: &Field, name: &str) -> Result<Option<u32>, String> {
        let given = field.arguments.iter().find(|(argument, _)| argument == name);
        given.map(|(_, value)| self.number(name, value)).transpose()
    }

    fn root_field(&self, shop: &Shop, of: Type, field: &Field) -> Result<Value, String> {
        let inner = field.fields.as_deref().unwrap_or_default();
        Ok(match field.name.as_str() {
            "products" => PRODUCTS.iter().map(|found| product(found, inner)).collect(),
            "product" => {
                let id = self.argument(field, "id")?.unwrap_or_default();
                shop::product(id).map_or(Value::Null, |found| product(found, inner))
            }
            "orders" => shop.latest().iter().map(|found| order(found, inner)).collect(),
            "createOrder" => {
                let id = self.argument(field, "productId")?.unwrap_or_default();
                let quantity = self.argument(field, "quantity")?.unwrap_or(1);
                order(&shop.order(id, quantity).map_err(|error| error.to_string())?, inner)
            }
            _ => of.name().into(),
        })
    }
}

fn product(product: &Product, fields: &[Field]) -> Value {
    object(fields, |field| match field.name.as_str() {
        "id" => product.id.into(),
        "name" => product.name.into(),
        "priceCents" => product.price_cents.into(),
        _ => Type::Product.name().into(),
    })
}

fn order(order: &Order, fields: &[Field]) -> Value {
    object(fields, |field| match field.name.as_str() {
        "id" => order.id.into(),
        "productId" => order.product_id.into(),
        "quantity" => order.quantity.into(),
        "totalCents" => order.total_cents.into(),
        "product" => {
            let inner = field.fields.as_deref().unwrap_or_default();
            shop::product(order.product_id).map_or(Value::Null, |found| product(found, inner))
        }
        _ => Type::Order.name().into(),
    })
}

fn object(fields: &[Field], value: impl Fn(&Field) -> Value) -> Value {
    fields.iter().map(|field| (field.key.clone(), value(field))).collect::<Map<_, _>>().into()
}
