// CRC32C (Castagnoli): the remainder of the message, bits reflected, by the polynomial 0x1EDC6F41; initial value and
// final inversion all ones. Processors have an instruction for it; the table gives the same number.
#include "CPlatform.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

static uint32_t table[8][256];

// table[k][b] is the remainder of byte b followed by k zero bytes, so that eight bytes are looked up at once.
__attribute__((constructor)) static void fill_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (value & 1 ? 0x82F63B78u : 0);
    table[0][byte] = value;
  }
  for (int k = 1; k < 8; k++) {
    for (int byte = 0; byte < 256; byte++) {
      uint32_t value = table[k - 1][byte];
      table[k][byte] = (value >> 8) ^ table[0][value & 255];
    }
  }
}

static uint32_t by_table(uint32_t state, const uint8_t *data, size_t count) {
  for (; count >= 8; data += 8, count -= 8) {
    uint32_t first =
      (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
    uint32_t low = state ^ first;
    state = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^ table[4][low >> 24]
      ^ table[3][data[4]] ^ table[2][data[5]] ^ table[1][data[6]] ^ table[0][data[7]];
  }
  for (; count > 0; data++, count--) state = (state >> 8) ^ table[0][(state ^ *data) & 255];
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t state, const uint8_t *data, size_t count) {
  uint64_t wide = state;
  for (; count >= 8; data += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, data, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  state = (uint32_t)wide;
  for (; count > 0; data++, count--) state = _mm_crc32_u8(state, *data);
  return state;
}

static bool has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__aarch64__)
__attribute__((target("crc"))) static uint32_t by_instruction(uint32_t state, const uint8_t *data, size_t count) {
  for (; count >= 8; data += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, data, 8);
    state = __crc32cd(state, word);
  }
  for (; count > 0; data++, count--) state = __crc32cb(state, *data);
  return state;
}

// HWCAP_CRC32 of the kernel's interface.
static bool has_instruction(void) { return getauxval(AT_HWCAP) >> 7 & 1; }
#else
#define by_instruction by_table
static bool has_instruction(void) { return false; }
#endif

uint32_t lh_crc32c(uint32_t checksum, const void *data, int64_t count) {
  if (count <= 0) return checksum;
  return ~(has_instruction() ? by_instruction : by_table)(~checksum, data, (size_t)count);
}

uint32_t lh_crc32c_by_table(uint32_t checksum, const void *data, int64_t count) {
  if (count <= 0) return checksum;
  return ~by_table(~checksum, data, (size_t)count);
}
