/// Schemas of every keyword that is enforced.
extension SchemaTests {
  static let cases = values + strings + numbers + arrays + objects + combined

  static let values = [
    Case(
      "anything", "true", valid: ["1", "-0.5e-3", "\"a\\n\\u00e9\\ud83d\\ude00\"", "[]", "{\"a\": [1, {}]}", "null"],
      invalid: ["", "01", "tru", "[1,]", "{\"a\"}", "\"\\ud83d\"", "\"\n\"", "1 ", "nulll"]),
    Case("types", #"{"type": ["boolean", "null"]}"#, valid: ["true", "false", "null"], invalid: ["0", "\"a\""]),
    Case(
      "an enum", #"{"enum": ["a\"b", 1, 1.50, null, {"x": [true]}]}"#,
      valid: [#""a\"b""#, "1", "1.5", "null", #"{"x":[true]}"#], invalid: ["2", "\"a\"", "{}"]),
    Case("a const", #"{"const": "é"}"#, valid: ["\"é\""], invalid: ["\"e\"", "\"\""]),
    Case(
      "an enum under other keywords",
      #"{"enum": [1, 5, "ab", "abc", [1], ["x"]], "maximum": 3, "minLength": 3, "items": {"type": "string"}}"#,
      valid: ["1", "\"abc\"", "[\"x\"]"], invalid: ["5", "\"ab\"", "[1]"]),
    Case(
      "an object, of json_object's kind", #"{"type": "object"}"#, valid: ["{}", "{\"a\": {}}", "{\n  \"a\": 1\n}"],
      invalid: ["[]", "1"]),
  ]

  static let strings = [
    Case(
      "lengths count characters", #"{"type": "string", "minLength": 2, "maxLength": 3}"#,
      valid: ["\"ab\"", "\"é😀a\"", #""\n\ud83d\ude00""#], invalid: ["\"a\"", "\"abcd\"", "\"\""]),
    Case(
      "a pattern may lie anywhere", #"{"type": "string", "pattern": "b+"}"#, valid: ["\"abbc\"", "\"b\"", "\"\\nb\""],
      invalid: ["\"ac\"", "b"]),
    Case(
      "an anchored pattern", #"{"type": "string", "pattern": "^[A-Z]{2}-\\d{3,}$"}"#,
      valid: ["\"AB-123\"", "\"AB-1234\""],
      invalid: ["\"AB-12\"", "\"xAB-123\"", "\"AB-123x\""]),
    Case(
      "characters of a pattern are escaped", #"{"type": "string", "pattern": "^[\"\\\\\n]é$"}"#,
      valid: [#""\"é""#, #""\\é""#, #""\né""#], invalid: ["\"\"é\"", "\"é\""]),
    Case(
      "a pattern and lengths", #"{"type": "string", "pattern": "^a*b*$", "minLength": 2, "maxLength": 3}"#,
      valid: ["\"aa\"", "\"abb\""], invalid: ["\"a\"", "\"aabb\"", "\"ba\""]),
    Case(
      "two patterns", #"{"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "b"}]}"#, valid: ["\"xbya\""],
      invalid: ["\"a\"", "\"b\""]),
    Case(
      "dates", #"{"type": "string", "format": "date"}"#,
      valid: ["\"2024-02-29\"", "\"2000-02-29\"", "\"2023-12-31\""],
      invalid: ["\"2023-02-29\"", "\"1900-02-29\"", "\"2024-13-01\"", "\"2024-04-31\"", "\"24-01-01\""]),
    Case(
      "times", #"{"type": "string", "format": "date-time"}"#,
      valid: ["\"2024-01-01T23:59:59Z\"", "\"2024-01-01T00:00:00.25+02:00\""],
      invalid: ["\"2024-01-01\"", "\"2024-01-01T24:00:00Z\"", "\"2024-01-01T10:00:00\""]),
    Case(
      "addresses", #"{"anyOf": [{"format": "ipv4"}, {"format": "email"}, {"format": "uuid"}, {"format": "ipv6"}]}"#,
      valid: [
        "\"255.0.10.1\"", "\"a.b@example.org\"",
        "\"123e4567-e89b-12d3-a456-426614174000\"", "\"::1\"", "\"fe80::1:2\"",
      ],
      invalid: ["\"256.0.0.1\"", "\"a@\"", "\"1::2::3\"", "\"12345\""]),
  ]

  static let numbers = [
    Case("integers", #"{"type": "integer"}"#, valid: ["0", "-7", "123456"], invalid: ["1.0", "01", "-0", "1e3", "-"]),
    Case(
      "a range of integers", #"{"type": "integer", "minimum": -12, "maximum": 105}"#,
      valid: ["-12", "-9", "0", "9", "99", "100", "105"], invalid: ["-13", "106", "110", "1000", "-0", "00"]),
    Case(
      "open ends", #"{"type": "integer", "exclusiveMinimum": 17}"#, valid: ["18", "20", "99", "100", "1000000"],
      invalid: ["17", "9", "1", "-20"]),
    Case(
      "a range below zero", #"{"type": "integer", "minimum": -205, "exclusiveMaximum": -17}"#,
      valid: ["-18", "-99", "-100", "-205"], invalid: ["-17", "-206", "-9", "0", "18"]),
    Case(
      "a range of numbers", #"{"type": "number", "minimum": 0.5, "exclusiveMaximum": 1.25}"#,
      valid: ["0.5", "0.50", "0.75", "1", "1.0", "1.2", "1.249"],
      invalid: ["0.49", "1.25", "1.250", "0", "2", "-0.7", "0."]),
    Case(
      "a range around zero", #"{"type": "number", "minimum": -1.5, "maximum": 1}"#,
      valid: ["-1.5", "-0.5", "0", "0.999", "1.00"], invalid: ["-1.51", "1.01", "-2", "-0"]),
    Case(
      "multiples", #"{"type": "integer", "multipleOf": 7, "minimum": 10}"#, valid: ["14", "21", "7000"],
      invalid: ["7", "15", "22"]),
    Case(
      "one number", #"{"type": "number", "minimum": 3, "maximum": 3}"#,
      valid: ["3", "3.0"], invalid: ["2", "3.1", "33"]),
    Case("a format", #"{"type": "integer", "format": "int8"}"#, valid: ["-128", "127"], invalid: ["128", "-129"]),
  ]

  static let arrays = [
    Case(
      "items", #"{"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}"#,
      valid: ["[1]", "[1, 2,3]", "[\n  1\n]"], invalid: ["[]", "[1,2,3,4]", "[\"a\"]", "[1,]"]),
    Case("no items", #"{"type": "array", "maxItems": 0}"#, valid: ["[]", "[ ]"], invalid: ["[1]"]),
    Case(
      "a tuple", #"{"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": false, "minItems": 1}"#,
      valid: ["[1]", "[1,\"a\"]"], invalid: ["[]", "[\"a\"]", "[1,\"a\",2]"]),
    Case(
      "a tuple of draft 7", #"{"items": [{"type": "integer"}, {"type": "string"}], "additionalItems": false}"#,
      valid: ["[]", "[1]", "[1,\"a\"]"], invalid: ["[\"a\"]", "[1,\"a\",2]", "7"]),
    Case(
      "a tuple with more", #"{"prefixItems": [{"const": 1}], "items": {"const": 2}, "minItems": 2, "maxItems": 3}"#,
      valid: ["[1,2]", "[1,2,2]"], invalid: ["[1]", "[1,1]", "[1,2,2,2]"]),
  ]

  static let objects = [
    Case(
      "properties in their order",
      #"{"properties": {"b": {"type": "integer"}, "a": {"type": "string"}, "c": {}}, "required": ["a"]}"#,
      valid: [#"{"b": 1, "a": "x"}"#, #"{"a":"x","c":[]}"#, #"{"a": "x"}"#],
      invalid: ["{}", #"{"b": 1}"#, #"{"a": "x", "b": 1}"#, #"{"a": "x", "d": 1}"#, #"{"a": "x",}"#, #"{,"a": "x"}"#]),
    Case(
      "names to be escaped", #"{"properties": {"a\"\\/é": {"const": 1}}, "required": ["a\"\\/é"]}"#,
      valid: [#"{"a\"\\/é": 1}"#], invalid: ["{}", #"{"a": 1}"#]),
    Case(
      "others", #"{"properties": {"a": {"const": 1}}, "additionalProperties": {"const": 2}}"#,
      valid: ["{}", #"{"a": 1}"#, #"{"a": 1, "b": 2, "ab": 2}"#, #"{"": 2}"#],
      invalid: [#"{"a": 2}"#, #"{"b": 1}"#, #"{"a": 1, "a": 2}"#]),
    Case(
      "no others", #"{"type": "object", "additionalProperties": false}"#,
      valid: ["{}", "{ }"], invalid: [#"{"a": 1}"#]),
    Case(
      "required names that are not declared", #"{"required": ["x"], "additionalProperties": {"type": "null"}}"#,
      valid: [#"{"x": null}"#, #"{"x": null, "y": null}"#], invalid: ["{}", #"{"x": 1}"#]),
    Case(
      "counts", #"{"properties": {"a": {}, "b": {}, "c": {}}, "minProperties": 1, "maxProperties": 2}"#,
      valid: [#"{"a": 1}"#, #"{"a": 1, "c": 1}"#], invalid: ["{}", #"{"a": 1, "b": 1, "c": 1}"#]),
    Case(
      "patterns of names",
      #"""
      {"properties": {"xa": {}}, "patternProperties": {"^x": {"const": 1}, "y$": {"type": "integer"}},
      "additionalProperties": false}
      """#,
      valid: [#"{"xa": 1, "xb": 1}"#, #"{"by": 2}"#, #"{"xy": 1}"#, "{}"],
      invalid: [#"{"xa": 2}"#, #"{"xb": 2}"#, #"{"xy": 2}"#, #"{"b": 1}"#]),
    Case(
      "names from a list", #"{"propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"type": "integer"}}"#,
      valid: ["{}", #"{"b": 1, "a": 2}"#], invalid: [#"{"c": 1}"#, #"{"a": "x"}"#]),
    Case(
      "unevaluated properties",
      #"{"allOf": [{"properties": {"a": {"const": 1}}}], "properties": {"b": {}}, "unevaluatedProperties": false}"#,
      valid: [#"{"b": 2}"#, #"{"b": 2, "a": 1}"#], invalid: [#"{"c": 1}"#, #"{"a": 2}"#]),
  ]

  static let combined = [
    Case(
      "one of some", #"{"anyOf": [{"type": "integer"}, {"const": "x"}]}"#,
      valid: ["1", "\"x\""], invalid: ["\"y\"", "null"]),
    Case(
      "keywords beside branches", #"{"type": "string", "anyOf": [{"maxLength": 1}, {"minLength": 3}]}"#,
      valid: ["\"\"", "\"abc\""], invalid: ["\"ab\"", "1"]),
    Case(
      "branches that exclude each other",
      #"""
      {"oneOf": [{"properties": {"k": {"const": "a"}, "v": {"type": "integer"}}, "required": ["k"]},
      {"properties": {"k": {"const": "b"}}, "required": ["k"]}]}
      """#,
      valid: [#"{"k": "a", "v": 1}"#, #"{"k": "b"}"#], invalid: [#"{"k": "b", "v": 1}"#, #"{"k": "c"}"#]),
    Case(
      "all of some",
      #"""
      {"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]},
      {"properties": {"a": {"minimum": 3}, "b": {"const": 1}}}]}
      """#,
      valid: [#"{"a": 3}"#, #"{"a": 4, "b": 1}"#], invalid: [#"{"a": 2}"#, #"{"b": 1}"#]),
    Case(
      "two groups of branches",
      #"{"anyOf": [{"minimum": 5}, {"maximum": 2}], "oneOf": [{"multipleOf": 3}], "type": "integer"}"#,
      valid: ["6", "0", "-3"], invalid: ["3", "5", "2"]),
    Case(
      "references",
      ##"""
      {"$defs": {"n": {"type": "integer"}, "a~b/c": {"const": 1}}, "items": false,
      "prefixItems": [{"$ref": "#/$defs/n"}, {"$ref": "#/$defs/a~0b~1c"}]}
      """##,
      valid: ["[5,1]", "[]"], invalid: ["[5,2]", "[\"a\"]"]),
    Case(
      "recursion",
      ##"""
      {"$ref": "#/$defs/t", "$defs": {"t": {"type": "object", "properties": {"v": {"type": "integer"},
      "t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}, "required": ["v"], "additionalProperties": false}}}
      """##,
      valid: [#"{"v": 1}"#, #"{"v": 1, "t": [{"v": 2, "t": []}, {"v": 3}]}"#],
      invalid: [#"{"t": []}"#, #"{"v": 1, "t": [{}]}"#]),
    Case(
      "anchors", ##"{"items": {"$ref": "#n"}, "$defs": {"x": {"$anchor": "n", "type": "null"}}}"##, valid: ["[null]"],
      invalid: ["[1]"]),
    Case(
      "keywords beside a reference",
      ##"{"$ref": "#/$defs/n", "maximum": 3, "$defs": {"n": {"type": "integer", "minimum": 2}}}"##,
      valid: ["2", "3"], invalid: ["1", "4"]),
    Case(
      "what is not known says nothing", #"{"type": "null", "x-order": 3, "title": "t", "default": 1}"#,
      valid: ["null"], invalid: ["1"]),
  ]
}
