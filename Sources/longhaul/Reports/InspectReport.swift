import Cluster

/// What `inspect --json` prints.
struct InspectReport: Encodable {
  struct Tensor: Encodable {
    let name: String
    let type: String
    let dimensions: [Int]
    let bytes: Int?
  }
  struct Policy: Encodable {
    let contextLength: Int
    let policy: PolicyReport
    let largestRelativePosition: Int
    let longestLength: Int
    let warning: String?
  }
  let files: [String]
  let bytes: Int
  let fingerprint: String
  let metadata: [String: String]
  let architecture: String?
  let name: String?
  let layers: Int?
  let trainedLength: Int?
  let longestAutomaticLength: Int?
  let vocabularySize: Int?
  let tokenizer: String
  /// Why this model is not supported; absent for a supported one.
  let problem: String?
  let policy: Policy?
  let tensors: [Tensor]

  /// The report as text.
  func lines(listingTensors: Bool) -> [String] {
    var lines = ["files: \(files.joined(separator: ", ")) (\(ByteText.of(bytes)))"]
    lines.append("fingerprint: \(fingerprint)")
    if let name, let layers, let trained = trainedLength, let longest = longestAutomaticLength {
      lines.append("model: \(name), \(architecture ?? ""), \(layers) layers")
      lines.append("trained context: \(trained); longest with the automatic SelfExtend policy: \(longest)")
    }
    lines.append("tokenizer: \(tokenizer)")
    if let problem { lines.append("unsupported: \(problem)") }
    if let policy {
      let share = trainedLength.map { 100 * policy.largestRelativePosition / $0 } ?? 0
      lines.append(
        "context length \(policy.contextLength): \(policy.policy.phrase), largest relative position "
          + "\(policy.largestRelativePosition) (\(share) % of the trained context), longest length "
          + "\(policy.longestLength)")
      if let warning = policy.warning { lines.append("warning: \(warning)") }
    }
    lines.append("metadata:")
    lines += metadata.sorted { $0.key < $1.key }.map { "  \($0.key) = \($0.value)" }
    lines.append("tensors: \(tensors.count)\(listingTensors ? "" : " (--tensors lists them)")")
    if listingTensors {
      lines += tensors.map { tensor in
        let shape = tensor.dimensions.map(String.init).joined(separator: " x ")
        return "  \(tensor.name): \(tensor.type) [\(shape)]"
      }
    }
    return lines
  }
}
