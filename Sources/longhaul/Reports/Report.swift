/// The result of a command: one JSON object, with keys in snake case, or lines of text.
protocol Report: Encodable {
  var lines: [String] { get }
}
