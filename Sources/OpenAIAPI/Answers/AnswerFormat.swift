import Hummingbird
import JSON

/// How one endpoint writes its answers: as one body, or as frames of a stream. One for each request.
///
/// A stream: `begin`, then for each answer `open`, `progress`*, `piece`*, `end`; `close`.
/// `failure` may come instead of any of them, and is the last.
protocol AnswerFormat: Sendable {
  var streamHeaders: HTTPFields { get }
  /// - Parameters:
  ///   - answers: in order; the ones to return.
  ///   - usage: of all that were made.
  func body(_ answers: [FinishedAnswer], usage: Usage) throws -> [UInt8]

  mutating func begin(_ prepared: [PreparedAnswer]) throws -> [StreamFrame]
  mutating func open(_ index: Int, _ prepared: PreparedAnswer) throws -> [StreamFrame]
  mutating func progress(_ index: Int, _ progress: PromptProgress) throws -> [StreamFrame]
  mutating func piece(_ index: Int, _ delta: AnswerDelta) throws -> [StreamFrame]
  mutating func end(_ index: Int, _ end: AnswerEnd) throws -> [StreamFrame]
  /// - Parameter usage: of all answers.
  mutating func close(_ usage: Usage) throws -> [StreamFrame]
  func failure(_ error: APIError) throws -> [StreamFrame]
  /// What keeps an idle stream alive, or says how far a prompt is.
  func comment(_ text: String) -> [StreamFrame]
}

extension AnswerFormat {
  var streamHeaders: HTTPFields { StreamFrame.eventHeaders }
  mutating func begin(_ prepared: [PreparedAnswer]) throws -> [StreamFrame] { [] }
  mutating func open(_ index: Int, _ prepared: PreparedAnswer) throws -> [StreamFrame] { [] }
  mutating func progress(_ index: Int, _ progress: PromptProgress) throws -> [StreamFrame] {
    comment(progress.comment)
  }
  func failure(_ error: APIError) throws -> [StreamFrame] {
    [.data(Array(ErrorStyle.completions.body(of: error).text.utf8))]
  }
  func comment(_ text: String) -> [StreamFrame] { [.comment(text)] }
}
