/// What the user asks of a policy: a method, and numbers of it; nil means automatic.
package struct PolicyRequest: Hashable, Sendable {
  package var method: PositionMethod
  package var groupSize: Int?
  package var neighborWindow: Int?
  package var farStart: Int?
  /// Whether a policy that is fixed is left alone within the trained length, where plain attention is exactly the base
  /// model. Set for a cluster's standing policy, not for what a request asks.
  package var keepsShortTextPlain: Bool

  package init(
    _ method: PositionMethod = .selfExtend, groupSize: Int? = nil, neighborWindow: Int? = nil, farStart: Int? = nil,
    keepsShortTextPlain: Bool = false
  ) {
    (self.method, self.groupSize, self.neighborWindow) = (method, groupSize, neighborWindow)
    (self.farStart, self.keepsShortTextPlain) = (farStart, keepsShortTextPlain)
  }

  /// A request for exactly this policy.
  package init(_ policy: PositionPolicy) {
    self.init(
      policy.method, groupSize: policy[.groupSize], neighborWindow: policy[.neighborWindow],
      farStart: policy[.farStart])
  }

  package subscript(parameter: PolicyParameter) -> Int? {
    get {
      switch parameter {
      case .groupSize: groupSize
      case .neighborWindow: neighborWindow
      case .farStart: farStart
      }
    }
    set {
      switch parameter {
      case .groupSize: groupSize = newValue
      case .neighborWindow: neighborWindow = newValue
      case .farStart: farStart = newValue
      }
    }
  }
}

extension PolicyRequest {
  /// Whether it gives the same policy at every length, but for `keepsShortTextPlain`. STRING's numbers do not depend on
  /// the length.
  package var isFixed: Bool {
    switch method {
    case .selfExtend, .jetLong, .logistic: groupSize != nil
    case .reRoPE: neighborWindow != nil
    case .string: true
    }
  }

  /// Whether text within the trained length may be grouped, which costs precision there. STRING is meant for it.
  package var groupsShortText: Bool { isFixed && !keepsShortTextPlain && method != .string }

  /// w for a trained length: the one asked for; else L/4, the share that SelfExtend's authors keep exact (1024 of
  /// 4096), and at most Jet-Long's 2048 and the token itself; L/3 for STRING.
  package func neighborWindow(trainedLength: Int) -> Int {
    if let neighborWindow { return neighborWindow }
    return switch method {
    case .selfExtend: groupSize == 1 ? 0 : PolicyChoice.defaultNeighborWindow(trainedLength: trainedLength)
    case .reRoPE, .logistic: PolicyChoice.defaultNeighborWindow(trainedLength: trainedLength)
    case .jetLong: min(2049, PolicyChoice.defaultNeighborWindow(trainedLength: trainedLength))
    case .string: max(1, trainedLength / 3)
    }
  }

  /// The policy with this group size and the numbers asked for, others being the method's standard.
  /// - Throws: `PolicyArgumentError` for numbers out of range.
  package func policy(groupSize: Int, trainedLength: Int) throws -> PositionPolicy {
    guard (1...Limits.maximumContext).contains(trainedLength) else {
      throw PolicyArgumentError(trainedLength: trainedLength)
    }
    let window = neighborWindow(trainedLength: trainedLength)
    // Authors of STRING take 128, of windows far larger.
    let start = farStart ?? min(128, max(0, window / 4))
    guard
      let policy = PositionPolicy(
        method, groupSize: groupSize, neighborWindow: window, farStart: start, trainedLength: trainedLength)
    else { throw PolicyArgumentError(method, groupSize: groupSize, neighborWindow: window, farStart: start) }
    return policy
  }

  /// The longest total length whose every relative position is below the trained length.
  package func longestLength(trainedLength: Int) -> Int {
    if isFixed {
      return (try? policy(groupSize: groupSize ?? 1, trainedLength: trainedLength))?.longestLength ?? trainedLength
    }
    switch method {
    case .selfExtend:
      return PolicyChoice.longestAutomaticLength(trainedLength: trainedLength, window: neighborWindow)
    case .reRoPE, .jetLong, .string, .logistic:
      let most = try? policy(groupSize: Limits.maximumAutomaticGroupSize, trainedLength: trainedLength)
      return most?.longestLength ?? trainedLength
    }
  }
}

/// Numbers of a policy outside what can be computed at all.
package struct PolicyArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number that is refused; nil where it is the trained length.
  package let parameter: PolicyParameter?
  package let description: String

  /// Of the first number that is out of range.
  init(_ method: PositionMethod, groupSize: Int, neighborWindow: Int, farStart: Int) {
    let values: [(PolicyParameter, Int)] = [
      (.groupSize, groupSize), (.neighborWindow, neighborWindow), (.farStart, farStart),
    ]
    if let (parameter, value) = values.first(where: { method.parameters.contains($0) && !$0.range.contains($1) }) {
      self.init(parameter, value)
    } else {
      self.init(
        parameter: .farStart,
        description:
          "\(method.title)'s far start \(farStart) is more than its neighbor window \(neighborWindow), which "
          + "would move keys away; give at most the window")
    }
  }

  init(_ parameter: PolicyParameter, _ value: Int) {
    self.init(
      parameter: parameter,
      description: "\(parameter.phrase) \(value) is out of range: it must be between \(parameter.range.lowerBound) and "
        + "\(parameter.range.upperBound)")
  }

  init(trainedLength: Int) {
    self.init(
      parameter: nil,
      description: "trained length \(trainedLength) is out of range: it must be between 1 and "
        + "\(Limits.maximumContext)")
  }

  private init(parameter: PolicyParameter?, description: String) {
    (self.parameter, self.description) = (parameter, description)
  }
}
