/// Bounds on what a source may become. They count, and no clock is read, so that every machine refuses the same.
package enum GrammarLimits {
  /// Groups, values and schemas inside each other.
  static let nesting = 128
  /// The largest number of times that a repetition may state.
  static let repetitionCount = 1 << 20
  static let ruleCount = 1 << 15
  /// States of a network, and its edges.
  static let stateCount = 1 << 18
  static let edgeCount = 1 << 19
  /// States of the automaton of strings that several keywords describe.
  static let stringStateCount = 1 << 13
  /// Ranges of characters examined to combine them.
  static let stringWorkCount = 1 << 23
  /// Keywords, values and characters examined for one schema.
  static let schemaWorkCount = 1 << 24
  /// Items that one state of a machine may have: a grammar that can read a text in more ways is too ambiguous.
  static let itemCount = 1 << 12
  /// States a machine keeps. With more it starts over, and texts are read again from their start.
  static let machineStateCount = 1 << 16
  /// Nodes of the trie, and items 64 times, examined for one mask or for one advance.
  static let workCount = 1 << 23
  /// Bytes of masks that a matcher keeps.
  static let maskByteCount = 1 << 26
  /// Ways to combine the branches of `anyOf` and `oneOf` that hold together.
  static let branchCount = 256
}
