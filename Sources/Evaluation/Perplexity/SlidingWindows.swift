package import Core

/// The windows of a sliding-window measurement.
///
/// A window of N tokens moves over the text in steps of `stride` tokens and scores only its last `stride` tokens, so
/// that every scored token has at least N - stride tokens before it. Windows of all lengths end at the same positions,
/// so lengths score the same tokens and are comparable.
package struct SlidingWindows: Hashable, Sendable {
  /// One past the last token of each window.
  package let ends: [Int]
  package let stride: Int
  package let longestLength: Int

  /// - Parameter count: number of windows; nil for as many as fit the text.
  /// - Throws: `TextTooShort`.
  package init(tokenCount: Int, longestLength: Int, stride: Int, count: Int?) throws {
    (self.stride, self.longestLength) = (stride, longestLength)
    guard tokenCount >= longestLength else {
      throw TextTooShort(tokenCount: tokenCount, neededCount: longestLength, windowCount: count ?? 1)
    }
    let available = (tokenCount - longestLength) / stride + 1
    guard (count ?? 1) <= available else {
      let (needed, overflow) = stride.multipliedReportingOverflow(by: (count ?? 1) - 1)
      throw TextTooShort(
        tokenCount: tokenCount, neededCount: overflow ? .max : longestLength + needed, windowCount: count ?? 1)
    }
    ends = (0..<(count ?? available)).map { longestLength + stride * $0 }
  }

  /// The tokens of a window of `length`, which is at most the longest.
  package func window(_ index: Int, length: Int) -> Range<Int> { ends[index] - length..<ends[index] }

  /// The first scored index within a window of `length`. Never 0: the first token has no context.
  package func firstScored(length: Int) -> Int { max(1, length - stride) }

  /// Requests that score the given windows of a text.
  package func requests(
    _ indices: Range<Int>, over tokens: [TokenID], length: Int, policy: PositionPolicy
  ) -> [GenerationRequest] {
    indices.map { index in
      var request = GenerationRequest(prompt: Array(tokens[window(index, length: length)]), maximumNewTokens: 0)
      request.policy = PolicyRequest(policy)
      request.scoresPromptFrom = firstScored(length: length)
      return request
    }
  }
}

/// The text has fewer tokens than a measurement needs.
package struct TextTooShort: Error, Hashable, Sendable, CustomStringConvertible {
  package let tokenCount: Int
  package let neededCount: Int
  package let windowCount: Int

  package init(tokenCount: Int, neededCount: Int, windowCount: Int) {
    (self.tokenCount, self.neededCount, self.windowCount) = (tokenCount, neededCount, windowCount)
  }

  package var description: String {
    "the text has \(tokenCount) tokens, but \(windowCount) windows need \(neededCount): use fewer --windows, shorter "
      + "lengths, or a longer text"
  }
}
