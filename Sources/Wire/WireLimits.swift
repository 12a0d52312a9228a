/// Bounds of messages that no other part of the program needs. Checked when decoding, before values are built.
package enum WireLimits {
  /// A message between a worker and the coordinator.
  package static let maximumControlByteCount = 1 << 20
  /// A header of the data plane, payload frames not counted.
  package static let maximumHeaderByteCount = 8 << 20
  /// A payload of the data plane: hidden states or logits of one step.
  package static let maximumPayloadByteCount = 256 << 20
  /// Logits that one step may ask for; one row is always allowed.
  package static let maximumLogitsByteCount = 64 << 20
  /// Any string, in UTF-8 bytes.
  package static let maximumStringByteCount = 4096
  /// A worker's name, in UTF-8 bytes.
  package static let maximumNameByteCount = 255
  /// Files of one checkpoint.
  package static let maximumModelPathCount = 1024
  /// Sequences released by one step.
  package static let maximumReleaseCount = 1 << 16
  /// Sequences a stage may say it still holds.
  package static let maximumResidentSequenceCount = 4096
  /// Page ids in one header, all entries together.
  package static let maximumPageIDCount = 1 << 20
  /// Compute threads of a worker.
  package static let maximumThreadCount = 4096
  /// A worker's measured speed; a larger ratio between machines is a mistake.
  package static let maximumSpeed = 1e15
  /// Bytes a second, and seconds there and back, of a link between two workers; others are mistakes.
  package static let linkRates = 1.0...1e15
  package static let roundTrips = 1e-9...3600.0
  /// Numbers that a device may store in one group, and bytes beside the numbers of a key or value.
  package static let maximumVectorExtent = 4096
  /// Time between two heartbeats.
  package static let maximumHeartbeatMilliseconds = 3_600_000
  /// What a worker may say a step takes.
  package static let maximumStepMilliseconds = 3_600_000
  /// A model's manifest: 32 bytes for each piece, which is enough for a tebibyte.
  package static let maximumManifestByteCount = 64 << 20
  /// Tensors of one checkpoint.
  package static let maximumTensorCount = 1 << 18
  /// Memory that decoding may take: this many bytes for each of the message, and `decodingAllowance` on top.
  package static let decodingFactor = 16
  package static let decodingAllowance = 64 << 10

  /// Rows of logits that one step may ask for.
  package static func maximumLogitsRowCount(vocabularySize: Int) -> Int {
    max(1, maximumLogitsByteCount / (max(1, vocabularySize) * MemoryLayout<Float>.size))
  }
}
