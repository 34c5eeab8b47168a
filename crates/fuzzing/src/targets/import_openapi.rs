//! Descriptions of APIs: whatever is made of one is a scenario.

use super::super::imported;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "openapi: 3.0.0\n", "swagger: '2.0'\n", "paths:\n", "  /a/{b}:\n", "    get:\n", "    delete:\n", "parameters: [", "{ name: b, in: path",
    "in: query, required: true", "schema: { type: object, properties: { ", "$ref: '#/components/schemas/A'", "allOf: [", "oneOf: [",
    "requestBody: { content: { application/json: ", "multipart/form-data", "application/x-www-form-urlencoded", "example: ",
    "type: array, items: ", "minItems: 3", "security: [{ a: [] }]", "{{", "}}", "format: password", "responses: { '200': {} }", "tags: [t]",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    imported::run(data, "f.yaml");
}
