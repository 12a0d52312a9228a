/// Types and functions of a Swift file with the lines they take, read off its braces.
struct SwiftDeclarations {
  struct Declaration {
    enum Kind { case type, function }
    let kind: Kind
    /// Of a type with the types around it, as `Outer.Inner`; an extension has the name of what it extends.
    let name: String
    /// From 1.
    let firstLine: Int
    let lineCount: Int
    /// Lines of the types declared in it.
    let nestedTypeLineCount: Int
    /// Whether it bears `@Test`.
    let isTest: Bool
    /// A type's own lines: those declared in it are counted for themselves.
    var ownLineCount: Int { lineCount - nestedTypeLineCount }
  }

  /// What a brace closes.
  private struct Block {
    var kind: Declaration.Kind?
    var name = ""
    var firstLine: Int
    var parentheses = 0
    var nestedTypeLineCount = 0
    var isTest = false
    /// A declaration in whose parentheses the block stands.
    var around: [Block] = []
  }

  private(set) var all: [Declaration] = []
  /// Whether every brace, bracket and parenthesis has its partner: else the file was misread.
  private(set) var isBalanced = true
  private let code: [UInt8]
  private var open: [Block] = []
  /// A declaration whose brace has not come, with the depth of parentheses it stands at.
  private var pending: Block?
  private var parentheses = 0
  private var line = 1
  private var at = 0
  private var last: UInt8 = 0
  private var hasTestAttribute = false

  init(_ text: String) {
    code = SourceMask(text).code
    while at < code.count { step() }
    isBalanced = isBalanced && open.isEmpty && parentheses == 0
  }

  private static let types: Set<String> = ["struct", "class", "enum", "actor", "protocol", "extension"]
  private static let functions: Set<String> = ["func", "init", "deinit", "subscript"]
  private static let values: Set<String> = ["var", "let", "case", "if", "for", "while", "switch", "guard", "do"]

  private mutating func step() {
    let byte = code[at]
    if SourceMask.isWord(byte) { return takeWord() }
    switch byte {
    case UInt8(ascii: "\n"): line += 1
    case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
    case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
    case UInt8(ascii: "{"): openBlock()
    case UInt8(ascii: "}"): closeBlock()
    default: break
    }
    if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\n") { last = byte }
    at += 1
  }

  private mutating func word() -> String {
    let start = at
    while at < code.count, SourceMask.isWord(code[at]) { at += 1 }
    return String(decoding: code[start..<at], as: UTF8.self)
  }

  private mutating func takeWord() {
    let before = last
    let found = word()
    last = UInt8(ascii: "a")
    guard before != UInt8(ascii: ".") else { return }
    if before == UInt8(ascii: "@") {
      if found == "Test" { hasTestAttribute = true }
    } else if Self.types.contains(found) {
      if let name = typeName() { pending = Block(kind: .type, name: name, firstLine: line, parentheses: parentheses) }
    } else if Self.functions.contains(found) {
      pending = Block(
        kind: .function, name: functionName(found), firstLine: line, parentheses: parentheses, isTest: hasTestAttribute)
      hasTestAttribute = false
    } else if Self.values.contains(found), pending?.parentheses == parentheses {
      pending = nil
    }
  }

  /// The capitalized name behind a type's keyword; nil where the word is another (`class func`, a label).
  private func typeName() -> String? {
    var end = at
    while end < code.count, code[end] == UInt8(ascii: " ") { end += 1 }
    let start = end
    while end < code.count, SourceMask.isWord(code[end]) || code[end] == UInt8(ascii: ".") { end += 1 }
    let name = String(decoding: code[start..<end], as: UTF8.self)
    return name.first?.isUppercase == true ? name : nil
  }

  private func functionName(_ keyword: String) -> String {
    guard keyword == "func" else { return keyword }
    let name = code[at...].drop { $0 == UInt8(ascii: " ") }.prefix { SourceMask.isWord($0) }
    return String(decoding: name, as: UTF8.self)
  }

  private mutating func openBlock() {
    var block = Block(kind: nil, firstLine: line)
    if let declared = pending, declared.parentheses == parentheses {
      block = declared
    } else {
      block.around = pending.map { [$0] } ?? []
    }
    pending = nil
    block.parentheses = parentheses
    open.append(block)
    parentheses = 0
  }

  private mutating func closeBlock() {
    guard let block = open.popLast() else {
      isBalanced = false
      return
    }
    pending = block.around.first
    isBalanced = isBalanced && parentheses == 0
    parentheses = block.parentheses
    guard let kind = block.kind else { return }
    let lineCount = line - block.firstLine + 1
    let around = open.filter { $0.kind == .type }.map(\.name)
    let name = kind == .type ? (around + [block.name]).joined(separator: ".") : block.name
    all.append(
      Declaration(
        kind: kind, name: name, firstLine: block.firstLine, lineCount: lineCount,
        nestedTypeLineCount: block.nestedTypeLineCount, isTest: block.isTest))
    if kind == .type, let outer = open.lastIndex(where: { $0.kind == .type }) {
      open[outer].nestedTypeLineCount += lineCount
    }
  }
}
