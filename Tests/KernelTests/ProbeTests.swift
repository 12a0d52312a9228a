import CKernels
import Testing

@Suite("Probes of the processor's limits")
struct ProbeTests {
  @Test("a read sees a byte anywhere in the region")
  func readsAll() {
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    #expect(lh_probe_read(bytes, Int64(bytes.count)) == 0)
    var seen = 0
    // The result keeps one lane of the vector sums, so every word of that lane must show.
    for offset in stride(from: 0, to: bytes.count, by: 4096) {
      bytes[offset] = 1
      if lh_probe_read(bytes, Int64(bytes.count)) != 0 { seen += 1 }
      bytes[offset] = 0
    }
    #expect(seen == 16)
    #expect(lh_probe_read(bytes, 0) == 0)
  }

  @Test("twice the rounds are twice the operations, and the results depend on the operands")
  func operations() {
    for probe in [lh_probe_fma, lh_probe_int8] {
      var sink: [Float] = [1, 1, 0]
      let one = probe(10, &sink)
      let first = sink[2]
      #expect(one > 0 && probe(20, &sink) == 2 * one)
      #expect(sink[2] != first)
    }
  }
}
