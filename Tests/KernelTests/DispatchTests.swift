import CKernels
import Testing

extension KernelTests {
  @Suite struct DispatchTests {
    @Test("The best instruction set is in use until another is forced")
    func bestByDefault() {
      lh_isa_force(lh_isa_best())
      #expect(lh_isa_current() == lh_isa_best())
      #expect(lh_isa_supported(lh_isa_best()))
    }

    @Test("Every supported instruction set can be forced")
    func forcing() {
      for isa in everyISA {
        with(isa) { #expect(lh_isa_current() == isa) }
      }
      #expect(lh_isa_supported(LH_ISA_REFERENCE))
    }

    @Test("Forcing what the processor lacks changes nothing")
    func unsupported() {
      let unknown = lh_isa(rawValue: 77)
      #expect(!lh_isa_supported(unknown))
      lh_isa_force(unknown)
      #expect(lh_isa_current() == lh_isa_best())
    }

    @Test("Instruction sets have names")
    func names() {
      let names = [
        LH_ISA_REFERENCE, LH_ISA_AVX2, LH_ISA_AVX512, LH_ISA_AVX512_BF16, LH_ISA_NEON, lh_isa(rawValue: 9),
      ].map { String(cString: lh_isa_name($0)) }
      #expect(names == ["reference", "avx2", "avx512", "avx512_bf16", "neon", "unknown"])
    }

    @Test("Types have GGUF's numbers and block sizes; unknown types have none")
    func types() {
      #expect(
        everyType.map(\.rawValue)
          == [0, 1, 30, 2, 3, 6, 7, 8, 20, 10, 11, 12, 13, 14, 23, 39, 19, 29, 16, 17, 22, 18, 21, 34, 35])
      let thirtyTwos = [LH_Q4_0, LH_Q4_1, LH_Q5_0, LH_Q5_1, LH_Q8_0, LH_IQ4_NL, LH_MXFP4]
      let elements = everyType.map { [LH_F32, LH_F16, LH_BF16].contains($0) ? 1 : thirtyTwos.contains($0) ? 32 : 256 }
      #expect(everyType.map { Int(lh_type_block_elements($0)) } == elements)
      #expect(
        everyType.map(lh_type_block_bytes)
          == [
            4, 2, 2, 18, 20, 22, 24, 34, 18, 84, 110, 144, 176, 210, 136, 17, 50, 56, 66, 74, 82, 98, 110, 54, 66,
          ])
      #expect(lh_type_block_bytes(lh_type(rawValue: 9)) == 0)
      #expect(lh_type_block_elements(lh_type(rawValue: 9)) == 0)
    }
  }
}
