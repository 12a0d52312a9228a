/// HTML in texts. Templates of chats seldom want it, but `safe` and `escape` change what a text is joined with.
extension TracedText {
  /// The text with the five special characters of HTML escaped, unless it is markup already.
  var escaped: TracedText { isMarkup ? self : forceEscaped }

  var forceEscaped: TracedText {
    var result = mapped { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "'": "&#39;"
      case "\"": "&#34;"
      default: String(scalar)
      }
    }
    result.isMarkup = true
    return result
  }

  /// The text as another one takes it in: escaped if the other is markup and this is not.
  func joining(_ other: TracedText) -> TracedText { other.isMarkup ? escaped : self }

  static func + (left: TracedText, right: TracedText) -> TracedText {
    guard left.isMarkup || right.isMarkup else { return TracedText(units: left.units + right.units) }
    return TracedText(units: left.escaped.units + right.escaped.units, isMarkup: true)
  }
}
