package import CKernels

extension ElementType {
  /// The kernels' name of the type; both use GGUF's numbers.
  package var kernelType: lh_type { lh_type(rawValue: rawValue) }
}

/// The instruction set that kernels use now, for logs: "avx512_bf16", "avx512", "avx2", "neon" or "reference".
package var kernelInstructionSet: String { String(cString: lh_isa_name(lh_isa_current())) }
