//! `POST /graphql`: products and orders in the query language of the GraphQL specification (October 2021).
//!
//! Read are operations with fields, aliases, arguments, variables and their defaults; fragments and
//! directives are refused by name. A document that cannot be read or names what does not exist is answered
//! with 200 and `errors`, as servers do that answer `application/json`; only a body that is no GraphQL
//! request at all gets 400.

mod execute;
mod lexer;
mod parser;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::shop::Shop;
use crate::reply::Reply;

/// Deepest nesting of selections and of values.
const MAX_DEPTH: usize = 16;

#[derive(Deserialize)]
struct Request {
    query: String,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
}

/// Answers the body of one request.
pub(super) fn answer(shop: &Shop, body: &[u8]) -> Reply {
    let Request { query, variables, operation_name } = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("expected {{\"query\": …, \"variables\"?: {{…}}}}: {error}");
            return Reply::json(StatusCode::BAD_REQUEST, &errors(&[message]));
        }
    };
    let variables = variables.unwrap_or_default();
    let answer = parser::parse(&query)
        .map_err(|message| vec![message])
        .and_then(|document| execute::execute(shop, &document, operation_name.as_deref(), &variables));
    Reply::json(StatusCode::OK, &answer.unwrap_or_else(|messages| errors(&messages)))
}

fn errors(messages: &[String]) -> Value {
    let list: Vec<Value> = messages.iter().map(|message| json!({ "message": message })).collect();
    json!({ "errors": list })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn ask(shop: &Shop, body: &Value) -> Value {
        let reply = answer(shop, body.to_string().as_bytes());
        assert_eq!(reply.status, StatusCode::OK);
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn query(text: &str) -> Value {
        ask(&Shop::default(), &json!({ "query": text }))
    }

    #[test]
    fn fields_are_those_that_were_asked_for() {
        let answer = query("{ products { id name } }");
        assert_eq!(answer["data"]["products"][0], json!({ "id": 1, "name": "Kettlebell" }));
        assert_eq!(answer["data"]["products"].as_array().unwrap().len(), 10);
        assert_eq!(
            query(
                "query One { first: product(id: 2) { __typename priceCents } missing: product(id: 99) { id } }"
            ),
            json!({ "data": { "first": { "__typename": "Product", "priceCents": 1290 }, "missing": null } })
        );
    }

    #[test]
    fn orders_are_made_with_variables() {
        let shop = Shop::default();
        let mutation = "mutation Buy($p: Int!, $n: Int = 2) {
            createOrder(productId: $p, quantity: $n) { id product { name } quantity totalCents }
        }";
        let made = ask(&shop, &json!({ "query": mutation, "variables": { "p": 9 } }));
        let order =
            json!({ "id": 1, "product": { "name": "Water bottle" }, "quantity": 2, "totalCents": 1780 });
        assert_eq!(made, json!({ "data": { "createOrder": order } }));
        let refused = ask(&shop, &json!({ "query": mutation, "variables": { "p": 9, "n": 0 } }));
        assert_eq!(refused["data"]["createOrder"], Value::Null);
        assert_eq!(refused["errors"][0]["path"], json!(["createOrder"]));
        let listed = ask(&shop, &json!({ "query": "{ orders { id productId } }" }));
        assert_eq!(listed, json!({ "data": { "orders": [{ "id": 1, "productId": 9 }] } }));
    }

    #[test]
    fn what_does_not_exist_is_named_and_nothing_is_done() {
        for (text, message) in [
            ("{ products { id colour } }", "there is no field `colour` on `Product`"),
            ("{ customers { id } }", "there is no field `customers` on `Query`"),
            ("{ createOrder(productId: 1) { id } }", "there is no field `createOrder` on `Query`"),
            ("{ products }", "`products` is a `Product`: say which of its fields"),
            ("{ products { id { x } } }", "`id` is a scalar and has no fields"),
            ("{ product { id } }", "`product` needs the argument `id`"),
            ("{ product(id: 1, x: 2) { id } }", "`product` takes no argument `x`"),
            ("{ product(id: \"one\") { id } }", "`id` must be a whole number from 0, not \"one\""),
            ("query($i: Int!) { product(id: $i) { id } }", "the variable `$i` has no value"),
            ("{ product(id: $i) { id } }", "the variable `$i` is not declared"),
            ("subscription { products { id } }", "subscriptions are not supported"),
            ("{ ...F }", "fragments are not supported"),
            ("{ products @skip(if: true) { id } }", "directives are not supported"),
            ("{ products { id }", "expected a field or `}`, got the end"),
            ("", "the document has no operation"),
            ("{ a } { b }", "the document has 2 operations: `operationName` must say which"),
            (
                "mutation { createOrder(productId: 1) { id nothing } }",
                "there is no field `nothing` on `Order`",
            ),
        ] {
            let shop = Shop::default();
            let answer = ask(&shop, &json!({ "query": text }));
            let said = answer["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(said.contains(message), "{text}: {answer}");
            assert!(answer.get("data").is_none() && shop.latest().is_empty(), "{text}: {answer}");
        }
        let reply = answer(&Shop::default(), b"{}");
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn the_operation_is_chosen_by_name() {
        let body = json!({ "query": "query A { a: __typename } mutation B { b: __typename }", "operationName": "B" });
        assert_eq!(ask(&Shop::default(), &body), json!({ "data": { "b": "Mutation" } }));
    }

    #[test]
    fn depth_is_bounded() {
        for text in ["{a".repeat(30_000), format!("{{a(x:{}", "[".repeat(30_000))] {
            let message = query(&text)["errors"][0]["message"].as_str().unwrap().to_owned();
            assert!(message.contains("deeper than"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn no_document_makes_it_panic(
            pieces in proptest::collection::vec(prop::sample::select(vec![
                "{", "}", "(", ")", ":", "$", "!", "=", "[", "]", "...", "@", "\"", "\"\"\"", "\\", "#", "\n", ",",
                "query", "mutation", "products", "product", "id", "name", "createOrder", "productId", "1", "-1",
                "1.5", "true", "null", "\"x\"", " ", "é", "99999999999999999999",
            ]), 0..30)
        ) {
            query(&pieces.concat());
        }
    }
}
