/// What is made of the keywords of JSON Schema.
enum SchemaKeywords {
  /// Assertions that no context-free grammar of this size can hold.
  static let refused: [String: String] = [
    "not": "cannot be enforced: say what is allowed instead",
    "if": "cannot be enforced: use anyOf",
    "then": "cannot be enforced: use anyOf",
    "else": "cannot be enforced: use anyOf",
    "dependentRequired": "cannot be enforced: use anyOf",
    "dependentSchemas": "cannot be enforced: use anyOf",
    "dependencies": "cannot be enforced: use anyOf",
    "contains": "cannot be enforced: use prefixItems or items",
    "minContains": "cannot be enforced: use prefixItems or items",
    "maxContains": "cannot be enforced: use prefixItems or items",
    "unevaluatedItems": "cannot be enforced: use items",
    "$dynamicRef": "is not supported: use $ref",
    "$recursiveRef": "is not supported: use $ref",
    "extends": "is not supported: use allOf",
    "disallow": "is not supported: say what is allowed instead",
  ]

  /// Keywords that speak of one kind of value: a schema without `type` that has them means that kind.
  static let kinds: [String: SchemaKind] = [
    "properties": .object, "required": .object, "additionalProperties": .object, "patternProperties": .object,
    "propertyNames": .object, "minProperties": .object, "maxProperties": .object, "unevaluatedProperties": .object,
    "items": .array, "prefixItems": .array, "minItems": .array, "maxItems": .array, "uniqueItems": .array,
    "minLength": .string, "maxLength": .string, "pattern": .string, "format": .string,
    "minimum": .number, "maximum": .number, "exclusiveMinimum": .number, "exclusiveMaximum": .number,
    "multipleOf": .number,
  ]
}
