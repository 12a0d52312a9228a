import Glibc

/// One thing to fuzz: what it does with bytes that anybody may have made. Whatever it throws is caught inside; a trap,
/// a memory error, a broken promise (`require`) or a second of the processor's time is a finding.
struct FuzzTarget: Sendable {
  let name: String
  /// The longest input, in bytes, unless `run.sh` gets another: what is longer has more of the same.
  var maximumByteCount = 4096
  /// Honest inputs to start from.
  let seeds: @Sendable () -> [[UInt8]]
  let run: @Sendable ([UInt8]) -> Void

  static let all: [FuzzTarget] = [
    ModelTargets.gguf, FolderTarget.folder, ModelTargets.tokenizer, ModelTargets.tokenizerFile,
    ModelTargets.sentencePiece, ModelTargets.template,
    WireTargets.forward, WireTargets.result,
    WireTargets.workerMessage, WireTargets.coordinatorMessage, WireTargets.seal, WireTargets.configuration,
    RequestTargets.jsonRequest, RegistrationTarget.registration, ManifestTarget.manifest, CacheTarget.cache,
    RequestTargets.policyFile, AnswerPartTarget.answerParts, GrammarTargets.schema, GrammarTargets.gbnf,
    GrammarTargets.regex,
  ]

  /// Ends the process without libFuzzer's taking it for a crash.
  private static func leave() -> Never {
    fflush(nil)
    _exit(0)
  }

  /// The one that the environment names. Where that names a folder for seeds, they are put there, the longest input is
  /// printed, and that is all.
  static let current: FuzzTarget = {
    let name = getenv("LONGHAUL_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = all.first(where: { $0.name == name }) else {
      print(all.map(\.name).joined(separator: " "))
      leave()
    }
    if let folder = getenv("LONGHAUL_FUZZ_SEEDS").map({ String(cString: $0) }) {
      print(target.maximumByteCount)
      for (index, seed) in target.seeds().enumerated() {
        guard let file = fopen("\(folder)/seed-\(index)", "w") else { leave() }
        fwrite(seed, 1, seed.count, file)
        fclose(file)
      }
      leave()
    }
    return target
  }()
}

/// A promise that must hold for every input.
func require(_ condition: Bool, _ promise: StaticString) {
  if !condition {
    print("broken promise: \(promise)")
    fflush(nil)
    abort()
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let target = FuzzTarget.current
  let begin = processorSeconds()
  target.run(Array(UnsafeBufferPointer(start: start, count: count)))
  // The clock would blame the input for whatever else the machine does meanwhile.
  require(processorSeconds() - begin < 1, "an input takes less than a second of the processor's time")
  return 0
}

/// What all threads of this process have had of the processors.
private func processorSeconds() -> Double {
  // POSIX counts a million a second. `timespec` would need whichever module imports it first.
  Double(clock()) / 1e6
}

/// Takes an input apart: numbers, texts, and lists of parts, for as long as there are bytes.
struct InputReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  /// Up to 65,535 bytes, as two bytes before them say.
  mutating func part() -> [UInt8] { bytes(Int(byte()) | Int(byte()) << 8) }

  mutating func all() -> [UInt8] {
    defer { rest = [] }
    return Array(rest)
  }

  /// What `part` reads.
  static func written(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(bytes.count & 255), UInt8(min(bytes.count >> 8, 255))] + bytes
  }
}
