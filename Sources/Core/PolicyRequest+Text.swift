/// Why a text is no policy: with the remedy.
package struct PolicyTextError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String
}

extension PolicyRequest: CustomStringConvertible {
  /// What may be written, for messages and help: `auto, plain, self-extend[:G,w], …`.
  package static var forms: String {
    let methods = PositionMethod.allCases.map { method in
      "\(method.rawValue)[:\(method.parameters.map(\.symbol).joined(separator: ","))]"
    }
    return (["auto", "plain"] + methods + ["GxW"]).joined(separator: ", ")
  }

  /// Parses `auto`, `plain`, a method's name with or without numbers (`rerope`, `rerope:1024`, `self-extend:8,1024`,
  /// `jet-long:auto,2049`), or SelfExtend's `8x1024`. `auto` in the place of a number leaves it to the choice.
  package init(_ text: some StringProtocol) throws(PolicyTextError) {
    let lower = text.lowercased()
    switch lower {
    case "auto", "automatic":
      self.init()
      return
    case "plain":
      self.init(groupSize: 1)
      return
    default: break
    }
    let parts = lower.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let pair = lower.split(separator: "x", omittingEmptySubsequences: false)
    let numbers: [Substring]
    if let method = PositionMethod(rawValue: String(parts[0])) {
      self.init(method)
      numbers = parts.count == 1 ? [] : parts[1].split(separator: ",", omittingEmptySubsequences: false)
    } else if pair.count == 2, pair.allSatisfy({ Int($0) != nil }) {
      self.init()
      numbers = pair
    } else {
      throw PolicyTextError(description: "'\(text.prefix(40))' is no policy; known are \(Self.forms)")
    }
    guard numbers.count <= method.parameters.count else {
      let known = method.parameters.map(\.phrase).joined(separator: " and ")
      throw PolicyTextError(
        description: "'\(text.prefix(40))' has \(numbers.count) numbers; \(method.title) takes \(known)")
    }
    for (parameter, number) in zip(method.parameters, numbers) where number != "auto" {
      guard let value = Int(number) else {
        throw PolicyTextError(
          description: "'\(text.prefix(40))' has '\(number.prefix(40))' for \(parameter.phrase); give a whole number "
            + "or auto")
      }
      guard parameter.range.contains(value) else {
        throw PolicyTextError(description: PolicyArgumentError(parameter, value).description)
      }
      self[parameter] = value
    }
    if let farStart, let neighborWindow, farStart > neighborWindow {
      throw PolicyTextError(
        description: PolicyArgumentError(
          method, groupSize: 1, neighborWindow: neighborWindow, farStart: farStart
        ).description)
    }
  }

  /// The shortest text that is read as this request. `keepsShortTextPlain` is not in it.
  package var description: String {
    if method == .selfExtend {
      if groupSize == 1, (neighborWindow ?? 0) == 0 { return "plain" }
      if let groupSize, let neighborWindow { return "\(groupSize)x\(neighborWindow)" }
      if groupSize == nil, neighborWindow == nil { return "auto" }
    }
    var numbers = method.parameters.map { self[$0] }
    while numbers.last == .some(nil) { numbers.removeLast() }
    guard !numbers.isEmpty else { return method.rawValue }
    return method.rawValue + ":" + numbers.map { $0.map(String.init) ?? "auto" }.joined(separator: ",")
  }
}
