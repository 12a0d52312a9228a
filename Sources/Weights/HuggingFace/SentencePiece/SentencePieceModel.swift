import Core

/// A SentencePiece model file (`tokenizer.model`): a protobuf message of pieces with their scores and kinds, of what
/// they were trained as, and of how text is normalized. Numbers of fields are those of SentencePiece's `ModelProto`.
struct SentencePieceModel {
  static let fileName = "tokenizer.model"

  private(set) var spellings: [[UInt8]] = []
  private(set) var scores: [Float] = []
  private(set) var kinds: [TokenKind] = []
  /// Whether text is written with the pieces of the highest sum of scores; else pieces are merged.
  private(set) var isUnigram = true
  private(set) var beginToken: TokenID?
  private(set) var endToken: TokenID?
  /// The one piece of that kind.
  private(set) var unknownToken: TokenID = 0
  private(set) var addsPrefix = true
  /// Whether blanks at the ends go, and all but one of several.
  private(set) var removesBlanks = true

  init(_ bytes: [UInt8]) throws(CheckpointError) {
    guard bytes.count <= TokenizerFiles.byteCount else {
      throw .invalid(
        Self.fileName, nil, "is \(bytes.count) bytes long, and at most \(TokenizerFiles.byteCount) are read")
    }
    var (begin, end) = (1, 2)
    try Self.forEachField(of: bytes[...]) { (field) throws(CheckpointError) in
      switch (field.number, field.value) {
      case (1, .bytes(let piece)): try add(piece)
      case (2, .bytes(let spec)): try readTraining(spec, &begin, &end)
      case (3, .bytes(let spec)): try readNormalizer(spec)
      default: break
      }
    }
    guard !spellings.isEmpty else { throw .damaged(Self.fileName, nil, "has no pieces") }
    beginToken = control(begin)
    endToken = control(end)
    let unknown = kinds.indices.filter { kinds[$0] == .unknown }
    guard unknown.count == 1 else {
      throw .damaged(Self.fileName, nil, "has \(unknown.count) pieces for what is unknown, not one")
    }
    unknownToken = TokenID(unknown[0])
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) throws(CheckpointError) {
    guard spellings.count < Limits.maximumVocabularySize else {
      throw .invalid(Self.fileName, nil, "has more than \(Limits.maximumVocabularySize) pieces")
    }
    var (spelling, score, kind) = (ArraySlice<UInt8>(), Float(0), TokenKind.normal)
    try Self.forEachField(of: bytes) { (field) throws(CheckpointError) in
      switch (field.number, field.value) {
      case (1, .bytes(let bytes)): spelling = bytes
      case (2, .fixed32(let bits)): score = Float(bitPattern: bits)
      case (3, .number(let number)):
        guard let known = Int32(exactly: number).flatMap(TokenKind.init(rawValue:)) else {
          throw .damaged(Self.fileName, nil, "has piece \(spellings.count) of kind \(number)")
        }
        kind = known
      default: break
      }
    }
    guard score.isFinite, String(validating: spelling, as: UTF8.self) != nil else {
      throw .damaged(Self.fileName, nil, "has piece \(spellings.count) without a finite score, or not of UTF-8")
    }
    spellings.append(Array(spelling))
    scores.append(score)
    kinds.append(kind)
  }

  private mutating func readTraining(
    _ bytes: ArraySlice<UInt8>, _ begin: inout Int, _ end: inout Int
  ) throws(CheckpointError) {
    try Self.forEachField(of: bytes) { (field) throws(CheckpointError) in
      guard case .number(let number) = field.value else { return }
      switch field.number {
      case 3:
        guard number == 1 || number == 2 else {
          throw Self.unsupported("cuts text into words or characters (its model_type is \(number))")
        }
        isUnigram = number == 1
      case 24 where number != 0: throw Self.unsupported("puts blanks behind words (treat_whitespace_as_suffix)")
      // A negative number is none.
      case 41: begin = Int(truncatingIfNeeded: number)
      case 42: end = Int(truncatingIfNeeded: number)
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ bytes: ArraySlice<UInt8>) throws(CheckpointError) {
    var name = ""
    try Self.forEachField(of: bytes) { (field) throws(CheckpointError) in
      switch (field.number, field.value) {
      case (1, .bytes(let text)): name = printable(String(decoding: text, as: UTF8.self))
      case (2, .bytes(let table)) where !table.isEmpty:
        throw Self.unsupported("rewrites characters by a table\(name.isEmpty ? "" : " (its normalizer is \(name))")")
      case (3, .number(let number)): addsPrefix = number != 0
      case (4, .number(let number)): removesBlanks = number != 0
      case (5, .number(0)): throw Self.unsupported("leaves blanks as they are (escape_whitespaces is false)")
      default: break
      }
    }
  }

  private func control(_ id: Int) -> TokenID? {
    kinds.indices.contains(id) && kinds[id] == .control ? TokenID(id) : nil
  }

  private static func forEachField(
    of bytes: ArraySlice<UInt8>, _ body: (ProtobufFields.Field) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var fields = ProtobufFields(bytes)
    while let field = try next(&fields) { try body(field) }
  }

  private static func next(_ fields: inout ProtobufFields) throws(CheckpointError) -> ProtobufFields.Field? {
    do throws(ProtobufFields.Damage) {
      return try fields.next()
    } catch {
      throw .damaged(fileName, nil, "is no protobuf message at byte \(error.offset)")
    }
  }

  private static func unsupported(_ problem: String) -> CheckpointError {
    .unsupported(
      fileName, nil, problem + ", which is not supported",
      remedy: "use the model's tokenizer.json, or a GGUF file of the model")
  }
}
