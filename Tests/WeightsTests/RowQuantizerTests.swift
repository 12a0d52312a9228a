import CKernels
import Fixtures
import Foundation
import Tensors
import Testing

@testable import Weights

/// Rounding to types: to the bit where there is one right answer, else near enough.
@Suite struct RowQuantizerTests {
  private static let written = ElementType.allCases.filter { RowQuantizer($0) != nil }

  private func rounded(_ numbers: [Float], _ type: ElementType, importance: [Float]? = nil) throws -> [UInt8] {
    let quantizer = try #require(RowQuantizer(type))
    var bytes = [UInt8](repeating: 0xAA, count: try #require(type.rowByteCount(elementCount: numbers.count)))
    try bytes.withUnsafeMutableBytes { target in
      let start = try #require(target.baseAddress)
      numbers.withUnsafeBufferPointer { row in
        if let importance {
          importance.withUnsafeBufferPointer { quantizer.write(row, importance: $0, to: start) }
        } else {
          quantizer.write(row, to: start)
        }
      }
    }
    return bytes
  }

  private func restored(_ bytes: [UInt8], _ type: ElementType, count: Int) -> [Float] {
    var numbers = [Float](repeating: 0, count: count)
    bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      lh_dequantize(lh_type(rawValue: type.rawValue), start, &numbers, Int64(count))
    }
    return numbers
  }

  /// What the weights of trained models look like: sums of uniform numbers.
  private static func normal(_ count: Int, seed: UInt64) -> [Float] {
    var words = SeededGenerator(seed: seed)
    return (0..<count).map { _ in (0..<12).reduce(-6) { sum, _ in sum + Float.random(in: 0..<1, using: &words) } / 50 }
  }

  @Test(
    "F16, BF16, Q8_0, Q4_0, Q5_0 and Q5_1 have the bytes of PyPI's gguf",
    arguments: ["F16", "BF16", "Q8_0", "Q4_0", "Q5_0", "Q5_1"])
  func goldens(name: String) throws {
    let file = SharedFiles.root.appendingPathComponent("Tests/WeightsTests/Goldens/quantize.json")
    let goldens = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
    var words = SeededGenerator(seed: 1)
    let integers = (0..<256).flatMap { _ in
      let word = words.next()
      return (0..<4).map { Int16(truncatingIfNeeded: word >> (16 * $0)) }
    }
    let numbers = integers.enumerated().map { index, number in
      index < 32 ? 0 : Float(number) * Float(sign: .plus, exponent: index / 32 % 24 - 30, significand: 1)
    }
    let type = try #require(ElementType.allCases.first { $0.description == name })
    let bytes = try rounded(numbers, type)
    #expect(bytes.map { String(format: "%02x", $0) }.joined() == goldens[name])
  }

  @Test(
    "The others lose no more than their bits must",
    arguments: [
      (ElementType.q4_K, 0.085), (.q5_K, 0.045), (.q6_K, 0.022), (.iq4_NL, 0.095), (.iq4_XS, 0.1),
    ])
  func errors(type: ElementType, limit: Double) throws {
    let numbers = Self.normal(256 * 64, seed: 3)
    let back = restored(try rounded(numbers, type), type, count: numbers.count)
    let error = zip(numbers, back).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    let square = numbers.reduce(0) { $0 + Double($1 * $1) }
    // Of weights around zero, relative to their own size.
    #expect((error / square).squareRoot() < limit)
  }

  @Test("Zeros, and a single number among them, stay what they are nearly", arguments: written)
  func sparse(type: ElementType) throws {
    let zeros = [Float](repeating: 0, count: 256)
    #expect(restored(try rounded(zeros, type), type, count: 256) == zeros)
    for (place, number) in [(0, Float(1)), (77, -3), (255, 0.25)] {
      var numbers = zeros
      numbers[place] = number
      let back = restored(try rounded(numbers, type), type, count: 256)
      #expect(back.enumerated().allSatisfy { abs($1 - numbers[$0]) <= abs(number) / 16 }, "\(number) at \(place)")
    }
  }

  @Test("What is no number does not trap", arguments: written)
  func notNumbers(type: ElementType) throws {
    for bad in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
      var numbers = Self.normal(256, seed: 5)
      numbers[9] = bad
      _ = try rounded(numbers, type)
      _ = try rounded([Float](repeating: bad, count: 256), type)
    }
  }

  @Test("Columns of importance come nearer", arguments: [ElementType.q4_K, .q6_K, .iq4_XS])
  func importance(type: ElementType) throws {
    let numbers = Self.normal(256 * 16, seed: 8)
    let importance = numbers.indices.map { Float($0 % 8 == 0 ? 100 : 1) }
    func error(_ bytes: [UInt8]) -> Float {
      zip(numbers, restored(bytes, type, count: numbers.count)).enumerated().reduce(0) { sum, pair in
        let miss = pair.element.0 - pair.element.1
        return sum + (pair.offset % 8 == 0 ? miss * miss : 0)
      }
    }
    #expect(try error(rounded(numbers, type, importance: importance)) < error(rounded(numbers, type)))
  }
}
