import Core

extension CheckpointFiles {
  /// Has the metadata state another scaling of RoPE, so that each family reads it as it reads its files' own. Ramp,
  /// temperature and magnitude of a file's own YaRN remain under another YaRN; no others do.
  /// - Parameter family: the prefix of the file's keys.
  mutating func scaleRope(_ rope: RopeOverride, family: String) {
    func key(_ key: ModelKey) -> String { "\(family).\(key.suffix)" }
    self.rope = rope
    var staysYarn = false
    if case .yarn = rope, case .string("yarn") = metadata[key(.ropeScalingType)] { staysYarn = true }
    for old in metadata.keys where old.hasPrefix("\(family).rope.scal") {
      guard !staysYarn, old != key(.ropeOriginalLength) else { continue }
      metadata.replace(old, nil)
    }
    metadata.replace(key(.ropeScalingType), .string(rope.kind))
    guard rope != .none else { return }
    metadata.replace(key(.ropeScalingFactor), .float(rope.factor))
    if case .yarn(_, let length?) = rope { metadata.replace(key(.ropeOriginalLength), .unsigned(UInt64(length))) }
  }

  /// Throws where the file's own factors take the place of any scaling.
  func requireScalableRope() throws(CheckpointError) {
    guard let rope else { return }
    for name in [TensorName.longRopeFactors, TensorName.shortRopeFactors, TensorName.ropeFactors] {
      guard self[name] != nil else { continue }
      throw .unsupported(
        metadata.fileName, tensorSubject(name), "scales RoPE by factors of its own, which '\(rope)' cannot replace",
        remedy: "leave --rope-scaling out")
    }
  }
}
