import Hummingbird
import JSON

/// The API as an OpenAPI 3.1 document, made of the routes and of the tables of fields.
struct OpenAPIDocument: Sendable {
  let version: String
  let routes: [Route]

  /// The fields of each body, by the path that takes it.
  static let bodies: [String: FieldTable] = [
    "chat/completions": .chat, "chat/completions/input_tokens": .chat, "completions": .completion,
    "embeddings": EmbeddingTables.embeddings,
    "embedding": EmbeddingTables.embeddings,
    "responses": ResponsesTables.body, "responses/input_tokens": ResponsesTables.body, "messages": .messages,
    "messages/count_tokens": .messages, "completion": .native, "infill": InfillTables.all, "tokenize": .tokenize,
    "detokenize": .detokenize, "apply-template": .applyTemplate, "score": EmbeddingTables.score,
    "rerank": EmbeddingTables.rerank,
    "reranking": EmbeddingTables.rerank, "v2/rerank": EmbeddingTables.rerank, "api/chat": OllamaTables.chat,
    "api/generate": OllamaTables.generate,
    "api/embed": EmbeddingTables.ollama, "api/embeddings": EmbeddingTables.ollama, "api/show": OllamaShowRequest.table,
  ]

  var json: JSONValue {
    var paths = JSONObject()
    for route in routes {
      let path = Self.path(of: route)
      var operations = paths[path]?.object ?? JSONObject()
      operations[route.method.rawValue.lowercased()] = operation(route)
      paths[path] = .object(operations)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Longhaul", "version": .string(version),
        "description": "Every path exists with and without /v1. Fields that are not listed are ignored.",
      ],
      "paths": .object(paths),
      "components": ["securitySchemes": ["key": ["type": "http", "scheme": "bearer"]]],
      "security": [[:], ["key": []]],
    ]
  }

  /// As OpenAPI writes it: parameters in braces.
  private static func path(of route: Route) -> String {
    route.path.split(separator: "/").reduce("") { path, part in
      path + "/" + (part == "**" ? "{name}" : part.hasPrefix(":") ? "{\(part.dropFirst())}" : String(part))
    }
  }

  private func operation(_ route: Route) -> JSONValue {
    var operation: JSONObject = [
      "responses": [
        "200": ["description": "The answer."], "400": ["description": "A field is wrong; the error names it."],
      ]
    ]
    let parameters = route.path.split(separator: "/").compactMap { part -> JSONValue? in
      guard part == "**" || part.hasPrefix(":") else { return nil }
      let name = part == "**" ? "name" : String(part.dropFirst())
      return ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
    }
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    if route.method == .post, let table = Self.bodies[route.path] {
      operation["requestBody"] = ["required": true, "content": ["application/json": ["schema": table.schema]]]
    }
    return .object(operation)
  }
}

extension FieldTable {
  /// The fields that are obeyed, as a schema that names and describes them. What values they take, the server says in
  /// the errors of those that they do not.
  var schema: JSONValue {
    var properties = JSONObject()
    for field in fields where field.handling == .obeyed {
      var property: JSONObject = ["description": .string(field.note)]
      if !field.standard.isEmpty, field.standard != "required" {
        property["description"] = .string("\(field.note) (default: \(field.standard))")
      }
      properties[field.name] = .object(property)
    }
    let required = fields.filter { $0.handling == .obeyed && $0.standard == "required" }.map(\.name)
    var schema: JSONObject = ["type": "object", "properties": .object(properties)]
    if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
    return .object(schema)
  }
}
