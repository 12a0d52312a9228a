import ArgumentParser
import Core
import Evaluation

/// Policies separated by commas. The numbers of a policy are, too: one belongs to what is before it.
struct PolicySettingList {
  private static let maximumCount = 64
  let values: [PolicySetting]

  /// For `@Option(transform:)`.
  /// - Throws: a `ValidationError` that names the policy and what is wrong with it.
  static func parse(_ argument: String) throws -> PolicySettingList {
    var texts: [Substring] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let isNumber = Int(part) != nil || (part == "auto" && texts.last?.hasSuffix(":") == true)
      if isNumber, let last = texts.last, last.contains(":") {
        texts[texts.count - 1] = argument[last.startIndex..<part.endIndex]
      } else {
        texts.append(part)
      }
    }
    guard texts.count <= maximumCount else { throw ValidationError("more than \(maximumCount) policies") }
    do throws(PolicyTextError) {
      return PolicySettingList(values: try texts.map { text throws(PolicyTextError) in try PolicySetting(text) })
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
