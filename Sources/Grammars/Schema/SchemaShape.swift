/// What a conjunction without branches asks of a value, keyword by keyword.
struct SchemaShape {
  struct Bound {
    var value: DecimalNumber
    var isExclusive: Bool
  }

  struct Pattern {
    let language: RegexLanguage
    /// For messages.
    let origin: String
  }

  /// Kinds that are valid. Numbers include integers.
  var validKinds: Set<SchemaKind>
  /// Kinds that are written: without `type` only those of which keywords speak.
  var kinds: Set<SchemaKind>
  /// The only values, of `const` and `enum`.
  var constants: [SchemaValue]?

  var minimum: Bound?
  var maximum: Bound?
  /// The value is a multiple of all of these.
  var divisors: [Int] = []

  var minimumLength = 0
  var maximumLength: Int?
  var patterns: [Pattern] = []

  var prefix: [SchemaConjunction] = []
  var items = SchemaConjunction()
  var minimumItemCount = 0
  var maximumItemCount: Int?

  /// In the order in which they are declared.
  var propertyNames: [[UInt8]] = []
  var properties: [[UInt8]: SchemaConjunction] = [:]
  var required: Set<[UInt8]> = []
  /// What patterns say of names that are not declared: a name that some of them match has their schemas together.
  var patternProperties: [(pattern: Pattern, value: SchemaConjunction)] = []
  /// Names that are not declared.
  var additional = SchemaConjunction()
  /// What names that are not declared must match.
  var namePatterns: [Pattern] = []
  /// Whether texts are made with names that are not declared.
  var writesAdditional = false
  var minimumPropertyCount = 0
  var maximumPropertyCount: Int?

  /// Where it comes from, for messages.
  let place: SchemaDocument.PlaceID
}
